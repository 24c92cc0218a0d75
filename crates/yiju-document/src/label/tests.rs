use super::*;
use proptest::prelude::*;

#[test]
fn labels() {
    for (line, style, number, text, rest) in [
        ("第一编　总则", Style::Book, 1, "第一编", "总则"),
        ("第三分编 担保", Style::SubBook, 3, "第三分编", "担保"),
        ("第十二章总则", Style::Chapter, 12, "第十二章", "总则"),
        ("第 3 節 通則", Style::Section, 3, "第三節", "通則"),
        ("第一百零五条　为了", Style::Article, 105, "第一百零五条", "为了"),
        ("第17条：为了", Style::Article, 17, "第十七条", "为了"),
        ("一、总体要求", Style::Ideographic, 1, "一、", "总体要求"),
        ("二十三．要求", Style::Ideographic, 23, "二十三、", "要求"),
        ("(二) 增强", Style::Parenthesized, 2, "（二）", "增强"),
        ("（ 二十三 ）加强", Style::Parenthesized, 23, "（二十三）", "加强"),
        ("1. 加强", Style::Arabic, 1, "1.", "加强"),
        ("１２、加强", Style::Arabic, 12, "12.", "加强"),
        ("（3）加强", Style::ParenthesizedArabic, 3, "（3）", "加强"),
        ("③加强", Style::Circled, 3, "③", "加强"),
        ("3）加强", Style::HalfParenthesis, 3, "3）", "加强"),
        ("Chapter III General", Style::Chapter, 3, "Chapter 3", "General"),
        ("ARTICLE 12. Scope", Style::Article, 12, "Article 12", "Scope"),
        ("Part Five: Finance", Style::Part, 5, "Part 5", "Finance"),
        ("IV. Finance", Style::Ideographic, 4, "IV.", "Finance"),
        ("(b) rent", Style::Letter, 2, "(b)", "rent"),
    ] {
        let label = parse_label(line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(
            (label.style, label.number, label.text.as_str()),
            (style, number, text),
            "{line}"
        );
        assert_eq!(&line[label.end..], rest, "{line}");
    }
    // White space may be lost.
    assert!(parse_label("第一条中华人民共和国公民").is_some());
    let label = parse_label("第十七条之一　国家").unwrap();
    assert_eq!((label.sub, label.text.as_str()), (Some(1), "第十七条之一"));
}

#[test]
fn running_text_is_no_label() {
    for line in [
        "2025. The",
        "2025年8月",
        "3.5亿元",
        "第三条规定的",
        "一是家庭",
        "一、二线城市发展",
        "Section 5 of the Act",
        "第五代移动通信",
        "第十条、第十一条",
        "1、2、3月",
        "Article 3, paragraph 2",
        "part of it",
        "（2025年8月15日）",
    ] {
        let label = parse_label(line);
        assert!(
            label.as_ref().is_none_or(|l| !l.separated && l.style == Style::Article),
            "{line}: {label:?}"
        );
    }
}

proptest! {
    #[test]
    fn any_line_is_safe(line in "(?s)[-*>【§㈠⒈甲第（(一十百1９条章编之、.）)Part ①a][- 【】§第一1条之.)）a]{0,3}.{0,20}") {
        if let Some(label) = parse_label(&line) {
            prop_assert!(line.is_char_boundary(label.end));
        }
    }
}
