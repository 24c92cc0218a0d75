//! What the page shows: lines, columns, pages, tables.

use super::made::*;
use crate::TextRole;

#[test]
fn lines_become_paragraphs() {
    // The margin is where the longest lines end; first lines are set in by two ems.
    let content = lines(
        72.0,
        700.0,
        24.0,
        &[
            "　　第一段的第一行到了右边的尽头为止，还要接着写",
            "下去，直到第二行才说完。",
            "　　第二段只有一行。",
            "　　第三段的第一行也到了右边的尽头，后面还有很多",
            "字，所以也要接着写在下一行，这一行也写满了为止，",
            "然后结束。",
        ],
    );
    assert_eq!(
        printed(&pages(&[content])),
        "第一段的第一行到了右边的尽头为止，还要接着写下去，直到第二行才说完。\n\
         第二段只有一行。\n\
         第三段的第一行也到了右边的尽头，后面还有很多字，所以也要接着写在下一行，这一行也写满了为止，然后结束。\n"
    );
}

#[test]
fn words_keep_their_spaces_across_lines() {
    let content = lines(
        72.0,
        700.0,
        20.0,
        &[
            "Whoever applies for the permit of each city and county hands in",
            "the papers that are named below to the office of the department",
            "in charge.",
        ],
    );
    assert_eq!(
        printed(&pages(&[content])),
        "Whoever applies for the permit of each city and county hands in the papers that are named below to the office of the department in charge.\n"
    );
}

#[test]
fn clauses_and_gaps_part_paragraphs() {
    let content = lines(72.0, 700.0, 24.0, &["第一条　本行写满了为止的一行文字啊", "第二条　短。"])
        + &show(72.0, 600.0, 14.0, "隔得远的另一段写满了为止一行文字啊")
        + &show(72.0, 540.0, 14.0, "又一段。");
    assert_eq!(
        printed(&pages(&[content])),
        "第一条　本行写满了为止的一行文字啊\n第二条　短。\n隔得远的另一段写满了为止一行文字啊\n又一段。\n"
    );
}

fn page(number: usize, texts: &[&str]) -> String {
    show(72.0, 800.0, 9.0, "国务院公报　２０２６年第１号")
        + &show(280.0, 40.0, 9.0, &format!("— {number} —"))
        + &lines(72.0, 740.0, 24.0, texts)
}

#[test]
fn headers_and_page_numbers_go_and_paragraphs_cross_pages() {
    let contents = [
        page(
            1,
            &[
                "　　各级人民政府应当建立健全城市更新的工作机制，明确各部门的责任",
                "分工，统筹推进各项工作，建立重大问题的会商机制，及时协调解决重",
            ],
        ),
        page(2, &["大问题。", "　　附则另行规定。"]),
        page(3, &["　　自印发之日起施行。"]),
    ];
    let bytes = pages(&contents);
    assert_eq!(
        printed(&bytes),
        "各级人民政府应当建立健全城市更新的工作机制，明确各部门的责任分工，统筹推进各项工作，建立重大问题的会商机制，及时协调解决重大问题。\n\
         附则另行规定。\n自印发之日起施行。\n"
    );
    let reading = reading(&bytes);
    let places = reading.printed().places;
    assert_eq!(places.iter().map(|place| place.page).collect::<Vec<_>>(), [1, 1, 2, 2, 3]);
}

#[test]
fn what_stays_in_the_margin_is_text() {
    // Annexes' names stand at one height and differ by a number; two pages are not enough to say that it runs.
    let annex = |number: usize, text: &str| {
        show(72.0, 780.0, 14.0, &format!("附件{number}")) + &show(72.0, 600.0, 14.0, text)
    };
    let bytes = pages(&[annex(1, "甲的正文。"), annex(2, "乙的正文。")]);
    assert_eq!(printed(&bytes), "附件1\n甲的正文。\n附件2\n乙的正文。\n");
}

#[test]
fn browsers_lines_go_from_a_single_page() {
    let content = show(24.0, 820.0, 8.0, "2026/7/24 15:57")
        + &show(200.0, 820.0, 8.0, "某某办法_中国政府网")
        + &show(72.0, 700.0, 14.0, "第一条　正文。")
        + &show(24.0, 14.0, 8.0, "https://www.example.cn/a.htm")
        + &show(550.0, 14.0, 8.0, "1/1");
    assert_eq!(printed(&pages(&[content])), "第一条　正文。\n");
}

#[test]
fn columns_are_read_one_after_the_other() {
    let left = lines(
        60.0,
        700.0,
        22.0,
        &[
            "左栏的第一行文字写满为止",
            "左栏的第二行文字写满为止",
            "左栏的第三行文字写满为止",
            "左栏完。",
        ],
    );
    let right = lines(
        320.0,
        700.0,
        22.0,
        &[
            "右栏的第一行文字写满为止",
            "右栏的第二行文字写满为止",
            "右栏的第三行文字写满为止",
            "右栏完。",
        ],
    );
    let head = show(60.0, 760.0, 18.0, "横跨两栏的标题在最上面写得很长很长很长很长");
    assert_eq!(
        printed(&pages(&[right + &left + &head])),
        "横跨两栏的标题在最上面写得很长很长很长很长\n\
         左栏的第一行文字写满为止左栏的第二行文字写满为止左栏的第三行文字写满为止左栏完。\n\
         右栏的第一行文字写满为止右栏的第二行文字写满为止右栏的第三行文字写满为止右栏完。\n"
    );
}

