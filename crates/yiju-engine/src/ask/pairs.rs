//! Pairs of neighbouring characters that a question and a text share.
//!
//! Words are cut by a dictionary, and a name that the dictionary lacks is cut one way in a question and
//! another in a text. Pairs of characters do not depend on it (Nie, Gao, Zhang and Zhou, "On the use of
//! words and n-grams for Chinese information retrieval", 2000).

/// The distinct pairs of neighbouring letters, digits or Chinese characters of a text, none across
/// marks or white space.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pairs(Vec<String>);

impl Pairs {
    /// `text` is in normal form.
    pub(crate) fn of(text: &str) -> Self {
        let mut pairs: Vec<String> = text
            .chars()
            .zip(text.chars().skip(1))
            .filter(|(a, b)| a.is_alphanumeric() && b.is_alphanumeric())
            .map(|(a, b)| String::from_iter([a, b]))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    /// The share, 0 to 1, of the pairs that `text` (in normal form) holds; 0 where there are none.
    pub(crate) fn share_in(&self, text: &str) -> f32 {
        let held = self.0.iter().filter(|pair| text.contains(*pair)).count();
        held as f32 / self.0.len().max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_do_not_reach_across_marks_and_count_once() {
        let pairs = Pairs::of("城市，城市 更新");
        assert_eq!(pairs, Pairs(vec!["城市".into(), "更新".into()]));
        assert_eq!(pairs.share_in("老旧城市"), 0.5);
        assert_eq!(Pairs::of("？").share_in("城市"), 0.0);
    }
}
