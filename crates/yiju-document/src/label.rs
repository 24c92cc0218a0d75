//! The number at the head of a line: 第十七条, （八）, 一、, 1., Chapter 3.

use crate::label_english;
use crate::style::{Label, Style, finish, spaces, sub_number};
use crate::words;
use yiju_text::chars::{is_han, squeeze};
use yiju_text::numerals::{decimal, leading_number, parse_number, parse_roman, to_chinese};

/// The label at the head of `line`, which has no white space in front. A list or quote mark may
/// stand before 第三条 and the like, 【】 around it.
pub(crate) fn parse_label(line: &str) -> Option<Label> {
    let first = line.chars().next()?;
    let after = &line[first.len_utf8()..];
    // One character that is the whole number, counted from the first of its kind.
    let single = |style, one: char, text: &dyn Fn(u32) -> String| {
        let number = first as u32 - one as u32 + 1;
        let text = text(number);
        Some(finish(line, style, number, None, text, first.len_utf8()))
    };
    match first {
        '第' => ordinal(line),
        '（' | '(' | '〔' | '﹙' => bracketed(line),
        '【' if after.starts_with('第') => {
            shifted(line, after, ordinal).filter(|l| line[..l.end].trim_end().ends_with('】'))
        }
        '-' | '*' | '•' | '>' if after.starts_with(' ') => {
            shifted(line, after.trim_start(), parse_label).filter(|l| l.style <= Style::Article)
        }
        '①'..='⑳' => single(Style::Circled, '①', &|_| first.to_string()),
        '⑴'..='⒇' => single(Style::ParenthesizedArabic, '⑴', &|n| format!("（{n}）")),
        '㈠'..='㈩' => single(Style::Parenthesized, '㈠', &|n| format!("（{}）", to_chinese(n))),
        '⒈'..='⒛' => single(Style::Arabic, '⒈', &|n| format!("{n}.")),
        '§' => {
            let rest = after.trim_start();
            let (number, sub, len) = label_english::number(rest)?;
            let end = line.len() - rest.len() + len;
            let text = format!("§ {}", &rest[..len]);
            Some(finish(line, Style::Article, number, sub, text, end))
        }
        '甲' | '乙' | '丙' | '丁' | '戊' | '己' | '庚' | '辛' | '壬' | '癸' => stem(line),
        c if c.is_ascii_alphabetic() => label_english::label(line).or_else(|| lettered(line)),
        _ => listed(line),
    }
}

/// The label that `read` finds in `rest`, the end of `line`.
fn shifted(line: &str, rest: &str, read: fn(&str) -> Option<Label>) -> Option<Label> {
    let label = read(rest)?;
    Some(Label { end: label.end + line.len() - rest.len(), ..label })
}

/// A number whose digits may be set apart by spaces (第 十 二 条), and its length.
fn spaced_number(text: &str) -> Option<(u32, usize)> {
    let (mut value, mut len) = leading_number(text)?;
    loop {
        let gap = spaces(&text[len..]);
        match leading_number(&text[len + gap..]).filter(|_| gap > 0) {
            Some((_, more)) => len += gap + more,
            None => break,
        }
        value = parse_number(&squeeze(&text[..len]))?;
    }
    Some((value, len))
}

