//! The word lists in `data/`: one entry a line, `#` opens a comment.

use std::sync::LazyLock;

/// A word list, parsed at first use.
type Words = LazyLock<Vec<&'static str>>;

/// How the titles of laws and official documents end.
pub(crate) static TITLE_ENDS: Words =
    LazyLock::new(|| entries(include_str!("../data/title_ends.txt")));
/// How the names of organs end.
pub(crate) static ORGAN_ENDS: Words =
    LazyLock::new(|| entries(include_str!("../data/organ_ends.txt")));
/// How the datelines and bylines of news begin.
pub(crate) static AGENCIES: Words = LazyLock::new(|| entries(include_str!("../data/agencies.txt")));
/// Fields of the catalogue entry above an official text.
pub(crate) static CATALOGUE_FIELDS: Words =
    LazyLock::new(|| entries(include_str!("../data/catalogue_fields.txt")));

fn entries(list: &'static str) -> Vec<&'static str> {
    list.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}
