//! What a document says was done with it and when: adopted, changed, made public, in force.

use std::ops::Range;

use jiff::civil::Date;

use crate::particular::{Found, HEAD, Line};
use crate::{signs, words};
use yiju_text::chars::is_han;
use yiju_text::dates::{date_line, date_spans};
use yiju_text::normalize;
use yiju_text::words::WordList;

/// A date of a head and what it says was done on it.
pub(crate) struct Deed {
    /// Bytes of the date in its line.
    pub(crate) date: Range<usize>,
    day: Date,
    /// What was done, in lower case.
    act: String,
    /// Bytes of who did it, where that stands between the date and the act.
    pub(crate) by: Option<Range<usize>>,
}

impl Deed {
    fn is(&self, what: &WordList) -> bool {
        what.is_in(&self.act)
    }

    /// The day.
    pub(crate) fn day(&self) -> Date {
        self.day
    }

    /// The same without the titles of what it was done by: 《关于废止和修改…的决定》 repeals nothing here.
    pub(crate) fn is_plainly(&self, what: &WordList) -> bool {
        let mut act = String::new();
        let mut open = 0;
        for c in self.act.chars() {
            match c {
                '《' => open += 1,
                '》' => open -= 1,
                c if open <= 0 => act.push(c),
                _ => {}
            }
        }
        what.is_in(&act)
    }

    /// Whether the act is one that may go with coming into force on the same day: 公布施行.
    pub(crate) fn also(&self, kind: crate::DateKind) -> bool {
        let before = self.act.find('自').unwrap_or(self.act.len());
        let act = &self.act[..before];
        match kind {
            crate::DateKind::Promulgated => words::PROCLAIMED.is_in(act),
            crate::DateKind::Adopted => words::ADOPTED.is_in(act),
            crate::DateKind::Amended => words::REVISED.is_in(act),
            _ => false,
        }
    }
}

/// The dates of a line of a head, each with its act: behind the date in Chinese
/// (1985年1月21日…通过), before it in English (Adopted on …) and where it is a field (修正日期：…).
fn deeds(text: &str) -> Vec<Deed> {
    let spans = date_spans(text);
    let mut found = Vec::new();
    for (i, (date, day)) in spans.iter().enumerate() {
        let from = i.checked_sub(1).map_or(0, |before| spans[before].0.end);
        let to = spans.get(i + 1).map_or(text.len(), |(next, _)| next.start);
        let (before, after) = (&text[from..date.start], &text[date.end..to]);
        let field = before.trim_end().ends_with(['：', ':']);
        let english = !text.chars().any(is_han);
        let act = if field || english {
            before
        } else {
            // …通过，现予公布: the order is of another day.
            let end = after.find(['，', '；', '。', ',', ';']).filter(|&at| at > 0);
            &after[..end.unwrap_or(after.len())]
        };
        let by = words::ADOPTED.iter().filter(|_| !field && !english).find_map(|word| {
            let whole = act[..act.find(word)?].trim().trim_start_matches(['由', '经', '經']);
            let organ = words::REVISED.iter().find_map(|word| whole.strip_suffix(word));
            let organ = organ.unwrap_or(whole);
            let start = organ.as_ptr().addr() - text.as_ptr().addr();
            (!organ.is_empty()).then_some(start..start + organ.len())
        });
        found.push(Deed { date: date.clone(), day: *day, act: act.to_lowercase(), by });
    }
    found
}

/// What the lines of the head say, from the top.
pub(crate) fn of_head<'l, 'a>(lines: &'l [Line<'a>]) -> impl Iterator<Item = (&'l Line<'a>, Deed)> {
    let outside = |line: &&Line| {
        line.clause.is_none() && !line.text.is_empty() || signs::is_law_header(line.text)
    };
    let head = lines.iter().take(HEAD).filter(outside);
    head.flat_map(|line| deeds(line.text).into_iter().map(move |deed| (line, deed)))
}

/// The adoption of the first text rather than that of a change.
pub(crate) fn adopted<'l, 'a>(lines: &'l [Line<'a>]) -> Option<(&'l Line<'a>, Deed)> {
    let first =
        of_head(lines).find(|(_, deed)| deed.is(&words::ADOPTED) && !deed.is(&words::REVISED));
    first.or_else(|| of_head(lines).find(|(_, deed)| deed.is(&words::ADOPTED)))
}

/// The last change.
pub(crate) fn revised(lines: &[Line]) -> Option<Found> {
    let changes = of_head(lines).filter(|(_, deed)| deed.is(&words::REVISED));
    changes.max_by_key(|(_, deed)| deed.day).map(|(line, deed)| line.with(deed.date))
}

/// The day of the order that proclaims the text, which is `date`, or the first day on which the head
/// says that it was made public.
pub(crate) fn proclaimed(lines: &[Line], date: Option<Date>) -> Option<Found> {
    let signed = lines.iter().take(HEAD).position(|line| {
        date.is_some() && date_line(line.text) == date && !line.text.starts_with(['(', '（'])
    });
    let order = signed
        .filter(|&at| lines[..at].iter().take(4).any(|line| line.text.trim_end().ends_with('令')));
    if let Some(line) = order.and_then(|at| lines.get(at)) {
        let (day, _) = date_spans(line.text).into_iter().next()?;
        return Some(line.with(day));
    }
    of_head(lines)
        .find(|(_, deed)| deed.is(&words::PROCLAIMED))
        .map(|(line, deed)| line.with(deed.date))
}

