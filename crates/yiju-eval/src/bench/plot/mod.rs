//! Plots as SVG that need nothing from outside and read well on paper: black on white, series told apart by
//! their lines, their markers and a name beside them.

mod bars;
mod chart;
mod scale;

pub(crate) use bars::{Bar, bars};
pub(crate) use chart::{Chart, Series};
pub(crate) use scale::Scale;

/// Text as it may stand in HTML and SVG.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Characters that XML does not know at all.
            c if c.is_control() && c != '\n' && c != '\t' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// A number as people read it: `0.05`, `2.5`, `12,500`.
pub(crate) fn number(value: f64) -> String {
    if value != 0.0 && value.abs() < 1000.0 {
        // Three digits that say something, without zeros at the end.
        let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') {
            return text.trim_end_matches('0').trim_end_matches('.').to_owned();
        }
        return text;
    }
    thousands(value.round() as i64)
}

/// A whole number with commas.
pub(crate) fn thousands(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if value < 0 { format!("-{out}") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_text_is_harmless() {
        for (value, shown) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (0.000_25, "0.00025"),
            (2.5, "2.5"),
            (12.345, "12.3"),
            (100.0, "100"),
            (999.0, "999"),
            (12_500.0, "12,500"),
            (1_000_000.0, "1,000,000"),
        ] {
            assert_eq!(number(value), shown);
        }
        assert_eq!(thousands(-1_234), "-1,234");
        assert_eq!(
            escape("<a href='x'>&\u{1b}"),
            "&lt;a href=&#39;x&#39;&gt;&amp;\u{fffd}"
        );
    }
}