#[test]
fn doubled_glyphs_are_one() {
    let content = show(72.0, 700.0, 14.0, "第九条")
        + &show(72.4, 700.0, 14.0, "第九条")
        + &show(130.0, 700.0, 14.0, "人人llll");
    assert_eq!(printed(&pages(&[content])), "第九条 人人llll\n");
}

#[test]
fn radicals_become_ideographs() {
    let content = "BT /F3 14 Tf 72 700 Td <000200010003> Tj ET".to_owned();
    assert_eq!(printed(&pages(&[content])), "人民主\n");
}

#[test]
fn vertical_text_runs_from_right_to_left() {
    let content = show_in("F2", 400.0, 700.0, 14.0, "第一条竖排的文字")
        + &show_in("F2", 370.0, 700.0, 14.0, "第二行。");
    let bytes = pages(&[content]);
    assert_eq!(printed(&bytes), "第一条竖排的文字\n第二行。\n");
    let area = reading(&bytes).printed().places[0].area;
    assert!((area.left - 393.0).abs() < 1.0 && (area.right - 407.0).abs() < 1.0, "{area:?}");
    assert!((area.top - 142.0).abs() < 2.0 && (area.bottom - 254.0).abs() < 3.0, "{area:?}");
}

#[test]
fn turned_pages_are_read_as_shown() {
    // Text that runs up the paper, on a page that is shown turned clockwise.
    let (gbk, _, _) = encoding_rs::GBK.encode("第一条　横着看。");
    let hex: String = gbk.iter().map(|byte| format!("{byte:02x}")).collect();
    let content = format!("BT /F1 14 Tf 0 1 -1 0 100 72 Tm <{hex}> Tj ET");
    let made = document(&[(595, 842, "/Rotate 90", content)], "", &[]);
    let reading = reading(&made.bytes());
    assert_eq!((reading.pages[0].width, reading.pages[0].height), (842.0, 595.0));
    let printed = reading.printed();
    assert_eq!(printed.text, "第一条　横着看。\n");
    let area = printed.places[0].area;
    assert!((area.left - 72.0).abs() < 0.5 && (area.right - 184.0).abs() < 0.5, "{area:?}");
    assert!((area.top - 87.7).abs() < 0.5 && (area.bottom - 101.7).abs() < 0.5, "{area:?}");
}

#[test]
fn places_are_from_the_upper_left() {
    let reading = reading(&pages(&[show(100.0, 700.0, 10.0, "第一条")]));
    let printed = reading.printed();
    let place = &printed.places[0];
    assert_eq!(&printed.text[place.range.clone()], "第一条");
    assert_eq!(place.page, 1);
    let close = |a: f32, b: f32| (a - b).abs() < 0.1;
    let area = place.area;
    assert!(close(area.left, 100.0) && close(area.right, 130.0), "{area:?}");
    // The baseline is 142 points from the top, and 0.88 of the em is above it.
    assert!(close(area.top, 133.2) && close(area.bottom, 143.2), "{area:?}");
}

/// Rules of a grid with these edges.
fn rules(xs: &[f32], ys: &[f32]) -> String {
    let mut out = String::new();
    for y in ys {
        out += &format!("{} {y} m {} {y} l S\n", xs[0], xs[xs.len() - 1]);
    }
    for x in xs {
        // Half of them are thin filled rectangles, as Word draws them.
        out += &format!("{} {} 0.5 {} re f\n", x, ys[ys.len() - 1], ys[0] - ys[ys.len() - 1]);
    }
    out
}

#[test]
fn ruled_tables_have_rows_and_cells() {
    let content = show(72.0, 760.0, 14.0, "任务分工")
        + &rules(&[72.0, 150.0, 400.0, 520.0], &[740.0, 700.0, 640.0])
        + &show(80.0, 715.0, 14.0, "序号")
        + &show(160.0, 715.0, 14.0, "措施")
        + &show(410.0, 715.0, 14.0, "责任单位")
        + &show(80.0, 660.0, 14.0, "1")
        + &show(160.0, 675.0, 14.0, "取消网络货运平台注册资本的限制，加")
        + &show(160.0, 655.0, 14.0, "快办理。")
        + &show(410.0, 660.0, 14.0, "交通运输部")
        + &show(72.0, 600.0, 14.0, "表后的文字。");
    assert_eq!(
        printed(&pages(&[content])),
        "任务分工\n序号\t措施\t责任单位\n\
         1\t取消网络货运平台注册资本的限制，加快办理。\t交通运输部\n表后的文字。\n"
    );
}

