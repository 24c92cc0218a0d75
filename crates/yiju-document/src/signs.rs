//! What kind of line a line is: title, number, law header, attachment, list item.

use crate::label::parse_label;
pub(crate) use crate::news::{ends_with_sign_off, is_byline, is_sign_off, starts_with_dateline};
use crate::words;
use yiju_text::chars::{
    ends_finally, is_cjk, is_han, last_char, length_up_to, longer_than, squeeze,
};
use yiju_text::dates::date_line;

/// `索引号：…`, `发文机关：…`: a line of the catalogue entry that official sites print over a text.
pub(crate) fn is_catalogue_line(line: &str) -> bool {
    field(line).is_some_and(|(field, _)| {
        words::CATALOGUE_FIELDS.contains(&field) && !longer_than(line, 120)
    }) || title_field(line).is_some()
}

/// What a field of the head that gives a date says: `修正日期：民國 94 年 07 月 19 日`.
pub(crate) fn date_field(line: &str) -> Option<&str> {
    field(line).filter(|(field, _)| words::DATE_FIELDS.contains(field)).map(|(_, value)| value)
}

/// The name of a field, without white space, and what stands behind its colon.
fn field(line: &str) -> Option<(String, &str)> {
    let (colon, mark) = line.char_indices().take(13).find(|(_, c)| matches!(c, '：' | ':'))?;
    Some((squeeze(&line[..colon]), &line[colon + mark.len_utf8()..]))
}

/// `附件`, `附件1`, `附：`, `附录一`, `Annex A`: the line that opens what is attached.
pub(crate) fn is_attachment(line: &str) -> bool {
    attachment_rest(line).is_some()
}

/// What stands after `附件` and its number; `None` for other lines.
pub(crate) fn attachment_rest(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(['#', '*', ' ']);
    for word in ["附件", "附 件", "附\u{3000}件", "附录", "附錄", "附表", "附"] {
        if let Some(rest) = line.strip_prefix(word) {
            let rest = rest.trim_start();
            let number = rest.trim_start_matches(|c: char| {
                c.is_numeric() || yiju_text::numerals::is_chinese_numeral(c) || c == '-'
            });
            let after = number.trim_start();
            let marked = after.is_empty() || after.starts_with(['：', ':', '.', '．', '、']);
            // 附则 is a chapter of a law, 附带 a word.
            let spaced = word != "附" && number.len() < rest.len() && after.len() < number.len();
            let plain = word != "附" && (marked || spaced);
            if plain || (word == "附" && after.starts_with(['：', ':'])) {
                return Some(
                    after.trim_start_matches(['：', ':', '.', '．', '、', ' ', '\u{3000}']),
                );
            }
        }
    }
    for word in ["Annex", "ANNEX", "Appendix", "APPENDIX", "Attachment"] {
        if let Some(rest) = line.strip_prefix(word)
            && !longer_than(rest, 60)
            && !ends_finally(line)
        {
            return Some(rest.trim_start());
        }
    }
    None
}

/// `目录`, `Contents`: a table of contents follows.
pub(crate) fn is_contents(line: &str) -> bool {
    if longer_than(line, 24) {
        return false;
    }
    let word = squeeze(line.trim_matches(['#', '*', '[', ']', '【', '】', '：', ':', ' ']));
    matches!(
        word.as_str(),
        "目录" | "目錄" | "目次" | "目" | "Contents" | "CONTENTS" | "TableofContents"
    )
}

/// The 文号 that a line consists of, or gives after `文号：`, in normal form: `国发〔2025〕1号`,
/// `中华人民共和国主席令第四十五号`.
pub(crate) fn document_number(line: &str) -> Option<String> {
    if longer_than(line, 60) {
        return None;
    }
    let squeezed = squeeze(line.trim_matches(['#', '*', ' ']));
    let mut rest = squeezed.as_str();
    for lead in ["发文字号", "發文字號", "发文文号", "文号", "文號", "字号"] {
        if let Some(after) = rest.strip_prefix(lead) {
            rest = after.trim_start_matches(['：', ':']);
        }
    }
    let bare =
        rest.strip_prefix(['（', '(']).and_then(|r| r.strip_suffix(['）', ')'])).unwrap_or(rest);
    let end = bare.strip_suffix('号').or_else(|| bare.strip_suffix('號'))?;
    let sign = if bare.ends_with('號') { '號' } else { '号' };
    if let Some(open) = end.find(['〔', '[', '［', '【', '（', '(', '﹝']) {
        let (name, year) = end.split_at(open);
        let mut year = year.chars();
        year.next();
        let year = year.as_str();
        let close = year.find(['〕', ']', '］', '】', '）', ')', '﹞'])?;
        let (year, serial) = year.split_at(close);
        let serial = {
            let mut chars = serial.chars();
            chars.next();
            chars.as_str()
        };
        let serial = serial.strip_prefix('第').unwrap_or(serial);
        let year_value = yiju_text::numerals::parse_number(year)?;
        let serial_value = yiju_text::numerals::parse_number(serial)?;
        let named = !name.is_empty()
            && length_up_to(name, 20) < 20
            && name.chars().all(|c| is_cjk(c) && !"，。、；：“”".contains(c));
        let known = (1900..=2999).contains(&year_value) && named;
        return known.then(|| format!("{name}〔{year_value}〕{serial_value}{sign}"));
    }
    // 中华人民共和国主席令第四十五号
    let (name, serial) = end.rsplit_once('第')?;
    let order = name.ends_with('令') || name.ends_with("公告") || name.ends_with("公报");
    // 财政部公告2024年第12号
    let year = name.strip_suffix('年').and_then(|dated| dated.split_once("公告"));
    let yearly = year.is_some_and(|(organ, year)| {
        !organ.is_empty() && yiju_text::numerals::parse_number(year).is_some()
    });
    ((order || yearly)
        && yiju_text::numerals::parse_number(serial).is_some()
        && !name.contains(['，', '。']))
    .then(|| format!("{name}第{serial}{sign}"))
}

