//! The head and tail of a document: title, issuer, 文号, date, table of contents, signature.

use jiff::civil::Date;

use crate::facts::Facts;
use crate::label::parse_label;
use crate::page;
use crate::signs;
use crate::title::{
    HEAD, first_words, is_letterhead, join_title, squeeze_short, tidy_title, title_lines,
};
use yiju_text::chars::{is_han, longer_than, squeeze};
use yiju_text::dates::{date_line, dates};

/// What a document says about itself, and which of its paragraphs are no body.
#[derive(Debug, Default)]
pub(crate) struct Front {
    pub(crate) title: String,
    pub(crate) issuer: Option<String>,
    pub(crate) number: Option<String>,
    pub(crate) date: Option<Date>,
    /// For each paragraph, whether it is title, date, number, header or table of contents.
    pub(crate) outside: Vec<bool>,
    /// Whether the title stands in a field, as in the tables of the ministry of justice, where a bare
    /// number is the head of an article.
    pub(crate) fielded: bool,
    /// Paragraphs that are signed: organs and the date at the end of a document.
    pub(crate) signature: Vec<bool>,
}

pub(crate) fn read(paragraphs: &[&str], given: Option<&str>, facts: &Facts) -> Front {
    let mut front = Front {
        outside: vec![false; paragraphs.len()],
        signature: vec![false; paragraphs.len()],
        ..Front::default()
    };
    front.fielded = paragraphs.iter().take(3).any(|p| signs::title_field(p).is_some());
    mark_signatures(paragraphs, &mut front);
    let title = title_lines(paragraphs, given, &front.signature);
    for &i in &title {
        front.outside[i] = true;
    }
    let printed = join_title(title.iter().map(|&i| paragraphs[i]));
    read_head(paragraphs, title.last().map_or(0, |&i| i + 1), &mut front);
    mark_contents(paragraphs, &mut front);
    front.title = match given.map(str::trim).filter(|t| !t.is_empty()) {
        Some(given) => tidy_title(given),
        None if !printed.is_empty() => printed,
        None => {
            let field = paragraphs.iter().take(HEAD).find_map(|p| signs::title_field(p));
            match field.or(facts.title.as_deref()) {
                Some(title) => tidy_title(title),
                None => first_words(paragraphs),
            }
        }
    };
    front.date = front.date.or(facts.date);
    front.number = front.number.take().or_else(|| facts.number.clone());
    if front.date.is_none() {
        front.date = tail_date(paragraphs, &front).or_else(|| news_date(paragraphs));
    }
    let named = issuer_of_title(&front.title);
    front.issuer = named
        .or_else(|| header_issuer(paragraphs))
        .or_else(|| front.number.as_deref().and_then(issuer_of_order))
        .or_else(|| signed_by(paragraphs, &front))
        .or_else(|| facts.issuer.clone());
    front
}

