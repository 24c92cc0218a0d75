use super::*;
use crate::block::{Block, TextRole};

fn read(body: &str) -> Reading {
    Rtf.read(format!("{{\\rtf1\\ansi\\ansicpg936\\deff0{body}}}").as_bytes(), &Limits::default())
        .unwrap()
}

fn text(body: &str) -> Vec<String> {
    read(body).printed().text.lines().map(str::to_owned).collect()
}

const FONTS: &str = "{\\fonttbl{\\f0\\fcharset134 \\'cb\\'ce\\'cc\\'e5;}{\\f1\\fcharset0 Calibri;}{\\f2\\fcharset2 Wingdings;}\
    {\\f3\\fcharset136 MingLiU;}}";

#[test]
fn bytes_are_read_in_the_code_page_of_their_font() {
    let body = format!(
        "{FONTS}\\pard\\f0\\'d6\\'d0\\f1 A\\'93\\f3\\'a4\\'a4{{\\f2\\'fe}}\\f1\\'b9\\'fa\\par"
    );
    assert_eq!(text(&body), ["中A“中☑国"]);
}

#[test]
fn unicode_goes_before_what_stands_for_it() {
    assert_eq!(
        text("\\uc2\\u20013\\'d6\\'d0x\\uc1\\u22269 ?{\\uc0\\u-10179\\u-8704}\\par"),
        ["中x国😀"]
    );
    assert_eq!(
        text("a\\u-4033\\'3f\\~\\_\\-\\emdash b\\par"),
        ["a\u{f03f}\u{a0}-—b".replace('\u{f03f}', "✍")]
    );
}

#[test]
fn numbers_that_the_file_gives_are_taken() {
    let body = "\\pard{\\listtext\\u31532 ?\\u19968 ?\\u31456 ?\\tab}\\ls1 a\\par\\pard{\\pntext\\f2\\'fe\\tab}b\\par";
    assert_eq!(text(&format!("{FONTS}{body}")), ["第一章 a", "☑ b"]);
}

#[test]
fn other_numbers_are_counted_by_the_list_table() {
    let tables = "{\\*\\listtable{\\list{\\listlevel\\levelnfc39\\levelstartat1{\\leveltext\\'03\\u31532 ?\\'00\\u31456 ?;}\
        {\\levelnumbers\\'02;}}{\\listlevel\\levelnfc0\\levelstartat1\\levelfollow2{\\leveltext\\'03\\'00.\\'01;}{\\levelnumbers\\'01\\'03;}}\
        \\listid7}}{\\*\\listoverridetable{\\listoverride\\listid7\\listoverridecount0\\ls1}}";
    let body = "\\pard\\ls1\\ilvl0 a\\par\\pard\\ls1\\ilvl1 b\\par\\pard d\\par\\pard\\ls1 c\\par";
    assert_eq!(text(&format!("{tables}{body}")), ["第一章 a", "一.1b", "d", "第二章 c"]);
}

#[test]
fn headings_by_style_and_outline() {
    let body = "{\\stylesheet{\\s1 heading 1;}{\\s2\\outlinelevel1 mine;}}\\pard\\s1 a\\par\\pard\\s2 b\\par\\pard\\outlinelevel2 c\\par\\pard d\\par";
    let roles: Vec<TextRole> = read(body)
        .blocks
        .into_iter()
        .filter_map(|block| match block {
            Block::Text(text) => Some(text.role),
            Block::Table(_) => None,
        })
        .collect();
    use TextRole::{Heading, Paragraph};
    assert_eq!(roles, [Heading(1), Heading(2), Heading(3), Paragraph]);
}

#[test]
fn deleted_and_hidden_text_and_what_is_no_text_is_left_out() {
    let body = "{\\header x}{\\*\\unknown y}{\\info{\\title \\'cc\\'e2}}a{\\deleted b\\par}{\\v c}{\\pict 00ff}d\\par{\\revised e}\\par";
    let reading = read(&format!("{FONTS}{body}"));
    assert_eq!(reading.printed().text, "ad\ne\n");
    assert_eq!(reading.facts.title.as_deref(), Some("题"));
    assert_eq!(reading.unread.len(), 1);
}

#[test]
fn fields_show_their_results() {
    let body = "{\\field{\\*\\fldinst HYPERLINK \"x\"}{\\fldrslt a}}{\\field{\\*\\fldinst{eq \\\\o\\\\ac(\\u9675 ?,2)}}}\\par";
    assert_eq!(text(body), ["a②"]);
}

#[test]
fn notes_and_text_boxes_follow_their_paragraph() {
    let body = "a{\\super\\chftn}{\\footnote\\pard{\\super\\chftn} n\\par}b{\\shp{\\*\\shpinst{\\sp{\\sn x}{\\sv y}}{\\shptxt \\pard k\\par}}{\\shprslt z}}\\par c\\par";
    assert_eq!(text(body), ["a¹b", "¹ n", "k", "c"]);
    // As office suites write them: optional, inside the mark's group, endnotes with a word of their own.
    let body = "a{\\super\\chftn{\\*\\footnote\\ftnalt\\chftn\\pard n}}b{\\super\\chftn{\\*\\footnote\\chftn m}}\\par";
    assert_eq!(text(body), ["aib¹", "i n", "¹ m"]);
}

#[test]
fn tables_keep_merged_cells() {
    let body = "a\\par\\trowd\\trhdr\\clvmgf\\cellx1000\\cellx3000\\pard\\intbl x\\cell y\\cell\\row\
        \\trowd\\clvmrg\\cellx1000\\cellx2000\\cellx3005\\pard\\intbl\\cell p\\par q\\cell r\\cell\\row\\pard b\\par";
    let reading = read(body);
    assert_eq!(reading.printed().text, "a\nx\ty\n\tp q\tr\nb\n");
    let Block::Table(table) = &reading.blocks[1] else { panic!() };
    assert_eq!((table.header_rows, table.rows[0][0].rows, table.rows[0][1].columns), (1, 2, 2));
}

#[test]
fn what_is_cut_off_or_too_deep_is_an_error() {
    assert!(matches!(
        Rtf.read(b"{\\rtf1 {a", &Limits::default()),
        Err(FormatError::Damaged { .. })
    ));
    let deep = "{".repeat(1000);
    assert!(matches!(
        Rtf.read(deep.as_bytes(), &Limits::default()),
        Err(FormatError::TooLarge { .. })
    ));
}

proptest::proptest! {
    #[test]
    fn any_words_are_read(words in proptest::collection::vec(
        proptest::sample::select(vec![
            "{", "}", "\\par", "\\cell", "\\row", "\\trowd", "\\cellx-5", "\\cellx9", "\\intbl", "\\pard", "\\u-1 ", "\\'b8", "a",
            "\\footnote", "\\shptxt", "\\field", "\\fldinst", "\\fldrslt", "\\*", "\\upr", "\\ud", "\\chftn", "\\listtable",
            "\\listlevel", "\\leveltext", "\\levelnumbers", "\\listid1", "\\ls1", "\\listoverride", "\\ilvl99", "\\bin99999",
            "\\fonttbl", "\\stylesheet", "\\s1", "\\listtext", "\\clmrg", "\\clvmrg", "\\uc-1", "\\uc9",
        ]), 0..60)) {
        let _ = Rtf.read(format!("{{\\rtf1{}", words.concat()).as_bytes(), &Limits::default());
        let closed = words.iter().filter(|word| **word == "{").count();
        let _ = Rtf.read(format!("{{\\rtf1{}{}", words.concat(), "}".repeat(closed + 1)).as_bytes(), &Limits::default());
    }
}
