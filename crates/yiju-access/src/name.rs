//! Names of keys and collections, which are used in paths, logs and metric labels.

use crate::error::AccessError;

/// Most characters of a name.
pub const LONGEST_NAME: usize = 64;

/// Checks a name: 1 to 64 lower-case letters, digits, `-` and `_`, the first a letter or digit.
///
/// # Errors
/// [`AccessError::Name`] says what is wrong.
pub fn check_name(name: &str) -> Result<(), AccessError> {
    let refused = |reason: &str| {
        Err(AccessError::Name {
            name: name.chars().take(LONGEST_NAME).collect(),
            reason: reason.to_owned(),
        })
    };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let Some(first) = name.chars().next() else {
        return refused("it is empty");
    };
    if name.len() > LONGEST_NAME {
        return refused("it is longer than 64 characters");
    }
    if !plain(first) {
        return refused("it must begin with a lower-case letter or a digit");
    }
    if !name.chars().all(|c| plain(c) || c == '-' || c == '_') {
        return refused("it may have lower-case letters, digits, `-` and `_` only");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "0", "city-plans_2025", &"x".repeat(LONGEST_NAME)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "_a",
            "A",
            "a b",
            "a/b",
            "..",
            "a.b",
            "城市",
            "a\0",
            &"x".repeat(LONGEST_NAME + 1),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