#[test]
fn tables_go_on_across_pages() {
    let row =
        |y: f32, texts: [&str; 2]| show(80.0, y, 12.0, texts[0]) + &show(200.0, y, 12.0, texts[1]);
    let xs = [72.0, 190.0, 500.0];
    let first = rules(&xs, &[740.0, 700.0, 660.0])
        + &row(715.0, ["单位", "任务"])
        + &row(675.0, ["甲局", "审批"]);
    let second = rules(&xs, &[700.0, 660.0, 620.0])
        + &row(675.0, ["单位", "任务"])
        + &row(635.0, ["乙局", "监管"]);
    let bytes = pages(&[first, second]);
    assert_eq!(printed(&bytes), "单位\t任务\n甲局\t审批\n乙局\t监管\n");
    assert!(
        matches!(&reading(&bytes).blocks[..], [crate::Block::Table(table)] if table.header_rows == 1)
    );
}

#[test]
fn tables_go_on_over_the_footnotes_of_a_page() {
    let row =
        |y: f32, texts: [&str; 2]| show(80.0, y, 12.0, texts[0]) + &show(200.0, y, 12.0, texts[1]);
    let xs = [72.0, 190.0, 500.0];
    let first =
        lines(72.0, 780.0, 20.0, &["第一条　附表甲。", "第二条　附表乙。", "第三条　附表丙。"])
            + &rules(&xs, &[700.0, 660.0, 620.0])
            + &row(675.0, ["单位", "任务"])
            + &row(635.0, ["甲局", "审批"])
            + "72 120 m 200 120 l S\n"
            + &show(72.0, 100.0, 9.0, "① 见某某办法。");
    let second = rules(&xs, &[700.0, 660.0, 620.0])
        + &row(675.0, ["单位", "任务"])
        + &row(635.0, ["乙局", "监管"])
        + &show(72.0, 500.0, 14.0, "第四条　完。");
    assert_eq!(
        printed(&pages(&[first, second])),
        "第一条　附表甲。\n第二条　附表乙。\n第三条　附表丙。\n单位\t任务\n甲局\t审批\n乙局\t监管\n① 见某某办法。\n第四条　完。\n"
    );
}

#[test]
fn aligned_rows_are_a_table() {
    let row = |y: f32, texts: [&str; 3]| {
        show(72.0, y, 12.0, texts[0])
            + &show(160.0, y, 12.0, texts[1])
            + &show(400.0, y, 12.0, texts[2])
    };
    let content =
        show(72.0, 760.0, 12.0, "附表是这样的一张没有线的表格，下面各行对齐，请对照办理。")
            + &row(720.0, ["序号", "措施", "单位"])
            + &row(700.0, ["1", "减免税费", "税务局"])
            + &row(680.0, ["2", "放宽准入", "市场监管局"])
            + &row(660.0, ["3", "加强监管", "交通局"]);
    assert_eq!(
        printed(&pages(&[content])),
        "附表是这样的一张没有线的表格，下面各行对齐，请对照办理。\n\
         序号\t措施\t单位\n1\t减免税费\t税务局\n2\t放宽准入\t市场监管局\n3\t加强监管\t交通局\n"
    );
}

#[test]
fn footnotes_come_after_their_page() {
    let body = [
        "　　正文的第一行一直写到了纸上右边的尽头为止，还要接着写，一直写",
        "到下一行，这一行也写满了为止，纸上再没有地方，所以要翻到下一页，",
    ];
    let first = lines(72.0, 740.0, 24.0, &body)
        + "72 120 m 200 120 l S\n"
        + &show(72.0, 100.0, 9.0, "① 见某某办法。")
        + &show(72.0, 86.0, 9.0, "② 同上。");
    let second = lines(72.0, 740.0, 24.0, &["才说完。", "　　下一段。"]);
    assert_eq!(
        texts(&pages(&[first, second])),
        [
            (
                TextRole::Paragraph,
                "正文的第一行一直写到了纸上右边的尽头为止，还要接着写，一直写到下一行，这一行也写满了为止，纸上再没有地方，所以要翻到下一页，才说完。"
                    .to_owned()
            ),
            (TextRole::Note, "① 见某某办法。".to_owned()),
            (TextRole::Note, "② 同上。".to_owned()),
            (TextRole::Paragraph, "下一段。".to_owned()),
        ]
    );
}

#[test]
fn watermarks_go() {
    let mark = "BT /F1 40 Tf 0.7 0.7 -0.7 0.7 200 300 Tm <c4dab2bf> Tj ET\n";
    let page = |text: &str| show(72.0, 700.0, 14.0, text) + mark;
    let bytes = pages(&[page("甲。"), page("乙。"), page("丙。")]);
    assert_eq!(printed(&bytes), "甲。\n乙。\n丙。\n");
    assert_eq!(printed(&pages(&[page("甲。")])), "甲。\n内部\n", "once it may be text");
}

#[test]
fn clipped_text_is_not_seen() {
    let content = show(72.0, 700.0, 14.0, "看得见")
        + "q 0 0 50 50 re W n\n"
        + &show(72.0, 600.0, 14.0, "看不见")
        + "Q\n"
        + &show(72.0, 2000.0, 14.0, "纸外");
    assert_eq!(printed(&pages(&[content])), "看得见\n");
}
