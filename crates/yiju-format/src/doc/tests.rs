use super::*;
use crate::block::{Block, TextRole};
use crate::cfb::made::compound;

/// A document under construction: characters, and runs over them.
#[derive(Default)]
struct Made {
    text: Vec<u16>,
    /// End of each run of characters or paragraphs in characters, and its properties.
    characters: Vec<(usize, Vec<u8>)>,
    paragraphs: Vec<(usize, Vec<u8>)>,
    counts: [usize; 7],
    parts: Vec<(Part, Vec<u8>)>,
    /// A piece of bytes behind the text.
    narrow: Vec<u8>,
    language: u16,
}

impl Made {
    fn run(&mut self, text: &str, properties: &[u8]) -> &mut Self {
        self.text.extend(text.encode_utf16());
        self.characters.push((self.text.len(), properties.to_vec()));
        self
    }

    /// Ends a paragraph of style 0.
    fn end(&mut self, sign: char, properties: &[u8]) -> &mut Self {
        self.run(&sign.to_string(), &[]);
        self.paragraphs.push((self.text.len(), properties.to_vec()));
        self
    }

    /// Ends a paragraph, deleted.
    fn end_deleted(&mut self) {
        self.run("\r", &[0x00, 0x08, 1]);
        self.paragraphs.push((self.text.len(), Vec::new()));
    }

    /// A page of runs: places, and for each where its content is.
    fn page(&self, runs: &[(usize, Vec<u8>)], paragraphs: bool) -> Vec<u8> {
        let mut page = vec![0_u8; 512];
        let place = |end: usize| (2048 + end * 2) as u32;
        let mut at = 510;
        page[..4].copy_from_slice(&place(0).to_le_bytes());
        for (index, (end, properties)) in runs.iter().enumerate() {
            page[4 + index * 4..8 + index * 4].copy_from_slice(&place(*end).to_le_bytes());
            let content = if paragraphs {
                let odd = properties.len() % 2 == 1;
                let size = (2 + properties.len() + usize::from(!odd)).div_ceil(2);
                [&[size as u8, 0, 0][..], properties].concat()
            } else {
                [&[properties.len() as u8][..], properties].concat()
            };
            at = (at - content.len()) / 2 * 2;
            page[at..at + content.len()].copy_from_slice(&content);
            let width = if paragraphs { 13 } else { 1 };
            page[(runs.len() + 1) * 4 + index * width] = (at / 2) as u8;
        }
        page[511] = runs.len() as u8;
        page
    }

    fn file(&self) -> Vec<u8> {
        let mut main = vec![0_u8; 2048];
        main.extend(self.text.iter().flat_map(|unit| unit.to_le_bytes()));
        let narrow_at = main.len();
        main.extend(&self.narrow);
        main.resize(main.len().div_ceil(512) * 512, 0);
        let pages = main.len() / 512;
        main.extend(self.page(&self.characters, false));
        main.extend(self.page(&self.paragraphs, true));
        let long = |number: usize| (number as u32).to_le_bytes();
        let runs = |page: usize| [long(2048), long(narrow_at), long(page)].concat();
        let pieces = if self.narrow.is_empty() {
            let pieces = [
                &[2][..],
                &long(16),
                &long(0),
                &long(self.text.len()),
                &[0, 0],
                &long(2048),
                &[0, 0],
            ];
            pieces.concat()
        } else {
            let end = self.text.len() + self.narrow.len();
            [
                &[2][..],
                &long(28),
                &long(0),
                &long(self.text.len()),
                &long(end),
                &[0, 0],
                &long(2048),
                &[0, 0, 0, 0],
                &long((narrow_at * 2) | 0x4000_0000),
                &[0, 0],
            ]
            .concat()
        };
        let mut parts = vec![
            (Part::Pieces, pieces),
            (Part::CharacterRuns, runs(pages)),
            (Part::ParagraphRuns, runs(pages + 1)),
        ];
        parts.extend(self.parts.iter().cloned());
        let mut table = Vec::new();
        for (part, bytes) in parts {
            let at = PAIRS + part as usize * 8;
            main[at..at + 4].copy_from_slice(&long(table.len()));
            // What follows the list definitions does not count to their size.
            let size = if matches!(part, Part::Lists) { 30 } else { bytes.len() };
            main[at + 4..at + 8].copy_from_slice(&long(size));
            table.extend(bytes);
        }
        main[0..2].copy_from_slice(&0xa5ec_u16.to_le_bytes());
        main[2..4].copy_from_slice(&0xc1_u16.to_le_bytes());
        main[6..8].copy_from_slice(&self.language.to_le_bytes());
        main[10..12].copy_from_slice(&0x0200_u16.to_le_bytes());
        for (index, count) in self.counts.iter().enumerate() {
            main[76 + index * 4..80 + index * 4].copy_from_slice(&long(*count));
        }
        if self.counts[0] == 0 {
            main[76..80].copy_from_slice(&long(self.text.len() + self.narrow.len()));
        }
        compound(&[("WordDocument", &main), ("1Table", &table)])
    }

