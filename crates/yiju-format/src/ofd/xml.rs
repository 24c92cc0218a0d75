//! One XML file of an OFD archive as a tree.

use crate::clock::Clock;
use crate::xml::{Event, Tag, Xml};
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
        let mut xml = Xml::new(text, name, Format::Ofd, limits, *clock);
        let mut open: Vec<Element> = vec![Element::default()];
        let mut count = 0_usize;
        loop {
            match xml.next()? {
                Event::Start(tag) => {
                    count += 1;
                    if count > limits.parts {
                        return Err(FormatError::TooLarge {
                            what: "elements",
                            size: count,
                            limit: limits.parts,
                        });
                    }
                    open.push(Self::of(tag));
                }
                Event::End => close(&mut open),
                Event::Text(text) => {
                    if let Some(element) = open.last_mut() {
                        element.text.push_str(&text);
                    }
                }
                Event::Done => break,
            }
        }
        let root = open.pop().and_then(|root| root.children.into_iter().next());
        root.ok_or_else(|| FormatError::Damaged {
            format: Format::Ofd,
            what: format!("{name}: it holds no element"),
        })
    }

    fn of(tag: Tag) -> Self {
        let Tag { name, attributes, .. } = tag;
        let attributes = attributes.into_iter().map(|(_, key, value)| (key, value)).collect();
        Self { name, attributes, ..Self::default() }
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
        assert_eq!(parse(bomb).unwrap().text, "&x;", "it is not expanded");
        assert!(matches!(parse(&"<a>".repeat(100)), Err(FormatError::TooLarge { .. })));
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(Element::numbers("1 -2.5e0\n3 4 5"), Some([1.0, -2.5, 3.0, 4.0]));
        assert_eq!(Element::numbers::<2>("1 nan"), None);
        assert_eq!(Element::numbers::<2>("1"), None);
    }
}
