//! Files that are no plain text: added, asked, cited with their place, given back as they came.

use std::fs;

use serde_json::Value;

use crate::support::{Place, Server, root};

/// The small files that the fuzz targets begin with; each is of a format of its own.
fn sample(place: &Place, name: &str) -> Vec<u8> {
    let bytes = fs::read(root().join("fuzz/seeds/format").join(name)).unwrap();
    place.file(&format!("docs/{name}"), &bytes);
    bytes
}

fn asked(place: &Place, question: &str) -> Value {
    let done = place.yiju(&["ask", "--json", question]);
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}", done.err))
}

#[test]
fn a_folder_with_a_file_of_each_format_is_answered_from_each() {
    let place = Place::new();
    let files = [
        "rules.docx",
        "travel.pdf",
        "notice.html",
        "measures.csv",
        "page.ofd",
        "rules.odt",
        "rules.rtf",
        "lamps.doc",
        "fees.xlsx",
        "measures.xls",
        "talk.pptx",
        "book.epub",
        "rain.mhtml",
        "parks.zip",
    ];
    for name in files {
        sample(&place, name);
    }
    scan(&place);
    let done = place.yiju(&["add", &place.named("docs")]);
    assert!(done.ok(), "{}", done.err);
    done.says("15 files: 15 added");
    for (question, file, quote) in [
        ("自行车骑行多久不收费？", "rules.docx", "骑行不满三十分钟"),
        ("弄丢公共自行车要赔多少钱？", "rules.docx", "赔偿三百元"),
        ("How much is paid for a hotel a night?", "travel.pdf", "120 EUR"),
        ("夏季用电安全检查什么时候开始？", "notice.html", "6月10日"),
        ("加装电梯由哪个单位负责？", "measures.csv", "住建局"),
        ("12路公交车延伸到哪里？", "page.ofd", "北湖公园"),
        ("午餐多少钱？", "rules.odt", "12元"),
        ("公园是否免费开放？", "rules.rtf", "公园免费开放"),
        ("损坏路灯应当在多久内报修？", "lamps.doc", "二十四小时"),
        ("停车费的标准是多少？", "fees.xlsx", "50%"),
        ("厨余垃圾多久清运一次？", "talk.pptx", "每天清运"),
        ("议事会多久召开一次？", "book.epub", "每季度"),
        ("雨天停课吗？", "rain.mhtml", "停课"),
        ("游船一小时多少钱？", "parks.zip/b/inner.zip/fee.txt", "四十元"),
        ("违反停放规定的个人罚款多少？", "scan.pdf", "五百元"),
    ] {
        let answer = asked(&place, question);
        assert_eq!(answer["answered"], true, "{question}: {answer:#}");
        let first = &answer["citations"][0];
        let whole = first["quote"].to_string() + &first["context"].to_string();
        assert!(whole.contains(quote), "{question}: {first:#}");
        let id = first["document"]["id"].as_str().unwrap();
        let documents = place.documents();
        let cited = documents.iter().find(|document| document["id"] == id).unwrap();
        assert!(cited["source"].as_str().unwrap().ends_with(file), "{question}: {cited:#}");
        let paged = matches!(file, "travel.pdf" | "page.ofd" | "scan.pdf");
        assert_eq!(first["page"].is_u64(), paged, "{question}: {first:#}");
        assert_eq!(first["boxes"].as_array().unwrap().is_empty(), !paged, "{question}");
    }
}

#[test]
fn a_quote_of_a_pdf_has_its_page_and_lines() {
    let place = Place::new();
    sample(&place, "travel.pdf");
    assert!(place.yiju(&["add", &place.named("docs/travel.pdf")]).ok());
    let answer = asked(&place, "When does the travel policy take effect?");
    let first = &answer["citations"][0];
    assert!(first["quote"].as_str().unwrap().contains("1 May 2024"), "{first:#}");
    assert_eq!(first["page"], 2);
    let lines = first["boxes"].as_array().unwrap();
    // Within an A4 page, in the upper half, where the second page has its few lines.
    for line in lines {
        let side = |name: &str| line[name].as_f64().unwrap();
        assert!(0.0 < side("left") && side("left") < side("right") && side("right") < 595.0);
        assert!(0.0 < side("top") && side("top") < side("bottom") && side("bottom") < 421.0);
    }
    let shown = place.yiju(&["ask", "When does the travel policy take effect?"]);
    assert!(shown.out.contains("page 2"), "{}", shown.out);
}