    fn read(&self) -> Reading {
        Doc.read(&self.file(), &Limits::default()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.read().printed().text.lines().map(str::to_owned).collect()
    }
}

/// One definition of one level, 第%1条, and the list that names it.
fn lists() -> Vec<(Part, Vec<u8>)> {
    let mut list = vec![0_u8; 30];
    list[0] = 1;
    list[2] = 9;
    list[28] = 1;
    for style in 0..9 {
        list[10 + style * 2..12 + style * 2].copy_from_slice(&0x0fff_u16.to_le_bytes());
    }
    let mut level = vec![0_u8; 28];
    level[0] = 1;
    level[4] = 39;
    level[6] = 2;
    let text: Vec<u8> = [3, 0x7b2c, 0, 0x6761].into_iter().flat_map(u16::to_le_bytes).collect();
    let mut instances = vec![0_u8; 20];
    instances[0] = 1;
    instances[4] = 9;
    instances.extend([0xff; 4]);
    vec![(Part::Lists, [list, level, text].concat()), (Part::ListInstances, instances)]
}

const IN_TABLE: [u8; 3] = [0x16, 0x24, 1];

#[test]
fn paragraphs_are_numbered_by_the_list_tables() {
    let in_list = [0x0a, 0x26, 0, 0x0b, 0x46, 1, 0];
    let mut made = Made { parts: lists(), ..Made::default() };
    made.run("题", &[])
        .end('\r', &[0x40, 0x26, 0])
        .run("甲", &[])
        .end('\r', &in_list)
        .run("乙", &[])
        .end('\r', &in_list);
    let reading = made.read();
    assert_eq!(reading.printed().text, "题\n第一条 甲\n第二条 乙\n");
    let Block::Text(first) = &reading.blocks[0] else { panic!() };
    assert_eq!(first.role, TextRole::Heading(1));
}

#[test]
fn deleted_and_hidden_text_is_left_out() {
    let mut made = Made::default();
    made.run("本条", &[]).run("旧", &[0x00, 0x08, 1]).run("新", &[]).run("藏", &[0x3c, 0x08, 1]);
    made.run("\u{1e}\u{b}x", &[]).end('\u{7}', &[]);
    made.run("a", &[]).end_deleted();
    made.run("b", &[]).end('\r', &[]);
    // Without a row's end, what is in cells is a row of its own.
    assert_eq!(made.lines(), ["本条新- x\tab"]);
}

#[test]
fn fields_show_their_results() {
    let mut made = Made::default();
    made.run("\u{13} DATE \u{14}今天\u{15}\u{13}eq \\o\\ac(○,2)\u{15}后", &[]).end('\r', &[]);
    assert_eq!(made.lines(), ["今天②后"]);
}

#[test]
fn tables_are_made_of_cells_and_row_ends() {
    let row = |edges: [i16; 3], flags: [u16; 2]| {
        let mut row = vec![0x16, 0x24, 1, 0x17, 0x24, 1, 0x08, 0xd6, 0, 0, 2];
        row.extend(edges.iter().flat_map(|edge| edge.to_le_bytes()));
        for flag in flags {
            row.extend(flag.to_le_bytes());
            row.extend([0; 18]);
        }
        let size = (row.len() - 9) as u16;
        row[8..10].copy_from_slice(&size.to_le_bytes());
        row
    };
    let mut made = Made::default();
    made.run("事项", &[]).end('\u{7}', &IN_TABLE).run("时限", &[]).end('\u{7}', &IN_TABLE);
    made.end('\u{7}', &row([0, 1000, 3000], [0x60, 0]));
    made.end('\u{7}', &IN_TABLE)
        .run("甲", &[])
        .end('\r', &IN_TABLE)
        .run("乙", &[])
        .end('\u{7}', &IN_TABLE);
    made.end('\u{7}', &row([0, 1000, 3000], [0x20, 0]));
    made.run("完", &[]).end('\r', &[]);
    let reading = made.read();
    assert_eq!(reading.printed().text, "事项\t时限\n\t甲 乙\n完\n");
    let Block::Table(table) = &reading.blocks[0] else { panic!() };
    assert_eq!(table.rows[0][0].rows, 2);
}

#[test]
fn notes_follow_their_paragraph() {
    let mut made = Made { counts: [4, 4, 0, 0, 0, 0, 0], ..Made::default() };
    made.run("甲", &[]).run("\u{2}", &[0x55, 0x08, 1]).run("乙", &[]).end('\r', &[]);
    made.run("\u{2}", &[0x55, 0x08, 1]).run("注", &[]).end('\r', &[]).end('\r', &[]);
    let long = |numbers: &[u32]| {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>()
    };
    made.parts.push((Part::FootnoteReferences, [long(&[1, 5]), vec![1, 0]].concat()));
    made.parts.push((Part::FootnoteTexts, long(&[0, 3, 4])));
    assert_eq!(made.lines(), ["甲¹乙", "¹ 注"]);
}

#[test]
fn pieces_of_bytes_are_western_or_of_code_page_936() {
    let narrow = [b'a', 0x93, 0xd6, 0xd0, b'\r'];
    let mut made = Made { narrow: narrow.to_vec(), language: 0x0804, ..Made::default() };
    made.run("中", &[]).end('\r', &[]);
    assert_eq!(made.lines(), ["中", "a“中"]);
    made.language = 0x0409;
    assert_eq!(made.lines(), ["中", "a“ÖÐ"]);
}

#[test]
fn what_is_old_or_encrypted_is_said() {
    let mut made = Made::default();
    made.run("a", &[]).end('\r', &[]);
    let file = made.file();
    let at = file.windows(2).position(|pair| pair == 0xa5ec_u16.to_le_bytes()).unwrap();
    let mut encrypted = file.clone();
    encrypted[at + 11] |= 1;
    assert!(matches!(Doc.read(&encrypted, &Limits::default()), Err(FormatError::Encrypted { .. })));
    let mut old = file;
    old[at + 2] = 0x65;
    let Err(FormatError::Damaged { what, .. }) = Doc.read(&old, &Limits::default()) else {
        panic!()
    };
    assert!(what.contains("1997"), "{what}");
}

proptest::proptest! {
    #[test]
    fn damaged_files_never_panic(changes in proptest::collection::vec((0_usize..20_000, proptest::num::u8::ANY), 1..6)) {
        let mut made = Made { parts: lists(), ..Made::default() };
        made.run("甲\u{13}x\u{14}y\u{15}", &[0x3c, 0x08, 0x81]).end('\r', &[0x0b, 0x46, 1, 0]).run("\u{2}\u{8}", &[0x55, 0x08, 1]);
        made.end('\u{7}', &IN_TABLE).end('\u{7}', &[0x17, 0x24, 1, 0x08, 0xd6, 3, 0, 9, 1]).end('\r', &[]);
        let mut bytes = made.file();
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let _ = Doc.read(&bytes, &Limits::default());
    }
}
