//! What a cell shows of its number (ECMA-376 part 1 §18.8.30, §18.8.31).

use super::numbers::general;
use super::show::{date, plain};

/// The format with a number that every workbook has; dates as the Chinese edition shows them (§18.8.30, zh-CN).
pub(super) fn built_in(id: u32) -> &'static str {
    match id {
        1 => "0",
        2 => "0.00",
        3 => "#,##0",
        4 => "#,##0.00",
        9 => "0%",
        10 => "0.00%",
        11 => "0.00E+00",
        12 => "# ?/?",
        13 => "# ??/??",
        14 => "yyyy/m/d",
        15 => "d-mmm-yy",
        16 => "d-mmm",
        17 => "mmm-yy",
        18 => "h:mm AM/PM",
        19 => "h:mm:ss AM/PM",
        20 => "h:mm",
        21 => "h:mm:ss",
        22 => "yyyy/m/d h:mm",
        27 | 36 | 50 | 52 | 57 => "yyyy\"年\"m\"月\"",
        28 | 29 | 51 | 53 | 54 | 58 => "m\"月\"d\"日\"",
        30 => "m-d-yy",
        31 => "yyyy\"年\"m\"月\"d\"日\"",
        32 => "h\"时\"mm\"分\"",
        33 => "h\"时\"mm\"分\"ss\"秒\"",
        34 | 55 => "上午/下午h\"时\"mm\"分\"",
        35 | 56 => "上午/下午h\"时\"mm\"分\"ss\"秒\"",
        37 | 38 => "#,##0;-#,##0",
        39 | 40 => "#,##0.00;-#,##0.00",
        41 | 42 => "#,##0;-#,##0;\"-\"",
        43 | 44 => "#,##0.00;-#,##0.00;\"-\"",
        45 => "mm:ss",
        46 => "[h]:mm:ss",
        47 => "mm:ss.0",
        48 => "##0.0E+0",
        49 => "@",
        _ => "General",
    }
}

/// One step of a format.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Literal(String),
    /// `0`, `#` or `?`.
    Digit(char),
    Point,
    Comma,
    Percent,
    /// `E+00`: how many digits the exponent has.
    Exponent(usize),
    Slash,
    General,
    Text,
    /// A row of one letter: `yyyy`, `mm`, `aaaa`.
    Date(char, usize),
    /// Hours, minutes or seconds that go on: `[h]`.
    Elapsed(char, usize),
    /// AM/PM, or what stands in its place.
    Half(String, String),
    /// Digits behind the seconds.
    Fraction(usize),
}

#[derive(Clone, Debug, Default)]
pub(super) struct Section {
    pub(super) steps: Vec<Step>,
    /// A comparison and what it compares with.
    condition: Option<(String, f64)>,
    /// `[DBNum1]` and `[DBNum2]`: 一二三 and 壹贰叁.
    pub(super) chinese: u8,
    /// Whether names of months and days are Chinese.
    pub(super) chinese_names: bool,
}

/// What a cell with a format shows of a number.
pub(super) fn shown(number: f64, format: &str, since_1904: bool) -> String {
    let sections: Vec<Section> = split(format).iter().map(|section| parse(section)).collect();
    let Some((section, absolute)) = choose(number, &sections) else { return general(number) };
    let number = if absolute { number.abs() } else { number };
    let is_date = section
        .steps
        .iter()
        .any(|step| matches!(step, Step::Date(..) | Step::Elapsed(..) | Step::Half(..)));
    if is_date {
        return date(number, section, since_1904).unwrap_or_else(|| general(number));
    }
    plain(number, section)
}

/// The sections of a format, between `;` outside quotes.
fn split(format: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut quoted = false;
    let mut bracket = false;
    let mut signs = format.chars();
    while let Some(sign) = signs.next() {
        let Some(last) = sections.last_mut() else { break };
        match sign {
            ';' if !quoted && !bracket => {
                sections.push(String::new());
                continue;
            }
            '"' => quoted = !quoted,
            '[' if !quoted => bracket = true,
            ']' if !quoted => bracket = false,
            '\\' if !quoted => {
                last.push(sign);
                last.extend(signs.next());
                continue;
            }
            _ => {}
        }
        last.push(sign);
    }
    sections
}