/// Date, number and header lines around the title.
fn read_head(paragraphs: &[&str], from: usize, front: &mut Front) {
    // A decree proclaims the law below it on the day it is signed.
    let proclaimed = (0..from.saturating_sub(1))
        .filter(|&i| i > 1)
        .filter_map(|i| date_line(paragraphs[i]).or_else(|| signed_date(paragraphs[i])))
        .next_back();
    let decree =
        proclaimed.filter(|_| paragraphs.iter().take(3).any(|p| squeeze_short(p).contains('令')));
    // Before the title stand the letterhead and the number.
    let mut end = from + 6;
    for i in 0..paragraphs.len().min(HEAD) {
        if i >= end {
            break;
        }
        let line = paragraphs[i];
        if front.outside[i] {
            continue;
        }
        let beyond = i >= from;
        if let Some(number) = signs::document_number(line) {
            front.number.get_or_insert(number);
            front.outside[i] = true;
        } else if signs::is_bare_serial(line) && i > 0 && !beyond {
            let name = squeeze_short(paragraphs[i - 1]);
            if name.ends_with('令') {
                front.number.get_or_insert(format!("{name}{}", squeeze(line)));
                front.outside[i - 1] = true;
            }
            front.outside[i] = true;
        } else if signs::is_catalogue_line(line) && i < 12 {
            // 成文日期 over the text is its date.
            if line.contains('成') {
                front.date = front.date.or_else(|| dates(line).first().copied());
            }
            front.outside[i] = true;
        } else if i == from
            && i > 0
            && line.starts_with("——")
            && !longer_than(line, 60)
            && !line.contains('。')
        {
            // ——2024年3月5日在…会议上: the title's second line.
            front.date = front.date.or_else(|| dates(line).first().copied());
            front.outside[i] = true;
        } else if is_letterhead(line) && !beyond || page::is_site_words(line) {
            front.outside[i] = true;
        } else if front.signature[i] {
            continue;
        } else if let Some(date) = date_line(line) {
            front.date.get_or_insert(date);
            front.outside[i] = true;
        } else if beyond && signs::is_law_header(line) {
            front.outside[i] = true;
            end = i + 6;
            front.date = front.date.max(header_date(line));
        } else if beyond && is_speaker(line) {
            front.outside[i] = true;
        } else if beyond && !signs::is_contents(line) {
            break;
        }
    }
    front.date = decree.or(front.date);
    if front.number.is_none() {
        let header =
            paragraphs[..paragraphs.len().min(end)].iter().find(|p| signs::is_law_header(p));
        front.number = header.and_then(|header| order_of(header));
    }
}

/// 某市人民政府令第12号 of a header that tells of one order.
fn order_of(header: &str) -> Option<String> {
    let (before, after) = header.split_once("令第")?;
    let start = before
        .rfind(|c: char| !is_han(c) || c == '日')
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let end = after.find(['号', '號'])?;
    let one = !after.contains("令第");
    let order = format!("{}令第{}号", &before[start..], &after[..end]);
    (one && start < before.len()).then(|| signs::document_number(&order))?
}

/// `省长 某某`: who gave a speech.
fn is_speaker(line: &str) -> bool {
    !longer_than(line, 12)
        && line.chars().all(|c| is_han(c) || c.is_whitespace())
        && line.split_whitespace().count() == 2
        && !signs::is_byline(line)
        && parse_label(line).is_none()
        && !signs::is_contents(line)
        && !squeeze(line).starts_with(['总', '附', '前'])
}

/// `测试委员会 2024年3月15日`: the date of a line that an organ signs.
fn signed_date(line: &str) -> Option<Date> {
    if line.len() > 200
        || !line.contains(|c: char| c == '年' || c.is_ascii_digit())
        || line.contains(['。', '，', '；', '：'])
        || parse_label(line).is_some()
    {
        return None;
    }
    let organs = organs_before_date(line);
    let signed = !organs.is_empty() && organs.iter().all(|organ| signs::names_organ(organ));
    signed.then(|| dates(line).last().copied())?
}

/// The words of a signature line up to its date; none where no date ends it.
fn organs_before_date(line: &str) -> Vec<&str> {
    let words: Vec<&str> = line.split_whitespace().collect();
    (1..words.len())
        .find(|&at| date_line(&words[at..].concat()).is_some())
        .map_or_else(Vec::new, |at| words[..at].to_vec())
}

/// The latest date on which the text was adopted, revised or proclaimed; not when it takes effect.
fn header_date(header: &str) -> Option<Date> {
    // Each date with what was done on it.
    let mut acts: Vec<String> = Vec::new();
    for part in header.split_inclusive(['　', ' ', '，', '；', '）', ')', '\n']) {
        match acts.last_mut().filter(|_| dates(part).is_empty()) {
            Some(act) => act.push_str(part),
            None => acts.push(part.to_string()),
        }
    }
    let effect = |act: &String| {
        ["施行", "实施", "生效", "實施"].iter().any(|w| act.contains(w))
            && !["通过", "通過", "公布", "发布", "發布", "批准", "修正", "修订", "修訂", "制定"]
                .iter()
                .any(|w| act.contains(w))
    };
    acts.retain(|act| !effect(act));
    acts.iter().flat_map(|act| dates(act)).max()
}