#[test]
fn what_is_read_of_a_file_can_be_looked_at() {
    let place = Place::new();
    sample(&place, "rules.docx");
    sample(&place, "travel.pdf");
    let text = place.yiju(&["text", &place.named("docs/rules.docx")]);
    assert_eq!(
        text.out,
        "禾阳市公共自行车管理办法\n第一条 为了方便市民出行，制定本办法。\n\
         第二条 有下列情形之一的，不收取费用：\n（一）骑行不满三十分钟的；\n\
         （二）车辆故障在五分钟内归还的。\n第三条 超过三十分钟的，每小时一元。\n事项\t标准\n丢失车辆\t赔偿三百元\n"
    );
    let pages = place.yiju(&["text", &place.named("docs/travel.pdf")]).out;
    assert!(pages.starts_with("— 1 —\nTravel Policy"), "{pages}");
    assert!(pages.contains("\n— 2 —\nArticle 3"), "{pages}");
    let outline = place.yiju(&["outline", &place.named("docs/rules.docx")]).out;
    assert!(outline.starts_with("禾阳市公共自行车管理办法\n"), "{outline}");
    assert!(outline.contains("第二条") && outline.contains("第三条"), "{outline}");
}

#[test]
fn a_file_is_given_back_as_it_came_unless_it_was_discarded() {
    for (flags, kept) in [(&[][..], true), (&["--discard-originals"][..], false)] {
        let place = Place::new();
        let bytes = sample(&place, "rules.docx");
        let docs = place.named("docs");
        assert!(place.yiju(&[&["add", &docs][..], flags].concat()).ok());
        let id = place.documents()[0]["id"].as_str().unwrap().to_owned();
        let server = Server::start(&place, &[]);
        let response = server.get(&format!("/v1/documents/{id}/original"));
        assert_eq!(response.status().as_u16(), if kept { 200 } else { 404 });
        if kept {
            let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.ends_with("wordprocessingml.document"), "{kind}");
            assert_eq!(response.headers()["content-disposition"], "attachment");
            assert_eq!(response.bytes().unwrap().as_ref(), bytes.as_slice());
        }
    }
}

#[test]
fn a_damaged_file_is_named_and_stops_no_other() {
    let place = Place::new();
    let bytes = sample(&place, "rules.docx");
    sample(&place, "travel.pdf");
    place.file("docs/cut.docx", &bytes[..bytes.len() / 2]);
    place.file("docs/old.pdf", b"%PDF-1.7 and nothing more");
    let done = place.fails(&["add", &place.named("docs")]);
    done.says("cut.docx");
    done.says("old.pdf");
    done.says("4 files: 2 added, 2 failed");
    assert_eq!(place.documents().len(), 2);
}

#[test]
fn what_of_a_file_could_not_be_read_is_said() {
    let place = Place::new();
    let page = place.file(
        "page.html",
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body><h1>关于调整水价的通知</h1>\
         <p>一、居民水价为每立方米3元。</p><img src=\"chart.png\"><p>二、自7月1日起执行。</p></body></html>",
    );
    let done = place.yiju(&["add", &page]);
    assert!(done.ok(), "{}", done.err);
    done.says("page.html: ");
    done.says("chart.png");
    let other = Place::new();
    let server = Server::start(&other, &[]);
    let form = reqwest::blocking::multipart::Form::new().file("file", &page).unwrap();
    let response = server.client.post(server.at("/v1/documents")).multipart(form).send().unwrap();
    let added: Value = response.json().unwrap();
    assert!(added["unread"][0].as_str().unwrap().contains("chart.png"), "{added:#}");
}

