//! What is a reference, and to which units.

use super::*;

/// `17.3 17.4` for 第十七条第三、四款; sub-numbers as `17-1`.
fn numbers(question: &str) -> String {
    find_references(question)
        .iter()
        .map(|reference| {
            reference
                .steps
                .iter()
                .map(|step| match step.sub_number {
                    Some(sub) => format!("{}-{sub}", step.number),
                    None => step.number.to_string(),
                })
                .collect::<Vec<_>>()
                .join(".")
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn ordinary_words() {
    for question in [
        "我国第一条地铁是哪年开通的？",
        "第一条件是什么？",
        "第二条例是什么",
        "第一款手机是什么？",
        "第一款iPhone何时发布",
        "第一项目是什么",
        "第一大项目在哪里",
        "第一项纪录是谁创造的？",
        "第一节点在哪里",
        "第一节车厢有多少人",
        "第一编辑是谁",
        "第一篇论文发表在哪里？",
        "第一条高速公路",
        "第八条和第九条高速公路",
        "第一、二条地铁何时开通",
        "第一条横跨长江的隧道叫什么",
        "第一条路是谁修的",
        "第一节课",
        "第一款应用程序",
        "世界第一条自主研发的磁悬浮",
        "我国第一条城际高铁",
        "第一章节奏很慢",
        "红四方面军与第四方面军",
        "第一條鐵路",
        "第一項目",
        "第一節點",
        "第三条道路是什么？",
        "第二部分析报告",
        "一、二线城市的房价如何？",
        "一、二、三产业的比例是多少？",
        "一、二产业",
        "三、四季度的增速",
        "第一、二、三产业",
        "第一、二线城市",
        "one percentage point 2024",
        "percentage points 5",
        "point 5",
        "0 point 5",
        "state of the art 3",
        "for the most part 2024 was good",
        "part 5G",
    ] {
        assert_eq!(numbers(question), "", "{question}");
    }
}

#[test]
fn still_references() {
    for (question, expected) in [
        ("第三条例外情形有哪些", "3"),
        ("第三条规定了什么", "3"),
        ("第三条中提到的线路", "3"),
        ("第八条规定的公路是什么", "8"),
        ("第一条。", "1"),
        ("“第二章第三条”", "2.3"),
        ("第三条的例外", "3"),
        ("第三条款", "3"),
        ("第二项任务是什么", "2"),
        ("第三条建议是什么", "3"),
        ("第二节登记管理讲什么", "2"),
        ("第一章总则", "1"),
        ("第二章程序", "2"),
        ("第四条船舶如何登记", "4"),
        ("第三条城市道路怎么管理", "3"),
        ("第三条边境管理", "3"),
        ("第八十四条 航路、航线飞行", "84"),
        ("第二节日常管理", "2"),
        ("第一章节讲什么", "1"),
        ("《公路法》第三条公路的分类", "3"),
        ("公路法第三条公路的分类", "3"),
        ("中国宪法第一条", "1"),
        ("第十七条第二项世界遗产", "17.2"),
        ("第一部分人才队伍", "1"),
        ("第二点是什么", "2"),
        ("二、三农工作讲了什么", "2"),
        ("二、讲了什么", "2"),
        ("the fifth point", "5"),
        ("point (5)", "5"),
        ("art. 5", "5"),
        ("Section 2024", "2024"),
    ] {
        assert_eq!(numbers(question), expected, "{question}");
    }
}

#[test]
fn numbers_without_their_mark() {
    for (question, expected) in [
        ("39条是什么？", "39"),
        ("劳动法39条", "39"),
        ("刑法的二十一条", "21"),
        ("13、14条", "13 14"),
        ("民法典13、14条讲什么", "13 14"),
        ("十三、十四条", "13 14"),
        ("第55条第1款", "55.1"),
        ("55条1款2项", "55.1.2"),
        ("《测试处罚法》2条1项", "2.1"),
        ("第十七条第一句", "17.1"),
        ("第十七条第二款第一句话", "17.2.1"),
        ("Sec. 12(1)(a)", "12.1.1"),
        ("Article 5(2)", "5.2"),
        ("Articles 3 and 4", "3 4"),
    ] {
        assert_eq!(numbers(question), expected, "{question}");
    }
    for question in [
        "10条措施有哪些",
        "3条线路怎么走",
        "三条是什么",
        "一共39条",
        "前39条",
        "测试法修正案（十二）何时施行",
        "第一句话是什么",
        "2个3项目",
        "function f(8) of article",
    ] {
        assert_eq!(numbers(question), "", "{question}");
    }
}

#[test]
fn lists_and_ranges() {
    for (question, expected) in [
        ("第八、九条", "8 9"),
        ("第八、九、十一条规定", "8 9 11"),
        ("第八和第九条", "8 9"),
        ("第8,9条", "8 9"),
        ("第（八）、（九）条", "8 9"),
        ("第八条和第九条有什么不同", "8 9"),
        ("第八条、九条", "8 9"),
        ("第八条至第十条", "8 9 10"),
        ("第八条至十条", "8 9 10"),
        ("第八至十条", "8 9 10"),
        ("第八至第十条", "8 9 10"),
        ("第8-10条", "8 9 10"),
        ("第８～１０条", "8 9 10"),
        ("第8条—第10条", "8 9 10"),
        ("第8——10条", "8 9 10"),
        ("从第八条到第十条", "8 9 10"),
        ("（八）至（十）", "8 9 10"),
        ("第三条、第八条至第十条、第十二条", "3 8 9 10 12"),
        ("第一、三至五条", "1 3 4 5"),
        ("第十条至第八条", "10 8"),
        ("第十条至第十条之二", "10 10-2"),
        ("第十七条第三、四款", "17.3 17.4"),
        ("第十七条第三款和第四款", "17.3 17.4"),
        ("第十七条第一款至第三款", "17.1 17.2 17.3"),
        ("第十七条第一款第（一）项、第二款", "17.1.1 17.2"),
        ("第十七条第一款、第二十条", "17.1 20"),
        ("第八、九条第一款", "8.1 9.1"),
        ("第八条、第九条第一款", "8 9.1"),
        ("第一至三章", "1 2 3"),
        ("第二部分（一）、（二）", "2.1 2.2"),
        ("第一，第三条怎么说", "3"),
        ("第三条、四川省的规定", "3"),
        ("Articles 5 and 6", "5 6"),
        ("Articles 5, 6 and 9", "5 6 9"),
        ("Articles 5, 6, and 9", "5 6 9"),
        ("Articles 5 to 7", "5 6 7"),
        ("articles 5-7", "5 6 7"),
        ("Articles 5–7", "5 6 7"),
        ("Article 5-7", "5 6 7"),
        ("parts two and three", "2 3"),
        ("Article 5 to 10 days", "5"),
        ("Article 5 and 6 days", "5"),
        ("Article 5 to Article 7", "5 6 7"),
        ("Compare Article 5 to Article 7", "5 7"),
        ("Article 5 and Article 7", "5 7"),
        ("Article 17, paragraphs 2 and 3", "17.2 17.3"),
        ("Article 17, paragraph 2 and paragraph 3", "17.2 17.3"),
        ("Sections 1 and 2 of Chapter 3", "3.1 3.2"),
        ("Article 5, 2024", "5"),
    ] {
        assert_eq!(numbers(question), expected, "{question}");
    }
}

#[test]
fn long_ranges() {
    assert_eq!(find_references("第1-50条").len(), 50);
    assert_eq!(numbers("第1-51条"), "1 51");
    assert_eq!(numbers("第一条至第九百条"), "1 900");
    assert_eq!(numbers("Articles 1 to 4000000000"), "1 4000000000");
    assert_eq!(find_references("第1-50条第1-50款").len(), 100);
    // However many ranges there are, what they add is bounded.
    assert!(find_references(&"第1条至第50条，".repeat(200)).len() < 700);
    assert!(find_references(&"第1-50条；".repeat(200)).len() < 700);
    assert_eq!(find_references(&"第1、".repeat(20_000)), []);
}

#[test]
fn ranges_of_text() {
    for (question, expected) in [
        ("请看第八、九条", "第八、九条"),
        ("请看第八条至第十条吗", "第八条至第十条"),
        ("请看第十七条第三、四款吗", "第十七条第三、四款"),
        ("See Articles 5 to 7.", "Articles 5 to 7"),
    ] {
        let references = find_references(question);
        assert!(references.len() > 1, "{question}");
        for reference in references {
            assert_eq!(&question[reference.range.clone()], expected);
        }
    }
}

#[test]
fn sub_numbers_in_any_writing() {
    for (question, number, sub) in [
        ("第 2-1 條", 2, 1),
        ("第2條之1", 2, 1),
        ("第5之1条规定了什么", 5, 1),
        ("第4条-1", 4, 1),
        ("第十七条之一", 17, 1),
        ("What does Article 2-1 say?", 2, 1),
        ("Article 2A", 2, 1),
        ("Article 2 bis", 2, 1),
    ] {
        let references = find_references(question);
        assert_eq!(references.len(), 1, "{question}");
        let step = &references[0].steps[0];
        assert_eq!((step.number, step.sub_number), (number, Some(sub)), "{question}");
    }
    assert_eq!(find_references("第5-7条").len(), 3);
    assert_eq!(find_references("§ 5").len(), 1);
}
