//! One XML file of an OFD archive as a tree. Entities that a document type declares are never expanded.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::clock::Clock;
use crate::{Format, FormatError, Limits};

/// An element, by its name without the prefix: writers use two namespaces (`…/2016` and none) for one vocabulary.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// All characters directly in it, white space included.
    pub(super) text: String,
}

impl Element {
    /// Parses a file; `name` is for errors.
    pub(super) fn parse(
        text: &str,
        name: &str,
        limits: &Limits,
        clock: &Clock,
    ) -> Result<Self, FormatError> {
        let damaged = |what: String| FormatError::Damaged {
            format: Format::Ofd,
            what: format!("{name}: {what}"),
        };
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = vec![Element::default()];
        let mut count = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| damaged(error.to_string()))?;
            let empty = matches!(event, Event::Empty(_));
            match event {
                Event::Start(start) | Event::Empty(start) => {
                    count += 1;
                    if count > limits.parts {
                        return Err(FormatError::TooLarge {
                            what: "elements",
                            size: count,
                            limit: limits.parts,
                        });
                    }
                    if open.len() > limits.depth {
                        let size = open.len();
                        return Err(FormatError::TooLarge {
                            what: "elements in one another",
                            size,
                            limit: limits.depth,
                        });
                    }
                    if count.is_multiple_of(1024) {
                        clock.check()?;
                    }
                    open.push(
                        Self::start(&start)
                            .ok_or_else(|| damaged("an attribute is not well formed".to_owned()))?,
                    );
                    if empty {
                        close(&mut open);
                    }
                }
                Event::End(_) => close(&mut open),
                Event::Text(text) => push(&mut open, &text.xml10_content()),
                Event::CData(text) => push(&mut open, &text.xml10_content()),
                Event::GeneralRef(reference) => match (reference.resolve_char_ref(), &*reference) {
                    (Ok(Some(c)), _) => push(&mut open, c.encode_utf8(&mut [0; 4])),
                    (_, "lt") => push(&mut open, "<"),
                    (_, "gt") => push(&mut open, ">"),
                    (_, "amp") => push(&mut open, "&"),
                    (_, "apos") => push(&mut open, "'"),
                    (_, "quot") => push(&mut open, "\""),
                    (_, other) => {
                        return Err(damaged(format!("the entity &{other}; is not known")));
                    }
                },
                Event::Eof => break,
                _ => {}
            }
        }
        if open.len() > 1 {
            return Err(damaged("it ends in the middle".to_owned()));
        }
        let root = open.pop().and_then(|root| root.children.into_iter().next());
        root.ok_or_else(|| damaged("it holds no element".to_owned()))
    }

    fn start(start: &BytesStart) -> Option<Self> {
        let mut element = Self { name: start.local_name().as_ref().to_owned(), ..Self::default() };
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
            element
                .attributes
                .push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
        }
        Some(element)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first child of a name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of the first child of a name, if it has any.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim()).filter(|text| !text.is_empty())
    }

    /// Numbers parted by white space, such as a box or matrix; all must be finite.
    pub(super) fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
        let mut numbers = [0.0; N];
        let mut words = text.split_whitespace();
        for number in &mut numbers {
            *number = words
                .next()?
                .parse()
                .ok()
                .filter(|number: &f64| number.is_finite() && number.abs() < 1e9)?;
        }
        Some(numbers)
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Puts the innermost open element into the one around it; the outermost stays.
fn close(open: &mut Vec<Element>) {
    if open.len() > 1
        && let (Some(element), Some(parent)) = (open.pop(), open.last_mut())
    {
        parent.children.push(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Element, FormatError> {
        let limits = Limits::default();
        Element::parse(text, "a.xml", &limits, &Clock::new(&limits))
    }

    #[test]
    fn text_keeps_its_white_space_and_references() {
        let root = parse("<ofd:A xmlns:ofd='x'><ofd:T X='1 &lt;'> 一 &amp;&#x4e8c;<![CDATA[<三>]]> </ofd:T></ofd:A>").unwrap();
        let text = root.child("T").unwrap();
        assert_eq!(text.text, " 一 &二<三> ");
        assert_eq!(text.attribute("X"), Some("1 <"));
        assert_eq!(root.value("T"), Some("一 &二<三>"));
    }

    #[test]
    fn damage_and_depth_are_errors() {
        assert!(matches!(parse("<a><b></a>"), Err(FormatError::Damaged { .. })));
        assert!(matches!(parse("<a><b>"), Err(FormatError::Damaged { .. })));
        assert!(matches!(parse(""), Err(FormatError::Damaged { .. })));
        let bomb = "<!DOCTYPE a [<!ENTITY x \"xxxxxxxx\">]><a>&x;</a>";
        assert!(matches!(parse(bomb), Err(FormatError::Damaged { .. })));
        assert!(matches!(parse(&"<a>".repeat(100)), Err(FormatError::TooLarge { .. })));
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(Element::numbers("1 -2.5e0\n3 4 5"), Some([1.0, -2.5, 3.0, 4.0]));
        assert_eq!(Element::numbers::<2>("1 nan"), None);
        assert_eq!(Element::numbers::<2>("1"), None);
    }
}
