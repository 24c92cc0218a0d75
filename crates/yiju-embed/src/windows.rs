//! Cutting a tokenised text into sequences that fit the model.
//!
//! A text that is too long becomes windows: its tokens in order, without overlap, spread evenly,
//! each window with the prefix and the special tokens. Nothing is left out.

use std::ops::Range;

use crate::tokenizer::{SpecialTokens, Token};

/// One sequence for the model, with the place of the text's tokens in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    /// Special tokens, prefix, tokens of the text, special tokens.
    pub ids: Vec<u32>,
    /// The text's own tokens: places in `ids`.
    pub own: Range<usize>,
    /// The same tokens: indexes into the tokens of prefix and text.
    pub tokens: Range<usize>,
}

/// Cuts `tokens` (of prefix and text together, of which the first `prefix` are the prefix's
/// alone) into windows of at most `limit` ids. There is at least one window, even of no tokens.
/// `limit` must leave room for one token beside the prefix and the special tokens.
pub(crate) fn windows(
    tokens: &[Token],
    prefix: usize,
    special: &SpecialTokens,
    limit: usize,
) -> Vec<Window> {
    let around = special.before.len() + prefix + special.after.len();
    let room = limit.saturating_sub(around).max(1);
    let own = tokens.len() - prefix;
    let count = own.div_ceil(room).max(1);
    (0..count)
        .map(|index| {
            let range = prefix + own * index / count..prefix + own * (index + 1) / count;
            let mut ids = Vec::with_capacity(around + range.len());
            ids.extend_from_slice(&special.before);
            ids.extend(tokens[..prefix].iter().map(|token| token.id));
            let start = ids.len();
            ids.extend(tokens[range.clone()].iter().map(|token| token.id));
            let end = ids.len();
            ids.extend_from_slice(&special.after);
            Window { ids, own: start..end, tokens: range }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(count: usize) -> Vec<Token> {
        (0..count).map(|index| Token { id: index as u32 + 10, range: index..index + 1 }).collect()
    }

    fn special() -> SpecialTokens {
        SpecialTokens { before: vec![0], after: vec![2] }
    }

    #[test]
    fn a_short_text_is_one_window() {
        let windows = windows(&tokens(5), 2, &special(), 16);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].ids, [0, 10, 11, 12, 13, 14, 2]);
        assert_eq!((windows[0].own.clone(), windows[0].tokens.clone()), (3..6, 2..5));
    }

    proptest! {
        #[test]
        fn windows_hold_every_token_once_and_fit(
            count in 0usize..3000, prefix in 0usize..4, limit in 8usize..600,
        ) {
            let tokens = tokens(count.max(prefix));
            let windows = windows(&tokens, prefix, &special(), limit);
            let mut next = prefix;
            for window in &windows {
                prop_assert!(window.ids.len() <= limit);
                prop_assert_eq!(window.tokens.start, next);
                next = window.tokens.end;
                let own: Vec<u32> = tokens[window.tokens.clone()].iter().map(|token| token.id).collect();
                prop_assert_eq!(&window.ids[window.own.clone()], own.as_slice());
                prop_assert_eq!(window.ids[1..1 + prefix].to_vec(), tokens[..prefix].iter().map(|token| token.id).collect::<Vec<_>>());
            }
            prop_assert_eq!(next, tokens.len());
            let sizes = windows.iter().map(|window| window.tokens.len());
            prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= 1);
        }
    }
}
