//! No file, however broken, makes a reader panic.

use std::io::Write;

use proptest::prelude::*;
use yiju_format::{Limits, read};

const PAGE: &str = "<!DOCTYPE html><html><head><meta charset=gbk><title>通知_网</title><meta name=ArticleTitle content=通知></head><body>\
    <div class=nav><a href=1>一</a><a href=2>二</a><a href=3>三</a></div><h1>关于<br>某事的通知</h1><table><tr><td>索引号：<td>1\
    <td>文号：<td>国发〔2020〕1号<tr><td>发文机关：<td>国务院</table><ol start=3 type=i><li>甲<ul><li>乙</ul><li value=9>丙</ol>\
    <table border=1><caption>表</caption><thead><tr><th rowspan=2>序号<th colspan=2>事项</thead><tr><td>1<td>甲<table><tr><td>x</table>\
    <tr><td rowspan=0>2</table><pre>一\n 二</pre><p style='display:none'>隐</p><svg><p>图</svg><template><p>x</template></body></html>";

fn saved() -> String {
    let page: String = PAGE.bytes().map(|byte| format!("={byte:02X}")).collect();
    format!(
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=\"b\"; start=\"<a>\"\r\n\r\n--b\r\nContent-Type: text/html\r\n\
         Content-ID: <a>\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{page}\r\n--b\r\nContent-Type: text/html\r\n\
         Content-Transfer-Encoding: base64\r\n\r\nPHA+YQ==\r\n--b--\r\n"
    )
}

const OFD_PAGE: &str = "<Page><Area><PhysicalBox>0 0 210 297</PhysicalBox></Area><Template TemplateID='9' ZOrder='Background'/><Content><Layer>\
    <TextObject ID='1' Boundary='10 20 50 5' CTM='1 0 0 1 0 0' Size='4' ReadDirection='0'><TextCode X='0' Y='3' DeltaX='g 2 4 -8 4' \
    DeltaY='0 0 5 0'>第一条文字</TextCode></TextObject><PageBlock><TextObject ID='2' Boundary='1 1 9 90' Size='3' CharDirection='90'>\
    <TextCode X='0' Y='3' DeltaY='4 4'>竖排字</TextCode><TextCode>又</TextCode></TextObject></PageBlock><CompositeObject ResourceID='7' \
    Boundary='0 0 9 9'/><ImageObject/><PathObject Boundary='10 10 90 0.4' LineWidth='0.25'><AbbreviatedData>M 0 0.2 L 90 0.2</AbbreviatedData>\
    </PathObject></Layer></Content></Page>";
const OFD_DOCUMENT: &str = "<Document><CommonData><PageArea><PhysicalBox>0 0 210 297</PhysicalBox></PageArea><PublicRes>R.xml</PublicRes>\
    <TemplatePage ID='9' BaseLoc='P.xml'/></CommonData><Pages><Page ID='1' BaseLoc='P.xml'/><Page ID='2' BaseLoc='P.xml'/></Pages>\
    <Attachments>A.xml</Attachments><CustomTags>T.xml</CustomTags></Document>";
const OFD_RESOURCE: &str = "<Res><CompositeGraphicUnits><CompositeGraphicUnit ID='7'><Content><CompositeObject ResourceID='7'/>\
    <TextObject Boundary='1 1 9 9' Size='2'><TextCode X='0' Y='2'>内</TextCode></TextObject></Content></CompositeGraphicUnit></CompositeGraphicUnits></Res>";

