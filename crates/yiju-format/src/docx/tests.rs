use super::*;
use crate::archive::made::archive;
use crate::block::{Block, TextRole};

const W: &str = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' \
    xmlns:m='http://schemas.openxmlformats.org/officeDocument/2006/math' \
    xmlns:v='urn:schemas-microsoft-com:vml' \
    xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'";

/// A document of the body and of other parts, each without its root: `styles`, `numbering`, `footnotes`.
fn file(body: &str, parts: &[(&str, &str)]) -> Vec<u8> {
    let document = format!("<w:document {W}><w:body>{body}</w:body></w:document>");
    let mut links = String::from("<Relationships>");
    let mut all = vec![("word/document.xml".to_owned(), document)];
    for (kind, content) in parts {
        links.push_str(&format!(
            "<Relationship Id='{kind}' Type='http://x/{kind}' Target='{kind}.xml'/>"
        ));
        all.push((format!("word/{kind}.xml"), format!("<w:{kind} {W}>{content}</w:{kind}>")));
    }
    links.push_str("</Relationships>");
    all.push(("word/_rels/document.xml.rels".to_owned(), links));
    let all: Vec<(&str, &[u8])> =
        all.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    archive(&all)
}

fn read(body: &str, parts: &[(&str, &str)]) -> Reading {
    Docx.read(&file(body, parts), &Limits::default()).unwrap()
}

/// The printed lines.
fn text(body: &str, parts: &[(&str, &str)]) -> Vec<String> {
    read(body, parts).printed().text.lines().map(str::to_owned).collect()
}

fn roles(reading: &Reading) -> Vec<(TextRole, &str)> {
    let texts = reading.blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some((text.role, text.text.as_str())),
        Block::Table(_) => None,
    });
    texts.collect()
}

fn p(inside: &str) -> String {
    format!("<w:p>{inside}</w:p>")
}

