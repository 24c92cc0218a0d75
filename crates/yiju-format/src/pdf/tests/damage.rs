//! Files that are damaged, too large or made to do harm.

use std::io::Write as _;
use std::time::Duration;

use proptest::prelude::*;

use super::made::*;
use crate::{Format, FormatError, Limits, read};

#[test]
fn bombs_are_not_unpacked() {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 3 << 20]).unwrap();
    let packed = packer.finish().unwrap();
    let mut made = document(&[(595, 842, "", show(72.0, 700.0, 14.0, "文"))], "", &[]);
    made.stream("/Filter/FlateDecode", &packed);
    let limits = Limits { unpacked: 1 << 20, ..Limits::default() };
    assert!(matches!(
        error(&made.bytes(), limits),
        FormatError::TooLarge { what: "bytes unpacked", limit, .. } if limit == 1 << 20
    ));
    assert!(read(&made.bytes(), &Limits::default()).is_ok());
}

#[test]
fn forms_without_end_end() {
    let limits = Limits { time: Duration::from_millis(300), ..Limits::default() };
    assert_eq!(error(&endless_forms(), limits), FormatError::Slow { seconds: 0 });
}

#[test]
fn widths_without_end_are_not_written_out() {
    let font = "<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/DescendantFonts[<<\
                /Subtype/CIDFontType2/BaseFont/A/W[0 4000000000 500]>>]>>";
    let resources = format!("/Resources<</Font<</F9 {FIRST} 0 R>>>>");
    let pages = [
        (595, 842, resources.as_str(), "BT /F9 9 Tf <0041> Tj ET".to_owned()),
        (595, 842, "", show(72.0, 700.0, 14.0, "好的一页")),
    ];
    let reading = reading(&document(&pages, "", &[font.to_owned()]).bytes());
    assert_eq!(reading.printed().text, "好的一页\n", "one bad page does not stop the others");
    assert_eq!(
        reading.unread,
        ["page 1 cannot be read: a font's widths name more characters than there are"]
    );
}

#[test]
fn too_many_pages_are_refused() {
    let bytes = pages(&[show(9.0, 9.0, 9.0, "一"), show(9.0, 9.0, 9.0, "二")]);
    assert_eq!(
        error(&bytes, Limits { pages: 1, ..Limits::default() }),
        FormatError::TooLarge { what: "pages", size: 2, limit: 1 }
    );
}

#[test]
fn a_header_alone_is_damaged() {
    assert!(matches!(
        error(b"%PDF-1.7\nnothing", Limits::default()),
        FormatError::Damaged { format: Format::Pdf, .. }
    ));
}

#[test]
fn a_lost_table_of_objects_is_made_again() {
    let mut bytes = pages(&[show(72.0, 700.0, 14.0, "第一条")]);
    let end = bytes.windows(4).rposition(|window| window == b"xref").unwrap();
    bytes.truncate(end - 5);
    let reading = reading(&bytes);
    assert_eq!(reading.printed().text, "第一条\n");
    assert_eq!(reading.unread, ["the file is not whole: only what was found in it is read"]);
}

fn sample() -> Vec<u8> {
    let content = lines(72.0, 700.0, 22.0, &["第一条　正文写在这里，", "还有一行。"])
        + "72 600 m 300 600 l 300 500 l 72 500 l h S 150 600 m 150 500 l S\n"
        + &show(80.0, 550.0, 14.0, "甲")
        + &show_in("F2", 400.0, 600.0, 14.0, "竖排");
    let tagged = format!("/P <</MCID 0>> BDC\n{content}EMC\n");
    let further = [
        format!("<</Type/StructTreeRoot/K[{} 0 R]>>", FIRST + 1),
        format!("<</S/P/Pg {} 0 R/K[0 {} 0 R]>>", FIRST + 2, FIRST + 1),
    ];
    let catalog = format!("/StructTreeRoot {FIRST} 0 R");
    document(&[(595, 842, "/Rotate 90", tagged), (595, 842, "", content)], &catalog, &further)
        .bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut file = b"%PDF-1.7\n".to_vec();
        file.extend(bytes);
        let _ = read(&file, &Limits { time: Duration::from_secs(2), ..Limits::default() });
    }

    #[test]
    fn no_changed_file_panics(changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..24), cut in any::<usize>()) {
        let mut file = sample();
        for (at, byte) in changes {
            let at = at % file.len();
            file[at] = byte;
        }
        if cut % 4 == 0 {
            file.truncate(cut % file.len());
        }
        if let Ok(Some(reading)) = read(&file, &Limits { time: Duration::from_secs(2), ..Limits::default() }) {
            let printed = reading.printed();
            for place in printed.places {
                prop_assert!(printed.text.get(place.range).is_some());
                prop_assert!(place.page >= 1 && place.page as usize <= reading.pages.len());
            }
        }
    }
}
