//! Where documents are printed: their text against the text that was read from the file.
//!
//! A document's text is the file's without what is no text of it (page numbers, a page's own words), white space apart.
//! Both are followed character by character; where they part, the place is looked for where they go on alike.

use std::ops::Range;

use yiju_document::Document;
use yiju_format::{Printed, Reading};
use yiju_store::{Layout, PageSize, PrintedLine, Recognised};

/// Characters that must be alike for the texts to go on together: a page number is shorter.
const ALIKE: usize = 8;

/// How far ahead in the file the place is looked for, in characters: more than a page's head and foot.
const AHEAD: usize = 4_000;

/// Comparisons spent on a file in all; past it, the rest has no places.
const MOST_COMPARISONS: usize = 50_000_000;

/// A text without its white space: characters and where they begin.
type Letters = Vec<(usize, char)>;

/// How each document stands in the file that they were read from.
pub(crate) fn layouts(reading: &Reading, printed: &Printed, documents: &[Document]) -> Vec<Layout> {
    let pages: Vec<PageSize> = reading
        .pages
        .iter()
        .map(|page| PageSize { width: page.width, height: page.height })
        .collect();
    let letters = |text: &str| -> Letters {
        text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect()
    };
    let mut walk = Walk { file: letters(&printed.text), at: 0, left: MOST_COMPARISONS };
    documents
        .iter()
        .map(|document| {
            let pairs = match printed.places.is_empty() {
                true => Vec::new(),
                false => walk.follow(&letters(&document.text)),
            };
            let lines = lines(printed, &document.text, &pairs);
            Layout { format: reading.format.to_string(), pages: pages.clone(), lines }
        })
        .collect()
}

/// The way through a file's text.
struct Walk {
    file: Letters,
    at: usize,
    /// Comparisons that may still be made.
    left: usize,
}

impl Walk {
    /// The bytes of characters that are the same in the file and in a document's text, both ascending.
    fn follow(&mut self, document: &Letters) -> Vec<(usize, usize)> {
        let mut pairs = Vec::with_capacity(document.len());
        let mut together = false;
        let mut next = 0;
        while let (Some(&(byte, letter)), true) = (document.get(next), self.left > 0) {
            self.left -= 1;
            let here = self.file.get(self.at).filter(|(_, c)| *c == letter);
            match here.filter(|_| together || self.alike(self.at, document, next)) {
                Some(&(in_file, _)) => {
                    pairs.push((in_file, byte));
                    together = true;
                    self.at += 1;
                    next += 1;
                }
                None => {
                    together = false;
                    let end = (self.at + AHEAD).min(self.file.len());
                    match (self.at..end).find(|&at| self.alike(at, document, next)) {
                        Some(at) => self.at = at,
                        None => next += 1,
                    }
                    self.left = self.left.saturating_sub(AHEAD);
                }
            }
        }
        pairs
    }

    /// Whether the texts go on alike for some characters, or to the document's end.
    fn alike(&self, at: usize, document: &Letters, next: usize) -> bool {
        let rest = document.iter().skip(next).take(ALIKE);
        let file = self.file.iter().skip(at);
        let needed = rest.len();
        needed > 0 && rest.zip(file).take_while(|((_, a), (_, b))| a == b).count() == needed
    }
}

/// The places in the file, as bytes of the document's text.
fn lines(printed: &Printed, text: &str, pairs: &[(usize, usize)]) -> Vec<PrintedLine> {
    let mut lines = Vec::new();
    for place in &printed.places {
        let from = pairs.partition_point(|(file, _)| *file < place.range.start);
        let to = pairs.partition_point(|(file, _)| *file < place.range.end);
        let Some((&(_, start), &(_, last))) =
            pairs.get(from..to).and_then(|held| held.first().zip(held.last()))
        else {
            continue;
        };
        let letter = text.get(last..).and_then(|rest| rest.chars().next());
        let bytes: Range<usize> = start..last + letter.map_or(0, char::len_utf8);
        let area = [place.area.left, place.area.top, place.area.right, place.area.bottom];
        let recognised = place
            .recognised
            .map(|yiju_format::Recognised { confidence }| Recognised { confidence });
        lines.push(PrintedLine { bytes, page: place.page, area, recognised });
    }
    lines
}