/// An OFD archive.
fn ofd(document: &[u8], page: &[u8], resource: &[u8]) -> Vec<u8> {
    let parts: [(&str, &[u8]); 4] = [
        ("OFD.xml", b"<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>"),
        ("D.xml", document),
        ("P.xml", page),
        ("R.xml", resource),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A change of a file: at a place (of 65536 parts of it), some bytes are taken out and others put in.
fn change() -> impl Strategy<Value = (u16, u8, Vec<u8>)> {
    (any::<u16>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..8))
}

fn changed(file: &[u8], changes: &[(u16, u8, Vec<u8>)]) -> Vec<u8> {
    let mut file = file.to_vec();
    for (place, out, new) in changes {
        let at = file.len() * usize::from(*place) / 65536;
        let end = (at + usize::from(*out)).min(file.len());
        file.splice(at..end, new.iter().copied());
    }
    file
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..2000), kind in 0..3_usize) {
        let begin: [&[u8]; 3] = [b"", b"<html>", b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=a\n\n--a\n"];
        let file = [begin[kind], &bytes].concat();
        let _ = read(&file, &Limits::default());
    }

    #[test]
    fn changed_pages(changes in prop::collection::vec(change(), 1..20)) {
        let _ = read(&changed(PAGE.as_bytes(), &changes), &Limits::default());
        let _ = read(&changed(saved().as_bytes(), &changes), &Limits::default());
    }

    #[test]
    fn changed_ofd_files(changes in prop::collection::vec(change(), 1..10), part in 0..4_usize) {
        let (document, page, resource) = (OFD_DOCUMENT.as_bytes(), OFD_PAGE.as_bytes(), OFD_RESOURCE.as_bytes());
        let limits = Limits { depth: 10, ..Limits::default() };
        let file = match part {
            0 => changed(&ofd(document, page, resource), &changes),
            1 => ofd(&changed(document, &changes), page, resource),
            2 => ofd(document, &changed(page, &changes), resource),
            _ => ofd(document, page, &changed(resource, &changes)),
        };
        let _ = read(&file, &limits);
    }

    #[test]
    fn numbers_in_ofd_pages(numbers in prop::collection::vec(prop::sample::select(vec![
        "0", "1", "-1", "1e300", "-1e308", "nan", "inf", "g", "99999999999", "0.0001", "", "-0", "3.5", "2",
    ]), 12)) {
        let numbers: Vec<String> = numbers.chunks(4).map(|chunk| chunk.join(" ")).collect();
        let page = OFD_PAGE
            .replace("10 20 50 5", &numbers[0]).replace("1 0 0 1 0 0", &format!("{} 0 0", numbers[1])).replace("g 2 4 -8 4", &numbers[2]);
        let _ = read(&ofd(OFD_DOCUMENT.as_bytes(), page.as_bytes(), b"<Res/>"), &Limits::default());
    }

    #[test]
    fn shuffled_tags(tags in prop::collection::vec(prop::sample::select(vec![
        "<table>", "</table>", "<tr>", "<td colspan=3>", "<td rowspan=0>", "<th>", "</td>", "<p>", "</p>", "<li value=-5>", "<ol reversed>",
        "</ol>", "<h2>", "</h2>", "<br>", "<pre>", "</pre>", "<div id=zoom>", "</div>", "<a href=x.pdf>", "</a>", "<b>", "</b>", "<i>",
        "</i>", "<svg>", "</svg>", "<math>", "<template>", "</template>", "<select>", "<option>", "</select>", "<caption>", "<frameset>",
        "</body>", "<form>", "文号：", "国发〔2020〕1号", "索引号", "一二三", " ", "\n", "&nbsp;", "<!--", "-->", "<script>", "</script>",
    ]), 0..80)) {
        let page = format!("<html>{}", tags.concat());
        let _ = read(page.as_bytes(), &Limits::default());
    }

    #[test]
    fn every_character_of_a_page_comes_out_once(lines in prop::collection::vec("[一-龥0-9a-z，。]{1,20}", 1..20)) {
        let page: String = lines.iter().map(|line| format!("<p>{line}</p>")).collect();
        let reading = read(format!("<html><div id=zoom>{page}<p>全部正文到此结束。</p></div>").as_bytes(), &Limits::default());
        let text = reading.unwrap().unwrap().printed().text;
        prop_assert_eq!(text, lines.join("\n") + "\n全部正文到此结束。\n");
    }
}
