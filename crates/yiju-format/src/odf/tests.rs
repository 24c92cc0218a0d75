use super::*;
use crate::archive::made::archive;
use crate::block::{Block, TextRole};

const NS: &str = "xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0' \
    xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0' \
    xmlns:table='urn:oasis:names:tc:opendocument:xmlns:table:1.0' \
    xmlns:style='urn:oasis:names:tc:opendocument:xmlns:style:1.0' \
    xmlns:draw='urn:oasis:names:tc:opendocument:xmlns:drawing:1.0' \
    xmlns:loext='urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0' \
    xmlns:dc='http://purl.org/dc/elements/1.1/'";

const STYLES: &str = "<text:list-style style:name='L'>\
    <text:list-level-style-number text:level='1' loext:num-list-format='第%1%章' style:num-format='一, 二, 三, ...'/>\
    <text:list-level-style-number text:level='2' style:num-prefix='（' style:num-suffix='）' style:num-format='1' text:display-levels='2'/>\
    <text:list-level-style-bullet text:level='3' text:bullet-char='•'/></text:list-style>\
    <text:outline-style><text:outline-level-style text:level='1' style:num-format='I' style:num-suffix='.'/></text:outline-style>\
    <style:style style:name='H' style:family='text'><style:text-properties text:display='none'/></style:style>\
    <style:style style:name='W' style:family='text'><style:text-properties style:font-name='Wingdings'/></style:style>\
    <style:style style:name='NoNum' style:family='paragraph' style:list-style-name=''/>\
    <style:style style:name='Hid' style:family='table'><style:table-properties table:display='false'/></style:style>";

fn file(kind: &str, body: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content {NS}><office:automatic-styles>{STYLES}</office:automatic-styles>\
         <office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>"
    );
    archive(&[("content.xml", content.as_bytes())])
}

fn reading(kind: &str, body: &str) -> Reading {
    Odf { format: Format::Odt }.read(&file(kind, body), &Limits::default()).unwrap()
}

fn text(body: &str) -> Vec<String> {
    reading("text", body).printed().text.lines().map(str::to_owned).collect()
}

#[test]
fn lists_are_numbered_and_go_on_where_they_say_so() {
    let item = |text: &str, more: &str| {
        format!("<text:list-item><text:p>{text}</text:p>{more}</text:list-item>")
    };
    let inner = |items: &str| format!("<text:list>{items}</text:list>");
    let list = |attributes: &str, items: &str| {
        format!("<text:list text:style-name='L' {attributes}>{items}</text:list>")
    };
    let body = [
        list(
            "xml:id='a'",
            &item("总则", &inner(&[item("甲", ""), item("乙", &inner(&item("点", "")))].concat())),
        ),
        "<text:p>中</text:p>".to_owned(),
        list("text:continue-numbering='true'", &item("实施", &inner(&item("丙", "")))),
        list("", &item("新", "<text:p>续</text:p>")),
        list(
            "text:continue-list='a'",
            "<text:list-item text:start-value='7'><text:p>七</text:p></text:list-item>",
        ),
    ];
    assert_eq!(
        text(&body.concat()),
        [
            "第一章 总则",
            "（一.1）甲",
            "（一.2）乙",
            "• 点",
            "中",
            "第二章 实施",
            "（二.1）丙",
            "第一章 新",
            "续",
            "第七章 七"
        ]
    );
}

#[test]
fn headings_have_the_outline_s_numbers() {
    let body = "<text:h text:outline-level='1'>甲</text:h><text:h text:outline-level='2'>乙</text:h>\
        <text:h text:outline-level='1'>丙</text:h><text:h text:outline-level='1' text:style-name='NoNum'>丁</text:h>";
    let reading = reading("text", body);
    let roles: Vec<TextRole> = reading
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Text(text) => Some(text.role),
            Block::Table(_) => None,
        })
        .collect();
    assert_eq!(roles, [1, 2, 1, 1].map(TextRole::Heading));
    assert_eq!(reading.printed().text, "I. 甲\n乙\nII. 丙\n丁\n");
}

#[test]
fn deleted_and_hidden_text_is_left_out_and_white_space_collapsed() {
    let body = "<text:tracked-changes><text:changed-region><text:deletion><text:p>旧</text:p></text:deletion>\
        </text:changed-region></text:tracked-changes>\
        <text:p>  本条\n  <text:change/>新<text:span text:style-name='H'>藏</text:span><text:s text:c='2'/>文<text:tab/>x<text:span text:style-name='W'>&#xf0fe;</text:span>\
        <office:annotation><text:p>批注</text:p></office:annotation><text:line-break/>下</text:p>\
        <text:section text:display='none'><text:p>藏</text:p></text:section>";
    assert_eq!(text(body), ["本条 新  文 x☑", "下"]);
}

