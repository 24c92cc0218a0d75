//! 文号 in running text: 国发〔2019〕4号 of 根据国发〔2019〕4号规定.

use std::ops::Range;

use crate::words;
use yiju_text::chars::is_han;
use yiju_text::numerals::{is_chinese_numeral, parse_number};
use yiju_text::{Folded, fold};

/// Most characters of the name in a 文号.
const LONGEST_NAME: usize = 20;
/// Most characters of a number in it.
const LONGEST_NUMBER: usize = 8;
/// How the names end that documents are numbered under, where no brackets show that it is one.
const NAME_ENDS: [&str; 10] = ["发", "函", "字", "办", "电", "文", "规", "令", "公告", "公报"];

/// A 文号 as a text cites it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitedNumber {
    /// What it is numbered under, in normal form and without what stands before it: `国办发`,
    /// `国务院令`. Empty where only the number is given: 4号文.
    pub name: String,
    /// The year, where there is one.
    pub year: Option<u32>,
    /// The number within the year.
    pub serial: u32,
    /// Its place in the text, in bytes.
    pub range: Range<usize>,
}

impl CitedNumber {
    /// Whether `number`, the 文号 of a document or one that a text cites in full, is this one.
    /// What this one leaves open (name or year) may be any.
    pub fn means(&self, number: &CitedNumber) -> bool {
        // A longer name ends in this one where a word stood before it that no list knows. One character
        // more is another organ: 建房 and 青建房.
        let ends = |long: &str, short: &str| {
            long.strip_suffix(short).is_some_and(|rest| rest.chars().nth(1).is_some())
        };
        let order = self.name == "令" && number.name.ends_with('令');
        self.serial == number.serial
            && (self.year.is_none() || self.year == number.year)
            && (self.name.is_empty()
                || order
                || self.name == number.name
                || ends(&self.name, &number.name) && number.name.chars().nth(1).is_some()
                || ends(&number.name, &self.name) && self.name.chars().nth(1).is_some())
    }

    /// Whether it gives a name and, but for orders, a year.
    pub fn is_full(&self) -> bool {
        !self.name.is_empty() && (self.year.is_some() || self.name.ends_with('令'))
    }
}

/// All 文号 in `text`, in order, however their brackets, digits and spaces are written: 国发〔2019〕4号,
/// 国发〔2019〕4号, 国办发2019年4号, 财政部公告2024年第12号, 国务院令第706号, 国务院第706号令, 4号文.
pub fn find_numbers(text: &str) -> Vec<CitedNumber> {
    if !text.contains(['号', '號', '〔', '[', '［', '【']) {
        return Vec::new();
    }
    let folded: Vec<Folded> = fold(text)
        .into_iter()
        .map(|one| match one.char {
            '﹝' | '{' | '<' => Folded { char: '[', ..one },
            '﹞' | '}' | '>' => Folded { char: ']', ..one },
            _ => one,
        })
        .collect();
    let line = Line(&folded);
    let mut found: Vec<CitedNumber> = Vec::new();
    for (at, one) in folded.iter().enumerate() {
        let read = match one.char {
            '号' => line.before_sign(at),
            ']' | ')' => line.without_sign(at),
            _ => None,
        };
        let Some(read) = read else { continue };
        let free = found.last().is_none_or(|last| last.range.end <= read.range.start);
        found.extend(Some(read).filter(|_| free));
    }
    found
}

/// A folded text that is read backwards.
struct Line<'a>(&'a [Folded]);