/// A table of contents: its lines, up to where its first entry comes again.
fn mark_contents(paragraphs: &[&str], front: &mut Front) {
    let Some(at) = (0..paragraphs.len().min(HEAD)).find(|&i| signs::is_contents(paragraphs[i]))
    else {
        return;
    };
    front.outside[at] = true;
    let entry = |line: &str| {
        let line = squeeze(line);
        line.trim_end_matches(|c: char| {
            c.is_numeric() || matches!(c, '.' | '…' | '·' | '-' | '（' | '）' | '(' | ')')
        })
        .to_string()
    };
    let Some(first) = paragraphs.get(at + 1).filter(|l| !longer_than(l, 80)).map(|l| entry(l))
    else {
        return;
    };
    for (i, line) in paragraphs.iter().enumerate().skip(at + 2).take(2_000) {
        if longer_than(line, 80) || line.contains('。') {
            return;
        }
        if entry(line) == first {
            front.outside[at + 1..i].fill(true);
            return;
        }
    }
}

/// Signatures: up to four lines of organs, then a date.
fn mark_signatures(paragraphs: &[&str], front: &mut Front) {
    for i in 1..paragraphs.len() {
        if signed_date(paragraphs[i]).is_some() && i > 2 {
            front.signature[i] = true;
            continue;
        }
        let bracketed = paragraphs[i].starts_with(['(', '（']);
        let under_organ = i > 3 && signs::names_organ(paragraphs[i - 1]);
        if date_line(paragraphs[i]).is_none()
            || paragraphs[i].starts_with('#')
            || bracketed && !under_organ
        {
            continue;
        }
        let signs_here = |line: &str| {
            signs::is_short_line(line, 80)
                && parse_label(line).is_none()
                && !signs::is_official_title(line)
                && !signs::is_attachment(line)
                && (signs::names_organ(line) || line.split_whitespace().count() >= 2)
        };
        let mut from = i;
        while from > 0 && i - from < 5 && signs_here(paragraphs[from - 1]) {
            from -= 1;
        }
        // At the very top these lines are the title and its date.
        if from < i && from > 1 {
            front.signature[from..=i].fill(true);
        } else if i + 1 == paragraphs.len() && i > 1 {
            front.signature[i] = true;
        }
    }
}

/// The date under the signature; of several, the first: what follows is attached.
fn tail_date(paragraphs: &[&str], front: &Front) -> Option<Date> {
    (0..paragraphs.len())
        .filter(|&i| front.signature[i])
        .find_map(|i| date_line(paragraphs[i]).or_else(|| signed_date(paragraphs[i])))
}

/// A news dateline or sign-off that gives the year itself.
fn news_date(paragraphs: &[&str]) -> Option<Date> {
    let head: Option<String> =
        paragraphs.iter().take(6).find(|p| signs::starts_with_dateline(p)).map(|p| {
            p.chars().take(40).take_while(|&c| c != '电' && c != '電' && c != '讯').collect()
        });
    let last = paragraphs.last().filter(|p| signs::is_sign_off(p)).map(|p| p.to_string());
    [head, last].into_iter().flatten().find_map(|line| dates(&line).first().copied())
}

/// `中共中央 国务院关于…` is issued by 中共中央、国务院.
fn issuer_of_title(title: &str) -> Option<String> {
    let at = ["关于", "關於", "印发", "公布", "发布", "转发"]
        .iter()
        .filter_map(|w| title.find(w))
        .min()?;
    let issuer = title[..at].trim().trim_start_matches(['《', '“']);
    let organs: Vec<&str> =
        issuer.split([' ', '、', '，', '\u{3000}']).filter(|o| !o.is_empty()).collect();
    let named = !organs.is_empty()
        && organs.iter().all(|o| signs::names_organ(o) && o.chars().count() >= 2);
    named.then(|| organs.join("、"))
}

