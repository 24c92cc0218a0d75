//! Tags, marked content, encryption, pages without text.

use super::made::*;
use crate::{Block, Format, FormatError, Limits, TextRole};

/// A page whose parts are marked content 0, 1, …, in the order drawn, and its structure's objects.
fn tagged(parts: &[String], root: &str, elements: &[&str]) -> Vec<u8> {
    let content: String = parts
        .iter()
        .enumerate()
        .map(|(mark, part)| format!("/P <</MCID {mark}>> BDC\n{part}EMC\n"))
        .collect();
    // The page follows the further objects.
    let page = FIRST + 1 + elements.len();
    let mut further = vec![format!("<</Type/StructTreeRoot{root}>>")];
    further.extend(
        elements.iter().map(|element| format!("<</Type/StructElem/Pg {page} 0 R{element}>>")),
    );
    let catalog = format!("/MarkInfo<</Marked true>>/StructTreeRoot {FIRST} 0 R");
    document(&[(595, 842, "", content)], &catalog, &further).bytes()
}

#[test]
fn tags_say_what_text_is() {
    let parts = [
        // Drawn out of order; the structure has the order of reading.
        show(72.0, 600.0, 14.0, "第一条　正文在后面，"),
        show(72.0, 700.0, 20.0, "总则"),
        show(72.0, 576.0, 14.0, "接着写。"),
        show(72.0, 540.0, 14.0, "（一）"),
        show(120.0, 540.0, 14.0, "条件。"),
    ];
    let bytes = tagged(
        &parts,
        "/K[11 0 R 12 0 R 13 0 R]/RoleMap<</标题 /H2/Titel /H2>>",
        &[
            "/S/Titel/K 1",
            "/S/P/K[0 2]",
            "/S/L/K 14 0 R",
            "/S/LI/K[15 0 R 16 0 R]",
            "/S/Lbl/K 3",
            "/S/LBody/K 17 0 R",
            "/S/P/K[4]",
        ],
    );
    assert_eq!(
        texts(&bytes),
        [
            (TextRole::Heading(2), "总则".to_owned()),
            (TextRole::Paragraph, "第一条　正文在后面，接着写。".to_owned()),
            (TextRole::Item, "（一）条件。".to_owned()),
        ]
    );
}

#[test]
fn tagged_tables_have_spans() {
    let parts = [
        show(72.0, 700.0, 14.0, "类别"),
        show(172.0, 700.0, 14.0, "措施"),
        show(72.0, 680.0, 14.0, "甲"),
        show(172.0, 680.0, 14.0, "一"),
        show(172.0, 660.0, 14.0, "二"),
    ];
    let bytes = tagged(
        &parts,
        "/K 11 0 R",
        &[
            "/S/Table/K[12 0 R 15 0 R 18 0 R]",
            "/S/TR/K[13 0 R 14 0 R]",
            "/S/TH/K 0",
            "/S/TH/K 1",
            "/S/TR/K[16 0 R 17 0 R]",
            "/S/TD/K 2/A[<</O/Layout>><</O/Table/RowSpan 2>>]",
            "/S/TD/K 3",
            "/S/TR/K[19 0 R]",
            "/S/TD/K 4",
        ],
    );
    let reading = reading(&bytes);
    assert_eq!(reading.printed().text, "类别\t措施\n甲\t一\n\t二\n");
    let [Block::Table(table)] = &reading.blocks[..] else { panic!("{reading:?}") };
    assert_eq!((table.header_rows, table.rows[1][0].rows), (1, 2));
}

#[test]
fn pagination_is_no_text() {
    let content = "/Artifact <</Type/Pagination>> BDC\n".to_owned()
        + &show(72.0, 500.0, 14.0, "水印")
        + "EMC\n/Artifact BMC\n"
        + &show(72.0, 400.0, 14.0, "没有标记的正文")
        + "EMC\n"
        + &show(72.0, 700.0, 14.0, "正文");
    assert_eq!(printed(&pages(&[content])), "正文\n没有标记的正文\n");
}

