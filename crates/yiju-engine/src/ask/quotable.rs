//! Which sentences may be quoted as an answer: a title, an opening, a heading or a question repeats what is asked and
//! answers nothing; a signature says who and when, and nothing else.

use yiju_document::Role;
use yiju_text::questions::Expected;
use yiju_text::words::WordList;

const SOURCE: &str = include_str!("../../data/quotable.txt");
static CONTACT: WordList = WordList::section(SOURCE, "contact");
static ATTACHMENT: WordList = WordList::section(SOURCE, "attachment");
static PURPOSE: WordList = WordList::section(SOURCE, "purpose");
static CLOSING: WordList = WordList::section(SOURCE, "closing");
static ASKS_OF_FORCE: WordList = WordList::section(SOURCE, "asks of force");
static YES_OR_NO: WordList = WordList::section(SOURCE, "asks yes or no");
static OPENS_YES_OR_NO: WordList = WordList::section(SOURCE, "opens yes or no");
static WANTS_A_LIST: WordList = WordList::section(SOURCE, "wants a list");

/// What a question says about the lines it may be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quotable {
    expected: Expected,
    contact: bool,
    attachment: bool,
    purpose: bool,
    /// It asks since when, until when or whether a text holds, or what it repeals.
    force: bool,
    /// Whether an answer that is part of a list is the whole list.
    pub list: bool,
}

impl Quotable {
    /// `question` is in normal form.
    pub(crate) fn of(question: &str, expected: Expected) -> Self {
        Self {
            expected,
            contact: CONTACT.is_in(question),
            attachment: ATTACHMENT.is_in(question),
            purpose: PURPOSE.is_in(question),
            force: ASKS_OF_FORCE.is_in(question),
            // 这个收费标准也要执行吗 asks for no list.
            list: expected == Expected::List
                || WANTS_A_LIST.is_in(question)
                    && expected != Expected::Time
                    && !asks_yes_or_no(question),
        }
    }

    /// Whether how somebody is reached is what it asks for, and not a case in which one might ask it.
    pub(crate) fn is_for_contact(&self) -> bool {
        self.contact && matches!(self.expected, Expected::Quantity(_) | Expected::Place)
    }

    /// Whether a sentence (in normal form) of this role may be quoted; `fit` (0 to 1) is how well it holds what is
    /// asked for.
    pub(crate) fn allows(&self, role: Role, sentence: &str, fit: f32) -> bool {
        // 本办法自…施行，…同时废止 repeats titles.
        if CLOSING.is_in(sentence) && !self.force && self.expected != Expected::Time {
            return false;
        }
        let particular = matches!(self.expected, Expected::Quantity(_) | Expected::Time);
        match role {
            Role::Body | Role::Item | Role::Answer | Role::LeadIn => true,
            Role::Title | Role::Addressee | Role::Heading | Role::Question => false,
            Role::Opening => self.purpose || self.expected == Expected::Time && fit >= 1.0,
            Role::Contact => {
                self.contact && (!particular || fit >= 1.0)
                    || matches!(self.expected, Expected::Agent | Expected::Place)
            }
            Role::Attachment => self.attachment,
            Role::Signature | Role::ByLine => {
                matches!(self.expected, Expected::Agent | Expected::Time)
            }
        }
    }
}

/// Whether a question (in normal form) is answered by yes or no.
fn asks_yes_or_no(question: &str) -> bool {
    let end = question.trim_end_matches(|c: char| !c.is_alphanumeric());
    YES_OR_NO.is_in(question)
        || end.ends_with(['吗', '么']) && !end.ends_with("什么")
        || OPENS_YES_OR_NO
            .prefix_of(question)
            .is_some_and(|word| question[word.len()..].starts_with(|c: char| !c.is_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yiju_text::questions::expected;

    #[test]
    fn a_line_answers_only_what_its_role_can() {
        let quotable = |question: &str| Quotable::of(question, expected(question));
        let opening = |question: &str, fit: f32| quotable(question).allows(Role::Opening, "", fit);
        assert!(!opening("恢复营业的有哪些?", 1.0));
        assert!(opening("什么时候恢复营业?", 1.0) && !opening("什么时候恢复营业?", 0.0));
        assert!(opening("出台的目的是什么?", 1.0));
        assert!(quotable("专班的联系电话是多少?").allows(Role::Contact, "", 1.0));
        assert!(!quotable("哪些行业可以营业?").allows(Role::Contact, "", 1.0));
        assert!(!quotable("哪些行业可以营业?").allows(Role::Signature, "", 1.0));
        assert!(!quotable("援企稳岗有哪些举措?").allows(Role::Heading, "", 1.0));
        let repeal = "原办法同时废止";
        assert!(!quotable("登记要带哪些材料?").allows(Role::Body, repeal, 1.0));
        assert!(quotable("原办法还有效吗?").allows(Role::Body, repeal, 1.0));
        assert!(quotable("申请条件是什么?").list && quotable("要带哪些材料吗?").list);
        assert!(!quotable("民办健身馆也执行这个收费标准吗?").list);
        assert!(!quotable("收费标准什么时候执行?").list);
        assert!(quotable("附件有哪些?").allows(Role::Attachment, "", 1.0));
    }
}
