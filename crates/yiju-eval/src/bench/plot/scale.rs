//! Axes: where a value lies, and which values have a mark.

use super::number;

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scale {
    /// Equal steps.
    Linear { low: f64, high: f64 },
    /// Equal factors; both ends are above 0.
    Log { low: f64, high: f64 },
    /// Percent, 0 to less than 100: each nine as wide as the one before.
    Percentile { high: f64 },
}

impl Scale {
    /// A linear scale that holds all values and ends at marks.
    pub(crate) fn linear(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values).unwrap_or((0.0, 1.0));
        let step = step(high - low);
        let (low, mut high) = ((low / step).floor() * step, (high / step).ceil() * step);
        if high <= low {
            high = low + step;
        }
        Self::Linear { low, high }
    }

    /// A logarithmic scale that holds all values above 0 and ends at 1, 2 or 5 times a power of ten.
    pub(crate) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values.filter(|value| *value > 0.0)).unwrap_or((1.0, 10.0));
        let (low, mut high) = (nice(low, false), nice(high, true));
        if high <= low {
            high = nice(low * 1.01, true);
        }
        Self::Log { low, high }
    }

    /// Where a value lies, 0 at the low end to 1 at the high one.
    pub(crate) fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => (value / low).ln() / (high / low).ln(),
            Self::Percentile { high } => nines(value) / nines(high),
        }
    }

    /// The values with marks, ascending, and what they are called.
    pub(crate) fn ticks(self) -> Vec<(f64, String)> {
        match self {
            Self::Linear { low, high } => {
                let step = step(high - low);
                let count = ((high - low) / step).round() as usize;
                (0..=count)
                    .map(|at| low + at as f64 * step)
                    // What should be 0.3 may be a little off.
                    .map(|value| (value * 1e9).round() / 1e9)
                    .map(|value| (value, number(value)))
                    .collect()
            }
            Self::Log { low, high } => {
                let parts: &[f64] = if high / low > 2e3 {
                    &[1.0]
                } else {
                    &[1.0, 2.0, 5.0]
                };
                let mut ticks = Vec::new();
                let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
                for power in first..=last {
                    for part in parts {
                        let value = part * 10f64.powi(power);
                        if value >= low * 0.999 && value <= high * 1.001 {
                            ticks.push((value, number(value)));
                        }
                    }
                }
                ticks
            }
            Self::Percentile { high } => [0.0, 50.0, 90.0, 99.0, 99.9, 99.99]
                .into_iter()
                .filter(|value| *value <= high)
                .map(|value| (value, format!("{value} %")))
                .collect(),
        }
    }
}

fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| value.is_finite())
        .fold(None, |ends, value| match ends {
            None => Some((value, value)),
            Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        })
}

/// 1, 2 or 5 times a power of ten, so that a span has four to ten of them.
fn step(span: f64) -> f64 {
    let span = if span > 0.0 { span } else { 1.0 };
    let unit = 10f64.powf((span / 4.0).log10().floor());
    let parts = span / 4.0 / unit;
    // The span is often a sum of steps already; a hair's breadth must not change them.
    unit * if parts >= 5.0 * 0.9999 {
        5.0
    } else if parts >= 2.0 * 0.9999 {
        2.0
    } else {
        1.0
    }
}

/// The nearest of 1, 2 and 5 times a power of ten above or below.
fn nice(value: f64, above: bool) -> f64 {
    let unit = 10f64.powf(value.log10().floor());
    let part = value / unit;
    let parts = [1.0, 2.0, 5.0, 10.0];
    let found = if above {
        parts.into_iter().find(|nice| *nice >= part * 0.999)
    } else {
        parts.into_iter().rev().find(|nice| *nice <= part * 1.001)
    };
    found.unwrap_or(1.0) * unit
}

/// How many nines a percentage has.
fn nines(percent: f64) -> f64 {
    -(1.0 - percent.clamp(0.0, 99.9999) / 100.0).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(scale: Scale) -> Vec<f64> {
        scale.ticks().into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn a_linear_scale_ends_at_round_values() {
        let scale = Scale::linear([0.913, 0.998].into_iter());
        assert_eq!(
            scale,
            Scale::Linear {
                low: 0.9,
                high: 1.0
            }
        );
        assert_eq!(values(scale), [0.9, 0.92, 0.94, 0.96, 0.98, 1.0]);
        assert!((scale.position(0.95) - 0.5).abs() < 1e-9);
        let one = Scale::linear([1.0].into_iter());
        assert!(one.position(1.0).is_finite());
        assert!(values(one).len() >= 2);
    }

    #[test]
    fn a_log_scale_has_round_marks_within_its_ends() {
        let scale = Scale::log([0.03, 4.0].into_iter());
        assert_eq!(
            scale,
            Scale::Log {
                low: 0.02,
                high: 5.0
            }
        );
        assert_eq!(values(scale), [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]);
        assert!((scale.position(0.02)).abs() < 1e-9);
        assert!((scale.position(5.0) - 1.0).abs() < 1e-9);
        let wide = Scale::log([1e3, 1e6, 0.0, f64::NAN, 1.0].into_iter());
        assert_eq!(values(wide), [1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6]);
        let one = Scale::log([7.0].into_iter());
        assert!(
            matches!(one, Scale::Log { low, high } if low < high),
            "{one:?}"
        );
        let round = Scale::log([10.0].into_iter());
        assert!(
            matches!(round, Scale::Log { low, high } if low < high),
            "{round:?}"
        );
    }

    #[test]
    fn each_nine_is_as_wide_as_the_last() {
        let scale = Scale::Percentile { high: 99.9 };
        assert!((scale.position(90.0) - 1.0 / 3.0).abs() < 1e-6);
        assert!((scale.position(99.0) - 2.0 / 3.0).abs() < 1e-6);
        let names: Vec<String> = scale.ticks().into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["0 %", "50 %", "90 %", "99 %", "99.9 %"]);
    }

    #[test]
    fn marks_ascend_and_lie_within() {
        let mut random = crate::random::Random::new(3);
        for _ in 0..300 {
            let (a, b) = (random.share() * 1e4, random.share() * 1e-3 + 1e-6);
            for scale in [
                Scale::linear([a, b].into_iter()),
                Scale::log([a, b].into_iter()),
            ] {
                let ticks = values(scale);
                assert!(ticks.windows(2).all(|w| w[0] < w[1]), "{scale:?}");
                assert!((2..=40).contains(&ticks.len()), "{scale:?}: {ticks:?}");
                for value in ticks.iter().chain(&[a, b]) {
                    assert!(
                        (-1e-3..=1.0 + 1e-3).contains(&scale.position(*value)),
                        "{scale:?}"
                    );
                }
            }
        }
    }
}