#[cfg(test)]
mod tests {
    use yiju_format::{Area, Block, Format, Page, Place, Text, TextRole};

    use super::*;

    /// A file of lines, each a paragraph of its own at a height of its own.
    fn file(lines: &[(&str, u32)]) -> Reading {
        let block = |(index, (text, page)): (usize, &(&str, u32))| {
            let top = index as f32 * 20.0;
            let area = Area { left: 50.0, top, right: 300.0, bottom: top + 12.0 };
            let place = Place { range: 0..text.len(), page: *page, area, recognised: None };
            Block::Text(Text {
                role: TextRole::Paragraph,
                text: (*text).to_string(),
                places: vec![place],
            })
        };
        Reading {
            format: Format::Pdf,
            blocks: lines.iter().enumerate().map(block).collect(),
            pages: vec![Page { width: 595.0, height: 842.0 }; 2],
            ..Reading::default()
        }
    }

    #[test]
    fn what_a_document_leaves_out_moves_nothing() {
        let reading = file(&[
            ("某市住房租赁条例", 1),
            ("第一条　为了规范住房租赁活动，制定本条例。", 1),
            ("— 1 —", 1),
            ("第二条　押金不得超过一个月租金，租赁期满后", 2),
            ("— 2 —", 2),
            ("三日内退还。第三条　本条例自公布之日起施行。", 2),
        ]);
        let printed = reading.printed();
        let documents = yiju_document::parse(printed.text.as_bytes()).unwrap();
        let layout = &layouts(&reading, &printed, &documents)[0];
        let text = &documents[0].text;
        let shown: Vec<(&str, u32, f32)> = layout
            .lines
            .iter()
            .map(|line| (&text[line.bytes.clone()], line.page, line.area[1]))
            .collect();
        assert_eq!(
            shown,
            [
                ("某市住房租赁条例", 1, 0.0),
                ("第一条　为了规范住房租赁活动，制定本条例。", 1, 20.0),
                ("第二条　押金不得超过一个月租金，租赁期满后", 2, 60.0),
                ("三日内退还。\n第三条　本条例自公布之日起施行。", 2, 100.0),
            ]
        );
        let quote = text.find("租赁期满后").unwrap();
        let found = layout.lines_of(quote..quote + "租赁期满后三日内退还".len());
        assert_eq!(found.iter().map(|line| line.area[1]).collect::<Vec<_>>(), [60.0, 100.0]);
    }

    #[test]
    fn two_documents_of_a_file_have_their_own_lines() {
        let reading = file(&[
            ("某市供水条例", 1),
            ("第一条　供水企业应当公开水质。", 1),
            ("第二条　水价由市人民政府规定。", 1),
            ("某市排水条例", 2),
            ("第一条　排水户应当办理许可。", 2),
            ("第二条　雨水和污水分开排放。", 2),
        ]);
        let printed = reading.printed();
        let documents = yiju_document::parse(printed.text.as_bytes()).unwrap();
        assert_eq!(documents.len(), 2);
        let layouts = layouts(&reading, &printed, &documents);
        let pages = |layout: &Layout| layout.lines.iter().map(|line| line.page).collect::<Vec<_>>();
        assert_eq!(pages(&layouts[0]), [1, 1, 1]);
        assert_eq!(pages(&layouts[1]), [2, 2, 2]);
    }

    proptest::proptest! {
        #[test]
        fn any_texts_give_lines_that_the_store_takes(
            lines in proptest::collection::vec("[第一二条。 a1—-]{0,12}", 0..12),
            other in "[第一二条。 a1\\n]{0,60}",
        ) {
            let given: Vec<(&str, u32)> = lines.iter().map(|line| (line.as_str(), 1)).collect();
            let reading = file(&given);
            let printed = reading.printed();
            for text in [&printed.text, &other] {
                let Ok(documents) = yiju_document::parse(text.as_bytes()) else { continue };
                for (layout, document) in layouts(&reading, &printed, &documents).iter().zip(&documents) {
                    let mut at = 0;
                    for line in &layout.lines {
                        proptest::prop_assert!(at <= line.bytes.start && line.bytes.start < line.bytes.end);
                        proptest::prop_assert!(document.text.get(line.bytes.clone()).is_some());
                        at = line.bytes.end;
                    }
                }
            }
        }
    }
}
