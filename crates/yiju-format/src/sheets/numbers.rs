//! Numbers as decimal digits, the way sheets round them: to 15 digits first, halves away from naught.

/// The digits of a number: a decimal point stands before the digit at `point`, counted from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    digits: Vec<u8>,
    point: i32,
}

impl Digits {
    /// The digits of the size of a number; naught has none.
    pub(super) fn new(number: f64) -> Self {
        let text = format!("{:.14e}", number.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mut digits: Vec<u8> =
            mantissa.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect();
        while digits.last() == Some(&0) {
            digits.pop();
        }
        let point = if digits.is_empty() { 0 } else { exponent.parse::<i32>().unwrap_or(0) + 1 };
        Self { digits, point }
    }

    /// Whether the number is naught.
    pub(super) fn is_naught(&self) -> bool {
        self.digits.is_empty()
    }

    /// The digits behind the decimal point that are not naught.
    pub(super) fn decimals(&self) -> i32 {
        (i32::try_from(self.digits.len()).unwrap_or(0) - self.point).max(0)
    }

    /// Moves the decimal point to the right.
    pub(super) fn shift(&mut self, by: i32) {
        if !self.is_naught() {
            self.point += by;
        }
    }

    /// Rounds to so many digits behind the decimal point.
    pub(super) fn round(&mut self, decimals: i32) {
        let keep = self.point + decimals;
        if keep >= i32::try_from(self.digits.len()).unwrap_or(i32::MAX) {
            return;
        }
        let Ok(keep) = usize::try_from(keep) else {
            self.digits.clear();
            self.point = 0;
            return;
        };
        let up = self.digits.get(keep).is_some_and(|&digit| digit >= 5);
        self.digits.truncate(keep);
        if up {
            let mut carry = true;
            for digit in self.digits.iter_mut().rev() {
                if *digit < 9 {
                    *digit += 1;
                    carry = false;
                    break;
                }
                *digit = 0;
            }
            if carry {
                self.digits.insert(0, 1);
                self.point += 1;
            }
        }
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
    }

    /// The digits before the point without leading noughts, and so many behind it.
    pub(super) fn split(&self, decimals: usize) -> (String, String) {
        let digit = |at: i32| {
            let digit =
                usize::try_from(at).ok().and_then(|at| self.digits.get(at)).copied().unwrap_or(0);
            char::from(b'0' + digit)
        };
        let whole = (0..self.point.max(0)).map(digit).collect();
        let behind =
            (0..i32::try_from(decimals).unwrap_or(0)).map(|at| digit(self.point + at)).collect();
        (whole, behind)
    }
}

/// A number without a format of its own.
pub(super) fn general(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    let mut digits = Digits::new(number);
    if digits.is_naught() {
        return "0".to_owned();
    }
    // Long whole numbers are shown whole, though a cell shows them shortened: they are mostly numbers of something.
    if digits.point > 15 || (digits.point < -3 && digits.decimals() > 9) {
        return scientific(number, 5, 2, true);
    }
    // A cell has room for eleven signs.
    digits.round((10 - digits.point.max(1)).max(0));
    let (whole, behind) = digits.split(usize::try_from(digits.decimals()).unwrap_or(0));
    let whole = if whole.is_empty() { "0" } else { &whole };
    if behind.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{behind}") }
}

/// A number as `1.5E+03`, with so many digits behind the point (or at most so many) and in the exponent.
pub(super) fn scientific(number: f64, decimals: usize, places: usize, at_most: bool) -> String {
    let mut digits = Digits::new(number);
    let mut exponent = if digits.is_naught() { 0 } else { digits.point - 1 };
    digits.shift(-exponent);
    digits.round(i32::try_from(decimals).unwrap_or(14));
    // 9.99 rounds to 10.
    if digits.point > 1 {
        exponent += 1;
        digits.shift(-1);
    }
    let shown = if at_most { usize::try_from(digits.decimals()).unwrap_or(0) } else { decimals };
    let (whole, behind) = digits.split(shown);
    let whole = if whole.is_empty() { "0" } else { &whole };
    let sign = if number < 0.0 { "-" } else { "" };
    let point = if behind.is_empty() { "" } else { "." };
    let of_exponent = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{whole}{point}{behind}E{of_exponent}{:0places$}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_without_a_format() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (-1234.5, "-1234.5"),
            (0.1 + 0.2, "0.3"),
            (std::f64::consts::PI, "3.141592654"),
            (2.0 / 3.0, "0.666666667"),
            (0.00001, "0.00001"),
            (0.000_012_345_678, "1.23457E-05"),
            (110_101_199_001_011.0, "110101199001011"),
            (1e20, "1E+20"),
        ] {
            assert_eq!(general(number), text);
        }
    }

    #[test]
    fn halves_are_rounded_away_from_naught() {
        for (number, decimals, text) in
            [(0.125, 2, "0.13"), (1.005, 2, "1.01"), (9.995, 2, "10.00"), (0.4, 0, "0.")]
        {
            let mut digits = Digits::new(number);
            digits.round(decimals);
            let (whole, behind) = digits.split(usize::try_from(decimals).unwrap());
            let whole = if whole.is_empty() { "0" } else { &whole };
            assert_eq!(format!("{whole}.{behind}"), text);
        }
    }
}
