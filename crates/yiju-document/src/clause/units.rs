//! Lines that make one clause though no number says so: a question with its answer, a lead-in with a series.

use super::Builder;
use crate::asking::{heading_asks, line_asks};
use crate::sequence::Line;
use crate::signs;

impl Builder<'_> {
    /// Whether the open clause is a question whose answer leads in to items.
    pub(super) fn answers_with_items(&self) -> bool {
        self.clauses.last().is_some_and(|c| c.question && (c.leads_in || c.item_style.is_some()))
    }

    /// Whether the line at `i` asks, and text without a number answers it: they are one clause, with the question as
    /// its heading.
    pub(super) fn asks_over_text(&self, i: usize) -> bool {
        let line = &self.lines[i];
        let asks = line_asks(line.text)
            || heading_asks(line.rest())
                && (line.markdown.is_some()
                    || line.label.is_some() && line.is_heading()
                    || line.label.is_none() && signs::is_subheading(line.text));
        asks && self.lines.get(i + 1).is_some_and(|next| {
            !next.outside
                && !next.signature
                && !next.attachment
                && next.label.is_none()
                && next.markdown.is_none()
                && !signs::is_sign_off(next.text)
                && !line_asks(next.text)
        })
    }

    /// A question without a number.
    pub(super) fn question(&mut self, i: usize) {
        let line = &self.lines[i];
        self.plain_clause(line, self.stack.last().map(|&(section, _)| section));
        self.as_question(line);
    }

    /// Makes the line that the last clause begins with its heading.
    pub(super) fn as_question(&mut self, line: &Line) {
        if let Some(clause) = self.clauses.last_mut() {
            clause.question = true;
            clause.heading = Some(line.rest().trim_matches(['*', ' ']).to_string());
            clause.heading_end = line.end();
            clause.paragraphs.clear();
        }
        self.open = true;
    }

    /// Whether the line at `i` is of a series that the open clause leads in to: each but the last ends with a semicolon.
    pub(super) fn in_series(&self, i: usize) -> bool {
        let series = |line: &Line| line.text.ends_with(['；', ';']);
        let before = &self.lines[i.saturating_sub(1)];
        let led = self.open && before.text.ends_with(['：', ':']) && series(&self.lines[i]);
        led || self.open
            && i > 0
            && series(before)
            && before.label.is_none()
            && self.clauses.last().is_some_and(|c| c.series)
    }
}
