//! Word lists kept as data files, one entry a line.
//!
//! A file is compiled into the binary and read at the first use of one of its lists, so a list costs nothing at
//! the start of a process. Empty lines and lines that begin with `#` are skipped; `[name]` on a line opens a
//! section, never the first line. An entry may have columns, separated by `;` as in the Unicode Character Database.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::OnceLock;

/// A list of words in a data file. It dereferences to its entries, in the order of the file.
///
/// ```
/// use yiju_text::words::WordList;
///
/// static COLOURS: WordList = WordList::section("# warm\n[warm]\nred\n[cold]\nblue\ngrey blue\n", "cold");
/// assert_eq!(*COLOURS, ["blue", "grey blue"]);
/// assert!(COLOURS.contains("blue") && !COLOURS.contains("red"));
/// assert!(COLOURS.is_in("a grey blue sea"));
/// ```
pub struct WordList {
    source: &'static str,
    section: Option<&'static str>,
    entries: OnceLock<Vec<&'static str>>,
    /// The entries again, for look-ups.
    set: OnceLock<HashSet<&'static str>>,
}

impl WordList {
    /// All entries of a file that has no sections; `source` is its text.
    pub const fn new(source: &'static str) -> Self {
        Self::of(source, None)
    }

    /// The entries of `source` under `[name]`.
    pub const fn section(source: &'static str, name: &'static str) -> Self {
        Self::of(source, Some(name))
    }

    const fn of(source: &'static str, section: Option<&'static str>) -> Self {
        Self { source, section, entries: OnceLock::new(), set: OnceLock::new() }
    }

    /// Whether `word` is an entry.
    pub fn contains(&self, word: &str) -> bool {
        let set = || self.iter().copied().collect();
        self.set.get_or_init(set).contains(word)
    }

    /// Whether `text` holds an entry anywhere, inside words too.
    pub fn is_in(&self, text: &str) -> bool {
        self.iter().any(|word| text.contains(word))
    }

    /// The first entry, in the order of the list, with which `text` begins.
    pub fn prefix_of(&self, text: &str) -> Option<&'static str> {
        self.iter().copied().find(|word| text.starts_with(word))
    }

    /// The first entry, in the order of the list, with which `text` ends.
    pub fn suffix_of(&self, text: &str) -> Option<&'static str> {
        self.iter().copied().find(|word| text.ends_with(word))
    }

    /// The entries by their `N` columns; a column that an entry lacks is empty.
    pub fn rows<const N: usize>(&self) -> impl Iterator<Item = [&'static str; N]> + '_ {
        self.iter().map(|entry| {
            let mut columns = entry.split(';').map(str::trim);
            std::array::from_fn(|_| columns.next().unwrap_or(""))
        })
    }
}

impl Deref for WordList {
    type Target = [&'static str];

    /// # Panics
    /// The source has no entry under the list's section.
    fn deref(&self) -> &Self::Target {
        self.entries.get_or_init(|| {
            let body = match self.section {
                None => self.source,
                Some(name) => {
                    let head = format!("\n[{name}]\n");
                    self.source.split_once(&head).map_or("", |(_, body)| body)
                }
            };
            let lines = body.lines().map(str::trim);
            let entries: Vec<&str> = lines
                .take_while(|line| !line.starts_with('['))
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .collect();
            // The sources are compiled in: an empty list is a misspelt section.
            assert!(!entries.is_empty(), "no words in {:?}", self.section);
            entries
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_comments_and_sections_are_read() {
        const SOURCE: &str = "first\n# a comment\n[units]\n个月 ; duration\n\n元;money\n天\n";
        let list = WordList::section(SOURCE, "units");
        let rows: Vec<[&str; 2]> = list.rows().collect();
        assert_eq!(rows, [["个月", "duration"], ["元", "money"], ["天", ""]]);
        assert_eq!(*WordList::new(SOURCE), ["first"]);
        assert_eq!(list.prefix_of("天数"), Some("天"));
        assert_eq!(list.suffix_of("三天"), Some("天"));
    }

    #[test]
    #[should_panic = "no words"]
    fn a_misspelt_section_is_an_error() {
        let _ = WordList::section("[a]\nb\n", "c").len();
    }
}
