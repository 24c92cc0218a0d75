//! What a file says of its document outside the text.

use jiff::civil::Date;
use yiju_text::dates::dates;

/// What front matter, or the fields of a file that is no plain text, say of the document; each is used where the text
/// itself says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The title.
    pub title: Option<String>,
    /// Who issued it.
    pub issuer: Option<String>,
    /// 文号.
    pub number: Option<String>,
    /// The date.
    pub date: Option<Date>,
}

impl Facts {
    /// The date that `written` begins with, in any of the usual forms: `2024-05-06 10:00`, `二〇二四年五月六日`.
    pub fn read_date(written: &str) -> Option<Date> {
        dates(written).first().copied()
    }

    /// What `self` says, and where it says nothing what `other` does.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            title: self.title.or(other.title),
            issuer: self.issuer.or(other.issuer),
            number: self.number.or(other.number),
            date: self.date.or(other.date),
        }
    }
}
