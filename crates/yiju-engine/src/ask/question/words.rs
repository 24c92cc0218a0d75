//! Words that ask: what they are, and where they stand in a question.

/// Words of a question for a numbered unit as a whole.
pub(super) const ASKING_OF_A_UNIT: &[&str] = &[
    "包含",
    "含",
    "含有",
    "涵盖",
    "组成",
    "构成",
    "条款",
    "总共",
    "共",
    "共有",
    "涉及",
    "解释",
    "说明",
    "概括",
    "总结",
    "概述",
    "归纳",
    "意思",
    "大意",
    "要点",
    "名称",
    "题目",
    "叫",
    "下面",
    "完整",
    "详细",
    "给出",
    "引用",
    "条文",
    "是什么",
    "哪",
    "显示",
    "讲了",
    "什么",
    "摘要",
    "简介",
    "内",
    "下",
    "有",
    "列",
    "summarise",
    "summarize",
    "summary",
    "explain",
    "describe",
    "show",
    "give",
    "quote",
    "read",
    "list",
    "cover",
    "contain",
    "include",
    "content",
    "provide",
    "please",
    "title",
    "heading",
    "full",
    "deal",
    "section",
    "part",
    "chapter",
    "clause",
    "article",
    "paragraph",
    "law",
    "regulation",
    "rule",
];

/// Words of a question about any document: they say that something is asked, not what.
pub(super) const ASKING: &[&str] = &[
    "规定",
    "要求",
    "内容",
    "提到",
    "文件",
    "意见",
    "政策",
    "这份",
    "本",
    "怎么办",
    "会不会",
    "能不能",
    "要不要",
    "有没有",
    "一共",
    "什么时候",
    "时候",
    "方面",
    "安排",
    "举措",
    "措施",
    "关系",
    "作了",
    "具体",
    "哪里",
    "哪家",
    "多",
    "少",
    "几点",
    "说",
    "讲",
    "做",
    "作",
    "条",
    "第",
    "可以",
    "应该",
    "应当",
    "会",
    "能",
    "要",
    "里",
    "来",
    "去",
    "说法",
    "介绍",
    "一下",
    "告诉",
    "关于",
    "是什么",
    "怎样",
    "样",
    "什么样",
    "如何",
    "是否",
    "有关",
    "相关",
    "分别",
    "包括",
    "哪一条",
    "一条",
    "部分",
    "几条",
    "几",
    "款",
    "项",
    "章",
    "节",
    "标题",
    "主要",
    "讲的",
    "写",
    "原文",
    "全文",
    "具体内容",
    "列出",
    "看",
    "查",
    "查一下",
    "部份",
    "say",
    "said",
    "document",
    "policy",
    "opinion",
    "about",
    "many",
    "much",
    "according",
    "tell",
    "me",
    "my",
    "i",
    "set",
    "mention",
    "mentioned",
    "text",
    "still",
    "state",
    "stated",
    "clause",
    "article",
    "under",
    "kind",
    "type",
    "there",
];

/// Byte ranges of the words in `text` that ask.
pub(super) fn asking_words(text: &str) -> Vec<std::ops::Range<usize>> {
    const CHINESE: &[&str] = &[
        "什么", "甚么", "哪", "谁", "多少", "多久", "多大", "多长", "多高", "几", "如何", "怎",
        "为何", "何", "什麼", "誰", "幾", "為何",
    ];
    const ENGLISH: &[&str] = &[
        "what", "which", "who", "whom", "whose", "when", "where", "how", "why", "many", "much",
    ];
    let lower = text.to_ascii_lowercase();
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let english = ENGLISH.iter().flat_map(|word| {
        lower.match_indices(word).filter(|(at, word)| {
            !letter(lower[..*at].chars().next_back())
                && !letter(lower[at + word.len()..].chars().next())
        })
    });
    CHINESE
        .iter()
        .flat_map(|word| lower.match_indices(word))
        .chain(english)
        .map(|(at, word)| at..at + word.len())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_ask_are_found() {
        let found = |text: &str| {
            let mut words: Vec<String> = asking_words(text)
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect();
            words.sort();
            words
        };
        assert_eq!(found("由谁负责，罚多少？"), ["多少", "谁"]);
        assert_eq!(found("How many? Somewhat."), ["How", "many"]);
        assert!(found("城市更新").is_empty());
    }
}
