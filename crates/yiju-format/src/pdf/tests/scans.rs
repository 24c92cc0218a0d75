//! Pages that are pictures.

use std::sync::Mutex;

use super::made::{FIRST, Made, document, show};
use crate::{
    Block, Limits, PictureError, Reading, ReadsPictures, Recognition, SeenLine, SeenPage, Shades,
    TextRole, read_with,
};

/// Reads the same lines in every picture, and keeps the pictures.
struct Reader {
    lines: Vec<SeenLine>,
    /// Whether the page is said to stand on its side.
    turned: bool,
    pictures: Mutex<Vec<Shades>>,
}

impl ReadsPictures for Reader {
    fn page(
        &self,
        picture: Shades,
        _: &(dyn Fn() -> bool + Sync),
    ) -> Result<SeenPage, PictureError> {
        let (width, height) = (picture.width as f32, picture.height as f32);
        self.pictures.lock().unwrap().push(picture);
        let lines = self.lines.clone();
        Ok(match self.turned {
            false => SeenPage { width, height, in_picture: [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], lines },
            // Turned clockwise by a quarter: the upright page's upper left corner is the picture's lower left.
            true => SeenPage {
                width: height,
                height: width,
                in_picture: [0.0, -1.0, 1.0, 0.0, 0.0, height],
                lines,
            },
        })
    }
}

/// A line of ideographs 40 pixels wide.
fn line(text: &str, left: f32, top: f32, confidence: f32) -> SeenLine {
    let place = |(at, c): (usize, char)| {
        let left = left + 40.0 * at as f32;
        (c, left, left + 40.0)
    };
    let characters = text.chars().enumerate().map(place).collect();
    SeenLine { characters, confidence, size: 40.0, top, bottom: top + 44.0 }
}

fn reader(turned: bool) -> Reader {
    let lines = vec![
        // Not in their order.
        line("第二条应当登记。", 280.0, 500.0, 0.75),
        line("第一条为了规范电动自行车的停放和充电，预防火灾，保障安全，", 280.0, 300.0, 0.99),
        line("制定本办法。", 200.0, 380.0, 0.5),
    ];
    Reader { lines, turned, pictures: Mutex::default() }
}

/// A page of 595 × 842 points with a picture of 4 × 4 grey pixels over all of it, the upper left one black.
fn scan(entries: &str, content: &str) -> Vec<u8> {
    let mut samples = String::from("00");
    samples.push_str(&"FF".repeat(15));
    let image = format!(
        "<</Type/XObject/Subtype/Image/Width 4/Height 4/ColorSpace/DeviceGray/BitsPerComponent 8\
         /Filter/ASCIIHexDecode/Length {}>>\nstream\n{samples}>\nendstream",
        samples.len() + 1
    );
    let resources = format!("/Resources<</XObject<</S {FIRST} 0 R>>/Font<</F1 3 0 R>>>>{entries}");
    let content = format!("q 595 0 0 842 0 0 cm /S Do Q {content}");
    let made: Made = document(&[(595, 842, resources.as_str(), content)], "", &[image]);
    made.bytes()
}

fn recognised(bytes: &[u8], reader: &Reader, always: bool) -> Reading {
    let recognition = Some(Recognition { reader, always });
    read_with(bytes, &Limits::default(), recognition).unwrap().unwrap()
}