/// `（2020年…第十三届全国人民代表大会第三次会议通过）`: the congress.
fn header_issuer(paragraphs: &[&str]) -> Option<String> {
    let header = paragraphs.iter().take(HEAD).find(|p| signs::is_law_header(p))?;
    let adopted =
        header.find("通过").or_else(|| header.find("公布")).map_or(*header, |at| &header[..at]);
    const ORGANS: [&str; 8] = [
        "全国人民代表大会常务委员会",
        "全国人民代表大会",
        "国务院",
        "最高人民法院",
        "最高人民检察院",
        "人民代表大会常务委员会",
        "人民代表大会",
        "人民政府",
    ];
    let organ = ORGANS.iter().find(|organ| adopted.contains(**organ))?;
    let at = adopted.find(organ)?;
    // 上海市第十五届人民代表大会常务委员会: the place stands in front.
    let place: String = match organ.starts_with("人民") {
        true => {
            let before = &adopted[..at];
            let before = before.rsplit_once('日').map_or(before, |(_, after)| after);
            before.split('第').next().unwrap_or("").trim().to_string()
        }
        false => String::new(),
    };
    Some(format!("{place}{organ}"))
}

/// `中华人民共和国国务院令第722号`: 国务院. The President's orders proclaim what others adopt.
fn issuer_of_order(number: &str) -> Option<String> {
    let (organ, _) = number.split_once("令第")?;
    let organ = organ.trim_start_matches("中华人民共和国");
    signs::names_organ(organ).then(|| organ.to_string())
}

/// The organs over the date at the end.
fn signed_by(paragraphs: &[&str], front: &Front) -> Option<String> {
    if let Some(line) = (0..paragraphs.len())
        .filter(|&i| front.signature[i])
        .find(|&i| signed_date(paragraphs[i]).is_some())
    {
        return Some(organs_before_date(paragraphs[line]).join("、"));
    }
    let date_at = (0..paragraphs.len())
        .find(|&i| front.signature[i] && date_line(paragraphs[i]).is_some())?;
    let mut from = date_at;
    while from > 0 && front.signature[from - 1] {
        from -= 1;
    }
    let organs: Vec<&str> = paragraphs[from..date_at]
        .iter()
        .flat_map(|line| line.split_whitespace())
        .filter(|o| signs::names_organ(o))
        .map(|o| o.split(['（', '(']).next().unwrap_or(o))
        .collect();
    (!organs.is_empty()).then(|| organs.join("、"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decree_and_law() {
        let text = [
            "中华人民共和国主席令",
            "第四十五号",
            "《中华人民共和国某法》已由会议于2020年5月28日通过，现予公布。",
            "中华人民共和国主席　某某",
            "2020年5月28日",
            "中华人民共和国某法",
            "（2020年5月28日第十三届全国人民代表大会第三次会议通过）",
            "目　录",
            "第一章　总则",
            "第二章　附则",
            "第一章　总则",
            "第一条　为了某事，制定本法。",
        ];
        let front = read(&text, None, &Facts::default());
        assert_eq!(front.title, "中华人民共和国某法");
        assert_eq!(front.number.as_deref(), Some("中华人民共和国主席令第四十五号"));
        assert_eq!(front.issuer.as_deref(), Some("全国人民代表大会"));
        assert_eq!(front.date, Some(jiff::civil::date(2020, 5, 28)));
        assert_eq!(front.outside.iter().filter(|&&o| o).count(), 7);
    }

    #[test]
    fn titles_and_issuers() {
        for (lines, title, issuer) in [
            (
                vec!["中共中央 国务院", "关于推动城市高质量发展的意见", "正文。"],
                "中共中央 国务院关于推动城市高质量发展的意见",
                Some("中共中央、国务院"),
            ),
            (
                vec![
                    "国办发〔2024〕3号",
                    "国务院办公厅关于加强",
                    "供水工作的通知",
                    "各部门：",
                    "正文。",
                ],
                "国务院办公厅关于加强供水工作的通知",
                Some("国务院办公厅"),
            ),
            (vec!["关于加强供水工作的通知", "正文。"], "关于加强供水工作的通知", None),
            (vec!["没有标题的一段话，很短。"], "没有标题的一段话，很短", None),
        ] {
            let front = read(&lines, None, &Facts::default());
            assert_eq!(front.title, title);
            assert_eq!(front.issuer.as_deref(), issuer);
        }
    }
}
