//! Tables as text: records of cells with commas, semicolons or tabs between them (RFC 4180).
//!
//! Text has commas, too. What is taken as a table has the same number of cells in every record, a header of short and
//! different names, and no prose in it.

use crate::block::{Block, Reading, Table};
use crate::clock::Clock;
use crate::grid::{self, Join, Piece};
use crate::{FormatError, Limits, Reader};

/// The reader of tables as text.
pub(crate) struct Csv;

/// How many bytes are looked at to tell a table from text.
const LOOK: usize = 64 << 10;

/// The longest name in a header, in characters.
const LONGEST_NAME: usize = 40;

impl Reader for Csv {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let text = decode(bytes);
        let separator = separator(bytes).unwrap_or(',');
        let mut rows = Vec::new();
        let mut cells = 0_usize;
        for (index, record) in (Records { rest: &text, separator }).enumerate() {
            if index % 1024 == 0 {
                clock.check()?;
            }
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            cells += record.len();
            if cells > limits.cells {
                return Err(FormatError::TooLarge {
                    what: "cells",
                    size: cells,
                    limit: limits.cells,
                });
            }
            let piece = |(at, cell): (usize, String)| {
                let from = i32::try_from(at).unwrap_or(i32::MAX - 1);
                let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
                Piece { text, from, to: from + 1, join: Join::Own }
            };
            rows.push(record.into_iter().enumerate().map(piece).collect());
        }
        // What was taken for a table by its header has one.
        let table: Table = grid::table(rows, 1, 0);
        Ok(Reading { blocks: vec![Block::Table(table)], ..Reading::default() })
    }
}

/// The sign between the cells, if the bytes are a table.
pub(crate) fn separator(bytes: &[u8]) -> Option<char> {
    let head = bytes.get(..bytes.len().min(LOOK)).unwrap_or(bytes);
    if head.contains(&0) && !head.starts_with(&[0xff, 0xfe]) && !head.starts_with(&[0xfe, 0xff]) {
        return None;
    }
    let text = decode(head);
    // Of a file that goes on, the last record may be cut.
    let whole = if head.len() < bytes.len() {
        text.rsplit_once('\n').map_or("", |(whole, _)| whole)
    } else {
        &text
    };
    [',', '\t', ';'].into_iter().find(|&separator| is_table(whole, separator))
}

fn is_table(text: &str, separator: char) -> bool {
    let mut records = Records { rest: text, separator }
        .filter(|record| record.len() > 1 || record.iter().any(|cell| !cell.trim().is_empty()));
    let Some(header) = records.next() else { return false };
    let names: Vec<&str> = header.iter().map(|name| name.trim()).collect();
    let named = |name: &&str| {
        !name.is_empty()
            && name.chars().count() <= LONGEST_NAME
            && !is_prose(name)
            && !is_number(name)
    };
    let distinct = names.iter().collect::<std::collections::HashSet<_>>().len() == names.len();
    if names.len() < 2 || !names.iter().all(named) || !distinct {
        return false;
    }
    let mut count = 0;
    let mut spaced = 0;
    for record in records {
        if record.len() != names.len() {
            return false;
        }
        // In prose a space follows the comma.
        spaced += usize::from(record.iter().skip(1).any(|cell| cell.starts_with(' ')));
        count += 1;
    }
    count > 0 && spaced * 2 <= count && header.iter().skip(1).all(|name| !name.starts_with(' '))
}

/// Whether a cell ends as a sentence or clause does.
fn is_prose(cell: &str) -> bool {
    cell.ends_with(['。', '！', '？', '；', '：', '.', '!', '?', '，'])
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

/// The characters of a table: by its byte order mark, as UTF-8, or as the code page of Chinese Excel.
fn decode(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0;
    }
    // A cut at the end of the look may lie inside a character.
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    if valid { String::from_utf8_lossy(bytes) } else { encoding_rs::GB18030.decode(bytes).0 }
}

/// The records of a text.
struct Records<'a> {
    rest: &'a str,
    separator: char,
}

impl Iterator for Records<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let mut record = Vec::new();
        let mut cell = String::new();
        let mut quoted = false;
        let mut signs = self.rest.char_indices().peekable();
        let mut end = self.rest.len();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' if quoted => {
                    // Two quotes in quotes are one (RFC 4180 §2.7).
                    if signs.next_if(|(_, next)| *next == '"').is_some() {
                        cell.push('"');
                    } else {
                        quoted = false;
                    }
                }
                '"' if cell.is_empty() => quoted = true,
                '\n' if !quoted => {
                    end = at + 1;
                    break;
                }
                '\r' if !quoted && signs.peek().is_none_or(|(_, next)| *next == '\n') => {}
                '\r' if !quoted => {
                    end = at + 1;
                    break;
                }
                sign if sign == self.separator && !quoted => record.push(std::mem::take(&mut cell)),
                sign => cell.push(sign),
            }
        }
        record.push(cell);
        self.rest = self.rest.get(end..).unwrap_or_default();
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<Vec<String>> {
        let reading = Csv.read(text, &Limits::default()).unwrap();
        let Some(Block::Table(table)) = reading.blocks.into_iter().next() else { panic!() };
        table.rows.into_iter().map(|row| row.into_iter().map(|cell| cell.text).collect()).collect()
    }

    #[test]
    fn tables_are_told_from_text() {
        for table in [
            "事项,责任单位,时间\n放开落户,公安部,2024年底前\n\"免申,即享\",市场监管总局,2025年",
            "\u{feff}a;b\r\n1;2\r\n",
            "序号\t名称\n1\t甲\n",
        ] {
            assert!(separator(table.as_bytes()).is_some(), "{table}");
        }
        for text in [
            "",
            "第一条 为了规范,制定本条例。\n第二条 适用,本条例。",
            "Dear all, hello\nBest regards, me\n",
            "One, two\nthree, four, five\n",
            "甲,乙\n",
            "一、总体要求\n二、工作任务\n",
            "1,2\n3,4\n",
        ] {
            assert_eq!(separator(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn cells_in_quotes_hold_separators_breaks_and_quotes() {
        let text = b"a,b\n\"1,\n2\",\"say \"\"x\"\"\"\r\n,3\n\n";
        assert_eq!(rows(text), [["a", "b"], ["1, 2", "say \"x\""], ["", "3"]]);
    }

    #[test]
    fn the_code_page_of_chinese_excel_is_read() {
        let text = encoding_rs::GBK.encode("事项,时间\n落户,2024年\n").0;
        assert_eq!(separator(&text), Some(','));
        assert_eq!(rows(&text), [["事项", "时间"], ["落户", "2024年"]]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in ".{0,200}") {
            separator(text.as_bytes());
            let _ = Csv.read(text.as_bytes(), &Limits::default());
        }
    }
}