/// The sentence 本法自…起施行, from the end of the text, or what the head says.
pub(crate) fn in_force(lines: &[Line]) -> Option<Found> {
    let own = |line: &Line| in_force_since(line.text).map(|part| line.with(part));
    let said = lines.iter().rev().find_map(own);
    said.or_else(|| {
        of_head(lines)
            .find(|(_, deed)| deed.is(&words::IN_FORCE) || deed.is(&words::IN_FORCE_SINCE))
            .map(|(line, deed)| line.with(deed.date))
    })
}

/// The part of a line that says since when the document itself is in force: its date, or without one
/// all of 自公布之日起施行.
pub(crate) fn in_force_since(text: &str) -> Option<Range<usize>> {
    if !text.chars().any(is_han) {
        return english_in_force(text);
    }
    let verb = |(at, _): (usize, &str)| -> Option<Range<usize>> {
        let sentence =
            text[..at].rfind(['。', '；', '\n']).map_or(0, |mark| mark + '。'.len_utf8());
        let before = text.get(sentence..at)?;
        let since = sentence + before.rfind(['自', '从', '從', '于', '於'])?;
        let lead = text[since..].chars().next()?;
        let day = &text[since + lead.len_utf8()..at];
        let date = date_spans(day).into_iter().next();
        // 自公布之日起一年内施行 is of something else.
        let near = day.chars().count() <= 30 && !day.contains('内');
        let since_then = day.contains('起') || day.trim_end().ends_with('日') || date.is_some();
        if !near || !since_then || !is_own(&text[sentence..since]) {
            return None;
        }
        let end = at + text[at..].chars().take(2).map(char::len_utf8).sum::<usize>();
        let start = since + lead.len_utf8();
        Some(match date {
            Some((date, _)) => start + date.start..start + date.end,
            None => since..end,
        })
    };
    words::IN_FORCE
        .iter()
        .flat_map(|word| text.match_indices(*word))
        .filter_map(verb)
        .max_by_key(|part| part.start)
        .or_else(|| left_to_others(text))
}

/// Whether what stands before 自 is the document itself: 本条例, 本办法除第五条外，, 《…》…现予公布， or
/// nothing.
fn is_own(subject: &str) -> bool {
    let subject = subject.trim_end().trim_end_matches(['，', ',']);
    let made_public = words::PROCLAIMED.suffix_of(subject).is_some() || subject.ends_with("印发");
    let near = subject.char_indices().rev().take(60).last().map_or("", |(at, _)| &subject[at..]);
    let this = near.match_indices('本').any(|(at, word)| {
        let named = near[at + word.len()..].split(['（', '(', '除', '，']).next().unwrap_or("");
        words::TITLE_ENDS.suffix_of(&normalize(named)).is_some()
    });
    this || made_public || subject.ends_with('》')
}

/// 施行日期，由国务院规定 of 本法施行日期，由国务院规定。
fn left_to_others(text: &str) -> Option<Range<usize>> {
    let day = ["施行日期", "实施日期", "實施日期", "生效日期", "施行之日期"];
    let (at, word) = day.iter().find_map(|word| Some((text.find(word)?, *word)))?;
    let start = text[..at].rfind('。').map_or(0, |mark| mark + '。'.len_utf8());
    let own = is_own(text[start..at].trim_end_matches(['之', '的']));
    let after = text[at + word.len()..].trim_start_matches(['，', ',']);
    let decided = after.starts_with(['由', '另']);
    let end = text[at..].find('。').map_or(text.len(), |end| at + end);
    (own && decided).then_some(at..end)
}

