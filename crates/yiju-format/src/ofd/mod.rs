//! OFD, the page format of the state's documents (GB/T 33190-2016).
//!
//! Kept: the characters of all pages with the place of each line, tables by their drawn lines, templates, documents in one archive one after the
//! other, and the title, 文号, issuer and date that tags of official documents mark. Named in `unread`: pictures,
//! attachments, annotations, signatures and what is hidden. Page numbers and repeated heads are left out.

mod document;
mod drawing;
mod glyphs;
mod lines;
mod package;
mod paragraphs;
mod path;
mod rules;
mod running;
mod scans;
mod space;
mod tables;
mod xml;

use crate::picture::Recognition;
use crate::{FormatError, Limits, Reader, Reading};
pub(crate) use drawing::draw_page;

/// Reads an OFD file.
#[derive(Default)]
pub(crate) struct Ofd<'a> {
    /// How pages are read that are pictures; `None` where they are not.
    pub(crate) recognition: Option<Recognition<'a>>,
}

impl Reader for Ofd<'_> {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        document::read(bytes, limits, self.recognition.as_ref())
    }
}

/// Archives for tests.
#[cfg(test)]
mod made {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    pub(super) fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
        let parts: Vec<_> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        files(&parts)
    }

    pub(super) fn files(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, bytes) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Area, Block, Format, TextRole};

    const ENTRY: &str = "<ofd:OFD xmlns:ofd='http://www.ofdspec.org/2016'><ofd:DocBody><ofd:DocInfo><ofd:Title>某通知</ofd:Title></ofd:DocInfo>\
        <ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot><ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody></ofd:OFD>";
    const DOCUMENT: &str = "<Document><CommonData><PageArea><PhysicalBox>10 10 200 280</PhysicalBox></PageArea>\
        <TemplatePage ID='9' BaseLoc='Tpls/T.xml'/></CommonData><Pages><Page ID='2' BaseLoc='P/2.xml'/><Page ID='1' BaseLoc='P/1.xml'/></Pages>\
        <Attachments>A.xml</Attachments><CustomTags>Tags.xml</CustomTags></Document>";

    fn object(id: u32, x: f64, y: f64, text: &str) -> String {
        let steps = text.chars().count().saturating_sub(1);
        format!(
            "<TextObject ID='{id}' Boundary='{x} {y} 100 5' Size='5'><TextCode X='0' Y='4.4' DeltaX='g {steps} 5'>{text}</TextCode></TextObject>"
        )
    }

    fn file() -> Vec<u8> {
        let page = |template: &str, objects: String| {
            format!("<Page>{template}<Content><Layer>{objects}</Layer></Content></Page>")
        };
        made::archive(&[
            ("OFD.xml", ENTRY),
            ("Doc_0/Document.xml", DOCUMENT),
            ("Doc_0/Tpls/T.xml", &page("", object(90, 50.0, 40.0, "国务院文件"))),
            (
                "Doc_0/P/2.xml",
                &page(
                    "<Template TemplateID='9'/>",
                    object(4, 30.0, 90.0, "正文在后") + &object(3, 60.0, 60.0, "国发〔2020〕1号"),
                ),
            ),
            ("Doc_0/P/1.xml", &page("", "<ImageObject/>".to_owned())),
            (
                "Doc_0/A.xml",
                "<Attachments><Attachment Name='附表' Format='xlsx'><FileLoc>x</FileLoc></Attachment></Attachments>",
            ),
            ("Doc_0/Signs/Signatures.xml", "<Signatures><Signature ID='1'/></Signatures>"),
            (
                "Doc_0/Tags.xml",
                "<CustomTags><CustomTag><FileLoc>Tag.xml</FileLoc></CustomTag></CustomTags>",
            ),
            (
                "Doc_0/Tag.xml",
                "<公文><发文字号><ObjectRef PageRef='2'>3</ObjectRef></发文字号><发文机关标志><ObjectRef PageRef='2'>90</ObjectRef></发文机关标志></公文>",
            ),
        ])
    }

    #[test]
    fn pages_are_read_in_the_order_of_the_document() {
        let reading = Ofd::default().read(&file(), &Limits::default()).unwrap();
        assert_eq!(reading.printed().text, "国务院文件\n国发〔2020〕1号\n正文在后\n");
        assert_eq!(reading.pages.len(), 2);
        assert_eq!(reading.facts.title.as_deref(), Some("某通知"));
        assert_eq!(reading.facts.number.as_deref(), Some("国发〔2020〕1号"));
        assert_eq!(reading.facts.issuer.as_deref(), Some("国务院"));
        assert_eq!(
            reading.unread,
            [
                "page 2 is a picture without text",
                "the attachment 附表 (xlsx) is not read",
                "1 signature or seal not checked"
            ]
        );
        let Some(Block::Text(text)) = reading.blocks.first() else { panic!("no text") };
        assert_eq!(text.role, TextRole::Paragraph);
        let Area { left, top, right, bottom } = text.places[0].area;
        let points = |mm: f32| mm * 72.0 / 25.4;
        // 50 mm on a page whose box begins at 10 mm.
        for (found, expected) in [(left, 40.0), (right, 65.0), (top, 30.0), (bottom, 35.0)] {
            assert!((found - points(expected)).abs() < 0.01, "{found} {expected}");
        }
    }

    #[test]
    fn broken_and_empty_files_are_errors() {
        let read = |parts: &[(&str, &str)]| {
            Ofd::default().read(&made::archive(parts), &Limits::default()).unwrap_err()
        };
        assert!(matches!(read(&[("OFD.xml", "<OFD>")]), FormatError::Damaged { .. }));
        assert!(matches!(read(&[("OFD.xml", ENTRY)]), FormatError::Damaged { .. }));
        assert_eq!(
            read(&[("OFD.xml", ENTRY), ("Doc_0/Document.xml", "<Document/>")]),
            FormatError::Empty { format: Format::Ofd }
        );
        assert_eq!(
            read(&[("OFD.xml", "<OFD><Encryptions/></OFD>")]),
            FormatError::Encrypted { format: Format::Ofd }
        );
    }

    #[test]
    fn a_missing_page_is_named_and_pages_are_limited() {
        let page = "<Page><Content><Layer><TextObject Boundary='0 0 9 9'><TextCode X='0' Y='9'>文</TextCode></TextObject></Layer></Content></Page>";
        let parts = [("OFD.xml", ENTRY), ("Doc_0/Document.xml", DOCUMENT), ("Doc_0/P/1.xml", page)];
        let reading = Ofd::default().read(&made::archive(&parts), &Limits::default()).unwrap();
        assert_eq!(reading.unread, ["page 1 is missing in the file"]);
        let Some(Block::Text(text)) = reading.blocks.first() else { panic!("no text") };
        assert_eq!(text.places[0].page, 2);
        let limits = Limits { pages: 1, ..Limits::default() };
        assert!(matches!(
            Ofd::default().read(&made::archive(&parts), &limits),
            Err(FormatError::TooLarge { what: "pages", .. })
        ));
    }
}
