//! Questions that name documents: by 文号, by a law's name in short, and by both of two laws.

use yiju_engine::{Access, Engine};

use crate::library::{add, ask, open};

const PENALTIES: &str = "\
中华人民共和国航标处罚法
（1985年1月21日第六届全国人民代表大会常务委员会第九次会议通过　2024年6月28日第十四届全国人民代表大会常务委员会第十次会议修订）
第一章　总则
第一条　为了航标秩序，制定本法。
第二条　处罚的种类分为：
（一）警告；
（二）罚款；
（三）扣留证件；
（四）吊销证件。
第三条　航标机关应当依法履行职责。履行职责不得收费。
第四条　本法施行前已经作出的处罚，继续有效；本法施行之日起六十日内应当补办手续。
第五条　本法自2025年1月1日起施行。
";

const ORDER: &str = "\
中华人民共和国国务院令
第806号
《航标代理条例》已经2018年9月6日国务院第23次常务会议修订通过，现将修订后的《航标代理条例》公布，自2019年3月1日起施行。
总理　某某
2018年11月6日
航标代理条例
（1991年3月4日中华人民共和国国务院令第76号发布　2018年9月6日国务院第23次常务会议修订通过）
第一章　总　则
第一条　为了规范航标代理，制定本条例。
第二条　航标代理机构应当有三名以上合伙人。
";

const NOTICE: &str = "\
国务院办公厅关于印发国家航标应急预案的通知
国办发〔2019〕4号
各省、自治区、直辖市人民政府，国务院各部委、各直属机构：
《国家航标应急预案》已经国务院同意，现印发给你们，请认真贯彻执行。
国务院办公厅
2019年1月24日
国家航标应急预案
一、总则
为了应对突发事件，制定本预案。
二、组织机构
总指挥：国家发展改革委主要负责人。
三、附则
本预案自印发之日起施行。
";

const AMENDMENT: &str = "\
中华人民共和国航标法修正案（十二）
（2023年12月29日第十四届全国人民代表大会常务委员会第七次会议通过）
一、将第一百六十五条修改为：“有关人员违反规定的，处三年以下有期徒刑。”
二、本修正案自2024年3月1日起施行。
";

const BUOYS: &str = "\
中华人民共和国航标法
（1979年7月1日第五届全国人民代表大会第二次会议通过　1997年3月14日第八届全国人民代表大会第五次会议修订）
第一条　为了惩罚犯罪，保护人民，制定本法。
第一百六十五条　有关人员违反规定的，处五年以下有期徒刑。
第一百六十六条　本法自1997年10月1日起施行。
";

const FIRST_CITY: &str = "\
甲市物业条例

第一条 为了规范物业管理，制定本条例。

第二条 业主委员会委员每届任期不超过五年，可以连选连任。
";

const SECOND_CITY: &str = "\
乙省物业条例

第一条 为了规范物业管理活动，制定本条例。

第二条 业主委员会委员任期三年，可以连任。
";

const RENT: &str = "\
青河市房屋租赁条例（2023年修订）

（2023年5月1日）

第十二条 出租人不得将厨房、卫生间单独出租。

第十三条 押金不得超过一个月租金。
";

const LIST: &str = "\
青河市住房建设领域规范性文件清理结果

（2024年5月20日）

一、继续有效的文件

1. 《关于加强老旧小区改造资金管理的通知》（青建城〔2020〕53号），继续有效，由市住房建设局负责解释。

2. 《关于规范物业服务收费行为的通知》（青建城〔2021〕35号），继续有效，收费标准以附件为准。

二、宣布失效的文件

1. 《关于商品房预售资金监管的通知》（青建房〔2012〕53号），自本结果公布之日起失效。

2. 《关于二手房交易资金托管的通知》（青建房〔2013〕35号），自本结果公布之日起失效。
";

const TRAFFIC: &str = "\
中华人民共和国道路交通安全法
（2003年10月28日第十届全国人民代表大会常务委员会第五次会议通过）
第一条　为了维护道路交通秩序，制定本法。
第二条　车辆驾驶人应当遵守本法。
第三条　道路交通安全工作应当便民。
";

const CONTRACT: &str = "\
中华人民共和国劳动合同法
（2007年6月29日第十届全国人民代表大会常务委员会第二十八次会议通过）
第一条　为了完善劳动合同制度，制定本法。
第二条　用人单位与劳动者订立劳动合同，适用本法。
";