/// `第四十五号` alone under `中华人民共和国主席令`.
pub(crate) fn is_bare_serial(line: &str) -> bool {
    let squeezed = if longer_than(line, 16) {
        return false;
    } else {
        squeeze(line)
    };
    squeezed
        .strip_prefix('第')
        .and_then(|r| r.strip_suffix(['号', '號']))
        .is_some_and(|n| yiju_text::numerals::parse_number(n).is_some())
}

/// Words for what a law's header says was done on a date.
const ACTS: [&str; 13] = [
    "通过", "通過", "修正", "修订", "修訂", "修改", "公布", "发布", "發布", "批准", "施行", "制定",
    "訂定",
];

/// `（2020年5月28日第十三届全国人民代表大会第三次会议通过）`, with or without brackets: the line under a
/// law's title.
pub(crate) fn is_law_header(line: &str) -> bool {
    let line = line.trim();
    if !line.starts_with(['（', '(', '根', '2', '1', '中', '民'])
        || longer_than(line, 800)
        || !ACTS.iter().any(|w| line.contains(w))
        || yiju_text::dates::dates(line).is_empty()
    {
        return false;
    }
    line.starts_with(['（', '(']) || line.ends_with(['）', ')']) || is_bare_header(line)
}

/// `2019年5月30日 某市人民代表大会常务委员会第十次会议修正`
fn is_bare_header(line: &str) -> bool {
    let dated = line.trim_start_matches("中華").trim_start_matches("民國").trim_start();
    let Some((_, after)) = dated.split_once('日') else {
        return false;
    };
    dated.starts_with(|c: char| c.is_ascii_digit())
        && !after.starts_with(['，', ',', '起'])
        && !line.contains(['。', '；', '：'])
        && !ends_finally(line)
        && ACTS.iter().any(|w| after.contains(w))
}

/// The title that a line gives after `法規名稱：` or the like.
pub(crate) fn title_field(line: &str) -> Option<&str> {
    let (field, title) = field(line)?;
    let title = title.trim();
    let known = words::TITLE_FIELDS.contains(&field);
    (known && !title.is_empty() && !longer_than(title, 300)).then_some(title)
}

/// A line that names a law or an official document: `国务院关于…的通知`, `中华人民共和国…法`.
pub(crate) fn is_official_title(line: &str) -> bool {
    if longer_than(line, 120) || line.contains(['。', '；', '：', '？', '！']) {
        return false;
    }
    let mut line = line.trim_matches(['#', '*', ' ', '\u{3000}']);
    // （试行）, (2023年修订)
    if line.ends_with(['）', ')'])
        && let Some(open) = line.rfind(['（', '('])
    {
        line = line[..open].trim_end();
    }
    if parse_label(line).is_some() || length_up_to(line, 5) < 5 {
        return false;
    }
    let ends = words::TITLE_ENDS.suffix_of(line).is_some();
    let named = line.contains("关于")
        || line.contains("關於")
        || line.starts_with("中华人民共和国")
        || line.starts_with("中華民國")
        || !line.contains(['，', '、']);
    ends && named
}

