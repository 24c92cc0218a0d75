//! Text cut at a width, as mail, print and terminals do, has the clauses that it had before.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use yiju_document::{Document, parse};
use yiju_text::chars::{columns, is_cjk};

use crate::outlines::{ENGLISH, LAW, NOTICE, TRADITIONAL};
use crate::running::sentences;

/// The paragraphs of a text cut at `width` columns, English between words; with `indent`, each begins with
/// two ideographic spaces.
fn wrap(text: &str, width: usize, indent: bool) -> String {
    let mut out = String::new();
    for paragraph in text.lines() {
        let mut column = 0;
        if indent {
            out.push_str("\u{3000}\u{3000}");
            column = 4;
        }
        let mut rest = paragraph;
        while let Some(first) = rest.chars().next() {
            let plain = |c: char| !is_cjk(c) && !c.is_whitespace();
            let end = match plain(first) {
                true => rest.find(|c| !plain(c)).unwrap_or(rest.len()),
                false => first.len_utf8(),
            };
            let word = &rest[..end];
            rest = &rest[end..];
            let taken: usize = word.chars().map(columns).sum();
            if column + taken > width && !out.ends_with(['\n', '\u{3000}']) {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                column = 0;
                if first.is_whitespace() {
                    continue;
                }
            }
            out.push_str(word);
            column += taken;
        }
        out.push('\n');
    }
    out
}

/// Number, label and text without white space of each clause, and the title.
fn read(text: &str) -> Vec<(String, Option<u32>, Option<u32>, String)> {
    let documents = parse(text.as_bytes()).unwrap();
    let squeeze = |text: &str| text.split_whitespace().collect::<String>();
    let clauses = |document: &Document| {
        let clauses = document.clauses.iter().map(|clause| {
            let text = squeeze(document.slice(clause.span));
            (clause.label.clone(), clause.number, clause.sub_number, text)
        });
        let title = (squeeze(&document.title), None, None, String::new());
        std::iter::once(title).chain(clauses).collect::<Vec<_>>()
    };
    documents.iter().flat_map(clauses).collect()
}

const WIDTHS: [usize; 5] = [28, 34, 40, 60, 80];

#[test]
fn the_fixtures_at_any_width() {
    for text in [LAW, NOTICE, ENGLISH, TRADITIONAL] {
        for document in parse(text.as_bytes()).unwrap() {
            let before = read(&document.text);
            for width in WIDTHS {
                // Short lines of a notice that are full by chance are told from cut ones by the indent.
                for indent in [true, false].into_iter().filter(|&indent| indent || text != NOTICE) {
                    let wrapped = wrap(&document.text, width, indent);
                    assert_eq!(read(&wrapped), before, "{width} {indent}\n{wrapped}");
                }
            }
        }
    }
}

#[test]
fn chapters_alone_have_an_indent() {
    // As a ministry prints its laws: the chapters are set in, the articles' heads have lines for themselves.
    let chapter = |number: usize, name: &str| format!("   Chapter {number} {name}\n");
    let article = |number: usize| {
        format!(
            "Article {number}\nThe lessee shall return the dwelling in the condition in which it was handed over, wear \
             apart, and pay for the water used until the day of its return.\n"
        )
    };
    let mut law = "Water Use Act\n".to_string();
    for number in 1..10 {
        if number % 3 == 1 {
            law.push_str(&chapter(number / 3 + 1, "The Supervision of Supplies"));
        }
        law.push_str(&article(number));
    }
    let before = read(&law);
    assert_eq!(before.len(), 10);
    for width in WIDTHS {
        assert_eq!(read(&wrap(&law, width, false)), before, "{width}");
    }
}

#[test]
fn rows_of_a_table_are_lines() {
    // The lines are of like length, as those of wrapped text are.
    for (head, cut) in [("", "\t"), ("| ", " | ")] {
        let row = |cells: [&str; 3]| format!("{head}{}\n", cells.join(cut));
        let rows = [
            row(["补贴对象", "补贴标准", "经办单位"]),
            row(["高龄老人", "每人每月100元", "民政局"]),
            row(["残疾人", "每人每月200元", "残联"]),
        ];
        let text = format!(
            "某市补贴标准表\n为规范补贴发放，制定本标准。\n{}以上标准自2024年1月1日起执行。\n",
            rows.concat()
        );
        let clauses: Vec<String> = read(&text).into_iter().map(|clause| clause.3).collect();
        let table: String = rows.concat().split_whitespace().collect();
        let last = "以上标准自2024年1月1日起执行。".to_string();
        assert_eq!(clauses[2..], [table, last], "{cut:?}");
    }
}