fn t(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

fn item(list: i64, level: usize, text: &str) -> String {
    p(&format!(
        "<w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{list}'/></w:numPr></w:pPr>{}",
        t(text)
    ))
}

const NUMBERING: &str = "<w:abstractNum w:abstractNumId='0'>\
    <w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='chineseCountingThousand'/><w:pStyle w:val='H1'/><w:lvlText w:val='第%1章'/></w:lvl>\
    <w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='chineseCountingThousand'/><w:lvlRestart w:val='0'/><w:suff w:val='space'/><w:lvlText w:val='第%2条'/></w:lvl>\
    <w:lvl w:ilvl='2'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:isLgl/><w:suff w:val='nothing'/><w:lvlText w:val='%1.%3'/></w:lvl>\
    <w:lvl w:ilvl='3'><w:numFmt w:val='bullet'/><w:lvlText w:val='&#xf0b7;'/><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr></w:lvl>\
    </w:abstractNum>\
    <w:abstractNum w:abstractNumId='1'><w:numStyleLink w:val='L'/></w:abstractNum>\
    <w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>\
    <w:num w:numId='2'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/></w:lvlOverride></w:num>\
    <w:num w:numId='3'><w:abstractNumId w:val='1'/></w:num>";

const STYLES: &str = "<w:style w:type='paragraph' w:default='1' w:styleId='N'><w:name w:val='Normal'/></w:style>\
    <w:style w:type='paragraph' w:styleId='H1'><w:name w:val='heading 1'/><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>\
    <w:style w:type='paragraph' w:styleId='H1b'><w:name w:val='mine'/><w:basedOn w:val='H1'/></w:style>\
    <w:style w:type='paragraph' w:styleId='T'><w:name w:val='Title'/></w:style>\
    <w:style w:type='numbering' w:styleId='L'><w:name w:val='list'/><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr></w:style>\
    <w:style w:type='character' w:styleId='hid'><w:name w:val='hid'/><w:rPr><w:vanish/></w:rPr></w:style>";

#[test]
fn numbers_are_shown_as_word_shows_them() {
    let body = [
        item(1, 0, "总则"),
        item(1, 1, "甲"),
        item(1, 2, "乙"),
        item(1, 0, "实施"),
        item(1, 1, "丙"),
        item(1, 3, "点"),
        item(2, 0, "新"),
        item(0, 0, "无"),
    ];
    assert_eq!(
        text(&body.concat(), &[("numbering", NUMBERING)]),
        [
            "第一章 总则",
            "第一条 甲",
            "1.1乙",
            "第二章 实施",
            "第二条 丙",
            "• 点",
            "第一章 新",
            "无"
        ]
    );
}

#[test]
fn a_restart_out_of_its_place_is_not_heeded() {
    let numbering = NUMBERING.replace("<w:lvlRestart w:val='0'/>", "");
    let numbering =
        numbering.replace("<w:lvl w:ilvl='1'>", "<w:lvl w:ilvl='1'><w:lvlRestart w:val='0'/>");
    let body = [item(1, 0, "a"), item(1, 1, "b"), item(1, 0, "c"), item(1, 1, "d")];
    assert_eq!(text(&body.concat(), &[("numbering", &numbering)])[3], "第一条 d");
}

#[test]
fn styles_bring_headings_and_their_numbers() {
    let styled = |style: &str, text: &str| {
        p(&format!("<w:pPr><w:pStyle w:val='{style}'/></w:pPr>{}", t(text)))
    };
    let outline = p(&format!("<w:pPr><w:outlineLvl w:val='2'/></w:pPr>{}", t("三级")));
    let body = [
        styled("T", "条例"),
        styled("H1", "总则"),
        styled("H1b", "实施"),
        outline,
        item(3, 1, "甲"),
    ];
    let reading = read(&body.concat(), &[("numbering", NUMBERING), ("styles", STYLES)]);
    assert_eq!(
        roles(&reading),
        [
            (TextRole::Heading(1), "条例"),
            (TextRole::Heading(1), "第一章 总则"),
            (TextRole::Heading(1), "第二章 实施"),
            (TextRole::Heading(3), "三级"),
            (TextRole::Item, "第一条 甲"),
        ]
    );
}

#[test]
fn deleted_text_is_not_text_and_inserted_text_is() {
    let body = [
        p(&format!(
            "{}<w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:ins>{}</w:ins>\
             <w:moveFrom>{}</w:moveFrom><w:moveTo>{}</w:moveTo>",
            t("本条"),
            t("新"),
            t("去"),
            t("来")
        )),
        p(&format!("<w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{}", t("前半"))),
        p(&t("后半")),
    ];
    assert_eq!(text(&body.concat(), &[]), ["本条新来", "前半后半"]);
    // A number that was deleted with its paragraph is not counted.
    let gone = "<w:p><w:pPr><w:numPr><w:ilvl w:val='1'/><w:numId w:val='1'/></w:numPr><w:rPr><w:del/></w:rPr></w:pPr>\
        <w:del><w:r><w:delText>x</w:delText></w:r></w:del></w:p>";
    let body = format!("{gone}{}", item(1, 1, "甲"));
    assert_eq!(text(&body, &[("numbering", NUMBERING)]), ["第一条 甲"]);
}

#[test]
fn hidden_text_is_left_out_and_symbols_are_characters() {
    let body = p("<w:r><w:rPr><w:vanish/></w:rPr><w:t>a</w:t></w:r>\
        <w:r><w:rPr><w:rStyle w:val='hid'/></w:rPr><w:t>b</w:t></w:r>\
        <w:r><w:rPr><w:rStyle w:val='hid'/><w:vanish w:val='0'/></w:rPr><w:t>c</w:t></w:r>\
        <w:r><w:sym w:font='Wingdings' w:char='F0FE'/><w:t>d</w:t><w:noBreakHyphen/><w:softHyphen/><w:tab/></w:r>\
        <w:r><w:rPr><w:rFonts w:ascii='Symbol'/></w:rPr><w:t>a</w:t></w:r>\
        <w:r><w:rPr><w:caps/></w:rPr><w:t>wto</w:t><w:br/><w:t>下</w:t></w:r>");
    assert_eq!(text(&body, &[("styles", STYLES)]), ["c☑d- αWTO", "下"]);
}

#[test]
fn fields_show_their_results() {
    let field = |kind: &str| format!("<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>");
    let instruction = |text: &str| format!("<w:r><w:instrText>{text}</w:instrText></w:r>");
    let body = [
        p(&[
            field("begin"),
            instruction("IF "),
            field("begin"),
            instruction("PAGE"),
            field("separate"),
            t("7"),
            field("end"),
            field("separate"),
            t("结果"),
            field("end"),
            format!("<w:fldSimple w:instr='DATE'>{}</w:fldSimple>", t("2027年")),
        ]
        .concat()),
        p(&[field("begin"), instruction(r"eq \o\ac(○,3)"), field("end"), t("甲")].concat()),
        p(
            "<w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='0'/><w:checked/></w:checkBox>\
            </w:ffData></w:fldChar></w:r><w:r><w:fldChar w:fldCharType='end'/></w:r>",
        ),
    ];
    assert_eq!(text(&body.concat(), &[]), ["结果2027年", "③甲", "☒"]);
}

#[test]
fn notes_follow_their_paragraph() {
    let footnotes = "<w:footnote w:type='separator' w:id='-1'><w:p/></w:footnote>\
        <w:footnote w:id='1'><w:p><w:r><w:footnoteRef/><w:t>注一</w:t></w:r></w:p></w:footnote>\
        <w:footnote w:id='2'><w:p><w:r><w:t>注二</w:t></w:r></w:p></w:footnote>";
    let reference = |id: u32| format!("<w:r><w:footnoteReference w:id='{id}'/></w:r>");
    let body = [
        p(&format!("{}{}{}", t("共30"), reference(1), t("条"))),
        format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>",
            p(&reference(2)),
            p(&t("乙"))
        ),
    ];
    let reading = read(&body.concat(), &[("footnotes", footnotes)]);
    assert_eq!(reading.printed().text, "共30¹条\n¹ 注一\n²\t乙\n² 注二\n");
    assert_eq!(roles(&reading)[1], (TextRole::Note, "¹ 注一"));
    let settings = "<w:footnotePr><w:numFmt w:val='decimalEnclosedCircleChinese'/></w:footnotePr>";
    let circled = text(&body.concat(), &[("footnotes", footnotes), ("settings", settings)]);
    assert_eq!(circled[0], "共30①条");
}

