//! Numbers and dates by the steps of a format (ECMA-376 part 1 §18.8.31).

use crate::numerals::Numerals;

use super::dates::{Moment, moment};
use super::format::{Section, Step};
use super::numbers::{Digits, general, scientific};

/// A date by the steps of a section; `None` if the number is none.
pub(super) fn date(number: f64, section: &Section, since_1904: bool) -> Option<String> {
    let fine = section.steps.iter().any(|step| matches!(step, Step::Fraction(_)));
    let at = moment(number, since_1904, fine)?;
    let halves = section.steps.iter().any(|step| matches!(step, Step::Half(..)));
    let mut text = String::new();
    for step in &section.steps {
        match step {
            Step::Literal(literal) => text.push_str(literal),
            Step::Date(letter, count) => {
                text.push_str(&part(*letter, *count, &at, halves, section))
            }
            Step::Elapsed(letter, count) => {
                let seconds = (number * 86_400.0).round();
                let size = match letter {
                    'h' => 3600.0,
                    'm' => 60.0,
                    _ => 1.0,
                };
                text.push_str(&format!("{:0count$}", (seconds / size).floor()));
            }
            Step::Half(morning, afternoon) => {
                text.push_str(if at.seconds < 43_200 { morning } else { afternoon });
            }
            Step::Fraction(count) => {
                let digits = format!("{:03}", at.thousandths);
                text.push('.');
                text.push_str(digits.get(..*count).unwrap_or_default());
            }
            Step::Slash => text.push('/'),
            Step::Comma => text.push(','),
            Step::Point => text.push('.'),
            _ => {}
        }
    }
    Some(text)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const CHINESE_DAYS: &str = "日一二三四五六";

fn part(letter: char, count: usize, at: &Moment, halves: bool, section: &Section) -> String {
    let number = |value: u32, places: usize| match section.chinese {
        1 => Numerals::named("chineseCountingThousand").write(value),
        2 => Numerals::named("chineseLegalSimplified").write(value),
        _ => format!("{value:0places$}"),
    };
    let month = usize::try_from(at.month).unwrap_or(1).saturating_sub(1);
    let weekday = usize::try_from(at.weekday).unwrap_or(0);
    let chinese_day = || CHINESE_DAYS.chars().nth(weekday).map(String::from).unwrap_or_default();
    let hour = at.seconds / 3600;
    match (letter, count) {
        ('y' | 'e', _) => {
            let year = if letter == 'y' && count < 3 { at.year.rem_euclid(100) } else { at.year };
            let text = if letter == 'y' && count < 3 {
                format!("{year:02}")
            } else {
                format!("{year:04}")
            };
            match section.chinese {
                1 => text
                    .chars()
                    .filter_map(|digit| {
                        "〇一二三四五六七八九".chars().nth(digit.to_digit(10)? as usize)
                    })
                    .collect(),
                2 => text
                    .chars()
                    .filter_map(|digit| {
                        "零壹贰叁肆伍陆柒捌玖".chars().nth(digit.to_digit(10)? as usize)
                    })
                    .collect(),
                _ => text,
            }
        }
        ('m', 1 | 2) => number(at.month, count),
        ('m', _) if section.chinese_names => {
            format!("{}月", Numerals::named("chineseCounting").write(at.month))
        }
        ('m', 3) => MONTHS.get(month).and_then(|name| name.get(..3)).unwrap_or_default().to_owned(),
        ('m', 5) => MONTHS.get(month).and_then(|name| name.get(..1)).unwrap_or_default().to_owned(),
        ('m', _) => MONTHS.get(month).copied().unwrap_or_default().to_owned(),
        ('d', 1 | 2) => number(at.day, count),
        ('d', 3) if section.chinese_names => format!("周{}", chinese_day()),
        ('d', _) if section.chinese_names => format!("星期{}", chinese_day()),
        ('d', 3) => DAYS.get(weekday).and_then(|name| name.get(..3)).unwrap_or_default().to_owned(),
        ('d', _) => DAYS.get(weekday).copied().unwrap_or_default().to_owned(),
        ('a', 3) => chinese_day(),
        ('a', _) => format!("星期{}", chinese_day()),
        ('h', _) if halves => {
            number(if hour.is_multiple_of(12) { 12 } else { hour % 12 }, count.min(2))
        }
        ('h', _) => number(hour, count.min(2)),
        ('i', _) => number(at.seconds / 60 % 60, count.min(2)),
        ('s', _) => number(at.seconds % 60, count.min(2)),
        _ => String::new(),
    }
}

/// A number by the steps of a section.
pub(super) fn plain(number: f64, section: &Section) -> String {
    let steps = &section.steps;
    let sign = if number < 0.0 { "-" } else { "" };
    let literals = |inner: &dyn Fn(&Step) -> Option<String>| -> String {
        steps
            .iter()
            .filter_map(|step| match step {
                Step::Literal(literal) => Some(literal.clone()),
                Step::Percent => Some("%".to_owned()),
                step => inner(step),
            })
            .collect()
    };
    if steps.iter().any(|step| matches!(step, Step::General | Step::Text)) {
        let whole = number.abs().fract() == 0.0 && number.abs() < 100_000.0;
        let text = match section.chinese {
            1 if whole => format!(
                "{sign}{}",
                Numerals::named("chineseCountingThousand").write(number.abs() as u32)
            ),
            2 if whole => format!(
                "{sign}{}",
                Numerals::named("chineseLegalSimplified").write(number.abs() as u32)
            ),
            _ => general(number),
        };
        return literals(&|step| matches!(step, Step::General | Step::Text).then(|| text.clone()));
    }
    let digits = steps.iter().filter(|step| matches!(step, Step::Digit(_))).count();
    if digits == 0 {
        // A format without a place for the number shows only its own text.
        let text = literals(&|_| None);
        return if steps.is_empty() { String::new() } else { text };
    }
    let behind = |step: &Step| {
        steps
            .iter()
            .skip_while(|other| *other != step)
            .filter(|s| matches!(s, Step::Digit(_)))
            .count()
    };
    if let Some(exponent) = steps.iter().find_map(|step| match step {
        Step::Exponent(count) => Some(*count),
        _ => None,
    }) {
        let decimals = if steps.contains(&Step::Point) { behind(&Step::Point) } else { 0 };
        return scientific(number, decimals, exponent, false);
    }
    if steps.contains(&Step::Slash) {
        return fraction(number, steps);
    }
    digits_of(number, steps, sign)
}

/// A number by the places for its digits.
fn digits_of(number: f64, steps: &[Step], sign: &str) -> String {
    let point = steps.iter().position(|step| *step == Step::Point);
    let is_digit = |step: &&Step| matches!(step, Step::Digit(_));
    let last_digit = steps.iter().rposition(|step| matches!(step, Step::Digit(_))).unwrap_or(0);
    let whole_end = point.unwrap_or(steps.len());
    let decimals = point.map_or(0, |point| steps.iter().skip(point).filter(is_digit).count());
    let wanted = point.map_or(0, |point| {
        steps.iter().skip(point).filter(|step| **step == Step::Digit('0')).count()
    });
    // Commas behind the last place divide by a thousand each; others part thousands.
    let last_whole =
        steps.iter().take(whole_end).rposition(|step| matches!(step, Step::Digit(_))).unwrap_or(0);
    let first_digit = steps.iter().position(|step| matches!(step, Step::Digit(_))).unwrap_or(0);
    let divides = |at: usize| at > last_whole && (at < whole_end || at > last_digit);
    let mut shift = 0;
    let mut thousands = false;
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Comma if divides(at) => shift -= 3,
            Step::Comma if at > first_digit && at < last_whole => thousands = true,
            Step::Percent => shift += 2,
            _ => {}
        }
    }
    let mut value = Digits::new(number);
    value.shift(shift);
    value.round(i32::try_from(decimals).unwrap_or(14));
    let (mut whole, mut behind) = value.split(decimals);
    while behind.len() > wanted && behind.ends_with('0') {
        behind.pop();
    }
    let sign = if value.is_naught() { "" } else { sign };
    let mut places = steps.iter().take(whole_end).filter(is_digit).count();
    // Each place from the right takes a digit, the first all that are left.
    let padded: usize =
        steps.iter().take(whole_end).filter(|step| **step == Step::Digit('0')).count();
    while whole.len() < padded {
        whole.insert(0, '0');
    }
    let group = |from: usize, to: usize| -> String {
        let mut text = String::new();
        for (at, digit) in whole.chars().enumerate().skip(from).take(to.saturating_sub(from)) {
            if thousands && at > 0 && (whole.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    };
    // A sign that no section writes itself stands in front of all.
    let mut text = sign.to_owned();
    let mut done = 0;
    let mut behind = behind.chars();
    for (at, step) in steps.iter().enumerate() {
        match step {
            Step::Literal(literal) => text.push_str(literal),
            Step::Percent => text.push('%'),
            Step::Slash => text.push('/'),
            Step::Point => {
                if behind.as_str().is_empty() && wanted == 0 && decimals > 0 {
                    // Excel keeps the point of `0.#`; it says nothing.
                    continue;
                }
                text.push('.');
            }
            Step::Digit(_) if at < whole_end => {
                let to = whole.len().saturating_sub(places - 1);
                places -= 1;
                text.push_str(&group(done, to));
                done = done.max(to);
            }
            Step::Digit(_) => {
                text.extend(behind.next());
            }
            _ => {}
        }
    }
    text
}

/// A number as whole and fraction, `# ?/?`: the denominator has as many digits as there are places for it.
fn fraction(number: f64, steps: &[Step]) -> String {
    let slash = steps.iter().position(|step| *step == Step::Slash).unwrap_or(0);
    let places = steps.iter().skip(slash).filter(|step| matches!(step, Step::Digit(_))).count();
    let largest = if places >= 2 { 99_u32 } else { 9 };
    let size = number.abs();
    let mut whole = size.floor();
    let rest = size - whole;
    let mut best = (0_u32, 1_u32);
    let mut error = rest;
    for denominator in 1..=largest {
        let numerator = (rest * f64::from(denominator)).round();
        let distance = (rest - numerator / f64::from(denominator)).abs();
        if distance + 1e-12 < error {
            error = distance;
            best = (numerator as u32, denominator);
        }
    }
    if best.0 == best.1 {
        whole += 1.0;
        best = (0, 1);
    }
    let sign = if number < 0.0 { "-" } else { "" };
    match (whole, best.0) {
        (whole, 0) => format!("{sign}{whole}"),
        (0.0, numerator) => format!("{sign}{numerator}/{}", best.1),
        (whole, numerator) => format!("{sign}{whole} {numerator}/{}", best.1),
    }
}
