//! Builds the tree: headings become sections, everything else clauses.
//!
//! In a law 第X条 is the clause; its 款 and 项 stand in it. Elsewhere a numbered line without text
//! of its own is a section and a numbered paragraph a clause. A numbered paragraph with a heading
//! under which further numbered paragraphs stand becomes a section, and its remaining text an
//! unnumbered clause; where it leads in with a colon, they are its items.

mod numbered;
mod units;

use crate::draft::{DraftClause, DraftSection, finish, leads_in};
use crate::front::Front;
use crate::parts::parts;
use crate::role::is_contact;
use crate::sequence::{Line, keep_sequences, label_bare_articles};
use crate::signs;
use crate::style::Style;
use crate::{Clause, Section, UnitKind};
use yiju_text::chars::{ends_finally, longer_than, squeeze};

/// The sections and clauses of a text whose lines are its paragraphs.
/// `inferred` says of each line whether it begins where the source has no line break.
pub(crate) fn tree(text: &str, front: &Front, inferred: &[bool]) -> (Vec<Section>, Vec<Clause>) {
    let mut start = 0;
    let mut lines: Vec<Line> = Vec::new();
    for (i, paragraph) in text.split('\n').enumerate() {
        let flag = |flags: &[bool]| flags.get(i).copied().unwrap_or(false);
        let outside = flag(&front.outside) || paragraph.is_empty();
        let mut line = Line::new(paragraph, start, outside, flag(&front.signature));
        line.inferred = flag(inferred);
        lines.push(line);
        start += paragraph.len() + 1;
    }
    if front.fielded {
        label_bare_articles(&mut lines);
    }
    keep_sequences(&mut lines);
    let mut builder = Builder::new(&lines);
    for i in 0..lines.len() {
        builder.line(i);
    }
    let clauses = builder.clauses.into_iter();
    let clauses = clauses.flat_map(|clause| parts(text, clause)).collect();
    finish(text, builder.sections, clauses)
}

/// How a section on the stack was announced, which says what it closes.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    Markdown(u8),
    Attachment,
    Numbered(Style),
    Plain,
}

struct Builder<'a> {
    lines: &'a [Line<'a>],
    /// For each line, the next line at or after it that has a label.
    next_label: Vec<usize>,
    /// For each line, the next article at or after it, before a division or an attachment.
    next_article: Vec<usize>,
    /// The last line that is body and not an 附件 line.
    last_body: usize,
    sections: Vec<DraftSection>,
    clauses: Vec<DraftClause>,
    stack: Vec<(usize, Level)>,
    /// Whether the last clause may take further paragraphs and items.
    open: bool,
}

