//! The head and the signature of a document whose lines are lost: where title, 文号, adoption,
//! addressee and signature part.

use crate::{signs, words};
use yiju_text::chars::{is_han, longer_than};
use yiju_text::dates::dates;

/// Most bytes of an opening that are looked at.
const OPENING: usize = 6_000;

/// Where the opening of a text is to be cut, in bytes, ascending.
pub(crate) fn cuts(text: &str) -> Vec<usize> {
    let end = text.char_indices().map(|(at, _)| at).find(|&at| at > OPENING).unwrap_or(text.len());
    let text = &text[..end];
    let mut cuts: Vec<usize> = Vec::new();
    fields(text, &mut cuts);
    bare_article(text, &mut cuts);
    brackets(text, &mut cuts);
    numbers(text, &mut cuts);
    acts(text, &mut cuts);
    contents(text, &mut cuts);
    addressee(text, &mut cuts);
    cuts.retain(|&at| at > 0 && at < text.len());
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Before `法規名稱：`, `修正日期：` and other fields.
fn fields(text: &str, cuts: &mut Vec<usize>) {
    for (colon, _) in text.match_indices(['：', ':']) {
        let before = &text[..colon];
        let lists = [&words::TITLE_FIELDS, &words::CATALOGUE_FIELDS, &words::DATE_FIELDS];
        let field = lists
            .iter()
            .flat_map(|list| list.iter())
            .filter(|field| before.ends_with(**field) && field.chars().nth(1).is_some())
            .max_by_key(|field| field.len());
        cuts.extend(field.map(|field| colon - field.len()));
    }
}

/// Around the bare 1 of a first article behind the fields: `法規類別：行政 ＞ 組織目 1 本表依…`.
fn bare_article(text: &str, cuts: &mut Vec<usize>) {
    let last = cuts.iter().copied().max().unwrap_or(0);
    if let Some(at) = text[last..].find(" 1 ").filter(|_| signs::title_field(text).is_some()) {
        cuts.extend([last + at, last + at + 2]);
    }
}

/// Around （2024年3月1日某市人民政府令第12号公布）.
fn brackets(text: &str, cuts: &mut Vec<usize>) {
    for (open, _) in text.match_indices(['（', '(']) {
        let mut depth = 0;
        let close = text[open..].char_indices().take(800).find_map(|(at, c)| {
            match c {
                '（' | '(' => depth += 1,
                '）' | ')' => depth -= 1,
                _ => {}
            }
            (depth == 0).then_some(open + at + c.len_utf8())
        });
        if let Some(close) = close.filter(|&close| signs::is_law_header(&text[open..close])) {
            cuts.extend([open, close]);
        }
    }
}

/// Whether a text ends as an order or announcement does, whose number follows.
fn ordered(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || ["令", "公告", "通告"].iter().any(|word| before.ends_with(word))
}

/// Around 国发〔2024〕4号 and 第707号 of an order.
fn numbers(text: &str, cuts: &mut Vec<usize>) {
    for (end, sign) in text.match_indices(['号', '號']) {
        let end = end + sign.len();
        let from = text[..end].char_indices().rev().map(|(at, _)| at).take(40).last().unwrap_or(0);
        // The shortest number that begins where a title may have ended.
        let start = text[from..end]
            .char_indices()
            .map(|(at, _)| from + at)
            .rev()
            .filter(|&at| {
                let before = text[..at].trim_end();
                at == 0
                    || before.len() < at
                    || before.ends_with(['）', ')', '》'])
                    || before.ends_with("答复")
                    || words::TITLE_ENDS.iter().any(|word| before.ends_with(word))
            })
            .find(|&at| {
                let line = &text[at..end];
                signs::document_number(line).is_some() && !line.contains(char::is_whitespace)
                    || signs::is_bare_serial(line) && ordered(&text[..at])
            });
        if let Some(start) = start.filter(|_| !text[end..].starts_with(['）', ')'])) {
            cuts.extend([start, end]);
        }
    }
}

/// What is done to a law on a date.
const ACTS: [&str; 10] =
    ["通过", "批准", "修正", "修订", "公布", "发布", "施行", "通過", "修訂", "發布"];

/// Before each date whose act follows, and behind the last: `2001年11月29日 某市…会议通过`.
fn acts(text: &str, cuts: &mut Vec<usize>) {
    let mut rest = 0;
    while let Some(found) = text[rest..].find('年') {
        let year = rest + found;
        rest = year + '年'.len_utf8();
        let digits = text[..year].trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let Some(day) = text[year..].find('日').filter(|&at| at <= 20).map(|at| year + at + 3)
        else {
            continue;
        };
        if dates(&text[digits..day]).is_empty() || text[..digits].ends_with(['（', '(']) {
            continue;
        }
        // Up to the next date or sentence end.
        let stop = text[day..]
            .char_indices()
            .take(200)
            .find(|&(_, c)| "。；：，".contains(c))
            .map_or(text.len(), |(at, _)| day + at);
        let next = text[day..stop].match_indices('日').map(|(at, _)| day + at).find_map(|at| {
            let start = text[..at].rfind('年')?;
            let digits = text[..start].trim_end_matches(|c: char| c.is_ascii_digit()).len();
            (digits > day && start - digits == 4).then_some(digits)
        });
        let part = &text[day..next.unwrap_or(stop)];
        let act = ACTS.iter().filter_map(|act| part.rfind(act).map(|at| at + act.len())).max();
        let Some(act) = act.filter(|_| !text[..digits].ends_with('自') && !part.starts_with('，'))
        else {
            continue;
        };
        let quoted = part[..act].matches('《').count() > part[..act].matches('》').count();
        let inside = text[..digits].matches(['（', '(']).count()
            > text[..digits].matches(['）', ')']).count();
        if !quoted && !inside && may_follow(&text[..digits]) && !text[day + act..].starts_with('的')
        {
            cuts.extend([digits, day + act]);
        }
    }
}

/// Whether the date of an act may stand behind `before`: a title, another act or a space, and no
/// sentence.
fn may_follow(before: &str) -> bool {
    let title = before.trim_end();
    title.is_empty()
        || title.len() < before.len() && !title.ends_with(['，', '、', '。', '；'])
        || title.ends_with(['）', ')'])
        || words::TITLE_ENDS.suffix_of(title).is_some()
        || ACTS.iter().any(|act| title.ends_with(act))
}

/// Around 目录 above the first division.
fn contents(text: &str, cuts: &mut Vec<usize>) {
    for word in ["目录", "目錄", "目　录", "目 录", "目次"] {
        let tail = text.trim_end();
        if let Some(at) = tail.strip_suffix(word).map(str::len) {
            cuts.extend([at, tail.len()]);
        }
    }
}

/// Around 各省、自治区、直辖市人民政府： behind the title or the number.
fn addressee(text: &str, cuts: &mut Vec<usize>) {
    let Some(colon) = text.find('：').filter(|&at| !longer_than(&text[..at], 400)) else {
        return;
    };
    let before = &text[..colon];
    if before.contains('。') {
        return;
    }
    let known = cuts.iter().copied().filter(|&at| at < colon).max();
    let title = words::TITLE_ENDS
        .iter()
        .flat_map(|word| before.match_indices(*word).map(|(at, word)| at + word.len()))
        .filter(|&end| {
            let rest = before[end..].trim_start();
            rest.starts_with('各')
                || before[end..].starts_with(char::is_whitespace) && rest.starts_with(is_han)
        })
        .max();
    let Some(start) = known.max(title) else {
        return;
    };
    let named = before[start..].trim();
    let organs = named.starts_with('各') || named.split(['、', '，', ' ']).all(signs::names_organ);
    if organs && !longer_than(named, 200) {
        cuts.extend([start, colon + '：'.len_utf8()]);
    }
}

/// Where the signature at the end of a text begins: organs and a date behind the last sentence.
pub(crate) fn signature(text: &str) -> Option<usize> {
    let end = text
        .rfind(['。', '；', '！', '”'])
        .map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8))?;
    let tail = &text[end..];
    let signed = !tail.trim().is_empty()
        && !longer_than(tail, 80)
        && tail.trim_end().ends_with(['日', '）'])
        && !dates(tail).is_empty();
    signed.then_some(end)
}
