//! OpenDocument text, sheets and slides (ODF 1.3 part 3).

mod lists;
mod styles;
mod table;
mod text;

use crate::archive::Archive;
use crate::block::{Facts, Reading};
use crate::clock::Clock;
use crate::opc;
use crate::xml::{Event, Ns, Xml, decode};
use crate::{Format, FormatError, Limits, Reader};

use styles::Styles;
use text::{Context, Story};

/// The reader of text, sheets and slides, which differ only in what stands in their body.
pub(crate) struct Odf {
    /// Which of them it is.
    pub(crate) format: Format,
}

impl Reader for Odf {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let format = self.format;
        let clock = Clock::new(limits);
        let mut archive = Archive::open(bytes, format, limits, clock)?;
        // Encryption is stated for each part (ODF part 2 §4.8.1).
        let manifest = archive.part("META-INF/manifest.xml")?.unwrap_or_default();
        if decode(&manifest).contains("encryption-data") {
            return Err(FormatError::Encrypted { format });
        }
        let mut styles = Styles::default();
        if let Some(bytes) = archive.part("styles.xml")? {
            styles.read(&mut Xml::new(&decode(&bytes), "styles.xml", format, limits, clock))?;
        }
        let bytes = archive.need("content.xml")?;
        let content = decode(&bytes);
        // Styles made for single paragraphs stand before the body.
        styles.read(&mut Xml::new(&content, "content.xml", format, limits, clock))?;
        let mut context = Context { styles, clock: Some(clock), ..Context::default() };
        let mut story = Story::default();
        let mut xml = Xml::new(&content, "content.xml", format, limits, clock);
        loop {
            match xml.next()? {
                Event::Start(tag) if tag.is(Ns::Office, "body") => {
                    story.content(&mut xml, &mut context)?
                }
                Event::Done => break,
                _ => {}
            }
        }
        let facts = Facts {
            title: opc::title(&mut archive, "meta.xml", format, limits, clock)?,
            ..Facts::default()
        };
        let blocks = story.finish();
        Ok(Reading { blocks, facts, unread: context.unread(), ..Reading::default() })
    }
}

#[cfg(test)]
mod tests;
