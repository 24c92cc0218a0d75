//! Which documents are versions of one: by their titles, without what marks an edition.

use crate::words;
use yiju_text::normalize;

/// The title that all versions of a document share, in normal form and without white space: 公司法 of 中华人民共和国公司法
/// （2018年修正）, 供水管理办法 of 《供水管理办法（试行）》.
pub fn title_of_versions(title: &str) -> String {
    let bare =
        |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '“' | '”' | '#' | '*');
    let mut title: String = normalize(title).chars().filter(|c| !bare(*c)).collect();
    while let Some(open) = title.strip_suffix(')').and_then(|rest| rest.rfind('(')) {
        if !is_edition(&title[open + 1..title.len() - 1]) {
            break;
        }
        title.truncate(open);
    }
    // 公司法2018年修订
    if let Some(at) = title.find(|c: char| c.is_ascii_digit()).filter(|&at| at > 0)
        && is_edition(&title[at..])
    {
        title.truncate(at);
    }
    match title.strip_prefix("中华人民共和国") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => title,
    }
}

/// Whether what stands in brackets says which edition a text is, and not what it is about.
fn is_edition(text: &str) -> bool {
    let year = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    let short = text.chars().count() <= 16;
    // 征求意见稿 and 草案 are no versions of a law.
    let draft = text.contains('稿') || text.contains("草案");
    year || short && !draft && words::EDITIONS.iter().any(|word| text.ends_with(word))
}

/// Whether a later document of this title takes the place of an earlier one: laws, rules and standards do, notices,
/// reports and plans of one title stand beside each other.
pub fn is_kept_in_versions(title: &str) -> bool {
    let title = title_of_versions(title);
    words::IN_VERSIONS.iter().any(|end| title.ends_with(end)) && title.chars().count() >= 2
}
