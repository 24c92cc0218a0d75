//! XML parts, event by event, within the limits.
//!
//! Names are told apart by namespace, not by prefix. Entities that a document type declares are never expanded, and
//! nothing outside the part is looked up.

use std::borrow::Cow;

use quick_xml::NsReader;
use quick_xml::events::Event as Raw;
use quick_xml::name::ResolveResult;

use crate::clock::Clock;
use crate::{Format, FormatError, Limits};

/// How many events are read between two looks at the clock.
const STEP: usize = 4096;

/// The namespaces that readers ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ns {
    /// None, or one that no reader asks for.
    Other,
    /// WordprocessingML (ECMA-376 part 1 §17), transitional or strict.
    Word,
    /// SpreadsheetML (§18).
    Sheet,
    /// PresentationML (§19).
    Slide,
    /// DrawingML (§21.1).
    Drawing,
    /// Mathematics (§22.1).
    Math,
    /// Relationship ids in parts (§22.8).
    Link,
    /// Markup compatibility (part 3).
    Compatible,
    /// OpenDocument `office`.
    Office,
    /// OpenDocument `text`.
    Text,
    /// OpenDocument `table`.
    Table,
    /// OpenDocument `style`.
    Style,
    /// OpenDocument `draw`.
    Draw,
    /// OpenDocument `presentation`.
    Presentation,
    /// LibreOffice's extensions of OpenDocument.
    LibreOffice,
    /// OpenDocument's use of XSL `fo`.
    Fo,
    /// Dublin Core.
    Dc,
    /// XLink.
    XLink,
    /// XHTML.
    Html,
}

fn namespace(uri: &[u8]) -> Ns {
    let Ok(uri) = std::str::from_utf8(uri) else { return Ns::Other };
    // Strict parts (ISO/IEC 29500) differ from transitional ones only in where the namespace is.
    if let Some(rest) = uri
        .strip_prefix("http://schemas.openxmlformats.org/")
        .or_else(|| uri.strip_prefix("http://purl.oclc.org/ooxml/"))
    {
        return match rest.trim_end_matches("/main").trim_end_matches("/2006") {
            "wordprocessingml" => Ns::Word,
            "spreadsheetml" => Ns::Sheet,
            "presentationml" => Ns::Slide,
            "drawingml" => Ns::Drawing,
            "officeDocument/2006/math" | "officeDocument/math" => Ns::Math,
            "officeDocument/2006/relationships" | "officeDocument/relationships" => Ns::Link,
            "markup-compatibility" => Ns::Compatible,
            _ => Ns::Other,
        };
    }
    if let Some(rest) = uri.strip_prefix("urn:oasis:names:tc:opendocument:xmlns:") {
        return match rest {
            "office:1.0" => Ns::Office,
            "text:1.0" => Ns::Text,
            "table:1.0" => Ns::Table,
            "style:1.0" => Ns::Style,
            "drawing:1.0" => Ns::Draw,
            "presentation:1.0" => Ns::Presentation,
            "xsl-fo-compatible:1.0" => Ns::Fo,
            _ => Ns::Other,
        };
    }
    match uri {
        "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0" => Ns::LibreOffice,
        "http://purl.org/dc/elements/1.1/" => Ns::Dc,
        "http://www.w3.org/1999/xlink" => Ns::XLink,
        "http://www.w3.org/1999/xhtml" => Ns::Html,
        _ => Ns::Other,
    }
}

/// The start of an element.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// The namespace of its name.
    pub(crate) ns: Ns,
    /// Its name without prefix.
    pub(crate) name: String,
    /// Namespace, name without prefix and value of each attribute.
    pub(crate) attributes: Vec<(Ns, String, String)>,
}

impl Tag {
    /// Whether it is this element.
    pub(crate) fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    /// The value of an attribute of any namespace.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(_, known, _)| known == name)
            .map(|(_, _, value)| value.as_str())
    }

    /// The value of an attribute of one namespace.
    pub(crate) fn get_in(&self, ns: Ns, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, local, _)| *known == ns && local == name);
        found.map(|(_, _, value)| value.as_str())
    }

    /// The value of an attribute as a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|value| value.trim().parse().ok())
    }
}

/// One step in a part.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An element starts; one without content ends at once.
    Start(Tag),
    /// The last started element ends.
    End,
    /// Characters, entities resolved. A run of text may come in several pieces.
    Text(String),
    /// The part is over.
    Done,
}

