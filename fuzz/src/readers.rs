//! The readers of files, each with what it reads: the first byte chooses the reader, or `YIJU_FUZZ_READER` holds all inputs
//! to one by its name.
//!
//! Of a format that is a ZIP archive, the next byte chooses a part of a whole file, and the rest takes its place: bytes
//! of an archive itself are packed, and hardly any change of them would get past its checksums.

use std::io::{Cursor, Read, Write};
use std::ops::ControlFlow;
use std::sync::LazyLock;
use std::time::Duration;

use yiju_format::{
    Limits, PageRequest, PictureError, ReadsPictures, Recognition, SeenLine, SeenPage, Shades,
    draw_page, each_packed, read_with,
};

/// What the bytes after the first are.
enum Input {
    /// A file.
    File,
    /// A PDF file: it is drawn, too.
    Drawn,
    /// A ZIP archive of files.
    Bundle,
    /// A part of this file.
    PartOf(&'static [u8]),
    /// A part of this file, which has pages: it is drawn, too.
    DrawnPartOf(&'static [u8]),
}

/// The readers in the order of their first bytes. New ones are added at the end: the seeds begin with these numbers.
const READERS: [(&str, Input); 13] = [
    ("pdf", Input::Drawn),
    ("docx", Input::PartOf(include_bytes!("../seeds/format/rules.docx"))),
    ("doc", Input::File),
    ("rtf", Input::File),
    ("odf", Input::PartOf(include_bytes!("../seeds/format/rules.odt"))),
    ("ofd", Input::DrawnPartOf(include_bytes!("../seeds/format/drawn.ofd"))),
    ("web", Input::File),
    ("xlsx", Input::PartOf(include_bytes!("../seeds/format/fees.xlsx"))),
    ("xls", Input::File),
    ("csv", Input::File),
    ("pptx", Input::PartOf(include_bytes!("../seeds/format/talk.pptx"))),
    ("epub", Input::PartOf(include_bytes!("../seeds/format/book.epub"))),
    ("zip", Input::Bundle),
];

/// The reader that all inputs go to, by its place; none where the first byte chooses.
static HELD: LazyLock<Option<usize>> = LazyLock::new(|| {
    let name = std::env::var("YIJU_FUZZ_READER").ok()?;
    let place = names().position(|known| known == name);
    Some(place.unwrap_or_else(|| panic!("there is no reader of the name {name}")))
});

/// The names of the readers, each at the place of its first byte.
pub fn names() -> impl Iterator<Item = &'static str> {
    READERS.iter().map(|(name, _)| *name)
}

/// A reader over bytes: they are refused, or give text whose places are within it.
pub fn reader(data: &[u8]) {
    let Some((&first, rest)) = data.split_first() else { return };
    let (_, input) = &READERS[HELD.unwrap_or(usize::from(first) % READERS.len())];
    match input {
        Input::File => checked(rest, None),
        Input::Drawn => {
            checked(rest, None);
            drawn(rest);
        }
        Input::Bundle => {
            let _ = each_packed(rest, &limits(), &mut |_| ControlFlow::Continue(()));
        }
        Input::DrawnPartOf(file) => {
            if let Some((&part, content)) = rest.split_first() {
                let bytes = with_part(file, part, content);
                checked(&bytes, None);
                drawn(&bytes);
            }
        }
        Input::PartOf(file) => {
            if let Some((&part, content)) = rest.split_first() {
                checked(&with_part(file, part, content), None);
            }
        }
    }
}

/// The readers of pictures and of pages that are pictures, with lines that the bytes make up.
pub fn picture(data: &[u8]) {
    struct Made<'a>(&'a [u8]);
    impl ReadsPictures for Made<'_> {
        fn page(
            &self,
            picture: Shades,
            _: &(dyn Fn() -> bool + Sync),
        ) -> Result<SeenPage, PictureError> {
            assert_eq!(picture.samples.len(), picture.width * picture.height);
            let number = |at: usize| f32::from(self.0.get(at).copied().unwrap_or(7));
            let lines = (0..usize::from(self.0.first().copied().unwrap_or(1) % 8))
                .map(|line| SeenLine {
                    characters: (0..9)
                        .map(|c| ('条', number(c) * c as f32, number(c + line) * (c + 1) as f32))
                        .collect(),
                    confidence: 0.5,
                    size: number(line),
                    top: number(line) * line as f32,
                    bottom: number(line + 1) * (line + 1) as f32,
                })
                .collect();
            let (width, height) = (picture.width as f32, picture.height as f32);
            let in_picture = [0.0, 1.0, -1.0, 0.0, width, 0.0];
            Ok(SeenPage { width, height, in_picture, lines })
        }
    }
    checked(data, Some(Recognition { reader: &Made(data), always: true }));
}

fn limits() -> Limits {
    Limits {
        unpacked: 16 << 20,
        pages: 50,
        pixels: 1 << 20,
        time: Duration::from_secs(10),
        ..Limits::default()
    }
}

/// Reads a file and checks what was read.
pub(crate) fn checked(data: &[u8], recognition: Option<Recognition<'_>>) {
    let Ok(Some(reading)) = read_with(data, &limits(), recognition) else {
        return;
    };
    let printed = reading.printed();
    let mut at = 0;
    for place in &printed.places {
        assert!(printed.text.get(place.range.clone()).is_some(), "a place lies in the text");
        assert!(at <= place.range.start, "places are in order");
        assert!((1..=reading.pages.len()).contains(&(place.page as usize)), "its page is there");
        at = place.range.start;
    }
}

fn drawn(data: &[u8]) {
    let request = PageRequest { page: 1, width: Some(100), ..PageRequest::default() };
    if let Ok(picture) = draw_page(data, &request, &limits()) {
        assert!(picture.png.starts_with(b"\x89PNG"));
    }
}

/// An archive with another part in the place of one of its own, nothing in it packed.
fn with_part(file: &[u8], part: u8, content: &[u8]) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(file)).expect("a whole archive");
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let chosen = usize::from(part) % old.len();
    for place in 0..old.len() {
        let mut entry = old.by_index(place).expect("a whole archive");
        let name = entry.name().expect("a whole archive").into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("a whole archive");
        if place == chosen {
            bytes = content.to_vec();
        }
        new.start_file(name, stored).expect("a name that was there");
        new.write_all(&bytes).expect("memory");
    }
    new.finish().expect("memory").into_inner()
}

/// The parts of an archive that a seed may replace, as [`reader`] counts them.
pub fn parts(name: &str) -> Vec<Vec<u8>> {
    let input = READERS.iter().find(|(known, _)| *known == name).map(|(_, input)| input);
    let Some(Input::PartOf(file) | Input::DrawnPartOf(file)) = input else { return Vec::new() };
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).expect("a whole archive");
    (0..archive.len())
        .map(|place| {
            let mut bytes = Vec::new();
            let mut entry = archive.by_index(place).expect("a whole archive");
            entry.read_to_end(&mut bytes).expect("a whole archive");
            bytes
        })
        .collect()
}
