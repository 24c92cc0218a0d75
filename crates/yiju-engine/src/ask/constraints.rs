//! What a question fixes: years and days, names of places and bodies, model numbers, classes, kinds of leave. A clause that does not
//! meet one of them is no answer, however alike the words are: next year's goal, the neighbouring city's rate.

use yiju_text::chars::is_han;
use yiju_text::normalize;
use yiju_text::numerals::{decimal, leading_number, to_chinese};
use yiju_text::words::WordList;

const SOURCE: &str = include_str!("../../data/fixed.txt");
static ENDS: WordList = WordList::section(SOURCE, "ends");
static NO_NAMES: WordList = WordList::section(SOURCE, "no names");
static NAMES_AFTER_ALL: WordList = WordList::section(SOURCE, "names after all");
static LEAVES: WordList = WordList::section(SOURCE, "leaves");
static CLASSES: WordList = WordList::section(SOURCE, "classes");

static BEFORE_NAMES: WordList = WordList::section(SOURCE, "before names");

/// Most characters of a name before its end.
const LONGEST_NAME: usize = 4;

/// Something that an answer must be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Constraint {
    /// As the question says it.
    pub said: String,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A year, 1900 to 2199.
    Year(u32),
    /// Any of these texts, in normal form.
    Text(Vec<String>),
}

/// The constraints of a question, in its order.
pub(crate) fn constraints(question: &str) -> Vec<Constraint> {
    let normal = normalize(question);
    let mut found = years(&normal);
    found.extend(days(&normal));
    found.extend(models(&normal));
    found.extend(classes(&normal));
    found.extend(names(&normal));
    found.extend(leaves(&normal));
    found
}

impl Constraint {
    fn text(said: &str, forms: impl IntoIterator<Item = String>) -> Self {
        Self { said: said.to_owned(), kind: Kind::Text(forms.into_iter().collect()) }
    }

    /// The same for the name that ends it, where what goes before is no part of it and `titles` (in normal form) begin
    /// with the rest: 报考碧溪市 is 碧溪市.
    pub(crate) fn without_verb(&self, titles: &[String]) -> Option<Self> {
        let Kind::Text(forms) = &self.kind else { return None };
        let whole = forms.first().filter(|_| forms.len() == 2)?;
        let rests = whole.char_indices().skip(1).map(|(at, _)| &whole[at..]);
        let mut named = rests.filter(|rest| rest.chars().count() > 2);
        let name = named.find(|rest| titles.iter().any(|title| title.starts_with(rest)))?;
        Some(Self::text(name, [name.to_owned()]))
    }

    /// Whether `text` (in normal form) meets it.
    pub(crate) fn met_by(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Year(year) => holds_year(text, *year),
            Kind::Text(forms) => forms.iter().any(|form| holds_form(text, form)),
        }
    }
}

/// Whether `text` holds `form`, which no letter or digit may continue.
fn holds_form(text: &str, form: &str) -> bool {
    let joins = |a: Option<char>, b: Option<char>| {
        a.zip(b).is_some_and(|(a, b)| {
            let latin = |c: char| c.is_ascii_alphanumeric();
            latin(a) && latin(b)
        })
    };
    text.match_indices(form).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        !joins(before, form.chars().next()) && !joins(form.chars().next_back(), after)
    })
}

/// Whether a text names a year: 2024年, 2024-2026, 二〇二四年, 2024.
fn holds_year(text: &str, year: u32) -> bool {
    let digits = year.to_string();
    holds_form(text, &digits)
        || text.match_indices('年').any(|(at, _)| {
            let chinese: String =
                text[..at].chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            digit_by_digit(&chinese) == Some(year)
        })
        || ranges(text).any(|(from, to)| (from..=to).contains(&year))
}

/// The ranges of years that a text names: 2024—2026年, 2021年至2025年.
fn ranges(text: &str) -> impl Iterator<Item = (u32, u32)> + '_ {
    let year = |text: &str| -> Option<u32> {
        let four = text.get(..4)?;
        let value = four.bytes().all(|b| b.is_ascii_digit()).then(|| four.parse().ok())??;
        (1900..2200).contains(&value).then_some(value)
    };
    text.char_indices().filter_map(move |(at, c)| {
        let from = c.is_ascii_digit().then(|| year(&text[at..]))??;
        let rest = text[at + 4..].trim_start_matches(['年', '度', ' ']);
        let rest = rest.strip_prefix(['-', '—', '–', '~', '～', '至', '到'])?;
        let to = year(rest.trim_start_matches(['-', '—', ' ']))?;
        (from < to && to - from <= 30).then_some((from, to))
    })
}

