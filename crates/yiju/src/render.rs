//! Results as text for people.

use std::io::{self, Write};

use yiju_engine::{
    Answer, Citation, ClauseRef, DocumentRef, DocumentSummary, Nearest, SearchHit, SearchResponse,
    Span, VersionView,
};

use crate::terminal::{Paint, Style};
use crate::text::{clean, cut, in_force, pad, recognised, width, wrap};

/// Indent of the lines under a heading line.
const INDENT: &str = "    ";

/// How results are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Columns to wrap at; `None` for no wrapping.
    pub(crate) columns: Option<usize>,
    /// Whether to use colour.
    pub(crate) paint: Paint,
}

impl View {
    /// The answer and the clauses it rests on, or the refusal and the nearest clauses.
    pub(crate) fn answer(self, answer: &Answer, out: &mut impl Write) -> io::Result<()> {
        if let Some(refusal) = &answer.refusal {
            writeln!(out, "{}", wrap(&clean(&refusal.message), self.columns, ""))?;
            for nearest in &answer.nearest {
                writeln!(out)?;
                self.nearest(nearest, out)?;
            }
            return Ok(());
        }
        writeln!(out, "{}", wrap(&clean(&answer.answer), self.columns, ""))?;
        self.cited(answer, out)
    }

    /// The clauses that an answer rests on.
    pub(crate) fn cited(self, answer: &Answer, out: &mut impl Write) -> io::Result<()> {
        for group in by_clause(&answer.citations) {
            writeln!(out)?;
            self.citations(&group, out)?;
        }
        Ok(())
    }

    /// How a follow-up question was understood.
    pub(crate) fn understood(self, question: &str, out: &mut impl Write) -> io::Result<()> {
        let line = format!("= {}", clean(question));
        writeln!(out, "{}", self.paint.paint(Style::Faint, &wrap(&line, self.columns, "  ")))
    }

    /// The citations of one clause: its place, then its paragraph with the quotes marked.
    fn citations(self, group: &[&Citation], out: &mut impl Write) -> io::Result<()> {
        let Some(first) = group.first() else {
            return Ok(());
        };
        let markers: String = group.iter().map(|one| format!("[{}]", one.marker)).collect();
        let best = group.iter().map(|one| one.score).fold(0.0, f32::max);
        self.head(&markers, &first.document, &format!("{best:.2}"), out)?;
        let sure = group.iter().filter_map(|one| one.recognition_confidence);
        let recognised =
            group.iter().any(|one| one.recognised).then(|| recognised(sure.min_by(f32::total_cmp)));
        self.place(first, first.page, recognised, out)?;
        let named = group.len() > 1;
        let quotes = group
            .iter()
            .map(|one| (one.span, if named { format!("[{}]", one.marker) } else { String::new() }));
        self.paragraph(&first.paragraph, first.paragraph_span, quotes.collect(), out)?;
        for (citation, place) in
            group.iter().flat_map(|one| one.also_in.iter().map(move |place| (one, place)))
        {
            let marker = if named { format!("[{}] ", citation.marker) } else { String::new() };
            let date = place.document.date.map(|date| format!("（{date}）")).unwrap_or_default();
            let title = format!("{}{date}", place.document.title);
            let path = place.path.join(" > ");
            let line = format!("{marker}also in {}  {}", clean(&title), clean(&path));
            writeln!(out, "{}", wrap(line.trim_end(), self.columns, INDENT))?;
        }
        Ok(())
    }

    fn nearest(self, nearest: &Nearest, out: &mut impl Write) -> io::Result<()> {
        self.head("-", &nearest.document, &format!("{:.2}", nearest.score), out)?;
        self.place(nearest, None, None, out)?;
        let columns = self.columns.unwrap_or(80).saturating_sub(INDENT.len());
        writeln!(out, "{INDENT}{}", cut(&clean(&nearest.paragraph), columns))
    }

