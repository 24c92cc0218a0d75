//! How the parts of Office Open XML files refer to each other (ECMA-376 part 2 §6.5).

use crate::archive::Archive;
use crate::clock::Clock;
use crate::xml::{Event, Ns, Xml, decode};
use crate::{Format, FormatError, Limits};

/// What a part refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links(Vec<Link>);

#[derive(Clone, Debug)]
struct Link {
    id: String,
    /// The last word of the type, which is the same in transitional and strict files.
    kind: String,
    target: String,
}

impl Links {
    /// The first part of a kind.
    pub(crate) fn of_kind(&self, kind: &str) -> Option<&str> {
        self.0.iter().find(|link| link.kind == kind).map(|link| link.target.as_str())
    }

    /// All parts of a kind.
    pub(crate) fn all_of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |link| link.kind == kind).map(|link| link.target.as_str())
    }

    /// The part with an id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&str> {
        self.0.iter().find(|link| link.id == id).map(|link| link.target.as_str())
    }
}

/// The name of the part that holds the relationships of a part; of the whole file for an empty name.
fn links_part(part: &str) -> String {
    let (folder, name) = part.rsplit_once('/').map_or(("", part), |(folder, name)| (folder, name));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}_rels/{name}.rels")
}

/// What a part refers to; nothing if it has no relationships. Targets outside the file are left out.
///
/// # Errors
/// If the relationships are damaged.
pub(crate) fn links(
    archive: &mut Archive<'_>,
    part: &str,
    format: Format,
    limits: &Limits,
    clock: Clock,
) -> Result<Links, FormatError> {
    let name = links_part(part);
    let Some(bytes) = archive.part(&name)? else { return Ok(Links::default()) };
    let text = decode(&bytes);
    let mut xml = Xml::new(&text, &name, format, limits, clock);
    let mut links = Vec::new();
    loop {
        match xml.next()? {
            Event::Start(tag) if tag.name == "Relationship" => {
                let target = tag.get("Target").unwrap_or_default();
                let outside =
                    tag.get("TargetMode").is_some_and(|mode| mode.eq_ignore_ascii_case("external"));
                if !outside {
                    let kind = tag.get("Type").unwrap_or_default();
                    links.push(Link {
                        id: tag.get("Id").unwrap_or_default().to_owned(),
                        kind: kind.rsplit('/').next().unwrap_or_default().to_owned(),
                        target: resolve(part, target),
                    });
                }
            }
            Event::Done => return Ok(Links(links)),
            _ => {}
        }
    }
}

/// A target's name from the root, without `.` and `..`.
pub(crate) fn resolve(part: &str, target: &str) -> String {
    let folder = part.rsplit_once('/').map_or("", |(folder, _)| folder);
    let whole = match target.strip_prefix('/') {
        Some(absolute) => absolute.to_owned(),
        None => format!("{folder}/{target}"),
    };
    let mut steps: Vec<&str> = Vec::new();
    for step in whole.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The name of the main part: what the file's own relationships say, otherwise where it usually is.
///
/// # Errors
/// If the relationships are damaged.
pub(crate) fn main_part(
    archive: &mut Archive<'_>,
    usual: &str,
    format: Format,
    limits: &Limits,
    clock: Clock,
) -> Result<String, FormatError> {
    let links = links(archive, "", format, limits, clock)?;
    let stated = links.of_kind("officeDocument").filter(|name| archive.has(name));
    Ok(stated.unwrap_or(usual).to_owned())
}

/// Where OPC keeps a file's properties (ECMA-376 part 2 §11).
pub(crate) const PROPERTIES: &str = "docProps/core.xml";

/// The title that the file's properties in the part `name` state, in Dublin Core's element.
///
/// # Errors
/// If the archive is damaged. Damaged properties count as none.
pub(crate) fn title(
    archive: &mut Archive<'_>,
    name: &str,
    format: Format,
    limits: &Limits,
    clock: Clock,
) -> Result<Option<String>, FormatError> {
    let Some(bytes) = archive.part(name)? else { return Ok(None) };
    let text = decode(&bytes);
    let mut xml = Xml::new(&text, name, format, limits, clock);
    loop {
        match xml.next() {
            Ok(Event::Start(tag)) if tag.is(Ns::Dc, "title") => {
                let title = xml.text().unwrap_or_default();
                let title = title.trim();
                return Ok((!title.is_empty()).then(|| title.to_owned()));
            }
            Ok(Event::Done) | Err(_) => return Ok(None),
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts() {
        assert_eq!(links_part("word/document.xml"), "word/_rels/document.xml.rels");
        assert_eq!(links_part(""), "_rels/.rels");
        assert_eq!(resolve("word/document.xml", "styles.xml"), "word/styles.xml");
        assert_eq!(resolve("ppt/slides/slide1.xml", "../media/a.png"), "ppt/media/a.png");
        assert_eq!(resolve("word/document.xml", "/docProps/core.xml"), "docProps/core.xml");
        assert_eq!(resolve("a", "../../../b"), "b");
    }
}