/// 2024, 二〇二四: the year 2024. `text`, in normal form, is nothing else.
pub(crate) fn year_of(text: &str) -> Option<u32> {
    digit_by_digit(text).filter(|_| text.chars().count() == 4)
}

/// 二〇二四: 2024.
fn digit_by_digit(text: &str) -> Option<u32> {
    let mut value = 0;
    for c in text.chars() {
        let digit =
            decimal(c).or_else(|| "〇一二三四五六七八九".find(c).map(|at| (at / 3) as u32))?;
        value = value * 10 + digit;
    }
    (1900..2200).contains(&value).then_some(value)
}

fn years(question: &str) -> Vec<Constraint> {
    let mut found = Vec::new();
    for (at, _) in question.match_indices('年') {
        let before: Vec<char> = question[..at].chars().rev().take(4).collect();
        let four: String = before.iter().rev().collect();
        let two: String = before.iter().take(2).rev().collect();
        let longer = before.get(2).is_some_and(|c| c.is_ascii_digit());
        if let Some(year) = digit_by_digit(&four) {
            found.push(Constraint { said: format!("{four}年"), kind: Kind::Year(year) });
        } else if two.len() == 2 && two.bytes().all(|b| b.is_ascii_digit()) && !longer {
            // 21年的: a year where it is no length of time.
            let of = question[at + '年'.len_utf8()..].starts_with(['的', '度', '版']);
            if let Some(year) = two.parse::<u32>().ok().filter(|year| of && *year < 50) {
                found.push(Constraint { said: format!("{two}年"), kind: Kind::Year(2000 + year) });
            }
        }
    }
    found
}

/// 3月21日, a day in a question.
fn days(question: &str) -> Vec<Constraint> {
    question
        .match_indices('月')
        .filter_map(|(at, moon)| {
            let start = question[..at]
                .rfind(|c: char| !c.is_ascii_digit())
                .map_or(0, |i| i + question[i..].chars().next().map_or(1, char::len_utf8));
            let month: u32 = question.get(start..at)?.parse().ok()?;
            let rest = &question[at + moon.len()..];
            let (day, length) = leading_number(rest)?;
            let after = &rest[length..];
            let end = after.starts_with(['日', '号']);
            (end && (1..=12).contains(&month) && (1..=31).contains(&day)).then(|| {
                Constraint::text(&format!("{month}月{day}日"), [format!("{month}月{day}日")])
            })
        })
        .collect()
}

/// SQB-150C, PM2.5, CIM: words of capital letters and digits as printed. `question` is in normal form, so what tells
/// them from words is a digit beside a letter.
fn models(question: &str) -> Vec<Constraint> {
    question
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'))
        .map(|word| word.trim_matches(['-', '.']))
        .filter(|word| {
            // 10th and 1990s are numbers.
            word.bytes().any(|b| b.is_ascii_digit())
                && word.starts_with(|c: char| c.is_ascii_alphabetic())
        })
        .map(|word| Constraint::text(word, [word.to_owned()]))
        .collect()
}

/// 三类, 第四批, 二级: a class of things.
fn classes(question: &str) -> Vec<Constraint> {
    let mut found = Vec::new();
    for (at, c) in question.char_indices() {
        let joined = question[..at].chars().next_back().is_some_and(|before| {
            before.is_ascii_alphanumeric() || "一二三四五六七八九十百几〇年月.".contains(before)
        });
        let numeral = c.is_ascii_digit() || "一二三四五六七八九十".contains(c);
        let Some((number, length)) = leading_number(&question[at..]).filter(|_| numeral && !joined)
        else {
            continue;
        };
        let rest = &question[at + length..];
        let Some(class) = CLASSES.prefix_of(rest) else { continue };
        // 三等奖 and 一级 count things; 十等 does not.
        let on = rest[class.len()..].starts_with(['别', '似', '推', '待', '分']);
        if on
            || number == 0
            || number > 12
            || rest[class.len()..].starts_with(['以', '及', '和', '、']) && class == "等"
        {
            continue;
        }
        let said = &question[at..at + length + class.len()];
        let forms = [format!("{number}{class}"), format!("{}{class}", to_chinese(number))];
        found.push(Constraint::text(said, forms));
    }
    found
}

/// 丧假, 年假: the first kind of leave in the list that the question names.
fn leaves(question: &str) -> Option<Constraint> {
    let [said, forms] = LEAVES.rows().find(|[said, _]| question.contains(said))?;
    Some(Constraint::text(said, forms.split_whitespace().map(str::to_owned)))
}