#[test]
fn the_lines_of_a_scan_are_laid_out_and_have_their_places() {
    let reader = reader(false);
    let reading = recognised(&scan("", ""), &reader, false);
    let picture = reader.pictures.lock().unwrap().remove(0);
    // 200 dots an inch; a quarter of each side is black.
    assert_eq!((picture.width, picture.height), (1653, 2339));
    let at = |x: usize, y: usize| picture.samples[y * picture.width + x];
    assert_eq!((at(5, 5), at(400, 570)), (0, 0));
    assert_eq!((at(430, 10), at(10, 600), at(1640, 2330)), (255, 255, 255));
    assert_eq!(reading.unread, [""; 0]);
    assert_eq!((reading.pages[0].width, reading.pages[0].height), (595.0, 842.0));
    assert_eq!(
        reading.printed().text,
        "第一条为了规范电动自行车的停放和充电，预防火灾，保障安全，制定本办法。\n第二条应当登记。\n"
    );
    let Some(Block::Text(text)) = reading.blocks.first() else { panic!("no text") };
    assert_eq!(text.role, TextRole::Recognised);
    let sure: Vec<_> = text.places.iter().map(|place| place.recognised.unwrap()).collect();
    assert_eq!(
        sure.iter().map(|sure| sure.confidence).collect::<Vec<_>>(),
        [Some(0.99), Some(0.5)]
    );
    let area = text.places[0].area;
    for (found, pixels) in
        [(area.left, 280.0), (area.top, 300.0), (area.right, 1440.0), (area.bottom, 344.0)]
    {
        assert!((found - pixels * 72.0 / 200.0).abs() < 0.3, "{area:?}");
    }
    let pages = reading.recognised();
    assert_eq!(pages.len(), 1);
    assert!((pages[0].confidence.unwrap() - 0.7466).abs() < 0.001);
}

#[test]
fn places_are_those_of_the_page_as_it_is_shown() {
    // The page is shown turned, and its text stands on its side.
    let reader = reader(true);
    let reading = recognised(&scan("/Rotate 90", ""), &reader, false);
    let picture = reader.pictures.lock().unwrap().remove(0);
    assert_eq!((picture.width, picture.height), (2339, 1653));
    // Turned clockwise, the black corner is at the upper right.
    assert_eq!((picture.samples[2330], picture.samples[5]), (0, 255));
    let Some(Block::Text(text)) = reading.blocks.first() else { panic!("no text") };
    let area = text.places[0].area;
    let points = |pixels: f32| pixels * 72.0 / 200.0;
    // Upright (280, 300) to (1440, 344) is (300, 1653 - 1440) to (344, 1653 - 280) in the picture.
    for (found, pixels) in
        [(area.left, 300.0), (area.top, 213.0), (area.right, 344.0), (area.bottom, 1373.0)]
    {
        assert!((found - points(pixels)).abs() < 0.5, "{area:?}");
    }
}

#[test]
fn a_text_layer_is_kept_unless_all_pictures_are_read() {
    let layered = scan("", &format!("3 Tr {}", show(100.0, 700.0, 14.0, "旁人的文字层")));
    let reader = reader(false);
    let reading = recognised(&layered, &reader, false);
    assert_eq!(reading.printed().text, "旁人的文字层\n");
    assert_eq!(reading.recognised()[0].confidence, None);
    assert!(reader.pictures.lock().unwrap().is_empty());
    let reading = recognised(&layered, &reader, true);
    assert!(reading.printed().text.starts_with("第一条为了"), "{}", reading.printed().text);
    let printed = scan("", &show(100.0, 700.0, 14.0, "看得见的文字"));
    assert_eq!(recognised(&printed, &reader, true).printed().text, "看得见的文字\n");
}

#[test]
fn what_was_not_read_is_named() {
    struct Blind;
    impl ReadsPictures for Blind {
        fn page(&self, _: Shades, _: &(dyn Fn() -> bool + Sync)) -> Result<SeenPage, PictureError> {
            Err(PictureError::Unread("the models are missing".to_owned()))
        }
    }
    let recognition = Some(Recognition { reader: &Blind, always: false });
    let error = read_with(&scan("", ""), &Limits::default(), recognition).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("page 1 is a picture that is not read: the models are missing"),
        "{error}"
    );
    let error = read_with(&scan("", ""), &Limits::default(), None).unwrap_err().to_string();
    assert!(error.contains("page 1 is a picture without text"), "{error}");
}