fn ordinal(line: &str) -> Option<Label> {
    let mut at = '第'.len_utf8();
    at += spaces(&line[at..]);
    // 第（十九）条 is how people name a clause; a text that prints it so means an article.
    let bracket = line[at..].chars().next().filter(|c| matches!(c, '（' | '('));
    if let Some(c) = bracket {
        at += c.len_utf8();
    }
    let (number, len) = spaced_number(&line[at..])?;
    at += len;
    if bracket.is_some() {
        let closing = line[at..].chars().next().filter(|c| matches!(c, '）' | ')'))?;
        at += closing.len_utf8();
    }
    // 第 2-1 條, 第5之1条
    let mut sub = sub_number(&line[at..]);
    at += sub.map_or(0, |(_, len)| len);
    at += spaces(&line[at..]);
    const UNITS: [(&str, Style, &str); 14] = [
        ("部分", Style::Part, "部分"),
        ("分编", Style::SubBook, "分编"),
        ("分編", Style::SubBook, "分編"),
        ("编", Style::Book, "编"),
        ("編", Style::Book, "編"),
        ("篇", Style::Book, "篇"),
        ("卷", Style::Book, "卷"),
        ("部", Style::Part, "部"),
        ("章", Style::Chapter, "章"),
        ("节", Style::Section, "节"),
        ("節", Style::Section, "節"),
        ("条", Style::Article, "条"),
        ("條", Style::Article, "條"),
        ("条款", Style::Article, "条"),
    ];
    let (printed, style, unit) =
        UNITS.into_iter().find(|(name, ..)| line[at..].starts_with(name))?;
    at += printed.len();
    // 第一部法律 counts laws.
    if unit == "部" && !line[at..].starts_with([' ', '\u{3000}', '：', ':']) && at < line.len() {
        return None;
    }
    // 第 2 條之 1, 第4条-1
    if sub.is_none() {
        sub = sub_number(&line[at..]);
        at += sub.map_or(0, |(_, len)| len);
    }
    let sub = sub.map(|(value, _)| value);
    let mut text = format!("第{}{unit}", to_chinese(number));
    if let Some(value) = sub {
        text.push_str(&format!("之{}", to_chinese(value)));
    }
    if let Some(rest) = line[at..].strip_prefix('】').filter(|_| bracket.is_none()) {
        at = line.len() - rest.len();
    }
    // 第三条规定的, 第二章的规定, 第三条第一款, 第三部分中: a reference, not a label.
    let rest = &line[at..];
    let spaced = line['第'.len_utf8()..].starts_with(' ');
    if words::REFERS.prefix_of(rest).is_some() || unit_follows(rest, spaced) {
        return None;
    }
    Some(finish(line, style, number, sub, text, at))
}

/// Whether 第一款 or the like follows: 第三条第一款 is a reference, 第三条第三人 is none. A head in
/// spaced digits, 第 7 條, may open with a reference in characters, 第五條.
fn unit_follows(rest: &str, spaced: bool) -> bool {
    let Some(after) = rest.strip_prefix('第') else {
        return false;
    };
    // 第（三）项
    let after = after.trim_start().trim_start_matches(['（', '(']);
    let Some((_, len)) = leading_number(after) else {
        return false;
    };
    let unit = after[len..].trim_start_matches(['）', ')', ' ']);
    if spaced && unit.starts_with(['條', '条']) && after.starts_with(is_han) {
        return false;
    }
    unit.starts_with(['条', '條', '款', '项', '項', '章', '节', '節', '目', '编', '編', '部'])
}

fn bracketed(line: &str) -> Option<Label> {
    let open = line.chars().next()?;
    let mut at = open.len_utf8();
    at += spaces(&line[at..]);
    let first = line[at..].chars().next()?;
    if first.is_ascii_lowercase() {
        return letter(line, at, "(");
    }
    let (number, len) = leading_number(&line[at..])?;
    at += len;
    at += spaces(&line[at..]);
    let closing = line[at..].chars().next().filter(|c| matches!(c, '）' | ')' | '〕' | '﹚'))?;
    at += closing.len_utf8();
    // （三）项 is a reference.
    let refers = ["项", "項", "款", "目", "规定", "規定"];
    if number == 0 || number > 999 || refers.iter().any(|w| line[at..].starts_with(w)) {
        return None;
    }
    let (style, text) = if decimal(first).is_some() {
        (Style::ParenthesizedArabic, format!("（{number}）"))
    } else {
        (Style::Parenthesized, format!("（{}）", to_chinese(number)))
    };
    Some(finish(line, style, number, None, text, at))
}

/// `a)`, `ii)`.
fn lettered(line: &str) -> Option<Label> {
    line.starts_with(|c: char| c.is_ascii_lowercase()).then(|| letter(line, 0, ""))?
}