#[test]
fn notes_and_text_boxes_follow_their_paragraph() {
    let body = "<text:p>甲<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>注</text:p>\
        </text:note-body></text:note>乙<draw:frame><draw:text-box><text:p>框</text:p></draw:text-box></draw:frame></text:p>";
    assert_eq!(text(body), ["甲¹乙", "¹ 注", "框"]);
}

#[test]
fn tables_keep_merged_cells_and_headers() {
    let cell = |attributes: &str, text: &str| {
        format!("<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>")
    };
    let covered = "<table:covered-table-cell/>";
    let body = format!(
        "<table:table><table:table-header-rows><table:table-row>{}{}{covered}</table:table-row></table:table-header-rows>\
         <table:table-row>{covered}{}{}</table:table-row><table:table-row>{}{}{}</table:table-row></table:table>",
        cell("table:number-rows-spanned='2'", "事项"),
        cell("table:number-columns-spanned='2'", "安排"),
        cell("", "单位"),
        cell("", "时限"),
        cell("", "甲"),
        cell("", "乙"),
        cell("", "丙"),
    );
    let reading = reading("text", &body);
    assert_eq!(reading.printed().text, "事项\t安排\n\t单位\t时限\n甲\t乙\t丙\n");
    let Block::Table(table) = &reading.blocks[0] else { panic!() };
    assert_eq!((table.header_rows, table.rows[0][0].rows, table.rows[0][1].columns), (1, 2, 2));
}

#[test]
fn sheets_have_their_names_and_cells_as_shown() {
    let body = "<table:table table:name='措施'><table:table-row><table:table-cell table:number-columns-repeated='2'/>\
        <table:table-cell office:value='0.5'><text:p>50%</text:p></table:table-cell>\
        <table:table-cell table:number-columns-repeated='16000'/></table:table-row>\
        <table:table-row table:number-rows-repeated='2'><table:table-cell/><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row>\
        <table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
        </table:table><table:table table:name='藏' table:style-name='Hid'/>";
    let reading = reading("spreadsheet", body);
    assert_eq!(reading.printed().text, "措施\n\t50%\na\t\na\t\n");
    assert_eq!(reading.unread, ["the hidden table 藏: not read"]);
}

#[test]
fn repeated_cells_are_bounded() {
    let body = "<table:table table:name='a'><table:table-row table:number-rows-repeated='100000000'>\
        <table:table-cell table:number-columns-repeated='16384'><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    let bytes = file("spreadsheet", body);
    let error = Odf { format: Format::Ods }.read(&bytes, &Limits::default());
    assert!(matches!(error, Err(FormatError::TooLarge { what: "cells", .. })));
}

#[test]
fn a_password_is_said() {
    let bytes = archive(&[
        ("content.xml", b"x"),
        ("META-INF/manifest.xml", b"<manifest:encryption-data/>"),
    ]);
    let error = Odf { format: Format::Odt }.read(&bytes, &Limits::default());
    assert!(matches!(error, Err(FormatError::Encrypted { .. })));
}

proptest::proptest! {
    #[test]
    fn damaged_content_never_panics(at in 0_usize..4000, with in "[<>&'/0-9a-z:=%-]{0,3}", less in 0_usize..5) {
        let mut body = format!("<text:list text:style-name='L'><text:list-item><text:p>a</text:p></text:list-item></text:list>\
            <table:table><table:table-row><table:table-cell table:number-rows-spanned='2' table:number-columns-spanned='2'/>\
            <table:covered-table-cell/></table:table-row><table:table-row><table:covered-table-cell/></table:table-row></table:table>{STYLES}");
        let (mut at, mut end) = (at % body.len(), (at % body.len() + less).min(body.len()));
        while !body.is_char_boundary(at) { at -= 1; }
        while !body.is_char_boundary(end) { end += 1; }
        body.replace_range(at..end, &with);
        let _ = Odf { format: Format::Odt }.read(&file("text", &body), &Limits::default());
        let _ = Odf { format: Format::Ods }.read(&file("spreadsheet", &body), &Limits::default());
    }
}