    /// Ranked clauses with their best sentence marked.
    pub(crate) fn search(self, response: &SearchResponse, out: &mut impl Write) -> io::Result<()> {
        for (index, hit) in response.hits.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            self.hit(hit, out)?;
        }
        Ok(())
    }

    fn hit(self, hit: &SearchHit, out: &mut impl Write) -> io::Result<()> {
        self.head(&format!("{}.", hit.rank), &hit.document, &format!("{:.2}", hit.score), out)?;
        let recognised = hit.recognised.then(|| recognised(hit.recognition_confidence));
        self.place(hit, hit.page, recognised, out)?;
        let best = hit.highlights.first().map(|span| (*span, String::new()));
        self.paragraph(&hit.paragraph, hit.paragraph_span, best.into_iter().collect(), out)
    }

    fn head(
        self,
        marker: &str,
        document: &DocumentRef,
        score: &str,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let paint = self.paint;
        let date = document.date.map(|date| format!("（{date}）")).unwrap_or_default();
        let title = clean(&format!("{}{date}", document.title));
        let line = format!(
            "{} {}  {}",
            paint.paint(Style::Marker, marker),
            paint.paint(Style::Title, &title),
            paint.paint(Style::Faint, &format!("score {score}")),
        );
        writeln!(out, "{}", wrap(&line, self.columns, ""))
    }

    /// The headings that a clause is under, `[inferred]` as in `yiju outline`, the page, whether it was recognised, and
    /// when its document is in force.
    fn place(
        self,
        clause: &ClauseRef,
        page: Option<u32>,
        recognised: Option<String>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let faint = |text: &str| self.paint.paint(Style::Faint, text);
        let path = Some(clean(&clause.path.join(" > "))).filter(|path| !path.is_empty());
        let inferred = clause.inferred.then(|| faint("[inferred]"));
        let page = page.map(|page| faint(&format!("page {page}")));
        let recognised = recognised.map(|recognised| faint(&recognised));
        let force = clause.in_force.as_ref().map(|force| faint(&in_force(force)));
        let parts: Vec<String> =
            [path, inferred, page, recognised, force].into_iter().flatten().collect();
        if parts.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", wrap(&parts.join("  "), self.columns, INDENT))
    }

    fn paragraph(
        self,
        paragraph: &str,
        place: Span,
        quotes: Vec<(Span, String)>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let marked = mark(paragraph, place, quotes, self.paint);
        writeln!(out, "{}", wrap(&marked, self.columns, INDENT))
    }

    /// The versions of each law, the earliest first, with when each is in force.
    pub(crate) fn families(
        self,
        families: &[Vec<VersionView>],
        out: &mut impl Write,
    ) -> io::Result<()> {
        for (index, family) in families.iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            let mut titles: Vec<&str> = Vec::new();
            for version in family {
                if !titles.contains(&version.document.title.as_str()) {
                    titles.push(&version.document.title);
                }
            }
            writeln!(out, "{}", self.paint.paint(Style::Title, &clean(&titles.join(" / "))))?;
            for version in family {
                let force = version.in_force.as_ref().map(in_force).unwrap_or_default();
                let source = clean(&version.document.source);
                writeln!(out, "  {}  {force}  {source}", version.document.id)?;
            }
        }
        Ok(())
    }

    /// A table of documents.
    pub(crate) fn documents(
        self,
        documents: &[DocumentSummary],
        out: &mut impl Write,
    ) -> io::Result<()> {
        let rows: Vec<[String; 5]> = documents
            .iter()
            .map(|document| {
                [
                    document.id.clone(),
                    document.date.map(|date| date.to_string()).unwrap_or_default(),
                    document.clauses.to_string(),
                    clean(&document.title),
                    clean(&document.source),
                ]
            })
            .collect();
        let head = ["id", "date", "clauses", "title", "source"].map(str::to_owned);
        let mut widths = [0; 5];
        for row in rows.iter().chain([&head]) {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(cell));
            }
        }
        if let Some(columns) = self.columns {
            // Titles and sources share the remaining width, titles first.
            let left = columns.saturating_sub(widths[0] + widths[1] + widths[2] + 2 * 4).max(24);
            widths[4] = widths[4].min((left / 3).max(left.saturating_sub(widths[3])));
            widths[3] = widths[3].min(left.saturating_sub(widths[4]));
        }
        for (index, row) in [head].iter().chain(&rows).enumerate() {
            let cells: Vec<String> =
                row.iter().zip(widths).map(|(cell, width)| pad(&cut(cell, width), width)).collect();
            let line = cells.join("  ");
            let line = line.trim_end();
            if index == 0 {
                writeln!(out, "{}", self.paint.paint(Style::Faint, line))?;
            } else {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Citations of the same clause together, in the order of their first markers.
fn by_clause(citations: &[Citation]) -> Vec<Vec<&Citation>> {
    let mut groups: Vec<Vec<&Citation>> = Vec::new();
    for citation in citations {
        let same = groups
            .iter_mut()
            .find(|group| group.first().is_some_and(|first| first.clause_id == citation.clause_id));
        match same {
            Some(group) => group.push(citation),
            None => groups.push(vec![citation]),
        }
    }
    groups
}

/// `paragraph`, whose span is `place`, with each quote in brackets followed by its marker. The kind of
/// bracket is one that does not occur in the paragraph.
fn mark(paragraph: &str, place: Span, mut quotes: Vec<(Span, String)>, paint: Paint) -> String {
    let (open, close) = [('【', '】'), ('«', '»'), ('⟦', '⟧')]
        .into_iter()
        .find(|(open, close)| !paragraph.contains([*open, *close]))
        .unwrap_or(('【', '】'));
    quotes.sort_by_key(|(span, _)| span.byte_start);
    let mut marked = String::new();
    let mut at = 0;
    for (span, name) in quotes {
        let start = span.byte_start.checked_sub(place.byte_start);
        let end = span.byte_end.checked_sub(place.byte_start);
        let (Some(start), Some(end)) = (start, end) else {
            continue;
        };
        // A quote that lies outside the paragraph or overlaps another is not marked.
        let (Some(before), Some(quote)) = (paragraph.get(at..start), paragraph.get(start..end))
        else {
            continue;
        };
        marked.push_str(&clean(before));
        // Colour restarts on each line, so that indents are not coloured.
        let quote =
            clean(quote).replace('\n', &format!("{}\n{}", paint.end(), paint.start(Style::Quote)));
        marked.push_str(&paint.paint(Style::Quote, &format!("{open}{quote}{close}")));
        marked.push_str(&paint.paint(Style::Marker, &name));
        at = end;
    }
    marked.push_str(&clean(paragraph.get(at..).unwrap_or("")));
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, part: &str, base: usize) -> Span {
        let start = text.find(part).unwrap();
        Span {
            char_start: 0,
            char_end: 0,
            byte_start: base + start,
            byte_end: base + start + part.len(),
        }
    }

    #[test]
    fn quotes_are_marked_in_their_paragraph() {
        let paragraph = "(二) 增强能力。控制规模。支持创新。";
        let place = span(paragraph, paragraph, 900);
        let quotes = vec![
            (span(paragraph, "支持创新。", 900), "[2]".to_owned()),
            (span(paragraph, "控制规模。", 900), "[1]".to_owned()),
        ];
        assert_eq!(
            mark(paragraph, place, quotes, Paint::plain()),
            "(二) 增强能力。【控制规模。】[1]【支持创新。】[2]"
        );
    }

    #[test]
    fn brackets_of_the_text_are_not_mistaken_for_marks() {
        let paragraph = "【甲】乙。丙。";
        let place = span(paragraph, paragraph, 0);
        let quotes = vec![(span(paragraph, "丙。", 0), String::new())];
        assert_eq!(mark(paragraph, place, quotes, Paint::plain()), "【甲】乙。«丙。»");
    }

    #[test]
    fn a_span_that_does_not_fit_leaves_the_text_whole() {
        let paragraph = "甲乙。";
        let place = span(paragraph, paragraph, 10);
        let off = Span { char_start: 0, char_end: 0, byte_start: 2, byte_end: 400 };
        let inside = Span { char_start: 0, char_end: 0, byte_start: 11, byte_end: 13 };
        for bad in [off, inside] {
            assert_eq!(
                mark(paragraph, place, vec![(bad, String::new())], Paint::plain()),
                paragraph
            );
        }
    }
}
