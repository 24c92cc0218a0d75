//! Whether what follows 第三条 makes it a reference or a count: 第三条规定 against 第三条地铁.

use super::list;
use yiju_text::numerals::leading_number;

/// What else is known of the place.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The question before 第.
    pub before: &'a str,
    /// A reference ends right before: 第十七条第一款.
    pub after_unit: bool,
}

/// Words that the unit character begins, by what follows it there, and what may follow all the same:
/// 条例 is a word, but 例外 after 第三条 is one too.
fn compounds(unit: &str) -> &'static [(&'static str, &'static [&'static str])] {
    match unit {
        "条" => &[
            ("件", &[]),
            ("例", &["例外"]),
            ("约", &["约定", "约束"]),
            ("約", &["約定", "約束"]),
            ("幅", &["幅度"]),
            ("形码", &[]),
        ],
        "款" => &[("式", &[]), ("待", &["待遇"]), ("项目", &[]), ("項目", &[])],
        "项" | "大项" => &[("目", &["目标是", "目的是"]), ("链", &[]), ("鏈", &[])],
        "节" => &[
            ("点", &["点明", "点评"]),
            ("點", &["點明", "點評"]),
            ("日", &["日常", "日间", "日期"]),
            ("目", &["目标", "目的", "目录", "目標", "目錄"]),
            ("气", &["气候", "气象", "气体"]),
            ("奏", &[]),
            ("拍", &["拍卖"]),
            ("假日", &[]),
        ],
        "章" => &[("节奏", &[]), ("節奏", &[]), ("程", &["程序"]), ("鱼", &[])],
        "编" => &[
            ("辑", &[]),
            ("輯", &[]),
            ("队", &[]),
            ("隊", &[]),
            ("制", &["制定", "制度"]),
            ("剧", &[]),
            ("者", &[]),
            ("译", &[]),
            ("程", &["程序"]),
            ("组", &["组织"]),
            ("号", &[]),
            ("码", &[]),
        ],
        "目" => &[("标", &[]), ("標", &[]), ("的地", &[]), ("击", &[]), ("录", &[])],
        "点" => &[("球", &[]), ("钟", &[]), ("击", &[]), ("心", &[])],
        "方面" => &[("军", &[]), ("軍", &[])],
        "部分" => &[
            ("析", &[]),
            ("类", &["类型", "类别"]),
            ("级", &["级别"]),
            ("布", &["布局", "布置"]),
            ("享", &[]),
            ("红", &[]),
            ("人", &["人员", "人才", "人口", "人民"]),
        ],
        _ => &[],
    }
}

/// Things that the unit counts as a measure word. Those that a text also numbers as its own parts
/// (第三条建议, 第二项任务) are left out.
fn counted(unit: &str) -> &'static [&'static str] {
    match unit {
        "条" => &[
            "地铁",
            "地鐵",
            "铁路",
            "鐵路",
            "高铁",
            "高鐵",
            "公路",
            "道路",
            "马路",
            "街",
            "路",
            "轨道",
            "线路",
            "線路",
            "路線",
            "航线",
            "航線",
            "生产线",
            "生產線",
            "产线",
            "战线",
            "戰線",
            "专线",
            "捷径",
            "隧道",
            "运河",
            "運河",
            "河",
            "江",
            "溪",
            "船",
            "管道",
            "管线",
            "输油",
            "输气",
            "光缆",
            "电缆",
            "磁悬浮",
            "磁浮",
            "有轨",
            "捷運",
            "跑道",
            "赛道",
            "绿道",
            "通道",
            "走廊",
            "腿",
            "鱼",
            "魚",
            "狗",
            "蛇",
            "龙",
            "命",
            "裤",
            "裙",
            "毛巾",
            "绳",
            "消息",
            "新闻",
            "新聞",
            "微博",
            "短信",
            "推文",
            "评论",
            "留言",
            "弹幕",
            "曲线",
            "直线",
            "染色体",
            "裂缝",
        ],
        "款" => &[
            "手机",
            "手機",
            "产品",
            "產品",
            "车",
            "車",
            "游戏",
            "遊戲",
            "软件",
            "應用",
            "应用",
            "芯片",
            "药",
            "藥",
            "疫苗",
            "飞机",
            "客机",
            "机器人",
            "大模型",
            "模型",
            "系统",
        ],
        "项" => &[
            "纪录", "紀錄", "记录", "世界", "冠军", "金牌", "奖", "獎", "运动", "運動", "比赛",
            "赛事", "专利", "專利", "发明", "發明", "研究", "实验", "试验", "技术", "技能", "荣誉",
            "国际",
        ],
        "节" => &[
            "车厢",
            "車廂",
            "车",
            "课",
            "課",
            "体育课",
            "比赛",
            "比賽",
            "电池",
            "電池",
            "竹",
            "骨",
            "赛",
        ],
        "篇" => &[
            "论文",
            "論文",
            "文章",
            "小说",
            "小說",
            "报道",
            "報道",
            "报导",
            "社论",
            "日记",
            "作文",
            "博客",
            "新闻",
            "散文",
            "评论",
            "稿",
            "故事",
            "博士",
            "童话",
            "诗",
            "推文",
            "演讲",
            "学术",
            "报告文学",
        ],
        _ => &[],
    }
}

