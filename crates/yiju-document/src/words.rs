//! The word lists in `data/`.

use yiju_text::words::WordList;

/// How the titles of laws and official documents end.
pub(crate) static TITLE_ENDS: WordList = WordList::new(include_str!("../data/title_ends.txt"));
/// How the names of organs end.
pub(crate) static ORGAN_ENDS: WordList = WordList::new(include_str!("../data/organ_ends.txt"));
/// How the datelines and bylines of news begin.
pub(crate) static AGENCIES: WordList = WordList::new(include_str!("../data/agencies.txt"));
/// Fields of the catalogue entry above an official text.
pub(crate) static CATALOGUE_FIELDS: WordList =
    WordList::new(include_str!("../data/catalogue_fields.txt"));
/// Fields that give the title.
pub(crate) static TITLE_FIELDS: WordList = WordList::new(include_str!("../data/title_fields.txt"));
/// Fields that give a date.
pub(crate) static DATE_FIELDS: WordList = WordList::new(include_str!("../data/date_fields.txt"));
/// What a web page prints around a text: its links and buttons.
pub(crate) static SITE_WORDS: WordList = WordList::new(include_str!("../data/site_words.txt"));
/// What makes 第三条 a reference where it follows.
pub(crate) static REFERS: WordList =
    WordList::section(include_str!("../data/references.txt"), "behind a label");
/// What makes 第一条 a reference where it goes before.
pub(crate) static REFERS_FORWARD: WordList =
    WordList::section(include_str!("../data/references.txt"), "before a label");
