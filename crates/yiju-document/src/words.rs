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

const ROLES: &str = include_str!("../data/roles.txt");
/// Fields that say how to reach somebody.
pub(crate) static CONTACT: WordList = WordList::section(ROLES, "contact");
/// What announces or sends out what follows.
pub(crate) static ANNOUNCES: WordList = WordList::section(ROLES, "announces");
/// How addressees end.
pub(crate) static ADDRESSEE_ENDS: WordList = WordList::section(ROLES, "addressee");
/// What opens an addressee.
pub(crate) static ADDRESSEE_OPENS: WordList = WordList::section(ROLES, "opens an addressee");
/// What makes a heading a question.
pub(crate) static ASKING_HEADING: WordList = WordList::section(ROLES, "asking heading");
/// What opens a question, before a colon.
pub(crate) static QUESTION_MARKS: WordList = WordList::section(ROLES, "question mark");
/// Beginnings of sentences that say nothing without the one before.
pub(crate) static POINTS_BACK: WordList = WordList::section(ROLES, "points back");
/// Beginnings of sentences that take something back.
pub(crate) static TAKES_BACK: WordList = WordList::section(ROLES, "takes back");
/// What opens the members of a list within a paragraph.
pub(crate) static MEMBERS: WordList = WordList::section(ROLES, "members");
/// How the sentence that says what a text was made for begins.
pub(crate) static PURPOSE_OPENS: WordList = WordList::section(ROLES, "purpose begins");
/// What that sentence holds.
pub(crate) static PURPOSE_ENDS: WordList = WordList::section(ROLES, "purpose holds");
/// Headings of what goes before a text.
pub(crate) static PREFACE: WordList = WordList::section(ROLES, "preface");
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
/// It is in force no more.
pub(crate) static REPEALED: WordList = WordList::section(DEEDS, "repealed");
/// Words around the repeal of other documents, and how long a document holds.
const TIMES: &str = include_str!("../data/times.txt");
/// What is done to documents that are repealed.
pub(crate) static REPEALS: WordList = WordList::section(TIMES, "repeals");
/// The same where the sentence must also say since when.
pub(crate) static REPEALS_DATED: WordList = WordList::section(TIMES, "repeals with a day");
/// What says since when.
pub(crate) static REPEALED_SINCE: WordList = WordList::section(TIMES, "since when");
/// What makes a sentence no repeal.
pub(crate) static NO_REPEAL: WordList = WordList::section(TIMES, "no repeal");
/// What stands right before a title that is no object of the sentence.
pub(crate) static BY_TITLE: WordList = WordList::section(TIMES, "by a title");
/// What stands between titles of which the first is not repealed.
pub(crate) static APART: WordList = WordList::section(TIMES, "apart");
/// What comes before how long a document holds.
pub(crate) static VALID_FOR: WordList = WordList::section(TIMES, "valid for");
/// The day on which a document is made public, or adopted, named and not given.
pub(crate) static DAY_PUBLIC: WordList = WordList::section(TIMES, "day public");
/// The day on which it is adopted or approved.
pub(crate) static DAY_ADOPTED: WordList = WordList::section(TIMES, "day adopted");
/// Marks of an edition in the brackets behind a title.
pub(crate) static EDITIONS: WordList = WordList::section(TIMES, "editions");
/// How the titles of documents end that are kept in versions: a later one takes the place of the earlier.
pub(crate) static IN_VERSIONS: WordList = WordList::section(TIMES, "in versions");