/// What may stand between the measure word and the thing: 第一条跨海高速公路.
const MODIFIERS: [&str; 39] = [
    "高速",
    "城际",
    "跨海",
    "跨江",
    "过江",
    "海底",
    "地下",
    "国际",
    "国产",
    "国内",
    "自主",
    "智能",
    "智慧",
    "新",
    "新建",
    "长",
    "大",
    "小",
    "重要",
    "主要",
    "完整",
    "真正",
    "民营",
    "商业",
    "商用",
    "电气化",
    "自动化",
    "无人",
    "自动",
    "市域",
    "跨境",
    "跨国",
    "跨省",
    "中国",
    "世界",
    "英文",
    "中文",
    "双线",
    "环城",
];

/// What goes on after a reference.
const GOES_ON: [&str; 78] = [
    "规定",
    "規定",
    "的",
    "之",
    "中",
    "里",
    "裡",
    "内",
    "內",
    "上",
    "是",
    "讲",
    "講",
    "说",
    "說",
    "写",
    "寫",
    "提",
    "要求",
    "内容",
    "內容",
    "包",
    "涉",
    "指",
    "所",
    "关于",
    "關於",
    "对",
    "對",
    "和",
    "与",
    "與",
    "及",
    "或",
    "至",
    "到",
    "以及",
    "等",
    "怎",
    "如何",
    "什么",
    "什麼",
    "为",
    "為",
    "主要讲",
    "主要内容",
    "主要是",
    "具体",
    "第",
    "能",
    "可",
    "应",
    "應",
    "原文",
    "全文",
    "明确",
    "有",
    "行为",
    "情形",
    "措施",
    "任务",
    "任務",
    "工作",
    "建议",
    "意见",
    "条",
    "条款",
    "款",
    "项",
    "除",
    "另",
    "列",
    "未",
    "不",
    "呢",
    "吗",
    "罪",
    "适用",
];

/// What is said before the first of its kind: 我国第一条…….
const FIRST_OF: [&str; 17] = [
    "我国",
    "中国",
    "世界",
    "世界上",
    "全国",
    "全球",
    "国内",
    "亚洲",
    "欧洲",
    "非洲",
    "历史上",
    "史上",
    "国产",
    "人类",
    "我國",
    "中國",
    "全國",
];

/// What a reference may belong to: 公路法第三条.
const LAWS: [&str; 8] = ["》", "法", "法典", "条例", "條例", "细则", "办法", "章程"];