impl Line<'_> {
    fn char(&self, at: usize) -> Option<char> {
        self.0.get(at).map(|folded| folded.char)
    }

    /// The end of what stands before `at`, white space apart.
    fn trim_end(&self, mut at: usize) -> usize {
        while at > 0 && self.char(at - 1) == Some(' ') {
            at -= 1;
        }
        at
    }

    /// Whether `word` ends at `at`; where it begins.
    fn ends_with(&self, at: usize, word: &str) -> Option<usize> {
        let start = at.checked_sub(word.chars().count())?;
        (start..at).map(|i| self.char(i)).eq(word.chars().map(Some)).then_some(start)
    }

    fn begins_with(&self, at: usize, word: &str) -> bool {
        self.ends_with(at + word.chars().count(), word) == Some(at)
    }

    /// The number that ends at `at`, and where it begins.
    fn number(&self, at: usize) -> Option<(u32, usize)> {
        let end = self.trim_end(at);
        let digit = |c: char| c.is_ascii_digit();
        let belongs: fn(char) -> bool = match self.char(end.checked_sub(1)?)? {
            c if digit(c) => |c| c.is_ascii_digit(),
            c if is_chinese_numeral(c) => is_chinese_numeral,
            _ => return None,
        };
        let mut start = end;
        while start > 0 && self.char(start - 1).is_some_and(belongs) {
            start -= 1;
        }
        let printed: String = self.0[start..end].iter().map(|folded| folded.char).collect();
        (end - start <= LONGEST_NUMBER).then_some((parse_number(&printed)?, start))
    }

    /// A year with the brackets around it or 年 behind it that ends at `at`; where it begins.
    fn year(&self, at: usize) -> Option<(u32, usize, bool)> {
        let end = self.trim_end(at);
        let bracketed = match self.char(end.checked_sub(1)?)? {
            ']' | ')' => true,
            '年' => false,
            _ => return None,
        };
        let inner = self.trim_end(end - 1);
        let inner = if bracketed { self.ends_with(inner, "年").unwrap_or(inner) } else { inner };
        let (year, start) = self.number(inner)?;
        let start = if bracketed {
            let open = self.trim_end(start);
            matches!(self.char(open.checked_sub(1)?)?, '[' | '(').then(|| open - 1)?
        } else {
            start
        };
        (1900..=2999).contains(&year).then_some((year, start, bracketed))
    }

    /// The name that ends at `at`, and where it begins.
    fn name(&self, at: usize) -> (String, usize) {
        let end = self.trim_end(at);
        let mut start = end;
        while start > 0
            && end - start < LONGEST_NAME
            && self.char(start - 1).is_some_and(|c| is_han(c) && c != '号')
        {
            // 1991年3月4日国务院令第76号
            let day = self.char(start - 1) == Some('日')
                && start > 1
                && self
                    .char(start - 2)
                    .is_some_and(|c| c.is_ascii_digit() || is_chinese_numeral(c));
            if day {
                break;
            }
            start -= 1;
        }
        let run: String = self.0[start..end].iter().map(|folded| folded.char).collect();
        let mut name = run.as_str();
        // 关于第706号… and the like: what follows the last 的 or 是.
        name = name.rsplit(['的', '是']).next().unwrap_or(name);
        while let Some(lead) =
            words::NUMBER_LEADS.prefix_of(name).filter(|lead| name.len() > lead.len())
        {
            name = &name[lead.len()..];
        }
        if words::NUMBER_LEADS.contains(name) {
            name = "";
        }
        name = name.strip_prefix("中华人民共和国").unwrap_or(name);
        (name.to_owned(), end - name.chars().count())
    }

    /// A 文号 whose 号 is at `sign`.
    fn before_sign(&self, sign: usize) -> Option<CitedNumber> {
        let (serial, start) = self.number(sign)?;
        let mut at = self.trim_end(start);
        let nth = self.ends_with(at, "第");
        at = self.trim_end(nth.unwrap_or(at));
        let order = self.char(sign + 1) == Some('令');
        let called = order || self.char(sign + 1) == Some('文');
        let end = sign + 1 + usize::from(order);
        if let Some((year, start, bracketed)) = self.year(at) {
            let (mut name, begin) = self.name(start);
            if order {
                name.push('令');
            }
            let known = NAME_ENDS.iter().any(|end| name.ends_with(end));
            let meant = if name.is_empty() { bracketed || called } else { bracketed || known };
            return meant.then(|| self.cited(name, Some(year), serial, begin..end));
        }
        let (mut name, begin) = self.name(at);
        if order {
            // 国务院第706号令
            name.push('令');
            return Some(self.cited(name, None, serial, begin..end));
        }
        let known = NAME_ENDS.iter().any(|end| name.ends_with(end));
        if called {
            // 国发4号文, 4号文; what else stands before it is no name.
            let (name, begin) =
                if known { (name, begin) } else { (String::new(), nth.unwrap_or(start)) };
            return Some(self.cited(name, None, serial, begin..end));
        }
        let numbered =
            nth.is_some() && ["令", "公告", "公报"].iter().any(|end| name.ends_with(end));
        numbered.then(|| self.cited(name, None, serial, begin..end))
    }

    /// 国发〔2019〕4 whose 号 is left out; `close` is the bracket behind the year.
    fn without_sign(&self, close: usize) -> Option<CitedNumber> {
        let (year, start, true) = self.year(close + 1)? else {
            return None;
        };
        let (name, begin) = self.name(start);
        let known = NAME_ENDS.iter().any(|end| name.ends_with(end));
        let mut at = close + 1;
        while self.char(at) == Some(' ') {
            at += 1;
        }
        at += usize::from(self.begins_with(at, "第"));
        let digits = (at..self.0.len())
            .take_while(|&i| self.char(i).is_some_and(|c| c.is_ascii_digit()))
            .count();
        let (serial, _) = self.number(at + digits).filter(|_| digits > 0 && known)?;
        let mut next = at + digits;
        while self.char(next) == Some(' ') {
            next += 1;
        }
        let other = self.char(next).is_some_and(|c| "号年月条章款项、".contains(c));
        (!other).then(|| self.cited(name, Some(year), serial, begin..at + digits))
    }

    fn cited(&self, name: String, year: Option<u32>, serial: u32, at: Range<usize>) -> CitedNumber {
        let start = self.0.get(at.start).map_or(0, |folded| folded.source.start);
        let end = self.0.get(at.end - 1).map_or(start, |folded| folded.source.end);
        CitedNumber { name, year, serial, range: start..end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cited(text: &str) -> Vec<String> {
        find_numbers(text)
            .into_iter()
            .map(|number| {
                let year = number.year.map_or(String::new(), |year| format!("〔{year}〕"));
                format!("{}{year}{}", number.name, number.serial)
            })
            .collect()
    }

    #[test]
    fn numbers_are_found_however_they_are_written() {
        for text in [
            "国办发〔2019〕4号是什么文件？",
            "请问国办发[2019]4号讲什么",
            "根据国办发（2019）4号",
            "国办发 【 2019 】 第 4 号",
            "國辦發〔2019〕4號",
            "国办发２０１９年４号",
            "国办发2019年第4号文",
            "什么是国办发〔二〇一九〕四号",
            "国办发[2019]4 是什么",
            "《国办发〔2019〕4号》",
            "国办发<2019>4号",
        ] {
            assert_eq!(cited(text), ["国办发〔2019〕4"], "{text}");
        }
        for (text, wanted) in [
            ("国务院令第706号", "国务院令706"),
            ("中华人民共和国国务院令第七〇六号公布", "国务院令706"),
            ("（1991年3月4日国务院令第76号发布）", "国务院令76"),
            ("国务院第706号令讲什么", "国务院令706"),
            ("706号令", "令706"),
            ("财政部公告2024年第12号", "财政部公告〔2024〕12"),
            ("4号文讲了什么", "4"),
            ("请问4号文件是什么", "4"),
            ("国发4号文", "国发4"),
            ("〔2019〕4号", "〔2019〕4"),
        ] {
            assert_eq!(cited(text), [wanted], "{text}");
        }
        assert_eq!(
            cited("青建城〔2020〕53号和青建房〔2012〕53号哪个有效"),
            ["青建城〔2020〕53", "青建房〔2012〕53"]
        );
        for text in [
            "2019年4号线开通了吗",
            "几号文",
            "第4号",
            "8月4号",
            "测试法（2019）第4条",
            "城市（2019年）4条线路",
            "长安街4号楼",
        ] {
            assert!(cited(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_neighbour_is_another() {
        let one = |text: &str| find_numbers(text).remove(0);
        let full = one("国办发〔2019〕4号");
        for other in
            ["国发〔2019〕4号", "国办发〔2019〕5号", "国办发〔2018〕4号", "国办函〔2019〕4号"]
        {
            assert!(!one(other).means(&full) && !full.means(&one(other)), "{other}");
        }
        assert!(!one("建房〔2012〕53号").means(&one("青建房〔2012〕53号")));
        assert!(!one("青建房〔2012〕53号").means(&one("建房〔2012〕53号")));
        for open in ["4号文", "国办发4号文", "〔2019〕4号", "再看看国办发〔2019〕4号"]
        {
            assert!(one(open).means(&full), "{open}");
        }
        assert!(one("706号令").means(&one("国务院令第706号")));
        assert!(full.is_full() && !one("4号文").is_full());
    }

    proptest! {
        #[test]
        fn any_text_is_safe(text in "(?s)([国发令〔\\[（2019）\\]〕年第4号文 ]|.){0,24}") {
            let mut last = 0;
            for number in find_numbers(&text) {
                prop_assert!(text.get(number.range.clone()).is_some());
                prop_assert!(number.range.start >= last && number.range.start < number.range.end);
                last = number.range.end;
            }
        }
    }
}
