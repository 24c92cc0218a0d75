//! Lists and ranges of numbers: 第八、九条, 第8-10条, `Articles 5 to 7`.

/// Most units that a range stands for; of a longer one only the two ends are taken.
pub(super) const MOST_UNITS: usize = 50;
/// Most references of one question that ranges may add to.
pub(super) const MOST_REFERENCES: usize = 200;

/// Longer ones first: 以及 before 及.
const LISTING: [&str; 12] =
    ["以及", "或者", "、", "﹑", "和", "与", "與", "及", "或", "跟", "，", ","];
const RANGING: [&str; 12] = ["——", "--", "至", "到", "-", "－", "–", "—", "‐", "~", "～", "〜"];

/// What links two numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    /// 至 rather than 和.
    pub range: bool,
    /// A comma, which may also end a clause: 第一，第三条……
    pub comma: bool,
    /// Bytes, with the spaces around it.
    pub length: usize,
}

/// The link at the start of `text`.
pub(super) fn link(text: &str) -> Option<Link> {
    let lead = super::spaces(text);
    let rest = &text[lead..];
    let listing = LISTING.iter().map(|word| (word, false));
    let (word, range) = listing
        .chain(RANGING.iter().map(|word| (word, true)))
        .find(|(word, _)| rest.starts_with(**word))?;
    let end = lead + word.len();
    Some(Link {
        range,
        comma: matches!(*word, "，" | ","),
        length: end + super::spaces(&text[end..]),
    })
}

/// Whether `between` lists what is around it.
pub(super) fn connects(between: &str) -> bool {
    link(between).is_some_and(|link| link.length == between.len())
        || matches!(
            english(between).as_str(),
            "and" | "or" | "and/or" | "and the" | "or the" | ", and" | ", or" | "to" | "through"
        )
}

/// Whether `between`, which connects, makes a range of what is around it; `before` is what comes
/// before the first.
pub(super) fn ranges(between: &str, before: &str) -> bool {
    match link(between) {
        Some(link) => link.range,
        None => match english(between).as_str() {
            "through" => true,
            // "compare Article 5 to Article 7" is about two.
            "to" => {
                let near = &before.as_bytes()[before.len().saturating_sub(48)..];
                !near.windows(6).any(|word| word.eq_ignore_ascii_case(b"compar"))
            }
            _ => false,
        },
    }
}

fn english(between: &str) -> String {
    // No connective is longer; a long text between two references is not worth a copy.
    between
        .get(..between.len().min(12))
        .filter(|head| head.len() == between.len())
        .map(|head| head.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

/// The numbers between two ends, both left out; none where they are too many.
pub(super) fn inside(from: u32, to: u32, already: usize) -> Vec<u32> {
    let many = to.saturating_sub(from) as usize >= MOST_UNITS;
    if many || already >= MOST_REFERENCES {
        return Vec::new();
    }
    (from.saturating_add(1)..to).collect()
}

/// All of `steps`, or their two ends where there are more than `most`.
pub(super) fn thinned<T>(steps: &[T], most: usize) -> Vec<&T> {
    match steps {
        [first, .., last] if steps.len() > most.max(1) => vec![first, last],
        _ => steps.iter().collect(),
    }
}

/// Numbers of one list as they are read.
#[derive(Default)]
pub(super) struct Numbers {
    pub values: Vec<u32>,
}

impl Numbers {
    /// Adds a number that is `range` away from the one before.
    pub(super) fn push(&mut self, value: u32, range: bool) {
        if let (true, Some(&from)) = (range, self.values.last()) {
            self.values.extend(inside(from, value, self.values.len()));
        }
        self.values.push(value);
    }
}
