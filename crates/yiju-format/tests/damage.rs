//! No file, however broken, makes a reader panic.

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
