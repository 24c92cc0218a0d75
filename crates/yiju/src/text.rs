//! Text for a terminal: cleaned, wrapped and cut by display width; a Chinese character has width 2.

use textwrap::{Options, WordSplitter, WrapAlgorithm};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use yiju_engine::{ForceStatus, InForce};

/// `text` with control characters, which a terminal could obey, replaced; line ends stay.
pub(crate) fn clean(text: &str) -> String {
    let harmless = |c: char| {
        if c.is_control() && c != '\n' { '\u{fffd}' } else { c }
    };
    text.replace("\r\n", "\n").replace('\t', " ").chars().map(harmless).collect()
}

/// How sure recognition is, with two decimals, rounded down: 1.00 would promise more than is known.
pub(crate) fn sureness(confidence: f32) -> String {
    format!("{:.2}", (confidence * 100.0).floor().min(99.0) / 100.0)
}

/// That a text was recognised in a picture, and how surely.
pub(crate) fn recognised(confidence: Option<f32>) -> String {
    let sure = confidence.map(|sure| format!(", confidence {}", sureness(sure)));
    format!("recognised in a picture{}", sure.unwrap_or_default())
}

/// When a document is in force, in a few words.
pub(crate) fn in_force(force: &InForce) -> String {
    let from = force.from.map(|from| format!(" since {from}")).unwrap_or_default();
    let until = force.until.map(|until| until.to_string()).unwrap_or_default();
    let by = match (&force.repealed_by, &force.replaced_by) {
        (Some(clause), _) => format!(" by clause {clause}"),
        (None, Some(document)) => format!(" by {document}"),
        (None, None) => String::new(),
    };
    let what = match force.status {
        ForceStatus::InForce => {
            let until = force.until.map(|until| format!(", until {until}{by}")).unwrap_or_default();
            return format!("in force{from}{until}");
        }
        ForceStatus::NotYet => {
            let from = force.from.map(|from| from.to_string()).unwrap_or_default();
            return format!("not yet in force, from {from}");
        }
        ForceStatus::Superseded => "replaced",
        ForceStatus::Repealed => "repealed",
        ForceStatus::Expired => "expired",
    };
    let from = force.from.map(|from| format!("in force from {from}, ")).unwrap_or_default();
    format!("{from}{what} on {until}{by}")
}

/// Display width of `text` in columns.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` in lines of at most `columns`, each after `indent`; unbroken where `columns` is `None`.
/// Lines break between Chinese characters, but not before closing or after opening punctuation.
pub(crate) fn wrap(text: &str, columns: Option<usize>, indent: &str) -> String {
    let columns = columns.unwrap_or(usize::MAX / 4);
    let options = Options::new(columns)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .word_splitter(WordSplitter::NoHyphenation);
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n').filter(|line| !line.trim().is_empty()) {
        lines.extend(
            textwrap::wrap(line.trim(), &options).into_iter().map(|line| line.into_owned()),
        );
    }
    lines.join("\n")
}

/// `text` on one line of at most `columns`, with `…` where it is cut.
pub(crate) fn cut(text: &str, columns: usize) -> String {
    let text = text.replace('\n', " ");
    if width(&text) <= columns {
        return text;
    }
    let mut taken = 0;
    let mut cut: String = text
        .chars()
        .take_while(|c| {
            taken += c.width().unwrap_or(0);
            taken < columns
        })
        .collect();
    cut.push('…');
    cut
}

/// `text` with spaces after it up to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sureness_is_rounded_down_and_never_whole() {
        assert_eq!([0.0, 0.987, 0.9961, 1.0].map(sureness), ["0.00", "0.98", "0.99", "0.99"]);
    }

    #[test]
    fn chinese_wraps_by_width_and_keeps_punctuation_with_its_text() {
        let text = "控制超大城市的规模，合理有序疏解非核心功能，打造高质量发展主引擎。";
        let wrapped = wrap(text, Some(20), "  ");
        for line in wrapped.lines() {
            assert!(width(line) <= 20, "{line}");
            assert!(!line.trim_start().starts_with(['，', '。']), "{line}");
        }
        assert_eq!(wrapped.lines().map(str::trim).collect::<String>(), text);
    }

    #[test]
    fn marks_stay_with_what_they_mark() {
        let text = "甲乙丙丁【戊己庚辛。】壬癸";
        for columns in 6..40 {
            for line in wrap(text, Some(columns), "").lines() {
                assert!(
                    !line.starts_with(['】', '。']) && !line.ends_with('【'),
                    "{columns}: {line}"
                );
            }
        }
    }

    #[test]
    fn escape_sequences_have_no_width() {
        let plain = wrap("甲乙丙丁【戊己庚辛】壬癸", Some(12), "");
        let styled = wrap("甲乙丙丁\u{1b}[1m【戊己庚辛】\u{1b}[0m壬癸", Some(12), "");
        assert_eq!(styled.replace("\u{1b}[1m", "").replace("\u{1b}[0m", ""), plain);
    }

    #[test]
    fn cut_counts_columns() {
        assert_eq!(cut("甲乙丙丁", 8), "甲乙丙丁");
        assert_eq!(cut("甲乙丙丁", 7), "甲乙丙…");
        assert_eq!(cut("abc\ndef", 10), "abc def");
        assert_eq!(pad("甲", 4), "甲  ");
    }

    #[test]
    fn control_characters_are_shown_as_such() {
        assert_eq!(clean("a\u{1b}[31mb\r\nc\td"), "a\u{fffd}[31mb\nc d");
    }

    proptest! {
        #[test]
        fn wrapping_loses_nothing_but_space(text in "[\\PC\n]{0,200}", columns in 20usize..100) {
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(bare(&wrap(&text, Some(columns), "  ")), bare(&text));
        }

        #[test]
        fn what_is_cut_fits(text in "\\PC{0,80}", columns in 1usize..60) {
            prop_assert!(width(&cut(&text, columns)) <= columns);
        }
    }
}