#[test]
fn text_boxes_follow_their_paragraph_once() {
    let content = |text: &str| format!("<w:txbxContent>{}</w:txbxContent>", p(&t(text)));
    let body = p(&format!(
        "{}<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{}</w:drawing></mc:Choice>\
         <mc:Fallback><w:pict>{}</w:pict></mc:Fallback></mc:AlternateContent></w:r>{}\
         <w:r><w:pict><v:textpath string='红头文件'/></w:pict></w:r>",
        t("前"),
        content("框"),
        content("旧框"),
        t("后")
    ));
    assert_eq!(text(&body, &[]), ["前后", "框", "红头文件"]);
}

#[test]
fn tables_keep_merged_cells_and_headers() {
    let cell = |properties: &str, text: &str| {
        format!("<w:tc><w:tcPr>{properties}</w:tcPr>{}</w:tc>", p(&t(text)))
    };
    let body = format!(
        "<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>{}{}</w:tr><w:tr>{}{}{}</w:tr>\
         <w:tr><w:trPr><w:del/></w:trPr>{}</w:tr><w:tr>{}<w:tc>{}{}</w:tc><w:tc><w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr></w:tbl>",
        cell("<w:vMerge w:val='restart'/>", "事项"),
        cell("<w:gridSpan w:val='2'/>", "安排"),
        cell("<w:vMerge/>", ""),
        cell("", "单位"),
        cell("", "时限"),
        cell("", "删"),
        cell("", "甲"),
        p(&t("乙")),
        p(&t("丙")),
        p(&t("内一")),
        p(&t("内二")),
    );
    let reading = read(&body, &[]);
    assert_eq!(reading.printed().text, "事项\t安排\n\t单位\t时限\n甲\t乙 丙\t内一 内二\n");
    let Block::Table(table) = &reading.blocks[0] else { panic!() };
    assert_eq!((table.header_rows, table.rows[0][0].rows, table.rows[0][1].columns), (1, 2, 2));
}