fn library() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    for (name, text) in [
        ("处罚法.txt", PENALTIES),
        ("条例令.txt", ORDER),
        ("通知.txt", NOTICE),
        ("修正案.txt", AMENDMENT),
        ("航标法.txt", BUOYS),
        ("甲市.md", FIRST_CITY),
        ("乙省.md", SECOND_CITY),
        ("租赁.txt", RENT),
        ("清理.txt", LIST),
        ("交通.txt", TRAFFIC),
        ("合同.txt", CONTRACT),
    ] {
        add(&engine, name, text);
    }
    (dir, engine)
}

/// The quotes of an answer, one a line; the reason of a refusal after `refused: `.
fn said(engine: &Engine, question: &str) -> String {
    let answer = ask(engine, question);
    match answer.refusal {
        Some(refusal) => format!("refused: {}", refusal.message),
        None => answer.citations.iter().map(|c| format!("{}\n", c.quote)).collect(),
    }
}

/// The part marked in the first quote.
fn marked(engine: &Engine, question: &str) -> String {
    let answer = ask(engine, question);
    let citation = answer.citations.first().unwrap_or_else(|| panic!("{question}: {answer:?}"));
    let span = citation.answer_span.unwrap_or_else(|| panic!("{question}: {answer:?}"));
    let start = span.byte_start - citation.span.byte_start;
    citation.quote[start..start + span.byte_end - span.byte_start].to_owned()
}

#[test]
fn a_document_is_found_by_its_number_however_it_is_written() {
    let (_dir, engine) = library();
    for question in [
        "国办发〔2019〕4号是什么文件？",
        "国办发[2019]4号是什么文件",
        "请问国办发（2019）4号是关于什么的？",
        "国办发2019年4号",
        "国办发 【２０１９】 第 ４ 号的全称是什么？",
        "4号文是什么文件？",
        "〔2019〕4号是什么？",
    ] {
        let said = said(&engine, question);
        assert_eq!(said, "国务院办公厅关于印发国家航标应急预案的通知\n", "{question}");
    }
    assert_eq!(marked(&engine, "国办发〔2019〕4号是什么时候印发的？"), "2019年1月24日");
    assert!(said(&engine, "国办发〔2019〕4号里总指挥是谁？").contains("总指挥：国家发展改革委"));
    assert!(said(&engine, "国务院令第806号是什么文件？").contains("航标代理条例"));
    assert!(said(&engine, "国务院第806号令第二条").contains("三名以上合伙人"));
}

#[test]
fn a_neighbour_of_a_number_is_no_answer() {
    let (_dir, engine) = library();
    for (question, number) in [
        ("国发〔2019〕4号是什么文件？", "国发〔2019〕4号"),
        ("国办发〔2019〕5号讲什么？", "国办发〔2019〕5号"),
        ("青建房〔2012〕54号还有效吗？", "青建房〔2012〕54号"),
        ("建房〔2012〕53号还有效吗？", "建房〔2012〕53号"),
    ] {
        let said = said(&engine, question);
        assert!(said.starts_with("refused") && said.contains(number), "{question}: {said}");
    }
    let cited = said(&engine, "青建房〔2012〕53号还有效吗？");
    assert!(cited.contains("青建房〔2012〕53号") && cited.contains("失效"), "{cited}");
    assert!(!cited.contains("〔2020〕53号"), "{cited}");
    let cited = said(&engine, "青建城[2020]53号还有效吗？");
    assert!(cited.contains("继续有效") && !cited.contains("〔2012〕53号"), "{cited}");
}

#[test]
fn laws_are_found_by_the_names_that_people_use() {
    let (_dir, engine) = library();
    for (question, quote) in [
        ("道交法第三条", "便民"),
        ("请问道路交通安全法3条", "便民"),
        ("《中华人民共和国道路交通安全法》第三条", "便民"),
        ("道交法的第二条和第三条分别是什么？", "便民"),
        ("根据处罚法第三条", "履行职责"),
        ("中华人民共和国航标处罚法第三条", "履行职责"),
        ("青河市房屋租赁条例第十三条", "押金"),
        ("《房屋租赁条例》第十三条", "押金"),
        ("劳动合同法第二条是什么", "用人单位"),
        ("航標處罰法第三條", "履行职责"),
    ] {
        let said = said(&engine, question);
        assert!(said.contains(quote), "{question}: {said}");
    }
    for (question, law) in [
        ("劳动法第二条是什么？", "劳动法"),
        ("丙市物业条例第二条", "丙市物业条例"),
        ("劳动合同法实施条例第二条", "劳动合同法实施条例"),
        ("民法典第二条", "民法典"),
    ] {
        let said = said(&engine, question);
        assert!(said.starts_with("refused") && said.contains(law), "{question}: {said}");
    }
}