impl<'a> Builder<'a> {
    fn new(lines: &'a [Line<'a>]) -> Self {
        let mut next_label = vec![lines.len(); lines.len() + 1];
        for i in (0..lines.len()).rev() {
            next_label[i] = if lines[i].label.is_some() { i } else { next_label[i + 1] };
        }
        let mut next_article = vec![lines.len(); lines.len() + 1];
        for (i, line) in lines.iter().enumerate().rev() {
            next_article[i] = match line.style() {
                Some(Style::Article) => i,
                style if line.attachment || style.is_some_and(Style::is_division) => lines.len(),
                _ => next_article[i + 1],
            };
        }
        Builder {
            lines,
            next_label,
            next_article,
            last_body: lines.iter().rposition(|l| !l.outside && !l.attachment).unwrap_or(0),
            sections: Vec::new(),
            clauses: Vec::new(),
            stack: Vec::new(),
            open: false,
        }
    }

    fn line(&mut self, i: usize) {
        let line = &self.lines[i];
        if line.outside {
            self.open = false;
        } else if line.signature {
            self.signature(i);
        } else if signs::is_sign_off(line.text) {
            self.plain_clause(line, None);
            self.open = false;
        } else if line.attachment {
            self.attachment(i);
        } else if let Some(marks) =
            line.markdown.filter(|_| line.style().is_none_or(|style| style > Style::Article))
        {
            if line.label.is_none() && self.asks_over_text(i) {
                self.enter(Level::Markdown(marks));
                self.question(i);
            } else {
                self.push_section(line, Level::Markdown(marks), line.end());
            }
        } else if let Some(label) = &line.label {
            self.labelled(i, label);
        } else {
            self.unlabelled(i);
        }
    }

    fn open_clause(&mut self) -> Option<&mut DraftClause> {
        if self.open { self.clauses.last_mut() } else { None }
    }

    fn open_style(&self) -> Option<Style> {
        if self.open { self.clauses.last().and_then(DraftClause::style) } else { None }
    }

    fn signature(&mut self, i: usize) {
        let line = &self.lines[i];
        let goes_on = i > 0 && self.lines[i - 1].signature;
        match self.clauses.last_mut().filter(|c| goes_on && c.signature) {
            Some(clause) => clause.add_paragraph(line),
            None => {
                self.stack.clear();
                self.plain_clause(line, None);
                if let Some(clause) = self.clauses.last_mut() {
                    clause.signature = true;
                }
            }
        }
        self.open = false;
    }

    /// `附件：1. …` before the signature lists what is attached; another 附件 line is its heading.
    fn attachment(&mut self, i: usize) {
        let line = &self.lines[i];
        let signed =
            self.lines[i + 1..].iter().take(12).take_while(|l| !l.attachment).any(|l| l.signature);
        let last = i >= self.last_body;
        let listed = signs::attachment_rest(line.text).is_some_and(|rest| {
            crate::label::parse_label(rest).is_some()
                || longer_than(rest, 60)
                || ends_finally(rest) && !rest.is_empty()
        });
        self.stack.clear();
        if signed || last || listed {
            self.plain_clause(line, None);
            if let Some(clause) = self.clauses.last_mut() {
                clause.attachment = true;
            }
            self.open = true;
        } else {
            self.push_section(line, Level::Attachment, line.end());
        }
    }

    fn unlabelled(&mut self, i: usize) {
        let line = &self.lines[i];
        let next = self.lines.get(i + 1).filter(|l| !l.outside && !l.signature);
        let in_article = self.open_style() == Some(Style::Article);
        if !in_article && self.asks_over_text(i) {
            return self.question(i);
        }
        // 第一条 alone on its line: the next line is its text.
        let bare = in_article
            && self.clauses.last().is_some_and(|c| c.paragraphs.is_empty() && c.heading.is_none());
        let over = next.is_some_and(|next| match next.style() {
            Some(style) => !in_article || style == Style::Article || style.is_division(),
            None => {
                !in_article
                    && !next.attachment
                    && !signs::is_sign_off(next.text)
                    && (ends_finally(next.text)
                        || longer_than(next.text, 40)
                        || (next.text.ends_with('：') && longer_than(next.text, 12)))
            }
        });
        // 销项税额＝销售额×税率 under a lead-in is text.
        let text = in_article
            && (line.text.contains(['＝', '=', '×', '%', '％', '+', '＋'])
                || longer_than(line.text, 24));
        let led_in = self.open && self.clauses.last().is_some_and(|c| c.leads_in);
        if over && !text && !bare && !led_in && signs::is_subheading(line.text) {
            // The supplementary provisions of a law stand beside its outermost parts.
            if matches!(squeeze(line.text).as_str(), "附则" | "附則") {
                self.stack.clear();
            }
            return self.push_section(line, Level::Plain, line.end());
        }
        if in_article || self.belongs_to_open(i) || self.in_series(i) {
            let series = self.in_series(i);
            if let Some(clause) = self.open_clause() {
                clause.add_paragraph(line);
                clause.series = series;
            }
            return;
        }
        let section = self.stack.last().map(|&(section, _)| section);
        let listed = signs::is_short_entry(line.text);
        // The row before stands right above, in the clause: a heading between may look like a row.
        let above = i
            .checked_sub(1)
            .map(|before| &self.lines[before])
            .filter(|line| listed && signs::is_short_entry(line.text))
            .map(Line::end);
        let led_in = listed && self.open;
        match self
            .clauses
            .last_mut()
            .filter(|c| (c.listed && above == Some(c.range.end)) || (led_in && c.leads_in))
        {
            // The rows of a table and the entries of a list are one clause, with their lead-in.
            Some(clause) => {
                clause.add_paragraph(line);
                clause.listed = true;
                self.open = false;
            }
            None => {
                self.plain_clause(line, section);
                let caption = signs::is_caption(line.text)
                    && next.is_some_and(|n| signs::is_table_row(n.text));
                if let Some(clause) = self.clauses.last_mut().filter(|_| caption) {
                    // The rows belong to it.
                    clause.leads_in = true;
                }
                self.open = leads_in(line) || caption;
                if let Some(clause) = self.clauses.last_mut() {
                    clause.listed = listed;
                }
            }
        }
    }

    /// Whether an unnumbered paragraph goes on with the open clause: the next number in the text
    /// is that clause's successor or stands under it. After the last of its kind it is a clause
    /// of its section.
    fn belongs_to_open(&self, i: usize) -> bool {
        let Some(clause) = self.clauses.last().filter(|_| self.open) else {
            return false;
        };
        // An answer goes on to the next question, number or heading.
        if clause.question {
            return !is_contact(self.lines[i].text);
        }
        let Some(label) = &clause.label else {
            return false;
        };
        // A heading alone on its line is nothing without what follows; the last member of a series is no heading.
        let semicolon = |line: &Line| line.text.ends_with(['；', ';']);
        let of_series = i.checked_sub(1).is_some_and(|own| semicolon(&self.lines[own]))
            || i.checked_sub(2).is_some_and(|before| semicolon(&self.lines[before]));
        if clause.heading.is_none()
            && clause.short_text.is_some()
            && !of_series
            && !signs::is_short_entry(self.lines[i].text)
        {
            return true;
        }
        let Some(next) = self.lines.get(self.next_label[i]).and_then(|l| l.label.as_ref()) else {
            return false;
        };
        let successor = next.style == label.style && next.number == label.number.saturating_add(1);
        successor || (next.style > label.style && next.number == 1)
    }

    fn plain_clause(&mut self, line: &Line, section: Option<usize>) {
        self.clauses.push(DraftClause {
            section,
            range: line.start..line.end(),
            paragraphs: std::iter::once(line.start..line.end()).collect(),
            ..DraftClause::default()
        });
    }

    /// Leaves the sections that a heading of this level closes.
    fn enter(&mut self, level: Level) {
        // Numbers start anew under an attachment or a Markdown heading.
        let base = self
            .stack
            .iter()
            .rposition(|(_, l)| matches!(l, Level::Markdown(_) | Level::Attachment))
            .map_or(0, |at| at + 1);
        let cut = match level {
            Level::Attachment => Some(0),
            Level::Markdown(marks) => self
                .stack
                .iter()
                .position(|(_, l)| matches!(l, Level::Markdown(m) if *m >= marks))
                .or(Some(base)),
            Level::Numbered(style) => self.stack[base..]
                .iter()
                .position(|(_, l)| matches!(l, Level::Numbered(s) if *s >= style))
                .map(|at| at + base),
            Level::Plain => {
                self.stack[base..].iter().position(|(_, l)| *l == Level::Plain).map(|at| at + base)
            }
        };
        if let Some(cut) = cut {
            self.stack.truncate(cut);
        }
    }

    fn push_section(&mut self, line: &Line, level: Level, end: usize) {
        self.enter(level);
        let parent = self.stack.last().map(|&(section, _)| section);
        let title = line.rest().trim_matches(['*', ' ']).trim_end_matches(['：', ':']);
        let label = line.label.as_ref();
        self.sections.push(DraftSection {
            kind: label.map_or(UnitKind::Unnumbered, |l| l.style.kind()),
            number: label.map(|l| l.number),
            label: label.map(|l| l.text.clone()).unwrap_or_default(),
            title: title.split_whitespace().collect::<Vec<_>>().join(" "),
            parent,
            range: line.start..end,
        });
        self.stack.push((self.sections.len() - 1, level));
        self.open = false;
    }
}