/// The letter or the small Roman number at byte `at`, up to its closing bracket.
fn letter(line: &str, at: usize, open: &str) -> Option<Label> {
    let end = at + line[at..].find(|c: char| !c.is_ascii_lowercase())?;
    let printed = &line[at..end];
    let closing = line[end..].chars().next().filter(|c| matches!(c, ')' | '）'))?;
    let first = printed.bytes().next()?;
    let (style, number) = match parse_roman(printed) {
        // (c) and (d) are no hundreds; (i), (v) and (x) are letters where (h), (u) or (w) precede.
        Some(number) => (Style::Roman, number),
        None if printed.len() == 1 => (Style::Letter, u32::from(first - b'a') + 1),
        None => return None,
    };
    let text = format!("{open}{printed})");
    Some(finish(line, style, number, None, text, end + closing.len_utf8()))
}

/// `甲、`
fn stem(line: &str) -> Option<Label> {
    const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
    let first = line.chars().next()?;
    let number = STEMS.chars().position(|c| c == first)? as u32 + 1;
    let rest = line[first.len_utf8()..].strip_prefix(['、', '．'])?;
    let text = format!("{first}、");
    // 甲、乙双方 names both.
    let both = rest.chars().next().is_none_or(|c| STEMS.contains(c));
    (!both).then(|| finish(line, Style::Stem, number, None, text, line.len() - rest.len()))
}

/// `1.1 目的`, `1.2.1 试用期`: the number, and the styles by depth.
fn decimals(line: &str) -> Option<Label> {
    let end = line.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(line.len());
    let printed = line[..end].trim_end_matches('.');
    let parts: Vec<u32> = printed
        .split('.')
        .map(|part| part.parse().ok().filter(|n| (1..100).contains(n)))
        .collect::<Option<_>>()?;
    let style = match parts.len() {
        2 => Style::Decimal2,
        3 => Style::Decimal3,
        4 => Style::Decimal4,
        _ => return None,
    };
    // 3.5亿元 and 1.5% are amounts.
    let rest = &line[end..];
    let next = rest.trim_start().chars().next()?;
    let spaced = rest.starts_with(char::is_whitespace) && !next.is_lowercase();
    let plain = spaced || is_han(next) && !"万亿千百元倍个年月日时度米吨".contains(next);
    let number = *parts.last()?;
    plain.then(|| finish(line, style, number, None, printed.to_string(), end))
}

/// `一、`, `1.`, `1、`, `1）`.
fn listed(line: &str) -> Option<Label> {
    let first = line.chars().next()?;
    let (number, len) = leading_number(line)?;
    if number == 0 || number > 999 {
        return None;
    }
    let after = len + spaces(&line[len..]);
    let mark = line[after..].chars().next()?;
    let end = after + mark.len_utf8();
    let next = line[end..].chars().next();
    if decimal(first).is_none() {
        // 一、二线城市 and 三、四条 are enumerations.
        let listed = matches!(mark, '、' | '．' | '.' | '﹑');
        let enumeration = leading_number(&line[end..])
            .is_some_and(|(_, len)| !line[end + len..].starts_with('、'))
            && number < 10
            && after == len
            && line[end..]
                .chars()
                .nth(1)
                .is_none_or(|c| !is_han(c) || "线批级类期次条项款是届".contains(c));
        if !listed || enumeration {
            return None;
        }
        let text = format!("{}、", to_chinese(number));
        return Some(finish(line, Style::Ideographic, number, None, text, end));
    }
    match mark {
        '.' | '．' | '、' | '﹑' => {
            // 3.5亿元 is a decimal; 1、2、3月 is an enumeration.
            if next.is_some_and(|c| decimal(c).is_some()) {
                return decimals(line);
            }
            Some(finish(line, Style::Arabic, number, None, format!("{number}."), end))
        }
        '）' | ')' => {
            Some(finish(line, Style::HalfParenthesis, number, None, format!("{number}）"), end))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
