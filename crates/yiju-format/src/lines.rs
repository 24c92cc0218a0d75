//! From the characters of a paragraph, as formats store them, to blocks.

use crate::block::{Block, Table, Text, TextRole};
use crate::grid::{self, Piece, join};

/// What stands for a break inside a paragraph while it is collected.
pub(crate) const BREAK: char = '\n';

/// A line of characters as it is shown: tabs as spaces, without controls and signs that take no room.
fn clean(line: &str) -> String {
    let shown = line.chars().filter_map(|sign| match sign {
        '\t' => Some(' '),
        // A hyphen that does not break looks as any other.
        '\u{2011}' => Some('-'),
        '\u{ad}' | '\u{200b}' | '\u{feff}' | '\u{2060}' => None,
        sign if sign.is_control() => None,
        sign => Some(sign),
    });
    shown.collect::<String>().trim().to_owned()
}

/// The blocks of one paragraph; a label brings the space that follows it. A break starts a new line, which is a block of its own; only a heading stays one.
pub(crate) fn paragraph(role: TextRole, label: &str, text: &str, blocks: &mut Vec<Block>) {
    let mut lines = text.split(BREAK).map(clean).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let space = if first.is_empty() || !label.ends_with(char::is_whitespace) { "" } else { " " };
    let label = clean(label);
    let mut first = format!("{label}{space}{first}");
    if matches!(role, TextRole::Heading(_)) {
        for line in lines {
            first = connected(&first, &line);
        }
        push(role, first, blocks);
        return;
    }
    push(role, first, blocks);
    let rest = if role == TextRole::Note { role } else { TextRole::Paragraph };
    for line in lines {
        push(rest, line, blocks);
    }
}

fn push(role: TextRole, text: String, blocks: &mut Vec<Block>) {
    if !text.is_empty() {
        blocks.push(Block::Text(Text { role, text, places: Vec::new() }));
    }
}

/// Two lines as one: between Han characters there is no space.
fn connected(first: &str, second: &str) -> String {
    let wide = |sign: Option<char>| sign.is_some_and(|sign| sign >= '\u{2e80}');
    if wide(first.chars().next_back()) && wide(second.chars().next()) {
        return format!("{first}{second}");
    }
    join(first, second)
}

/// The text of a cell that holds these blocks, and the notes in it, which go behind the table.
pub(crate) fn cell(blocks: Vec<Block>, notes: &mut Vec<Block>) -> String {
    let mut all = String::new();
    for block in blocks {
        match block {
            Block::Text(text) if text.role == TextRole::Note => notes.push(Block::Text(text)),
            Block::Text(text) => all = join(&all, &text.text),
            // A table in a cell: its cells one after the other.
            Block::Table(table) => {
                for cell in table.rows.iter().flatten() {
                    all = join(&all, &cell.text);
                }
            }
        }
    }
    all
}

/// A cell with what is in it.
pub(crate) type Content = (Piece, Vec<Block>);

/// The table of rows. One of a single cell is a frame around its content, which then stands by itself: then there is
/// no table, and the blocks of the cell are given.
pub(crate) fn table(
    mut rows: Vec<Vec<Content>>,
    header_rows: usize,
    near: i32,
    notes: &mut Vec<Block>,
) -> Result<Table, Vec<Block>> {
    if let [row] = rows.as_mut_slice()
        && let [(_, blocks)] = row.as_mut_slice()
    {
        return Err(std::mem::take(blocks));
    }
    let mut row = |cells: Vec<Content>| -> Vec<Piece> {
        let cell = |(piece, blocks)| Piece { text: cell(blocks, notes), ..piece };
        cells.into_iter().map(cell).collect()
    };
    Ok(grid::table(rows.into_iter().map(&mut row).collect(), header_rows, near))
}

/// Adds the table of rows and the notes in it; one without text is left out.
pub(crate) fn add_table(
    rows: Vec<Vec<Content>>,
    header_rows: usize,
    near: i32,
    blocks: &mut Vec<Block>,
) {
    let mut notes = Vec::new();
    match table(rows, header_rows, near, &mut notes) {
        Err(content) => blocks.extend(content),
        Ok(table) if table.rows.iter().flatten().all(|cell| cell.text.is_empty()) => {}
        Ok(table) => blocks.push(Block::Table(table)),
    }
    blocks.append(&mut notes);
}

/// The mark of a note as it stands in the text: raised digits, so that `30` and note 1 are not 301.
pub(crate) fn mark(shown: &str) -> String {
    shown
        .chars()
        .map(|sign| match sign {
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            sign => sign,
        })
        .collect()
}

/// A sentence on things that are in a file and not read: `2 pictures: text in them is not read`.
pub(crate) fn unread(count: usize, one: &str, several: &str, why: &str) -> Option<String> {
    match count {
        0 => None,
        1 => Some(format!("1 {one}: {why}")),
        count => Some(format!("{count} {several}: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(role: TextRole, label: &str, text: &str) -> Vec<(TextRole, String)> {
        let mut blocks = Vec::new();
        paragraph(role, label, text, &mut blocks);
        let text = |block| match block {
            Block::Text(text) => (text.role, text.text),
            Block::Table(_) => unreachable!(),
        };
        blocks.into_iter().map(text).collect()
    }

    #[test]
    fn breaks_start_lines_except_in_headings() {
        let lines = made(TextRole::Item, "（一）", "\u{3000}甲\t乙\n\n丙");
        assert_eq!(
            lines,
            [(TextRole::Item, "（一）甲 乙".into()), (TextRole::Paragraph, "丙".into())]
        );
        let heading = made(TextRole::Heading(1), "第一章 ", "总\n则 a\nb");
        assert_eq!(heading, [(TextRole::Heading(1), "第一章 总则 a b".into())]);
        assert_eq!(made(TextRole::Paragraph, "", " \u{ad}\n\u{7}"), []);
    }

    #[test]
    fn cells_are_one_line_and_their_notes_go_out() {
        let mut blocks = Vec::new();
        paragraph(TextRole::Paragraph, "", "甲", &mut blocks);
        paragraph(TextRole::Note, "¹ ", "注", &mut blocks);
        paragraph(TextRole::Paragraph, "", "乙", &mut blocks);
        let mut notes = Vec::new();
        assert_eq!(cell(blocks, &mut notes), "甲 乙");
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn marks_are_raised() {
        assert_eq!(mark("10"), "¹⁰");
        assert_eq!(mark("①"), "①");
    }
}