/// The section for a number, and whether its sign is left to the section.
fn choose(number: f64, sections: &[Section]) -> Option<(&Section, bool)> {
    if sections.iter().any(|section| section.condition.is_some()) {
        let fits = |section: &&Section| match &section.condition {
            None => true,
            Some((comparison, other)) => match comparison.as_str() {
                "<" => number < *other,
                "<=" => number <= *other,
                ">" => number > *other,
                ">=" => number >= *other,
                "<>" => number != *other,
                _ => number == *other,
            },
        };
        return sections.iter().take(3).find(fits).map(|section| (section, false));
    }
    let numeric = sections.len().min(3);
    let first = sections.first()?;
    Some(match (numeric, number) {
        (2.., number) if number < 0.0 => (sections.get(1)?, true),
        (3, 0.0) => (sections.get(2)?, false),
        _ => (first, false),
    })
}

fn parse(text: &str) -> Section {
    let mut section = Section::default();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let step = match sign {
            '"' => Step::Literal(signs.by_ref().take_while(|sign| *sign != '"').collect()),
            '\\' => Step::Literal(signs.next().map(String::from).unwrap_or_default()),
            // The width of a sign, and a sign to fill the cell with.
            '_' | '*' => {
                signs.next();
                continue;
            }
            '[' => {
                let inside: String = signs.by_ref().take_while(|sign| *sign != ']').collect();
                match bracket(&inside, &mut section) {
                    Some(step) => step,
                    None => continue,
                }
            }
            '0' | '#' | '?' => Step::Digit(sign),
            '.' => {
                let after_seconds = matches!(
                    section.steps.last(),
                    Some(Step::Date('s', _) | Step::Elapsed('s', _))
                );
                if after_seconds && signs.peek() == Some(&'0') {
                    let mut count = 0;
                    while signs.next_if_eq(&'0').is_some() {
                        count += 1;
                    }
                    Step::Fraction(count.min(3))
                } else {
                    Step::Point
                }
            }
            ',' => Step::Comma,
            '%' => Step::Percent,
            '@' => Step::Text,
            '/' if section.steps.iter().any(|step| matches!(step, Step::Digit(_))) => Step::Slash,
            'E' if matches!(signs.peek(), Some('+' | '-')) => {
                signs.next();
                let mut count = 0;
                while signs.next_if(|sign| matches!(sign, '0' | '#' | '?')).is_some() {
                    count += 1;
                }
                Step::Exponent(count)
            }
            'G' | 'g' if starts(&signs, "eneral") => {
                signs.nth(5);
                Step::General
            }
            'A' | 'a' if starts(&signs, "m/pm") => {
                signs.nth(3);
                Step::Half("AM".to_owned(), "PM".to_owned())
            }
            'A' | 'a' if starts(&signs, "/p") => {
                signs.nth(1);
                Step::Half("A".to_owned(), "P".to_owned())
            }
            '上' if starts(&signs, "午/下午") => {
                signs.nth(3);
                Step::Half("上午".to_owned(), "下午".to_owned())
            }
            letter
                if matches!(
                    letter.to_ascii_lowercase(),
                    'y' | 'm' | 'd' | 'h' | 's' | 'e' | 'a' | 'b' | 'g'
                ) =>
            {
                let letter = letter.to_ascii_lowercase();
                let mut count = 1;
                while signs.next_if(|sign| sign.to_ascii_lowercase() == letter).is_some() {
                    count += 1;
                }
                Step::Date(letter, count)
            }
            other => Step::Literal(other.to_string()),
        };
        section.steps.push(step);
    }
    minutes(&mut section.steps);
    section
}

fn starts(signs: &std::iter::Peekable<std::str::Chars<'_>>, word: &str) -> bool {
    let mut ahead = signs.clone();
    word.chars()
        .all(|sign| ahead.next().is_some_and(|next| next.to_lowercase().eq(sign.to_lowercase())))
}