#[test]
fn fields_of_the_head_that_were_cut() {
    let rest = "第 1 條\n本會為處理內部單位之分工職掌，訂定本細則。\n第 2 條\n本會設行政室。\n";
    for (name, head) in [
        (
            "cut",
            "法規名稱：國立歷史博物館處務\n規程\n修正日期：民國 103 年 12 月\n05 日\n法規類別：行政 ＞ 文化部 ＞\n組織目\n",
        ),
        (
            "whole",
            "法規名稱：國立歷史博物館處務規程\n修正日期：民國 103 年 12 月 05 日\n法規類別：行政 ＞ 文化部 ＞組織目\n",
        ),
    ] {
        let documents = parse(format!("{head}{rest}").as_bytes()).unwrap();
        assert_eq!(documents[0].title, "國立歷史博物館處務規程", "{name}");
        assert_eq!(
            documents[0].date.map(|date| date.to_string()).as_deref(),
            Some("2014-12-05"),
            "{name}"
        );
        assert_eq!(documents[0].clauses.len(), 2, "{name}");
    }
}

/// A law of chapters, articles and items; its sentences refer to others everywhere.
fn law() -> impl Strategy<Value = String> {
    // A sentence that begins with a number, at the beginning of a line, is a head.
    let han = |sentence: &&str| {
        sentence.starts_with(|c: char| !c.is_ascii() && c != '第') && !sentence.contains('號')
    };
    let pool: Vec<&'static str> = sentences().into_iter().filter(han).collect();
    let sentence = prop::sample::select(pool);
    let paragraph = prop::collection::vec(sentence.clone(), 1..4).prop_map(|all| all.concat());
    let item = prop::sample::select(vec![
        "未经批准擅自改变用途的",
        "提供虚假材料骗取登记的",
        "依照第六条应当备案而没有备案，造成严重后果的",
        "法律、行政法规规定的其他情形",
    ]);
    let items = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(item, 2..5)];
    let article = (prop::collection::vec(paragraph, 1..3), items);
    let name = prop::sample::select(vec![
        "总则",
        "供水用水的监督管理",
        "法律责任",
        "设施建设与运行维护的一般规定",
    ]);
    let chapter = (name, prop::collection::vec(article, 2..7));
    let title =
        prop::sample::select(vec!["某市供水条例", "某省城市地下综合管廊规划建设运行维护管理办法"]);
    (title, prop::collection::vec(chapter, 1..4)).prop_map(|(title, chapters)| {
        const DIGITS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
        let number = |n: usize| match n {
            0..10 => DIGITS[n].to_string(),
            _ if n % 10 == 9 => format!("{}十", DIGITS[n / 10]),
            10..19 => format!("十{}", DIGITS[n % 10]),
            _ => format!("{}十{}", DIGITS[n / 10 - 1], DIGITS[n % 10]),
        };
        let mut text =
            format!("{title}\n（2024年3月5日某市第十六届人民代表大会常务委员会第十次会议通过）\n");
        let mut article = 0;
        for (at, (name, articles)) in chapters.iter().enumerate() {
            text.push_str(&format!("第{}章　{name}\n", DIGITS[at]));
            for (paragraphs, items) in articles {
                text.push_str(&format!("第{}条　{}\n", number(article), paragraphs.join("\n")));
                article += 1;
                if !items.is_empty() {
                    text.push_str("有下列情形之一的，责令限期改正：\n");
                }
                for (at, item) in items.iter().enumerate() {
                    let mark = if at + 1 == items.len() { '。' } else { '；' };
                    text.push_str(&format!("（{}）{item}{mark}\n", DIGITS[at]));
                }
            }
        }
        text
    })
}

/// What goes before a cut is sometimes as like the end of a paragraph as the end of a line, so that no rule is right for
/// all; the texts are the same in each run.
#[test]
fn laws_at_any_width() {
    const LAWS: usize = 1_000;
    let mut runner = TestRunner::deterministic();
    let strategy = (law(), prop::sample::select(WIDTHS.to_vec()), any::<bool>());
    let mut changed = Vec::new();
    for _ in 0..LAWS {
        let (law, width, indent) = strategy.new_tree(&mut runner).unwrap().current();
        let wrapped = wrap(&law, width, indent);
        if read(&wrapped) != read(&law) {
            changed.push(wrapped);
        }
    }
    assert!(changed.len() * 500 <= LAWS, "{} of {LAWS} changed: {changed:#?}", changed.len());
}
