//! Dates as sheets count them: days since the end of 1899 or since 1904 (ECMA-376 part 1 §18.17.4).

/// A day with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: u32,
    pub(super) day: u32,
    /// From Sunday, 0.
    pub(super) weekday: u32,
    /// Seconds of the day.
    pub(super) seconds: u32,
    /// Thousandths of a second.
    pub(super) thousandths: u32,
}

/// The last day that sheets know, 31 December 9999.
const LAST: f64 = 2_958_466.0;

/// The moment of a number; `None` outside the days that sheets know.
pub(super) fn moment(number: f64, since_1904: bool, thousandths: bool) -> Option<Moment> {
    if !(0.0..LAST).contains(&number) {
        return None;
    }
    let mut days = number.floor();
    let unit = if thousandths { 86_400_000.0 } else { 86_400.0 };
    let mut time = ((number - days) * unit).round();
    if time >= unit {
        time = 0.0;
        days += 1.0;
    }
    let (seconds, rest) =
        if thousandths { ((time / 1000.0).floor(), time % 1000.0) } else { (time, 0.0) };
    let mut days = days as i64 + if since_1904 { 1462 } else { 0 };
    let weekday = u32::try_from((days + 6).rem_euclid(7)).unwrap_or(0);
    let time = (seconds as u32, rest as u32);
    let at = |year, month, day| {
        Some(Moment { year, month, day, weekday, seconds: time.0, thousandths: time.1 })
    };
    // The first sheets took 1900 for a leap year, and all after them keep it so.
    match days {
        60 => return at(1900, 2, 29),
        0 => return at(1900, 1, 0),
        1..60 => days += 1,
        _ => {}
    }
    // Days since 1 March of the year 0, in eras of 400 years.
    let days = days + 693_899;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    at(year + era * 400 + next, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_sheets_count_them() {
        for (number, date) in [
            (1.0, (1900, 1, 1)),
            (59.0, (1900, 2, 28)),
            (60.0, (1900, 2, 29)),
            (61.0, (1900, 3, 1)),
            (45_292.0, (2024, 1, 1)),
            (45_351.0, (2024, 2, 29)),
            (2_958_465.0, (9999, 12, 31)),
        ] {
            let moment = moment(number, false, false).unwrap();
            assert_eq!((moment.year, moment.month, moment.day), date, "{number}");
        }
        let first = moment(0.5, true, false).unwrap();
        assert_eq!((first.year, first.month, first.day, first.seconds), (1904, 1, 1, 43_200));
        // 1 January 2024 was a Monday.
        assert_eq!(moment(45_292.0, false, false).unwrap().weekday, 1);
        assert_eq!(moment(-1.0, false, false), None);
        assert_eq!(moment(f64::NAN, false, false), None);
    }
}