fn bracket(inside: &str, section: &mut Section) -> Option<Step> {
    let lower = inside.to_ascii_lowercase();
    if let Some(currency) = inside.strip_prefix('$') {
        let (sign, locale) = currency.split_once('-').unwrap_or((currency, ""));
        section.chinese_names |= locale.to_ascii_lowercase().ends_with("804");
        return (!sign.is_empty()).then(|| Step::Literal(sign.to_owned()));
    }
    match lower.as_str() {
        "dbnum1" => section.chinese = 1,
        "dbnum2" => section.chinese = 2,
        _ => {}
    }
    let letter = lower.chars().next()?;
    if matches!(letter, 'h' | 'm' | 's') && lower.chars().all(|sign| sign == letter) {
        return Some(Step::Elapsed(letter, lower.len()));
    }
    if matches!(letter, '<' | '>' | '=') {
        let length = lower.find(|sign| !matches!(sign, '<' | '>' | '='))?;
        let (comparison, number) = inside.split_at_checked(length)?;
        section.condition =
            number.trim().parse().ok().map(|number| (comparison.to_owned(), number));
    }
    None
}

/// `m` is minutes behind hours and before seconds; written as `i` here.
fn minutes(steps: &mut [Step]) {
    let letters: Vec<(usize, char)> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, step)| match step {
            Step::Date(letter, _) | Step::Elapsed(letter, _) => Some((at, *letter)),
            _ => None,
        })
        .collect();
    for (index, &(at, letter)) in letters.iter().enumerate() {
        let before =
            index.checked_sub(1).and_then(|before| letters.get(before)).map(|&(_, letter)| letter);
        let after = letters.get(index + 1).map(|&(_, letter)| letter);
        if letter == 'm'
            && (before == Some('h') || after == Some('s'))
            && let Some(Step::Date(letter, _)) = steps.get_mut(at)
        {
            *letter = 'i';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (number, format, text) in [
            (0.5, "0%", "50%"),
            (0.1234, "0.00%", "12.34%"),
            (1_234_567.891, "#,##0.00", "1,234,567.89"),
            (-1234.0, "#,##0", "-1,234"),
            (-1234.5, "#,##0.00;(#,##0.00)", "(1,234.50)"),
            (0.0, "0;-0;\"无\"", "无"),
            (12.0, "\"第\"0\"条\"", "第12条"),
            (7.0, "000", "007"),
            (13_800_138_000.0, "000-0000-0000", "138-0013-8000"),
            (1_234_567.0, "0.0,,\"百万\"", "1.2百万"),
            (1234.5, "0.00E+00", "1.23E+03"),
            (1.5, "# ?/?", "1 1/2"),
            (5.0, "[$¥-804]#,##0.00", "¥5.00"),
            (5.0, "_ * #,##0_ ;_ * \\-#,##0_ ", "5"),
            (-3.25, "[$¥-804]#,##0.00", "-¥3.25"),
            (12.0, "[>10]\"多\";\"少\"", "多"),
            (123.0, "[DBNum1][$-804]General", "一百二十三"),
            (123.0, "[DBNum2][$-804]General\"元\"", "壹佰贰拾叁元"),
            (3.0, "General\"人\"", "3人"),
            (-0.001, "0.00", "0.00"),
            (1.5, "0.##", "1.5"),
            (2.0, "0.##", "2"),
            (0.25, "#.00", ".25"),
            (3.0, "@", "3"),
        ] {
            assert_eq!(shown(number, format, false).trim(), text, "{format}");
        }
    }

    #[test]
    fn dates() {
        for (number, format, text) in [
            (45_657.0, "yyyy\"年\"m\"月\"d\"日\"", "2024年12月31日"),
            (45_657.0, "yyyy/m/d", "2024/12/31"),
            (45_657.0, "yyyy-mm-dd", "2024-12-31"),
            (45_657.0, "[DBNum1][$-804]yyyy\"年\"m\"月\"d\"日\"", "二〇二四年十二月三十一日"),
            (45_657.0, "aaaa", "星期二"),
            (45_657.0, "d-mmm-yy", "31-Dec-24"),
            (45_657.75, "yyyy/m/d h:mm", "2024/12/31 18:00"),
            (0.75, "上午/下午h\"时\"mm\"分\"", "下午6时00分"),
            (0.75, "h:mm AM/PM", "6:00 PM"),
            (1.5, "[h]:mm:ss", "36:00:00"),
            (0.5, "mm:ss.0", "00:00.0"),
            (-5.0, "yyyy/m/d", "-5"),
        ] {
            assert_eq!(shown(number, format, false), text, "{format}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_format_shows_something(number: f64, format in "[0#?.,%;\\[\\]ymdhse@E+/\"\\\\_*a>1-]{0,20}") {
            shown(number, &format, false);
            shown(number, built_in(format.len() as u32 * 3), true);
        }
    }
}
