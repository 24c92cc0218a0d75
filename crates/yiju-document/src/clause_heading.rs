//! The heading that a numbered paragraph begins with: `（二）增强竞争力。推动…`.

use crate::style::Style;
use yiju_text::chars::longer_than;

/// The heading in front of a numbered paragraph and its length in bytes: a short first sentence
/// with more text behind it, or 【…】.
pub(crate) fn clause_heading(rest: &str, style: Style) -> Option<(String, usize)> {
    if let Some(inner) = rest.strip_prefix('【') {
        let close = inner.find('】').filter(|&at| at <= 120)?;
        let length = '【'.len_utf8() + close + '】'.len_utf8();
        return Some((inner[..close].to_string(), length));
    }
    if style == Style::Article {
        return None;
    }
    let bold = rest.trim_start_matches('*');
    let first = split_first(bold)?;
    let heading = first.trim_end_matches(['。', '.', '*', '．']).trim();
    let length = rest.len() - bold.len() + first.len();
    let latin = heading.is_ascii();
    let short = if latin {
        heading.split_whitespace().count() <= 8 && !is_english_sentence(heading)
    } else {
        !longer_than(heading, 44)
    };
    let plain = !heading.is_empty() && !heading.contains(['：', '；', ':', ';', '\n']);
    let more = !rest[length..].trim().is_empty();
    (short && plain && more).then(|| (heading.to_string(), length))
}

/// A heading in English has no verb; these give most sentences away.
fn is_english_sentence(text: &str) -> bool {
    const VERBS: [&str; 16] = [
        "is", "are", "was", "were", "be", "has", "have", "had", "shall", "may", "must", "will",
        "can", "should", "does", "do",
    ];
    text.split_whitespace().any(|word| VERBS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The first sentence up to its full stop, in Chinese or English.
fn split_first(text: &str) -> Option<&str> {
    let end = text.char_indices().nth(100).map_or(text.len(), |(at, _)| at);
    let head = &text[..end];
    let chinese = head.find('。').map(|at| at + '。'.len_utf8());
    let english = head.find(". ").map(|at| at + 1);
    let at = chinese.into_iter().chain(english).min()?;
    let closed = head[at..].starts_with("**");
    Some(&text[..if closed { at + 2 } else { at }])
}
