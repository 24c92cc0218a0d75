//! What documents say of their time.

use proptest::prelude::*;

use super::*;

fn times(source: &str) -> (Document, Times) {
    let document = crate::parse(source.as_bytes()).unwrap().remove(0);
    let times = document.times();
    (document, times)
}

fn days(source: &str) -> Vec<String> {
    let (_, times) = times(source);
    times.facts.iter().map(|fact| format!("{} {}", fact.kind.name(), fact.day)).collect()
}

fn law(header: &str, last: &str) -> String {
    format!(
        "某市航标办法\n{header}\n第一条　为了管理航标，制定本办法。\n第二条　航标要亮。\n第三条　{last}\n"
    )
}

#[test]
fn the_head_and_the_last_article_give_the_days() {
    let order = "（2015年6月1日某市人民政府令第18号公布）";
    assert_eq!(
        days(&law(order, "本办法自2015年7月1日起施行。")),
        ["promulgated 2015-06-01", "effective 2015-07-01"]
    );
    assert_eq!(
        days(&law(order, "本办法自公布之日起施行，有效期三年。")),
        ["promulgated 2015-06-01", "effective 2015-06-01", "expires 2018-05-31"]
    );
    assert_eq!(
        days(&law(order, "本办法自公布之日起30日后施行。有效期至2020年12月31日。")),
        ["promulgated 2015-06-01", "effective 2015-07-01", "expires 2020-12-31"]
    );
    let left = law(order, "本办法施行日期另行规定。");
    assert_eq!(days(&left), ["promulgated 2015-06-01"]);
    let (document, found) = times(&left);
    assert!(document.slice(found.effective_left_open.unwrap()).contains("另行规定"));
    let amended = "（1993年12月29日第八届全国人民代表大会常务委员会第五次会议通过　根据1999年12月25日第九届全国人民代表大会\
        常务委员会第十三次会议《关于修改〈中华人民共和国公司法〉的决定》第一次修正　根据2004年8月28日第十届全国人民代表大会常务委员会\
        第十一次会议《关于修改〈中华人民共和国公司法〉的决定》第二次修正）";
    assert_eq!(
        days(&law(amended, "本法自1994年7月1日起施行。")),
        ["adopted 1993-12-29", "effective 1994-07-01", "amended 1999-12-25", "amended 2004-08-28"]
    );
    let head =
        "（1993年12月29日第八届全国人民代表大会常务委员会第五次会议通过　自1994年7月1日起施行）";
    assert_eq!(
        days(&law(head, "航标由国家管理。")),
        ["adopted 1993-12-29", "effective 1994-07-01"]
    );
}

#[test]
fn what_is_not_said_is_not_made_up() {
    // Of a city's congress only the adoption is told: when it was made public is not.
    let city = "（2015年6月1日某市第十届人民代表大会常务委员会第五次会议通过）";
    assert_eq!(days(&law(city, "本条例自公布之日起施行。")), ["adopted 2015-06-01"]);
    // The laws of the national congress are proclaimed on that day.
    let national = "（2015年6月1日第十二届全国人民代表大会常务委员会第五次会议通过）";
    assert_eq!(
        days(&law(national, "本法自公布之日起施行。")),
        ["adopted 2015-06-01", "effective 2015-06-01"]
    );
    let order = "（2015年6月1日某市人民政府令第18号公布）";
    for last in ["航标许可证有效期三年。", "许可证自颁发之日起生效，有效期三年。"]
    {
        assert_eq!(days(&law(order, last)), ["promulgated 2015-06-01"], "{last}");
    }
    // A decision in the head that also repeals others repeals nothing of this.
    let head = "（1991年3月4日国务院令第76号发布　根据2011年1月8日《国务院关于废止和修改部分行政法规的决定》修订）";
    assert_eq!(
        days(&law(head, "航标由国家管理。")),
        ["promulgated 1991-03-04", "amended 2011-01-08"]
    );
}

#[test]
fn english_and_bounded_texts_give_the_day_behind_the_verb() {
    let act = |last: &str| format!("Buoys Act\n\nArticle 1\nOf buoys.\n\nArticle 2\n{last}\n");
    for (last, day) in [
        ("This Act shall come into force on March 1, 2025.", vec!["effective 2025-03-01"]),
        (
            "This Act as amended on May 5, 2006, shall take effect on July 1, 2006.",
            vec!["effective 2006-07-01"],
        ),
        (
            "Amendments to this Act made on June 20, 2018 shall take effect on the date set by the Council.",
            vec![],
        ),
        ("This Act shall take effect on May 1, 2016, with the exception of Article 1.", vec![]),
    ] {
        assert_eq!(days(&act(last)), day, "{last}");
    }
    let bounded = "航標辦法\n第一條　航標要亮。\n第二條　本辦法自中華民國一百十一年一月一日施行至一百二十年十二月三十一日止。\n";
    let (_, found) = times(bounded);
    assert_eq!(found.day(DateKind::Effective), Some("2022-01-01".parse().unwrap()));
}

#[test]
fn a_notice_counts_from_its_own_date() {
    let notice = "国办发〔2024〕7号\n\n国务院办公厅关于加强排水防涝工作的通知\n\n各地：\n\n\
        各地要做好排水防涝工作，现通知如下。\n\n一、总体要求\n\n坚持预防为主。本通知自印发之日起施行，有效期5年。\n\n\
        国务院办公厅\n2024年3月5日\n";
    assert_eq!(
        days(notice),
        ["promulgated 2024-03-05", "effective 2024-03-05", "expires 2029-03-04"]
    );
}