/// A part that is being read.
pub(crate) struct Xml<'a> {
    reader: NsReader<&'a [u8]>,
    format: Format,
    part: &'a str,
    depth: usize,
    limit: usize,
    events: usize,
    elements: usize,
    most: usize,
    clock: Clock,
}

impl<'a> Xml<'a> {
    /// Starts to read a part whose characters [`decode`] gave; `part` is its name for errors.
    pub(crate) fn new(
        text: &'a str,
        part: &'a str,
        format: Format,
        limits: &Limits,
        clock: Clock,
    ) -> Self {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        // A `<` or `&` too many in one text does not make the rest unreadable.
        reader.config_mut().allow_dangling_amp = true;
        Self {
            reader,
            format,
            part,
            depth: 0,
            limit: limits.depth,
            events: 0,
            elements: 0,
            most: limits.elements,
            clock,
        }
    }

    /// The next step.
    ///
    /// # Errors
    /// If the part is not well-formed, nested too deeply, or the time is over.
    pub(crate) fn next(&mut self) -> Result<Event, FormatError> {
        loop {
            self.events = self.events.wrapping_add(1);
            if self.events.is_multiple_of(STEP) {
                self.clock.check()?;
            }
            let position = self.reader.buffer_position();
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err(self.damaged(position, &error.to_string())),
            };
            return Ok(match event {
                Raw::Start(start) => {
                    self.depth += 1;
                    if self.depth > self.limit {
                        return Err(FormatError::TooLarge {
                            what: "levels of elements",
                            size: self.depth,
                            limit: self.limit,
                        });
                    }
                    self.elements += 1;
                    if self.elements > self.most {
                        return Err(FormatError::TooLarge {
                            what: "elements",
                            size: self.elements,
                            limit: self.most,
                        });
                    }
                    let resolver = self.reader.resolver();
                    let (ns, name) = resolver.resolve_element(start.name());
                    let (ns, name) = (known(&ns), name.as_ref().to_owned());
                    let mut attributes = Vec::new();
                    for attribute in start.attributes().with_checks(false).flatten() {
                        let (ns, local) = resolver.resolve_attribute(attribute.key);
                        let value = value(&attribute.value);
                        attributes.push((known(&ns), local.as_ref().to_owned(), value));
                    }
                    Event::Start(Tag { ns, name, attributes })
                }
                Raw::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Event::End
                }
                Raw::Text(text) => Event::Text(text.xml10_content().into_owned()),
                Raw::CData(text) => Event::Text(text.xml10_content().into_owned()),
                Raw::GeneralRef(name) => Event::Text(entity(&name)),
                Raw::Eof if self.depth > 0 => {
                    return Err(self.damaged(position, "the part ends inside an element"));
                }
                Raw::Eof => Event::Done,
                Raw::Empty(_) | Raw::Comment(_) | Raw::Decl(_) | Raw::PI(_) | Raw::DocType(_) => {
                    continue;
                }
            });
        }
    }

    /// Goes past the end of the element that started last.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn skip(&mut self) -> Result<(), FormatError> {
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                Event::Text(_) => {}
                Event::Done => break,
            }
        }
        Ok(())
    }

    /// All characters up to the end of the element that started last.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn text(&mut self) -> Result<String, FormatError> {
        let mut all = String::new();
        let mut open = 1_usize;
        while open > 0 {
            match self.next()? {
                Event::Start(_) => open += 1,
                Event::End => open -= 1,
                Event::Text(text) => all.push_str(&text),
                Event::Done => break,
            }
        }
        Ok(all)
    }

    /// The next child of the element that started last; `None` at its end. Text between children is passed over.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub(crate) fn child(&mut self) -> Result<Option<Tag>, FormatError> {
        loop {
            match self.next()? {
                Event::Start(tag) => return Ok(Some(tag)),
                Event::End | Event::Done => return Ok(None),
                Event::Text(_) => {}
            }
        }
    }

    fn damaged(&self, position: u64, error: &str) -> FormatError {
        FormatError::Damaged {
            format: self.format,
            what: format!("{} at byte {position}: {error}", self.part),
        }
    }
}

fn known(ns: &ResolveResult<'_>) -> Ns {
    match ns {
        ResolveResult::Bound(ns) => namespace(ns.as_ref().as_bytes()),
        _ => Ns::Other,
    }
}