#[test]
fn the_files_of_an_archive_are_sources_of_their_own() {
    let place = Place::new();
    sample(&place, "parks.zip");
    let archive = place.named("docs/parks.zip");
    let done = place.yiju(&["add", &archive]);
    assert!(done.ok(), "{}", done.err);
    done.shows("(2 documents, ");
    // A name in GBK, one in an archive inside, and a damaged file, which is named.
    done.says("坏.docx: this Word document (.docx) is damaged");
    let sources: Vec<String> = place
        .documents()
        .iter()
        .map(|document| document["source"].as_str().unwrap().replace(&archive, ""))
        .collect();
    assert_eq!(sources, ["/办.md", "/b/inner.zip/fee.txt"]);
    let answer = asked(&place, "游船一小时多少钱？");
    assert!(answer["citations"][0]["quote"].as_str().unwrap().contains("四十元"), "{answer:#}");
    place.yiju(&["add", &archive]).shows("unchanged");
    assert!(place.yiju(&["remove", &archive]).ok());
    assert!(place.documents().is_empty());
    // A question that names the archive takes it in.
    let done = place.ok(&["ask", "--json", "--docs", &archive, "游船一小时多少钱？"]);
    done.says("坏.docx: this Word document (.docx) is damaged");
    let answer: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(answer["answered"], true, "{answer:#}");
    assert!(answer["citations"][0]["quote"].as_str().unwrap().contains("四十元"), "{answer:#}");
    place.ok(&["ask", "--docs", &archive, "游船一小时多少钱？"]).says("1 file: 1 unchanged");
}

#[test]
fn the_files_of_an_archive_are_shown_under_their_names() {
    let place = Place::new();
    sample(&place, "parks.zip");
    let archive = place.named("docs/parks.zip");
    let text = place.ok(&["text", &archive]);
    assert!(text.out.starts_with("== 办.md ==\n"), "{}", text.out);
    text.shows("\n\n== b/inner.zip/fee.txt ==\n");
    text.shows("四十元");
    text.says("not read: 坏.docx: this Word document (.docx) is damaged");
    let outline = place.ok(&["outline", &archive]);
    assert!(outline.out.starts_with("== 办.md ==\n"), "{}", outline.out);
    outline.shows("\n\n== b/inner.zip/fee.txt ==\n");
    outline.says("not read: 坏.docx: ");
    let held = place.json(&["outline", "--json", &archive]);
    assert_eq!(held[1]["file"], "b/inner.zip/fee.txt");
    assert!(held[1]["documents"][0]["text"].as_str().unwrap().contains("四十元"), "{held:#}");
    // One with nothing to read is an error that says why.
    let cut = fs::read(&archive).unwrap();
    let cut = place.file("cut.zip", &cut[..cut.len() / 2]);
    place.fails(&["text", &cut]).says("damaged");
}

#[test]
fn an_uploaded_archive_gives_all_its_documents_and_names_the_rest() {
    let place = Place::new();
    sample(&place, "parks.zip");
    let archive = place.named("docs/parks.zip");
    let server = Server::start(&place, &[]);
    let form = reqwest::blocking::multipart::Form::new().file("file", &archive).unwrap();
    let response = server.client.post(server.at("/v1/documents")).multipart(form).send().unwrap();
    assert_eq!(response.status().as_u16(), 201);
    let added: Value = response.json().unwrap();
    assert_eq!(added["status"], "added");
    assert_eq!(added["documents"].as_array().unwrap().len(), 2, "{added:#}");
    assert_eq!(added["documents"][0]["source"], "parks.zip/办.md");
    assert!(added["unread"][0].as_str().unwrap().starts_with("坏.docx: "), "{added:#}");
}

/// The width of a PNG file (PNG specification §11.2.2).
fn width(png: &[u8]) -> u32 {
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    u32::from_be_bytes(png[16..20].try_into().unwrap())
}

