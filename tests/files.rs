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
    let files = ["rules.docx", "travel.pdf", "notice.html", "measures.csv", "page.ofd"];
    for name in files {
        sample(&place, name);
    }
    let done = place.yiju(&["add", &place.named("docs")]);
    assert!(done.ok(), "{}", done.err);
    done.says("5 files: 5 added");
    for (question, file, quote) in [
        ("自行车骑行多久不收费？", "rules.docx", "骑行不满三十分钟"),
        ("弄丢公共自行车要赔多少钱？", "rules.docx", "赔偿三百元"),
        ("How much is paid for a hotel a night?", "travel.pdf", "120 EUR"),
        ("夏季用电安全检查什么时候开始？", "notice.html", "6月10日"),
        ("加装电梯由哪个单位负责？", "measures.csv", "住建局"),
        ("12路公交车延伸到哪里？", "page.ofd", "北湖公园"),
    ] {
        let answer = asked(&place, question);
        assert_eq!(answer["answered"], true, "{question}: {answer:#}");
        let first = &answer["citations"][0];
        let whole = first["quote"].to_string() + &first["context"].to_string();
        assert!(whole.contains(quote), "{question}: {first:#}");
        let paged = matches!(file, "travel.pdf" | "page.ofd");
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
    let answer = asked(&place, "在楼梯间给电动自行车充电，个人罚多少钱？");
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
    let shown = place.yiju(&["ask", "在楼梯间给电动自行车充电，个人罚多少钱？"]);
    assert!(shown.out.contains("recognised in a picture, confidence 0."), "{}", shown.out);
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