#[test]
fn each_number_goes_with_its_own_law() {
    let (_dir, engine) = library();
    let both = said(&engine, "处罚法第三条和甲市物业条例第二条分别是什么？");
    assert!(both.contains("履行职责") && both.contains("不超过五年"), "{both}");
    assert!(!both.contains("处罚的种类") && !both.contains("任期三年"), "{both}");
    let each = said(&engine, "处罚法第三条和物业条例第二条分别是什么？");
    assert!(each.contains("不超过五年") && each.contains("任期三年"), "{each}");
    assert!(!each.contains("处罚的种类"), "{each}");
    let each = said(&engine, "甲市物业条例和乙省物业条例的第二条分别是什么？");
    assert!(each.contains("不超过五年") && each.contains("任期三年"), "{each}");
    let half = ask(&engine, "处罚法第三条和民法典第二条分别是什么？");
    assert!(half.answered && half.answer.contains("“民法典第二条”"), "{half:?}");
    assert_eq!(half.citations.len(), 1, "{half:?}");
}

#[test]
fn parts_of_an_article_are_found_without_their_marks() {
    let (_dir, engine) = library();
    for (question, quote) in [
        ("《航标处罚法》2条1项", "（一）警告；\n"),
        ("处罚法第二条第（三）项", "（三）扣留证件；\n"),
        ("处罚法第三条第二句", "履行职责不得收费。\n"),
        ("处罚法第三条第一款第二句是什么？", "履行职责不得收费。\n"),
    ] {
        assert_eq!(said(&engine, question), quote, "{question}");
    }
    assert!(said(&engine, "航标法165条").contains("五年以下"));
}

#[test]
fn heads_and_last_articles_say_when() {
    let (_dir, engine) = library();
    for (question, date) in [
        ("航标法修正案（十二）自什么时候起施行？", "2024年3月1日"),
        ("航标处罚法什么时候通过的？", "1985年1月21日"),
        ("处罚法最近一次修订是什么时候？", "2024年6月28日"),
        ("航标处罚法的施行日期是哪天？", "2025年1月1日"),
        ("航标处罚法什么时候生效？", "2025年1月1日"),
        ("中华人民共和国航标法何时施行？", "1997年10月1日"),
        ("航标代理条例什么时候公布的？", "2018年11月6日"),
        ("航标代理条例从什么时候开始实行？", "2019年3月1日"),
        ("航标处罚法是哪个机关通过的？", "第六届全国人民代表大会常务委员会第九次会议"),
    ] {
        assert_eq!(marked(&engine, question), date, "{question}");
    }
    assert!(said(&engine, "航标代理条例的文号是多少？").contains("第806号"));
    assert!(
        said(&engine, "航标处罚法的施行日期是哪天？").starts_with("第五条")
            || said(&engine, "航标处罚法的施行日期是哪天？").starts_with("本法自")
    );
    let silent = said(&engine, "甲市物业条例什么时候施行？");
    assert!(silent.starts_with("refused") && silent.contains("施行日期"), "{silent}");
    let absent = said(&engine, "刑法什么时候施行？");
    assert!(absent.starts_with("refused") && absent.contains("刑法"), "{absent}");
    let other = said(&engine, "航标法修正案（十一）自什么时候起施行？");
    assert!(!other.contains("2024年3月1日"), "{other}");
}

#[test]
fn an_english_policy_says_since_when() {
    let dir = tempfile::tempdir().unwrap();
    let engine = open(dir.path(), Access::ReadWrite);
    add(
        &engine,
        "policy.txt",
        "Equipment Policy\n\nVersion 2, effective 3 May 2023\n\n1. Purpose\n\nThis policy sets out how \
         staff borrow equipment.\n\n2. Returns\n\nEquipment is returned within 30 days.\n",
    );
    for question in ["When did this policy come into effect?", "Since when is the policy in force?"]
    {
        assert_eq!(marked(&engine, question), "3 May 2023", "{question}");
    }
}