#[test]
fn a_page_is_drawn_with_its_clauses_marked() {
    let place = Place::new();
    for name in ["travel.pdf", "rules.docx", "page.ofd"] {
        sample(&place, name);
    }
    place.file("docs/plain.txt", "门票办法\n第一条　门票每张十元。\n");
    assert!(place.yiju(&["add", &place.named("docs")]).ok());
    let id = |source: &str| {
        let documents = place.documents();
        let found = documents.iter().find(|one| one["source"].as_str().unwrap().ends_with(source));
        found.unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (pdf, docx, ofd, text) = (id("pdf"), id("docx"), id("ofd"), id("txt"));
    let answer = asked(&place, "When does the travel policy take effect?");
    let citation = &answer["citations"][0];
    let clause = citation["clause_id"].as_str().unwrap();

    let server = Server::start(&place, &[]);
    let page = |id: &str, rest: &str| server.get(&format!("/v1/documents/{id}/pages/{rest}"));
    let png = |rest: &str| {
        let response = page(&pdf, rest);
        assert_eq!(response.status().as_u16(), 200, "{rest}");
        assert_eq!(response.headers()["content-type"], "image/png");
        response.bytes().unwrap().to_vec()
    };
    let plain = png("2.png");
    assert_eq!(width(&plain), 909, "110 pixels to the inch of an A4 page");
    assert_eq!(width(&png("2.png?width=200")), 200);
    let marked = png(&format!("2.png?clause={clause}"));
    assert_ne!(marked, plain);
    assert_eq!(png(&format!("1.png?clause={clause}")), png("1.png"), "it is on page 2");
    let span = &citation["span"];
    let spanned = png(&format!("2.png?span={}-{}", span["byte_start"], span["byte_end"]));
    assert_ne!(spanned, plain);

    for (id, rest, status, words) in [
        (&pdf, "3.png", 404, "no page 3"),
        (&pdf, "0.png", 404, "no page 0"),
        (&pdf, "2.jpg", 400, "no page"),
        (&pdf, "2.png?width=0", 400, "width"),
        (&pdf, "2.png?width=99999", 400, "width"),
        (&pdf, "2.png?span=9", 400, "span"),
        (&pdf, "2.png?colour=red", 400, "colour"),
        (&pdf, "2.png?clause=none.1", 404, "none.1"),
        (&docx, "1.png", 422, "no pages of its own"),
        (&ofd, "2.png", 404, "no page 2"),
        (&text, "1.png", 404, "given as text"),
        (&"none".to_owned(), "1.png", 404, "none"),
    ] {
        let response = page(id, rest);
        assert_eq!(response.status().as_u16(), status, "{rest}");
        let error: Value = response.json().unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(words), "{rest}: {message}");
    }
    // Its font is not in the file, as OFD allows: its digits are drawn, what is Chinese is counted, and marks stay.
    let plain_ofd = page(&ofd, "1.png");
    assert_eq!(plain_ofd.status().as_u16(), 200);
    let undrawn = plain_ofd.headers()["x-yiju-undrawn"].to_str().unwrap().parse::<usize>();
    assert!(undrawn.unwrap() > 20);
    let plain_ofd = plain_ofd.bytes().unwrap().to_vec();
    assert_eq!(width(&plain_ofd), 909);
    assert_ne!(page(&ofd, &format!("1.png?clause={ofd}.0")).bytes().unwrap().to_vec(), plain_ofd);
    let seen: Value = server.get(&format!("/v1/clauses/{clause}")).json().unwrap();
    assert_eq!(seen["page"], 2, "{seen:#}");
    assert_eq!(seen["boxes"][0]["page"], 2);
    drop(server);

    let out = place.named("page.png");
    let drawn = place.yiju(&["page", &pdf, "2", "--clause", clause, "--out", &out]);
    assert!(drawn.ok(), "{}", drawn.err);
    assert_eq!(fs::read(place.path().join("page.png")).unwrap(), marked);
    place.fails(&["page", &pdf, "9", "--out", &out]).says("no page 9");
    place.fails(&["page", "nothing", "1", "--out", &out]).says("no document has the id nothing");
}

