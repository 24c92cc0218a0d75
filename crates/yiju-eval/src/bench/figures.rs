//! How figures are written for people, on the terminal and on the page alike.

/// A number as people read it: `0.05`, `2.5`, `12,500`.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || value.abs() >= 1000.0 {
        return thousands(value.round() as i64);
    }
    // Three significant digits, without zeros at the end.
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// A whole number with commas.
pub(super) fn thousands(value: i64) -> String {
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

/// Milliseconds with three significant digits, and at least two decimals below 10.
pub(super) fn milliseconds(value: f64) -> String {
    if value >= 100.0 {
        thousands(value.round() as i64)
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 0.1 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

/// `1 caller`, `2,000 callers`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(number as i64))
}

/// `812 B`, `12.3 MiB`.
pub(super) fn bytes(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    format!("{} {unit}", number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
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
    }
}