/// `This Act shall come into force on March 1, 2025.`
fn english_in_force(text: &str) -> Option<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    for sentence in lower.split_inclusive(". ") {
        let start = at;
        at += sentence.len();
        let words = format!(" {sentence}");
        let own = [" this ", " these ", " the present "].iter().any(|word| words.contains(word))
            || ["act", "law", "code", "regulations", "rules", "standards", "directions"]
                .iter()
                .any(|kind| {
                    words.starts_with(" the ") && words.contains(&format!(" {kind} shall "))
                });
        let verb = words::IN_FORCE_SINCE.iter().find_map(|verb| sentence.find(verb));
        let Some(verb) = verb.filter(|_| own) else {
            continue;
        };
        if let Some((date, _)) = date_spans(&text[start..at]).into_iter().next() {
            return Some(start + date.start..start + date.end);
        }
        let end = sentence.trim_end().trim_end_matches('.').len();
        if let Some(day) = sentence[verb..].find("date of") {
            return Some(start + verb + day..start + end);
        }
        // The date this Act shall come into force shall be determined by the Executive Yuan.
        let others = ["determined by", "decided by", "prescribed by", "set by", "specified by"];
        if others.iter().any(|word| sentence.contains(word)) {
            return Some(start..start + end);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::Particular;

    fn said(source: &str, what: Particular) -> Option<(String, String)> {
        let documents = crate::parse(source.as_bytes()).unwrap();
        let document = &documents[0];
        let place = document.particular(what)?;
        let part = place.part.map_or(String::new(), |part| document.slice(part).to_owned());
        Some((document.slice(place.line).to_owned(), part))
    }

    fn part(source: &str, what: Particular) -> String {
        said(source, what).map_or_else(|| "none".to_owned(), |(_, part)| part)
    }

    const LAW: &str = "中华人民共和国航标法\n（1985年1月21日第六届全国人民代表大会常务委员会第九次会议通过　\
        2004年8月28日第一次修正　2024年6月28日第十四届全国人民代表大会常务委员会第十次会议修订）\n\
        第一条　为了管理航标，制定本法。\n第二条　证书自颁发之日起生效。\n\
        第三条　本法施行之日起六十日内应当补办手续。\n第四条　本法自2025年1月1日起施行。";

    #[test]
    fn a_law_says_when_it_was_adopted_changed_and_in_force() {
        assert_eq!(part(LAW, Particular::Adopted), "1985年1月21日");
        assert_eq!(part(LAW, Particular::Adopter), "第六届全国人民代表大会常务委员会第九次会议");
        assert_eq!(part(LAW, Particular::Revised), "2024年6月28日");
        let (line, date) = said(LAW, Particular::InForce).unwrap();
        assert_eq!(
            (line.as_str(), date.as_str()),
            ("第四条　本法自2025年1月1日起施行。", "2025年1月1日")
        );
    }

    #[test]
    fn an_order_proclaims_on_its_own_day() {
        let order = "中华人民共和国国务院令\n第706号\n《航标代理条例》已经2018年9月6日国务院第23次常务会议修订通过，\
            现将修订后的《航标代理条例》公布，自2019年3月1日起施行。\n总理　某某\n2018年11月6日\n航标代理条例\n\
            （1991年3月4日中华人民共和国国务院令第76号发布　2018年9月6日国务院第23次常务会议修订通过）\n\
            第一条　为了管理航标，制定本条例。\n第二条　航标由航道部门设置。";
        assert_eq!(part(order, Particular::Proclaimed), "2018年11月6日");
        assert_eq!(part(order, Particular::InForce), "2019年3月1日");
        assert_eq!(part(order, Particular::Revised), "2018年9月6日");
        assert_eq!(part(order, Particular::Number), "中华人民共和国国务院令\n第706号");
        let header = "某市航标办法\n（1999年5月1日某市人民政府令第3号发布　2010年6月2日修正）\n\
            第一条　为了管理航标，制定本办法。\n第二条　本办法自发布之日起施行。";
        assert_eq!(part(header, Particular::Proclaimed), "1999年5月1日");
        assert_eq!(part(header, Particular::InForce), "自发布之日起施行");
    }

    #[test]
    fn fields_and_english_heads_are_read() {
        let fields = "法規名稱：航標法\n修正日期：民國 113 年 07 月 31 日\n第 1 條\n為管理航標，制定本法。\n\
            第 2 條\n本法自公布日施行。";
        assert_eq!(part(fields, Particular::Revised), "民國 113 年 07 月 31 日");
        assert_eq!(part(fields, Particular::InForce), "自公布日施行");
        for (last, since) in [
            ("本標準自發布日施行。", "自發布日施行"),
            ("本辦法除第五條另定施行日期者外，自發布日施行。", "自發布日施行"),
            ("本法施行日期，由行政院定之。", "施行日期，由行政院定之"),
            ("許可證自核發之日起生效。", "none"),
            ("The Rules shall be implemented on the date of promulgation.", "date of promulgation"),
            (
                "The date this Act shall come into force shall be determined by the Council.",
                "The date this Act shall come into force shall be determined by the Council",
            ),
        ] {
            let title = if last.is_ascii() {
                "Buoys Act\n\nArticle 1\nOf buoys.\n\nArticle 2\n"
            } else {
                "航標法\n第一條　航標要亮。\n第二條　"
            };
            assert_eq!(part(&format!("{title}{last}\n"), Particular::InForce), since, "{last}");
        }
        let policy = "Travel Policy\n\nVersion 3.2, effective 1 February 2024\n\n1. Purpose\n\n\
            This policy sets out how staff book travel.\n\n2. Scope\n\nIt applies to all staff.\n";
        assert_eq!(part(policy, Particular::InForce), "1 February 2024");
        let act = "Buoys Act\n\nArticle 1\nThis Act is for the care of buoys.\n\nArticle 2\n\
            This Act shall come into force on March 1, 2025.\n";
        assert_eq!(part(act, Particular::InForce), "March 1, 2025");
        assert_eq!(
            part(
                "某市航标规定\n第一条　航标要亮。\n第二条　证书自颁发之日起生效。",
                Particular::InForce
            ),
            "none"
        );
    }
}
