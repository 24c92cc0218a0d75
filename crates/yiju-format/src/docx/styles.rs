//! What of a document's styles changes its text: outline levels, lists, hidden text (§17.7).

use std::collections::HashMap;

use crate::FormatError;
use crate::xml::{Event, Ns, Tag, Xml};

/// How many styles may be based on each other.
const CHAIN: usize = 32;

/// What is said of a paragraph, by itself or by its style.
#[derive(Clone, Debug, Default)]
pub(super) struct Paragraph {
    /// The list, 0 for none.
    pub(super) list: Option<i64>,
    /// The level in the list from 0.
    pub(super) level: Option<usize>,
    /// The outline level from 0; 9 is body text.
    pub(super) outline: Option<u8>,
}

/// What is said of characters.
#[derive(Clone, Debug, Default)]
pub(super) struct Characters {
    /// Whether they are hidden.
    pub(super) hidden: Option<bool>,
    /// Whether they are shown as capitals.
    pub(super) capitals: Option<bool>,
    /// Their font, where it is one of symbols.
    pub(super) font: Option<String>,
}

impl Characters {
    /// What stands here before what stands below.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            hidden: self.hidden.or(below.hidden),
            capitals: self.capitals.or(below.capitals),
            font: self.font.or(below.font),
        }
    }

    /// Reads one property of `w:rPr`, whose start tag was read last, to its end.
    pub(super) fn property(&mut self, tag: &Tag, xml: &mut Xml<'_>) -> Result<(), FormatError> {
        if tag.ns == Ns::Word {
            match tag.name.as_str() {
                "vanish" => self.hidden = Some(on(tag)),
                "caps" => self.capitals = Some(on(tag)),
                "rFonts" => {
                    self.font = tag.get("ascii").or_else(|| tag.get("hAnsi")).map(str::to_owned);
                }
                _ => {}
            }
        }
        xml.skip()
    }
}

#[derive(Clone, Debug, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    paragraph: Paragraph,
    characters: Characters,
}

/// The styles of a document.
#[derive(Clone, Debug, Default)]
pub(super) struct Styles {
    styles: HashMap<String, Style>,
    /// The style of paragraphs that name none.
    default: Option<String>,
}

/// What a paragraph's style says, with what the style is based on.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    /// Of the paragraph.
    pub(super) paragraph: Paragraph,
    /// The style that names the list.
    pub(super) list_style: Option<String>,
    /// Of its characters.
    pub(super) characters: Characters,
}

impl Styles {
    /// What a style says; the default style for none.
    pub(super) fn resolve(&self, id: Option<&str>) -> Resolved {
        let mut resolved = Resolved::default();
        let known = id.filter(|id| self.styles.contains_key(*id)).or(self.default.as_deref());
        let mut next = known;
        for _ in 0..CHAIN {
            let Some((id, style)) = next.and_then(|id| Some((id, self.styles.get(id)?))) else {
                break;
            };
            let own = &style.paragraph;
            if resolved.paragraph.list.is_none() && own.list.is_some() {
                resolved.paragraph.list = own.list;
                resolved.list_style = Some(id.to_owned());
            }
            resolved.paragraph.level = resolved.paragraph.level.or(own.level);
            resolved.paragraph.outline =
                resolved.paragraph.outline.or(own.outline).or(built_in(&style.name));
            resolved.characters = resolved.characters.over(style.characters.clone());
            next = style.based_on.as_deref();
        }
        resolved
    }

    /// What a character style says.
    pub(super) fn characters(&self, id: &str) -> Characters {
        let mut characters = Characters::default();
        let mut next = Some(id);
        for _ in 0..CHAIN {
            let Some(style) = next.and_then(|id| self.styles.get(id)) else { break };
            characters = characters.over(style.characters.clone());
            next = style.based_on.as_deref();
        }
        characters
    }

    /// The list that a numbering style names.
    pub(super) fn list(&self, id: &str) -> Option<i64> {
        self.styles.get(id)?.paragraph.list
    }
}

/// The outline level of a style that every Word has, by its name, which is the same in all languages (§17.7.4.9). The
/// title of a document counts as a heading of the first level.
fn built_in(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(0);
    }
    let level = name.strip_prefix("heading ").or_else(|| name.strip_prefix("标题 "))?;
    level.parse::<u8>().ok()?.checked_sub(1).filter(|&level| level < 9)
}

/// Whether a switch is on: it is if it says nothing else (§17.17.4).
pub(super) fn on(tag: &Tag) -> bool {
    !matches!(tag.get("val"), Some("0" | "false" | "off"))
}

/// Reads the styles part.
pub(super) fn read(xml: &mut Xml<'_>) -> Result<Styles, FormatError> {
    let mut styles = Styles::default();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.is(Ns::Word, "style") => {
                let id = tag.get("styleId").unwrap_or_default().to_owned();
                let is_default =
                    tag.get("default").is_some_and(|value| matches!(value, "1" | "true" | "on"));
                if is_default && tag.get("type") == Some("paragraph") {
                    styles.default = Some(id.clone());
                }
                let style = style(xml)?;
                styles.styles.insert(id, style);
            }
            Event::Done => return Ok(styles),
            _ => {}
        }
    }
}

fn style(xml: &mut Xml<'_>) -> Result<Style, FormatError> {
    let mut style = Style::default();
    while let Some(tag) = xml.child()? {
        match (tag.ns, tag.name.as_str()) {
            (Ns::Word, "name") => {
                style.name = tag.get("val").unwrap_or_default().to_owned();
                xml.skip()?;
            }
            (Ns::Word, "basedOn") => {
                style.based_on = tag.get("val").map(str::to_owned);
                xml.skip()?;
            }
            (Ns::Word, "pPr") => {
                while let Some(tag) = xml.child()? {
                    paragraph_property(&mut style.paragraph, &tag, xml)?;
                }
            }
            (Ns::Word, "rPr") => {
                while let Some(tag) = xml.child()? {
                    style.characters.property(&tag, xml)?;
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(style)
}

/// Reads one property of `w:pPr`, whose start tag was read last, to its end.
pub(super) fn paragraph_property(
    paragraph: &mut Paragraph,
    tag: &Tag,
    xml: &mut Xml<'_>,
) -> Result<(), FormatError> {
    match (tag.ns, tag.name.as_str()) {
        (Ns::Word, "numPr") => {
            while let Some(tag) = xml.child()? {
                match (tag.ns, tag.name.as_str()) {
                    (Ns::Word, "ilvl") => paragraph.level = tag.number("val"),
                    (Ns::Word, "numId") => paragraph.list = tag.number("val"),
                    _ => {}
                }
                xml.skip()?;
            }
            Ok(())
        }
        (Ns::Word, "outlineLvl") => {
            paragraph.outline = tag.number("val");
            xml.skip()
        }
        _ => xml.skip(),
    }
}