/// Names of places and bodies: what goes before 市, 县, 集团 …, from where a name can begin.
fn names(question: &str) -> Vec<Constraint> {
    let mut found = Vec::new();
    // Where the next name may begin: at the start, after a mark, after a word that goes before names.
    let mut from = 0;
    let mut at = 0;
    while let Some(c) = question[at..].chars().next() {
        if let Some(word) = BEFORE_NAMES.prefix_of(&question[at..]) {
            at += word.len();
            from = at;
            continue;
        }
        if !is_han(c) {
            at += c.len_utf8();
            from = at;
            continue;
        }
        let rest = &question[at..];
        let before = question[from..at].chars().count();
        let end = ENDS
            .iter()
            .find(|end| rest.starts_with(**end))
            .filter(|_| (2..=LONGEST_NAME).contains(&before));
        if let Some(end) = end {
            let until = at + end.len();
            let whole = &question[from..until];
            let is_name = NO_NAMES.suffix_of(whole).is_none() || NAMES_AFTER_ALL.contains(whole);
            if is_name && !part_of_word(question, until) {
                // 佛罗里达 is 佛罗里达州 too.
                let short = &question[from..at];
                found.push(Constraint::text(whole, [whole.to_owned(), short.to_owned()]));
                at = until;
                from = until;
                continue;
            }
        }
        at += c.len_utf8();
    }
    found
}

/// Whether the name's last character goes on into another word: 市场, 区域, 省级, 县域, 乡村.
fn part_of_word(question: &str, end: usize) -> bool {
    const ON: &str = "场域级民内外间分价值属情貌政委道位容辖划块长直籍际会业府财城村里上下";
    question[end..].chars().next().is_some_and(|c| ON.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(question: &str) -> Vec<String> {
        constraints(question).into_iter().map(|constraint| constraint.said).collect()
    }

    #[test]
    fn what_a_question_fixes_is_found() {
        for (question, fixed) in [
            ("到2040年城市要达到什么目标？", vec!["2040年"]),
            ("二〇二一年的补贴是多少？", vec!["二〇二一年"]),
            ("21年的补贴是多少？", vec!["21年"]),
            ("工作12年有几天年假？", vec!["年假"]),
            ("丁州市公积金贷款最高额度是多少？", vec!["丁州市"]),
            ("3月21号恢复营业的有哪些？", vec!["3月21日"]),
            ("SQB-150C用在哪里？", vec!["sqb-150c"]),
            ("四类区域首小时停车收费多少？", vec!["四类"]),
            ("第四批名单里有谁？", vec!["四批"]),
            ("北川集团的差旅费怎么报？", vec!["北川集团"]),
            ("云泽区今年上小学一年级要多大？", vec!["云泽区"]),
            ("苍岭市县城的标准是什么？", vec!["苍岭市"]),
            ("补助省里出几成，送餐费县财政出多少？", vec![]),
            ("超大城市应该怎样发展？", vec![]),
            ("社区怎么建设？", vec![]),
            ("城市更新的市场机制是什么？", vec![]),
            ("请问南湖区有补贴吗？", vec!["南湖区"]),
            ("北城区的缴存基数上限是多少？", vec!["北城区"]),
            ("老城区怎么改造？", vec![]),
            ("丧假几天？", vec!["丧假"]),
            ("男方有陪产假吗？", vec!["陪产假"]),
            ("放假怎么安排？", vec![]),
            ("省级部门怎么做？", vec![]),
            ("Who won the 10th election of the 1990s?", vec![]),
        ] {
            assert_eq!(said(question), fixed, "{question}");
        }
    }

    #[test]
    fn a_text_meets_what_it_says_in_any_form() {
        let met = |question: &str, text: &str| {
            let found = constraints(question);
            assert!(!found.is_empty(), "{question}");
            found.iter().all(|constraint| constraint.met_by(&normalize(text)))
        };
        assert!(met("2024年的标准", "自二〇二四年一月起"));
        assert!(met("2025年的目标", "2024—2026年每年新增"));
        assert!(!met("2040年的目标", "到2030年，到2035年"));
        assert!(!met("2024年的目标", "共12024户"));
        assert!(met("在青河市怎么申请", "青河市人民政府"));
        assert!(met("丧假几天", "直系亲属去世的,给假三天") && !met("丧假几天", "年休假五天"));
        assert!(!met("丁州市怎么申请", "乙州市人民政府"));
        assert!(met("三类区域", "3类区域2元") && !met("四类区域", "三类区域2元"));
        assert!(
            met("SQB-150B用在哪", "SQB-150B 用于地下车库")
                && !met("SQB-150B用在哪", "SQB-150BX 用于")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_question_is_read(question in "[0-9年月日二〇一第类级批市区县省A-C.-]{0,16}|\\PC{0,24}") {
            let found = constraints(&question);
            for constraint in found {
                constraint.met_by(&normalize(&question));
            }
        }
    }
}