fn repeals(last: &str) -> Vec<String> {
    let order = "（2023年9月15日青河市人民政府令第41号公布）";
    let (document, found) = times(&law(order, last));
    found
        .repeals
        .iter()
        .map(|one| {
            assert!(
                document.slice(one.span).contains("止")
                    || document.slice(one.span).contains("失效")
            );
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            let day = one.day.map(|day| format!(" {day}")).unwrap_or_default();
            format!(
                "{}|{}{day}{}",
                part(&one.title),
                part(&one.number),
                if one.replaced { "" } else { " only" }
            )
        })
        .collect()
}

#[test]
fn repeals_name_what_they_repeal_and_nothing_else() {
    for (last, expected) in [
        (
            "本办法自2023年11月1日起施行。2015年6月1日公布的《青河市城市供水管理办法》（青河市人民政府令第18号）同时废止。",
            vec!["青河市城市供水管理办法|青河市人民政府令第18号"],
        ),
        (
            "1952年7月29日政务院批准实施的《出入国境治安检查暂行条例》和1965年4月30日国务院发布的《边防检查条例》同时废止。",
            vec!["出入国境治安检查暂行条例|", "边防检查条例|"],
        ),
        (
            "1992年3月21日通过、根据1997年8月6日发布的《关于修改〈噪声管理条例〉等七件地方性法规的决定》第一次修正的《某市规划条例》同时废止。",
            vec!["某市规划条例|"],
        ),
        (
            "与《航标法》不一致的，以本办法为准，《某市航标暂行规定》自2024年1月1日起废止。",
            vec!["某市航标暂行规定| 2024-01-01 only"],
        ),
        (
            "本办法施行后，《某市航标规定》（某政发〔2019〕4号）停止执行。",
            vec!["某市航标规定|某政发〔2019〕4号"],
        ),
        (
            "《某市航标规定》（某政发〔2019〕4号）同时停止执行。",
            vec!["某市航标规定|某政发〔2019〕4号"],
        ),
        (
            "下列文件同时废止：\n（一）《甲规定》（某政发〔2019〕4号）；\n（二）《乙办法》。",
            vec!["甲规定|某政发〔2019〕4号", "乙办法|"],
        ),
        ("某政发〔2019〕4号文件同时废止。", vec!["|某政发〔2019〕4号"]),
        ("地方性法规被废止的，应当公布废止该地方性法规的决定。", vec![]),
        ("《航标法》第三条同时废止。", vec![]),
        ("在本市不再执行《航标规定》中关于灯塔的限制。", vec![]),
        ("现决定废止《航标规定》、《灯塔办法》。", vec!["航标规定| only", "灯塔办法| only"]),
        ("逾期未申请的，《航标许可证》自行失效。", vec![]),
        ("制定机关应当根据《立法法》修改或者废止。", vec![]),
    ] {
        assert_eq!(repeals(last), expected, "{last}");
    }
}

#[test]
fn a_decision_lists_what_it_repeals() {
    let decision = "青河市人民政府关于废止部分文件的决定\n\n（2021年3月5日青河市人民政府令第30号公布）\n\n\
        经研究，决定废止下列文件：\n\n一、《青河市城市供水管理办法》（青河市人民政府令第18号）。\n\n\
        二、《青河市航标办法》。\n\n本决定自公布之日起施行。\n";
    let (document, found) = times(decision);
    let named: Vec<_> = found.repeals.iter().map(|one| one.title.as_deref().unwrap()).collect();
    assert_eq!(named, ["青河市城市供水管理办法", "青河市航标办法"]);
    assert!(found.repeals.iter().all(|one| !one.replaced));
    assert!(document.slice(found.repeals[0].span).contains("决定废止"));
    assert_eq!(found.day(DateKind::Effective), Some("2021-03-05".parse().unwrap()));
}

#[test]
fn versions_share_a_title() {
    for (title, same) in [
        ("中华人民共和国公司法（2018年修正）", "公司法"),
        ("《公司法》(2018)", "公司法"),
        ("公司法2023年修订", "公司法"),
        ("青河市供水管理办法（试行）", "青河市供水管理办法"),
        ("员工手册（第三版）", "员工手册"),
        ("中华人民共和国刑法修正案（十二）", "刑法修正案(十二)"),
        ("某市条例（草案）", "某市条例(草案)"),
        ("某市条例（征求意见稿）", "某市条例(征求意见稿)"),
    ] {
        assert_eq!(title_of_versions(title), same, "{title}");
    }
    for title in ["中华人民共和国公司法", "供水管理办法（试行）", "Travel Policy"]
    {
        assert!(is_kept_in_versions(title), "{title}");
    }
    for title in ["关于节假日安排的通知", "政府工作报告", "刑法修正案（十二）", "某市条例（草案）"]
    {
        assert!(!is_kept_in_versions(title), "{title}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "([第一二条年月日20195《》（）〔〕号自起施行同时废止有效期三下列，。；\n]|本法|2020年1月1日|.){0,80}") {
        for document in crate::parse(text.as_bytes()).unwrap_or_default() {
            let times = document.times();
            for fact in &times.facts {
                prop_assert!(!document.slice(fact.span).is_empty());
            }
            for repeal in &times.repeals {
                prop_assert!(!document.slice(repeal.span).is_empty());
            }
        }
    }
}
