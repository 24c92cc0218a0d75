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
/// What may stand before a 文号 without being of it.
pub(crate) static NUMBER_LEADS: WordList = WordList::new(include_str!("../data/number_leads.txt"));
/// What is said to be done with a document on a day, and since when it is in force.
const DEEDS: &str = include_str!("../data/deeds.txt");
/// It was adopted.
pub(crate) static ADOPTED: WordList = WordList::section(DEEDS, "adopted");
/// It was changed.
pub(crate) static REVISED: WordList = WordList::section(DEEDS, "revised");
/// It was made public.
pub(crate) static PROCLAIMED: WordList = WordList::section(DEEDS, "proclaimed");
/// It is in force.
pub(crate) static IN_FORCE: WordList = WordList::section(DEEDS, "in force");
/// The same in English, where a day follows.
pub(crate) static IN_FORCE_SINCE: WordList = WordList::section(DEEDS, "in force since");
