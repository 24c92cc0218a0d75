//! What each control word means (specification 1.9.1, appendix B).

use super::fonts::Font;
use super::story::{Label, Paragraph};
use super::{Destination, Field, File, Own};
use crate::numerals::Numerals;

impl File {
    /// Takes in a control word with its number.
    pub(super) fn word(&mut self, word: &str, number: Option<i32>) {
        if std::mem::take(&mut self.now.optional) && !self.optional(word) {
            self.now.destination = Destination::Skip;
            return;
        }
        if self.now.destination == Destination::Skip {
            return;
        }
        let on = number != Some(0);
        match word {
            "ansicpg" => self.fonts.page = number,
            "mac" => self.fonts.page = Some(10_000),
            "deff" => {
                self.fonts.default = number.unwrap_or(0);
                self.now.font = self.fonts.default;
            }
            "uc" => self.now.instead = usize::try_from(number.unwrap_or(1)).unwrap_or(1),
            "f" if self.now.destination == Destination::FontTable => {
                self.font = (number.unwrap_or(0), Font::default());
            }
            "f" => self.now.font = number.unwrap_or(0),
            "fcharset" => self.font.1.charset = number,
            "cpg" => self.font.1.page = number.filter(|&page| page != 0),
            "plain" => {
                self.now.font = self.fonts.default;
                self.now.hidden = false;
                self.now.deleted = false;
                self.now.capitals = false;
            }
            "v" => self.now.hidden = on,
            "deleted" => self.now.deleted = on,
            "caps" => self.now.capitals = on,
            "fonttbl" => self.now.destination = Destination::FontTable,
            "stylesheet" => self.now.destination = Destination::Styles,
            "listtable" => self.now.destination = Destination::ListTable,
            "listoverridetable" => self.now.destination = Destination::OverrideTable,
            "leveltext" => self.now.destination = Destination::LevelText,
            "levelnumbers" => self.now.destination = Destination::LevelNumbers,
            "upr" => self.now.destination = Destination::Either,
            "info" => self.now.destination = Destination::Info,
            "title" if self.now.destination == Destination::Info => {
                self.title.clear();
                self.now.destination = Destination::Title;
            }
            "colortbl" | "header" | "headerl" | "headerr" | "headerf" | "footer" | "footerl"
            | "footerr" | "footerf" | "ftnsep" | "ftnsepc" | "ftncn" | "aftnsep" | "aftnsepc"
            | "aftncn" | "nonshppict" | "shprslt" | "filetbl" | "listname" | "pnseclvl" | "pn"
            | "nonesttables" | "nesttableprops" | "objdata" | "sp" => {
                self.now.destination = Destination::Skip;
            }
            "pict" => {
                self.pictures += 1;
                self.now.destination = Destination::Skip;
            }
            "object" => self.embedded += 1,
            "listtext" | "pntext" => {
                self.story.label = Label { given: true, ..Label::default() };
                self.now.destination = Destination::Label;
            }
            "field" if self.now.destination == Destination::Body => {
                self.now.field = true;
                self.fields.push(Field::default());
            }
            "fldinst" => self.now.destination = Destination::Instruction,
            "fldrslt" => {
                if let Some(field) = self.fields.last_mut() {
                    field.has_result = true;
                }
            }
            "footnote" => self.begin(Own::Note),
            "ftnalt" if self.now.story == Some(Own::Note) => self.now.story = Some(Own::Endnote),
            "shptxt" | "dptxbxtext" => self.begin(Own::Box),
            word => match self.now.destination {
                Destination::Styles => self.style_word(word, number),
                Destination::ListTable => self.tables.list_word(word, number),
                Destination::OverrideTable => self.tables.override_word(word, number),
                Destination::Body
                | Destination::Label
                | Destination::LevelText
                | Destination::Title => {
                    self.text_word(word, number);
                }
                _ => {}
            },
        }
    }

    /// Whether a destination that readers may leave out is one that is read.
    fn optional(&self, word: &str) -> bool {
        matches!(
            word,
            "footnote"
                | "shpinst"
                | "do"
                | "ud"
                | "listtable"
                | "listoverridetable"
                | "fldinst"
                | "shppict"
                | "cs"
                | "ts"
                | "pntext"
        ) && {
            // The form in Unicode of something that was left out is read as what is around it.
            word != "ud" || !self.groups.is_empty()
        }
    }

    /// Words that stand for characters, or that belong to paragraphs and tables.
    fn text_word(&mut self, word: &str, number: Option<i32>) {
        let sign = match word {
            "tab" => "\t",
            "emdash" => "—",
            "endash" => "–",
            "lquote" => "‘",
            "rquote" => "’",
            "ldblquote" => "“",
            "rdblquote" => "”",
            "bullet" => "•",
            "emspace" | "enspace" | "qmspace" => " ",
            "line" | "lbr" | "page" | "column" => "\n",
            _ => "",
        };
        if !sign.is_empty() {
            return self.put(sign);
        }
        if self.now.destination != Destination::Body {
            return;
        }
        match word {
            "par" | "sect" => self.end_of_paragraph(),
            "cell" => self.end_of_cell(),
            "nestcell" | "nestrow" => self.close_paragraph(),
            "row" => self.story.end_of_row(),
            // Which kind of note it is, and with it the mark, is said in the note.
            "chftn" if self.stories.is_empty() && !self.now.hidden => {
                self.story.mark = Some(self.story.text.len());
            }
            "ftnnar" => self.note_numerals = Some(Numerals::Decimal),
            "ftnnrlc" => self.note_numerals = Some(Numerals::LowerRoman),
            "ftnnruc" => self.note_numerals = Some(Numerals::UpperRoman),
            "ftnnalc" => self.note_numerals = Some(Numerals::LowerLetter),
            "ftnnauc" => self.note_numerals = Some(Numerals::UpperLetter),
            "ftnnchi" => self.note_numerals = Some(Numerals::Chicago),
            "ftnncnum" | "ftnngbnuml" => {
                self.note_numerals = Some(Numerals::named("decimalEnclosedCircle"))
            }
            "ftnngbnum" => self.note_numerals = Some(Numerals::named("decimalEnclosedFullstop")),
            "ftnngbnumd" => self.note_numerals = Some(Numerals::named("decimalEnclosedParen")),
            word => self.story.word(word, number, &self.styles),
        }
    }

    fn style_word(&mut self, word: &str, number: Option<i32>) {
        match word {
            "s" => self.style = (number.unwrap_or(0), Paragraph::default(), String::new()),
            word => self.style.1.word(word, number),
        }
    }
}