/// The character of an entity; of one that is not known, what is written.
fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    if let Some(code) = number {
        return char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER).to_string();
    }
    let text = match name {
        "lt" => "<",
        "gt" => ">",
        "amp" => "&",
        "quot" => "\"",
        "apos" => "'",
        // What XHTML in books uses without declaring it.
        "nbsp" => "\u{a0}",
        "ensp" => "\u{2002}",
        "emsp" => "\u{2003}",
        "ldquo" => "“",
        "rdquo" => "”",
        "lsquo" => "‘",
        "rsquo" => "’",
        "mdash" => "—",
        "ndash" => "–",
        "hellip" => "…",
        "middot" => "·",
        "times" => "×",
        "copy" => "©",
        "reg" => "®",
        "deg" => "°",
        name => return format!("&{name};"),
    };
    text.to_owned()
}

/// An attribute's value with its entities resolved.
fn value(raw: &str) -> String {
    if !raw.contains('&') {
        return raw.to_owned();
    }
    let mut all = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (before, after) = rest.split_at(at);
        all.push_str(before);
        match after.find(';') {
            Some(end) if end > 1 && end < 12 => {
                all.push_str(&entity(after.get(1..end).unwrap_or_default()));
                rest = after.get(end + 1..).unwrap_or_default();
            }
            _ => {
                all.push('&');
                rest = after.get(1..).unwrap_or_default();
            }
        }
    }
    all.push_str(rest);
    all
}

/// The characters of a part: by its byte order mark, the encoding that it states, or UTF-8 (XML 1.0 §F).
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let encoding = match bytes {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => encoding_rs::UTF_16LE,
        [0xfe, 0xff, ..] | [0, b'<', ..] => encoding_rs::UTF_16BE,
        _ => stated(bytes).unwrap_or(encoding_rs::UTF_8),
    };
    encoding.decode(bytes).0
}

fn stated(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = bytes.get(..bytes.len().min(200))?;
    let head = head.get(..head.windows(2).position(|pair| pair == b"?>")?)?;
    let at = head.windows(8).position(|word| word == b"encoding")?;
    let label = head.get(at + 8..)?;
    let mut quoted = label.split(|&byte| byte == b'"' || byte == b'\'');
    quoted.next()?;
    let found = encoding_rs::Encoding::for_label(quoted.next()?)?;
    // A declaration that could be read byte by byte is not in UTF-16, whatever it says.
    (found != encoding_rs::UTF_16LE && found != encoding_rs::UTF_16BE).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xml(text: &str) -> Xml<'_> {
        let limits = Limits::default();
        Xml::new(text, "part.xml", Format::Docx, &limits, Clock::new(&limits))
    }

    #[test]
    fn names_are_told_apart_by_namespace() {
        let text = r#"<x:p xmlns:x="http://purl.oclc.org/ooxml/wordprocessingml/main" x:val="1 &lt; 2" val="b"/>"#;
        let Event::Start(tag) = xml(text).next().unwrap() else { panic!() };
        assert!(tag.is(Ns::Word, "p"));
        assert_eq!(tag.get("val"), Some("1 < 2"));
        assert_eq!(tag.get_in(Ns::Other, "val"), Some("b"));
    }

    #[test]
    fn entities_are_characters_and_unknown_ones_stay() {
        let mut xml =
            xml("<!DOCTYPE a [<!ENTITY b 'bbb'>]><a>1&amp;2&#x4e2d;&b;<![CDATA[<c>]]></a>");
        xml.next().unwrap();
        assert_eq!(xml.text().unwrap(), "1&2中&b;<c>");
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_an_error() {
        let mut cut = xml("<a><b>");
        let cut = (0..3).map(|_| cut.next()).find(Result::is_err);
        assert!(matches!(cut, Some(Err(FormatError::Damaged { .. }))));
        let limits = Limits { elements: 2, ..Limits::default() };
        let mut many =
            Xml::new("<a><b/><c/></a>", "part.xml", Format::Docx, &limits, Clock::new(&limits));
        let many = (0..9).map(|_| many.next()).find(Result::is_err);
        assert!(matches!(many, Some(Err(FormatError::TooLarge { what: "elements", .. }))));
        let deep = "<a>".repeat(100);
        let mut deep = xml(&deep);
        let deep = (0..100).map(|_| deep.next()).find(Result::is_err);
        assert!(matches!(deep, Some(Err(FormatError::TooLarge { .. }))));
    }

    #[test]
    fn parts_are_decoded_by_what_they_say() {
        let gbk = [b"<?xml version='1.0' encoding='GBK'?>".as_slice(), &[0xd6, 0xd0]].concat();
        assert!(decode(&gbk).ends_with('中'));
        let utf16: Vec<u8> =
            "\u{feff}<a>中</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf16), "<a>中</a>");
        assert_eq!(decode("<a>中".as_bytes()), "<a>中");
    }
}
