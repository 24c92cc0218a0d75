//! Lines with a number: sections, clauses, or items of the clause that is open.

use super::{Builder, Level};
use crate::clause_heading::clause_heading;
use crate::draft::{DraftClause, DraftSection, leads_in};
use crate::sequence::Line;
use crate::signs;
use crate::style::{Label, Style};
use yiju_text::chars::{ends_finally, longer_than};

impl Builder<'_> {
    /// Takes the line at `i`, which has a number.
    pub(super) fn labelled(&mut self, i: usize, label: &Label) {
        let line = &self.lines[i];
        let heading = line.is_heading();
        if label.style == Style::Article {
            return self.article(i, label);
        }
        if label.style.is_division() && (heading || label.separated && !ends_finally(line.text)) {
            return self.push_section(line, Level::Numbered(label.style), line.end());
        }
        if self.asks_over_text(i) {
            self.numbered_clause(line, label);
            return self.as_question(line);
        }
        match self.open_style() {
            Some(Style::Article) => {
                let section = label.style == Style::Ideographic
                    && heading
                    && self.stands_over(i, label)
                    && !self.lists(i, label);
                if !section {
                    if let Some(clause) = self.open_clause() {
                        clause.add_item(line, label);
                    }
                    return;
                }
            }
            Some(style) if style < label.style => {
                if self.takes_item(label) {
                    if let Some(clause) = self.open_clause() {
                        clause.add_item(line, label);
                    }
                    return;
                }
                self.open_to_section();
            }
            // An open 附件 list, or a lead-in to （1） or (a).
            None if self.open
                && (label.style >= Style::ParenthesizedArabic
                    || self.lists_attachments()
                    || self.answers_with_items()) =>
            {
                if let Some(clause) = self.open_clause() {
                    clause.add_item(line, label);
                }
                return;
            }
            _ => {}
        }
        // （二）位置如下： over 甲、 leads in to items, and so does （二）下列人员不得报名： over 1. …；
        let list = line.rest().ends_with(['：', ':'])
            && self.lines.get(i + 1).is_some_and(|next| {
                next.style() >= Some(Style::ParenthesizedArabic)
                    || next.style() > Some(label.style) && next.text.ends_with(['；', ';'])
            });
        if heading && !list && self.stands_over(i, label) {
            self.push_section(line, Level::Numbered(label.style), line.end());
        } else {
            self.numbered_clause(line, label);
        }
    }

    /// Whether the open article lists the number at `i`: the article leads in to a list, the number
    /// follows its last item, or the next article follows it.
    fn lists(&self, i: usize, label: &Label) -> bool {
        let Some(clause) = self.clauses.last() else {
            return false;
        };
        let listed = clause.items.last().is_some_and(|(last, _)| last + 1 == label.number);
        // 二、 goes on with section 一、, which the articles stand under.
        let sibling = self.stack.iter().any(|&(at, level)| {
            level == Level::Numbered(label.style)
                && self.sections[at].number.is_some_and(|n| n + 1 == label.number)
        });
        if clause.leads_in || listed || sibling {
            return clause.leads_in || listed;
        }
        let next = self.lines.get(self.next_article[i]);
        let next = next.and_then(|line| line.label.as_ref());
        clause.label.as_ref().zip(next).is_some_and(|(open, next)| {
            next.number == open.number + 1 || next.number == open.number && next.sub.is_some()
        })
    }

    fn lists_attachments(&self) -> bool {
        self.clauses.last().is_some_and(|c| c.attachment)
    }

    /// Whether a deeper number is an item of the open clause.
    fn takes_item(&self, label: &Label) -> bool {
        let Some(clause) = self.clauses.last() else {
            return false;
        };
        let whole = clause.heading.is_none()
            && clause.short_text.is_none()
            && !clause.paragraphs.is_empty();
        clause.item_style.is_some()
            || clause.leads_in
            || label.style >= Style::ParenthesizedArabic
            || whole
    }

    /// Whether something stands under the heading at `i`: text or deeper numbers.
    fn stands_over(&self, i: usize, label: &Label) -> bool {
        let Some(next) = self.lines.get(i + 1) else {
            return false;
        };
        if next.outside || next.signature || next.attachment || signs::is_sign_off(next.text) {
            return false;
        }
        match next.style() {
            Some(style) => style > label.style || style == Style::Article,
            None => true,
        }
    }

    fn article(&mut self, i: usize, label: &Label) {
        let line = &self.lines[i];
        self.numbered_clause(line, label);
        // 第一条 立法目的 over text of its own; 第一条 alone.
        let rest = line.rest();
        let over_text = self.lines.get(i + 1).is_some_and(|next| {
            !next.outside && next.style() != Some(Style::Article) && next.markdown.is_none()
        });
        if let Some(clause) = self.clauses.last_mut() {
            if rest.is_empty() {
                clause.paragraphs.clear();
            } else if line.is_heading()
                && over_text
                && !rest.ends_with(['：', ':'])
                && !longer_than(rest, 40)
            {
                clause.heading = Some(rest.trim_matches(['*', ' ', '【', '】']).to_string());
                clause.heading_end = line.end();
                clause.paragraphs.clear();
            }
        }
    }

    fn numbered_clause(&mut self, line: &Line, label: &Label) {
        let rest = line.rest();
        let from = line.end() - rest.len();
        let heading = clause_heading(rest, label.style);
        let short = !rest.is_empty() && !longer_than(rest, 24) && !leads_in(line);
        // 三、 closes 二、 even where it is no heading; an article stands in whatever is open.
        if label.style != Style::Article {
            self.enter(Level::Numbered(label.style));
        }
        let mut clause = DraftClause {
            label: Some(label.clone()),
            section: self.stack.last().map(|&(section, _)| section),
            range: line.start..line.end(),
            leads_in: leads_in(line),
            inferred: line.inferred,
            short_text: short.then(|| rest.trim_end_matches(['。', '.']).to_string()),
            ..DraftClause::default()
        };
        if !rest.is_empty() {
            clause.paragraphs.push(from..line.end());
        }
        if let Some((heading, length)) = heading {
            clause.heading = Some(heading);
            clause.heading_end = from + length;
        }
        self.clauses.push(clause);
        self.open = true;
    }

    /// The open clause has numbered clauses under it: its heading becomes a section, its further
    /// text an unnumbered clause of that section.
    fn open_to_section(&mut self) {
        let Some(clause) = self.clauses.pop() else {
            return;
        };
        let Some(label) = clause.label else { return };
        let title = clause.heading.clone().or(clause.short_text).unwrap_or_default();
        let end = if clause.heading.is_some() { clause.heading_end } else { clause.range.end };
        self.enter(Level::Numbered(label.style));
        let parent = self.stack.last().map(|&(section, _)| section);
        self.sections.push(DraftSection {
            kind: label.style.kind(),
            number: Some(label.number),
            label: label.text,
            title,
            parent,
            range: clause.range.start..end,
        });
        let section = self.sections.len() - 1;
        self.stack.push((section, Level::Numbered(label.style)));
        self.open = false;
        if end < clause.range.end {
            let mut paragraphs = clause.paragraphs;
            if let Some(first) = paragraphs.first_mut() {
                first.start = first.start.max(end);
            }
            paragraphs.retain(|p| p.start < p.end);
            self.clauses.push(DraftClause {
                section: Some(section),
                range: end..clause.range.end,
                paragraphs,
                items: clause.items,
                ..DraftClause::default()
            });
        }
    }
}