#[test]
fn actual_text_stands_for_glyphs() {
    let content = "/Span <</ActualText<FEFF4EBA6C11>>> BDC\n".to_owned()
        + &show(72.0, 700.0, 14.0, "入民")
        + "EMC\n"
        + &show(100.0, 700.0, 14.0, "政府");
    assert_eq!(printed(&pages(&[content])), "人民政府\n");
}

#[test]
fn text_layers_are_recognised_text() {
    let content = "BT 3 Tr ET\n".to_owned() + &show(72.0, 700.0, 14.0, "扫描件的文字层");
    assert_eq!(texts(&pages(&[content])), [(TextRole::Recognised, "扫描件的文字层".to_owned())]);
}

#[test]
fn pages_without_text_are_named() {
    let image = "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8\
                 /Length 1>>\nstream\nA\nendstream";
    let resources = format!("/Resources<</XObject<</I {FIRST} 0 R>>>>");
    let scan = "q 595 0 0 842 0 0 cm /I Do Q".to_owned();
    let pages = [
        (595, 842, "", show(72.0, 700.0, 14.0, "第一页")),
        (595, 842, resources.as_str(), scan),
        (595, 842, "", String::new()),
    ];
    let bytes = document(&pages, "", &[image.to_owned()]).bytes();
    let reading = reading(&bytes);
    assert_eq!(reading.printed().text, "第一页\n");
    assert_eq!(reading.unread, ["page 2 is a picture without text"]);
    assert_eq!(reading.pages.len(), 3);
}

#[test]
fn unknown_characters_are_named() {
    // A Type 3 font draws boxes under names that say nothing.
    let font = "<</Type/Font/Subtype/Type3/FontBBox[0 0 1 1]/FontMatrix[1 0 0 1 0 0]/FirstChar 65/LastChar 65\
                /Widths[1]/Encoding<</Differences[65/g17]>>/CharProcs<</g17 11 0 R>>/Resources<<>>>>";
    let box_ = "<</Length 27>>\nstream\n1 0 0 0 1 1 d1 0 0 1 1 re f\nendstream";
    let resources = format!("/Resources<</Font<</F1 3 0 R/F9 {FIRST} 0 R>>>>");
    let unknown = "BT /F9 14 Tf 72 500 Td (A) Tj ET\n".to_owned();
    let known = show(72.0, 700.0, 14.0, "这一页只有一个字不认识，其他的字都认识");
    let pages =
        [(595, 842, resources.as_str(), known + &unknown), (595, 842, resources.as_str(), unknown)];
    let bytes = document(&pages, "", &[font.to_owned(), box_.to_owned()]).bytes();
    let reading = reading(&bytes);
    assert_eq!(reading.printed().text, "这一页只有一个字不认识，其他的字都认识\n\u{FFFD}\n");
    assert_eq!(
        reading.unread,
        [
            "1 of 20 characters of page 1 are not known",
            "page 2 has text in fonts that do not say its characters",
        ]
    );
}

#[test]
fn a_file_without_text_is_empty() {
    assert_eq!(
        error(&pages(&[String::new()]), Limits::default()),
        FormatError::Empty { format: Format::Pdf }
    );
}

#[test]
fn titles_are_taken_if_they_are_printed() {
    let content = show(72.0, 700.0, 14.0, "城市更新办法");
    for (title, facts) in [
        ("<FEFF57CE5E0266F465B0529E6CD5>", Some("城市更新办法")),
        ("(Microsoft Word - 1.doc)", None),
    ] {
        let info = format!("<</Title{title}>>");
        let mut made = document(&[(595, 842, "", content.clone())], "", &[info]);
        made.trailer(&format!("/Info {FIRST} 0 R"));
        assert_eq!(reading(&made.bytes()).facts.title.as_deref(), facts);
    }
}