#[test]
fn a_table_of_one_cell_is_a_frame() {
    let body =
        format!("<w:tbl><w:tr><w:tc>{}{}</w:tc></w:tr></w:tbl>", p(&t("一段")), p(&t("二段")));
    assert_eq!(text(&body, &[]), ["一段", "二段"]);
}

#[test]
fn formulas_are_one_line() {
    let body = p(
        "<m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f>\
        <m:sSup><m:e><m:r><m:t>m</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>\
        <m:d><m:dPr><m:endChr m:val=']'/></m:dPr><m:e><m:r><m:t>c</m:t></m:r></m:e></m:d></m:oMath>",
    );
    assert_eq!(text(&body, &[]), ["a/bm²(c]"]);
}

#[test]
fn what_is_not_read_is_said() {
    let body = format!("<w:altChunk/>{}", p("<w:r><w:pict><v:imagedata/></w:pict></w:r>"));
    assert_eq!(
        read(&body, &[]).unread,
        ["1 picture: text in them is not read", "1 embedded file: not read"]
    );
}

#[test]
fn damage_is_named() {
    let bytes = archive(&[("word/document.xml", b"<w:document><w:body>")]);
    let Err(FormatError::Damaged { what, .. }) = Docx.read(&bytes, &Limits::default()) else {
        panic!()
    };
    assert!(what.contains("word/document.xml"), "{what}");
    let bytes = archive(&[("word/other.xml", b"")]);
    assert!(matches!(Docx.read(&bytes, &Limits::default()), Err(FormatError::Damaged { .. })));
}

#[test]
fn tables_in_tables_end_at_the_limit() {
    let body =
        format!("{}{}", "<w:tbl><w:tr><w:tc>".repeat(500), "</w:tc></w:tr></w:tbl>".repeat(500));
    assert!(matches!(
        Docx.read(&file(&body, &[]), &Limits::default()),
        Err(FormatError::TooLarge { .. })
    ));
}

proptest::proptest! {
    #[test]
    fn damaged_parts_never_panic(at in 0_usize..4000, cut in 0_usize..4000, with in "[<>&'/0-9a-z:=%-]{0,3}") {
        let body = [
            item(1, 0, "总则"),
            item(2, 1, "甲"),
            "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/><w:vMerge/></w:tcPr><w:p/></w:tc></w:tr></w:tbl>".into(),
            p("<w:r><w:fldChar w:fldCharType='begin'/><w:instrText>eq \\o(a,b)</w:instrText><w:fldChar w:fldCharType='end'/></w:r>"),
        ]
        .concat();
        for damaged in 0..3 {
            let mut texts = [body.clone(), NUMBERING.to_owned(), STYLES.to_owned()];
            let text = &mut texts[damaged];
            let (mut at, mut end) = (at % text.len(), (at + cut % 7) % text.len());
            while !text.is_char_boundary(at) { at -= 1; }
            while !text.is_char_boundary(end) { end -= 1; }
            text.replace_range(at..end.max(at), &with);
            let bytes = file(&texts[0], &[("numbering", &texts[1]), ("styles", &texts[2])]);
            let _ = Docx.read(&bytes, &Limits::default());
        }
    }
}