/// A short line without a final mark or a number: a title, a headline, a heading, a signature.
/// `limit` is in columns: Chinese characters count two.
pub(crate) fn is_short_line(line: &str, limit: usize) -> bool {
    let line = line.trim();
    let Some(last) = last_char(line) else {
        return false;
    };
    let letters = line.chars().take(300).filter(|c| c.is_alphanumeric()).count();
    !longer_than(line, limit)
        && yiju_text::chars::width(line) <= limit
        && letters >= 2
        && !matches!(last, '。' | '；' | '：' | '，' | '、' | ';' | ':' | ',' | '…')
        && (last != '.' || line.ends_with("etc."))
        && !line.contains(['。', '；', '|', '\t'])
        && !is_list_item(line)
        && date_line(line).is_none()
        && !is_sign_off(line)
        && !starts_with_dateline(line)
        && !is_byline(line)
        && !is_catalogue_line(line)
        && document_number(line).is_none()
}

/// A headline: short, and not numbered. Newspapers set ！ and ？ in headlines.
pub(crate) fn is_headline(line: &str) -> bool {
    is_short_line(line, 84)
        && parse_label(line).is_none()
        && !is_attachment(line)
        && !is_contents(line)
        && !is_law_header(line)
}

/// An unnumbered heading inside a text: shorter and without marks inside.
pub(crate) fn is_subheading(line: &str) -> bool {
    let han = line.chars().take(100).any(is_han);
    let (limit, words) = if han { (56, usize::MAX) } else { (80, 12) };
    is_short_line(line, limit)
        && parse_label(line).is_none()
        && !line.contains(['！', '？', '!', '?', '：', '，'])
        && !line.ends_with(['”', '）', ')', '"'])
        && !matches!(line, "Deleted" | "Repealed" | "刪除" | "删除")
        && line.split_whitespace().count() <= words
        && (han || line.starts_with(|c: char| c.is_uppercase() || c.is_numeric()))
}

/// A line of a list or a table, or of Markdown.
pub(crate) fn is_list_item(line: &str) -> bool {
    let bullets = ["- ", "* ", "+ ", "• ", "· ", "> "];
    bullets.iter().any(|b| line.starts_with(b))
        || line.starts_with(['•', '●', '■', '◆', '▲', '★', '○', '□', '|', '│', '※', '◇', '▪'])
        || line.starts_with("——")
        || line.starts_with("```")
}

/// A table row or a list entry that is no paragraph of its own; `——` opens one.
pub(crate) fn is_short_entry(line: &str) -> bool {
    (is_list_item(line) || is_table_row(line)) && !line.starts_with("——")
}

/// A Markdown heading: how many `#`, and the bytes before its text.
pub(crate) fn markdown_heading(line: &str) -> Option<(u8, usize)> {
    let marks = line.bytes().take_while(|&b| b == b'#').count();
    let rest = &line[marks..];
    let text = rest.trim_start();
    ((1..=6).contains(&marks) && text.len() < rest.len() && !text.is_empty())
        .then(|| (marks as u8, line.len() - text.len()))
}

/// A line over a table: `表1　收费标准（单位：元）`.
pub(crate) fn is_caption(line: &str) -> bool {
    !longer_than(line, 50)
        && !ends_finally(line)
        && !is_table_row(line)
        && !line.contains(['。', '；', '，'])
}

/// A table row: cells parted by tabs or wide gaps.
pub(crate) fn is_table_row(line: &str) -> bool {
    if !line.starts_with('|') && !line.contains('\t') && !line.contains("   ") {
        return false;
    }
    let end = line.char_indices().nth(200).map_or(line.len(), |(at, _)| at);
    let head = &line[..end];
    head.starts_with('|')
        || head.contains('\t')
        || head.split("   ").filter(|cell| !cell.trim().is_empty()).count() >= 3
}

/// Whether a line names who issues or signs: it ends as the names of organs do.
pub(crate) fn names_organ(text: &str) -> bool {
    let text = text.trim_end();
    let text = ["（公章）", "（盖章）", "（章）", "(公章)", "(盖章)"]
        .iter()
        .find_map(|seal| text.strip_suffix(seal))
        .unwrap_or(text)
        .trim_end_matches(['）', ')']);
    !text.is_empty() && words::ORGAN_ENDS.suffix_of(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_titles() {
        assert_eq!(document_number("国发〔2025〕1号").as_deref(), Some("国发〔2025〕1号"));
        assert_eq!(
            document_number("（国办发[2024] 12 号）").as_deref(),
            Some("国办发〔2024〕12号")
        );
        assert_eq!(
            document_number("中华人民共和国主席令 第四十五号").as_deref(),
            Some("中华人民共和国主席令第四十五号")
        );
        assert_eq!(document_number("根据国发〔2025〕1号，现就"), None);
        assert!(is_official_title("中共中央 国务院 关于推动城市高质量发展的意见"));
        assert!(is_official_title("住房租赁条例（试行）"));
        assert!(!is_official_title("一、工作方案"));
        assert!(is_attachment("附件1"));
        assert!(is_attachment("附件：1. 名单"));
        assert!(!is_attachment("附则"));
        assert!(is_contents("目　录"));
    }
}
