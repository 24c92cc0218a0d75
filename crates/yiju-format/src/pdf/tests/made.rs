//! PDF files made for tests.

use std::fmt::Write as _;

use crate::{Block, FormatError, Limits, Reading, TextRole, read};

/// A file of objects; the first is the catalogue.
#[derive(Default)]
pub(in crate::pdf) struct Made {
    objects: Vec<Vec<u8>>,
    trailer: String,
}

impl Made {
    pub(in crate::pdf) fn new() -> Self {
        Self::default()
    }

    /// Adds an object; its number is returned.
    pub(in crate::pdf) fn object(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len()
    }

    /// Adds a stream.
    pub(in crate::pdf) fn stream(&mut self, dict: &str, data: &[u8]) -> usize {
        let mut body = format!("<<{dict}/Length {}>>\nstream\n", data.len()).into_bytes();
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.object(body)
    }

    pub(in crate::pdf) fn trailer(&mut self, entries: &str) {
        self.trailer.push_str(entries);
    }

    pub(in crate::pdf) fn bytes(&self) -> Vec<u8> {
        let mut out = b"%PDF-1.7\n".to_vec();
        let mut offsets = Vec::new();
        for (index, body) in self.objects.iter().enumerate() {
            offsets.push(out.len());
            out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
            out.extend_from_slice(body);
            out.extend_from_slice(b"\nendobj\n");
        }
        let start = out.len();
        let count = self.objects.len() + 1;
        let mut table = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for offset in offsets {
            writeln!(table, "{offset:010} 00000 n ").unwrap();
        }
        write!(
            table,
            "trailer<</Size {count}/Root 1 0 R{}>>\nstartxref\n{start}\n%%EOF",
            self.trailer
        )
        .unwrap();
        out.extend_from_slice(table.as_bytes());
        out
    }
}

/// Fonts of [`document`]: F1 is level, F2 vertical Chinese in GBK without `ToUnicode`; F3 has an own `ToUnicode`.
const FONTS: usize = 3;

/// A document of pages with a width, a height, further entries and content; `catalog` and further objects from number
/// `FIRST` on.
pub(in crate::pdf) fn document(
    pages: &[(u32, u32, &str, String)],
    catalog: &str,
    further: &[String],
) -> Made {
    let mut made = Made::new();
    let first = 10 + further.len();
    let kids: String = (0..pages.len()).map(|i| format!("{} 0 R ", first + 2 * i)).collect();
    made.object(format!("<</Type/Catalog/Pages 2 0 R{catalog}>>"));
    made.object(format!("<</Type/Pages/Count {}/Kids[{kids}]>>", pages.len()));
    for name in ["GBK-EUC-H", "GBK-EUC-V"].into_iter().take(FONTS - 1) {
        made.object(format!(
            "<</Type/Font/Subtype/Type0/BaseFont/SimSun/Encoding/{name}/DescendantFonts[5 0 R]>>"
        ));
    }
    made.object(
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/SimSun/CIDSystemInfo<</Registry(Adobe)\
         /Ordering(GB1)/Supplement 2>>/DW 1000/W[814 939 500]/FontDescriptor 6 0 R>>",
    );
    made.object(
        "<</Type/FontDescriptor/FontName/SimSun/Flags 4/FontBBox[0 -120 1000 880]/ItalicAngle 0\
         /Ascent 880/Descent -120/CapHeight 700/StemV 80>>",
    );
    made.object(
        "<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/ToUnicode 9 0 R\
         /DescendantFonts[8 0 R]>>",
    );
    made.object(
        "<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/CIDSystemInfo<</Registry(Adobe)\
         /Ordering(Identity)/Supplement 0>>/DW 1000/FontDescriptor 6 0 R>>",
    );
    made.stream(
        "",
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
        1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
        3 beginbfchar <0001> <2EA0> <0002> <2F08> <0003> <4E3B> endbfchar endcmap end end",
    );
    for object in further {
        made.object(object.clone());
    }
    for (width, height, entries, content) in pages {
        let number = made.objects.len() + 1;
        made.object(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Contents {} 0 R/Resources<<\
             /Font<</F1 3 0 R/F2 4 0 R/F3 7 0 R>>>>{entries}>>",
            number + 1
        ));
        made.stream("", content.as_bytes());
    }
    made
}

/// Number of the first further object of [`document`].
pub(in crate::pdf) const FIRST: usize = 10;

/// Upright A4 pages of content.
pub(in crate::pdf) fn pages(contents: &[String]) -> Vec<u8> {
    let pages: Vec<_> = contents.iter().map(|content| (595, 842, "", content.clone())).collect();
    document(&pages, "", &[]).bytes()
}

/// Content that shows a text at a place (from the lower left) with a font.
pub(in crate::pdf) fn show_in(font: &str, x: f32, y: f32, size: f32, text: &str) -> String {
    let (bytes, _, _) = encoding_rs::GBK.encode(text);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm <{hex}> Tj ET\n")
}

/// Content that shows a level text.
pub(in crate::pdf) fn show(x: f32, y: f32, size: f32, text: &str) -> String {
    show_in("F1", x, y, size, text)
}

/// Lines of size 14 below each other from a height on, `step` points apart.
pub(in crate::pdf) fn lines(x: f32, y: f32, step: f32, texts: &[&str]) -> String {
    texts.iter().enumerate().map(|(i, text)| show(x, y - step * i as f32, 14.0, text)).collect()
}

pub(in crate::pdf) fn reading(bytes: &[u8]) -> Reading {
    read(bytes, &Limits::default()).unwrap().unwrap()
}

pub(in crate::pdf) fn error(bytes: &[u8], limits: Limits) -> FormatError {
    read(bytes, &limits).unwrap_err()
}

/// The printed text.
pub(in crate::pdf) fn printed(bytes: &[u8]) -> String {
    reading(bytes).printed().text
}

/// The roles and texts of blocks of text.
pub(in crate::pdf) fn texts(bytes: &[u8]) -> Vec<(TextRole, String)> {
    let blocks = reading(bytes).blocks.into_iter();
    blocks
        .filter_map(|block| match block {
            Block::Text(text) => Some((text.role, text.text)),
            Block::Table(_) => None,
        })
        .collect()
}

/// A page that never ends to draw: each of forty forms draws the next one twice.
pub(in crate::pdf) fn endless_forms() -> Vec<u8> {
    let forms: Vec<String> = (FIRST + 1..FIRST + 41)
        .map(|next| {
            format!(
                "<</Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</A {next} 0 R>>>>\
                 /Length 11>>\nstream\n/A Do /A Do\nendstream"
            )
        })
        .collect();
    let resources = format!("/Resources<</XObject<</A {FIRST} 0 R>>>>");
    document(&[(595, 842, &resources, "/A Do".to_owned())], "", &forms).bytes()
}