/// Whether 第X and `unit`, before `after`, refer to a unit of a text.
pub(super) fn refers(unit: &str, after: &str, place: Place<'_>) -> bool {
    let unit = match unit {
        "條" => "条",
        "項" => "项",
        "節" => "节",
        "編" | "分编" => "编",
        "點" | "大点" => "点",
        "大部分" => "部分",
        other => other,
    };
    // 第八条和第九条高速公路: what follows the last of a list decides.
    let mut after = after;
    for _ in 0..8 {
        let Some(next) = next_of_list(unit, after) else {
            break;
        };
        after = next;
    }
    let begins = |words: &[&str]| words.iter().any(|word| after.starts_with(word));
    if compounds(unit).iter().any(|(word, unless)| after.starts_with(word) && !begins(unless)) {
        return false;
    }
    let before = place.before.trim_end();
    if place.after_unit || LAWS.iter().any(|law| before.ends_with(law)) {
        return true;
    }
    if counts(unit, after) {
        return false;
    }
    let unclear = after.starts_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '“' | '‘' | '「' | '『' | '《' | '"')
    });
    if !unclear || begins(&GOES_ON) {
        return true;
    }
    let before = before.strip_suffix('的').unwrap_or(before);
    let first_of = FIRST_OF.iter().any(|word| before.ends_with(word));
    // 款, 项 and 目 seldom stand alone.
    !first_of && !matches!(unit, "款" | "项" | "目")
}

/// What follows 和第九条 at the start of `after`.
fn next_of_list<'a>(unit: &str, after: &'a str) -> Option<&'a str> {
    let rest = &after[list::link(after)?.length..];
    let rest = rest.strip_prefix('第')?.trim_start();
    let (_, length) = leading_number(rest)?;
    let rest = rest[length..].trim_start();
    rest.strip_prefix(unit).or_else(|| {
        let traditional = match unit {
            "条" => '條',
            "项" => '項',
            "节" => '節',
            "编" => '編',
            _ => return None,
        };
        rest.strip_prefix(traditional)
    })
}

/// Whether `after` names a thing that `unit` counts.
fn counts(unit: &str, after: &str) -> bool {
    let things = counted(unit);
    if things.is_empty() {
        return false;
    }
    let is_thing = |text: &str| {
        let mut text = text;
        for _ in 0..4 {
            if things.iter().any(|thing| names(text, thing)) {
                return true;
            }
            let longest = MODIFIERS
                .iter()
                .filter(|word| text.starts_with(**word))
                .map(|word| word.len())
                .max();
            match longest {
                Some(length) => text = &text[length..],
                None => return false,
            }
        }
        false
    };
    if is_thing(after) {
        return true;
    }
    // 第一条横跨长江的隧道, but not 第八条规定的线路.
    if GOES_ON.iter().any(|word| after.starts_with(word)) {
        return false;
    }
    after
        .char_indices()
        .take(16)
        .take_while(|(_, c)| c.is_alphanumeric())
        .any(|(i, c)| c == '的' && is_thing(&after[i + c.len_utf8()..]))
}

/// Whether `text` begins with `thing` as a word: 船, but not the 船 of 船舶.
fn names(text: &str, thing: &str) -> bool {
    text.strip_prefix(thing).is_some_and(|rest| {
        thing.chars().nth(1).is_some()
            || !rest.starts_with(|c: char| {
                c.is_alphanumeric() && !"是有在叫的长通建被和与从由讲教上哪怎什".contains(c)
            })
    })
}

/// Whether `rest`, after `一、`, goes on counting: 一、二线城市, 一、二、三产业.
pub(super) fn is_enumeration(number: u32, rest: &str) -> bool {
    let Some((next, length)) = leading_number(rest).filter(|&(next, _)| next > number && next < 10)
    else {
        return false;
    };
    let after = &rest[length..];
    let counted = [
        "、", "，", "和", "线", "線", "产业", "產業", "季度", "类", "级", "期", "批", "班", "楼",
        "号", "年级", "手", "审",
    ];
    next == number + 1 && after.is_empty() || counted.iter().any(|word| after.starts_with(word))
}