/// Two pages of a regulation as pictures without text, the second on its head and askew; made for this test.
fn scan(place: &Place) -> String {
    let bytes = fs::read(root().join("tests/data/scan.pdf")).unwrap();
    place.file("docs/scan.pdf", &bytes);
    place.named("docs/scan.pdf")
}

#[test]
fn a_scan_is_recognised_and_its_quotes_say_so() {
    let place = Place::new();
    let file = scan(&place);
    let text = place.yiju(&["text", &file]);
    assert!(text.ok(), "{}", text.err);
    assert!(text.out.contains("（一）划定集中停放区域，设置充电设施"), "{}", text.out);
    assert!(text.out.contains("— 2 (recognised, 0.9"), "{}", text.out);
    // The page number at the foot is none of the text.
    assert!(!text.out.contains("—1—"), "{}", text.out);
    assert!(place.yiju(&["add", &file]).ok());
    let answer = asked(&place, "违反停放规定的个人罚款多少？");
    assert_eq!(answer["answered"], true, "{answer:#}");
    let first = &answer["citations"][0];
    assert!(first["quote"].as_str().unwrap().contains("五百元"), "{first:#}");
    assert_eq!((&first["page"], &first["recognised"]), (&Value::from(2), &Value::from(true)));
    assert!(first["recognition_confidence"].as_f64().unwrap() > 0.8, "{first:#}");
    // The page stands on its head: its first lines are at the foot of the picture.
    for line in first["boxes"].as_array().unwrap() {
        let side = |name: &str| line[name].as_f64().unwrap();
        assert!(0.0 < side("left") && side("left") < side("right") && side("right") < 596.0);
        assert!(600.0 < side("top") && side("top") < side("bottom") && side("bottom") < 842.0);
    }
    let shown = place.yiju(&["ask", "违反停放规定的个人罚款多少？"]);
    assert!(shown.out.contains("recognised in a picture, confidence 0."), "{}", shown.out);
    // A hit has its place, too.
    let hits = place.json(&["search", "--json", "--limit", "1", "五百元罚款"]);
    let hit = &hits["hits"][0];
    assert_eq!(
        (&hit["page"], &hit["recognised"]),
        (&Value::from(2), &Value::from(true)),
        "{hit:#}"
    );
    assert_eq!(hit["boxes"][0]["page"], 2, "{hit:#}");
    place.yiju(&["search", "--limit", "1", "五百元罚款"]).shows("page 2");

    // The first page as a picture of its own says the same.
    let id = place.documents()[0]["id"].as_str().unwrap().to_owned();
    let picture = place.named("seen.png");
    place.ok(&["page", &id, "1", "--width", "1240", "--out", &picture]);
    let own = Place::new();
    own.ok(&["add", &picture]);
    let answer = asked(&own, "充电设施多久检查一次？");
    let first = &answer["citations"][0];
    assert!(first["quote"].as_str().unwrap().contains("每月检查一次"), "{answer:#}");
    assert_eq!((&first["page"], &first["recognised"]), (&Value::from(1), &Value::from(true)));
    let line = &first["boxes"][0];
    // It stands in the upper half of a page as wide as A4.
    assert!(
        line["top"].as_f64().unwrap() > 200.0 && line["bottom"].as_f64().unwrap() < 421.0,
        "{line:#}"
    );
}

#[test]
fn pictures_are_not_read_without_being_asked_or_without_models() {
    let place = Place::new();
    let file = scan(&place);
    let done = place.fails(&["--recognise", "never", "text", &file]);
    done.says("page 1 is a picture without text");
    place.file("nothing/README.md", b"");
    let nothing = place.named("nothing");
    let done = place.fails(&["--recogniser", &nothing, "add", &file]);
    done.says("PP-OCRv6_det_small.onnx is missing");
    assert!(!done.err.contains(&nothing), "{}", done.err);
}
