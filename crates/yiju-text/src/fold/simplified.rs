//! Traditional characters to Simplified ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Folded;
use crate::words::WordList;

const SOURCE: &str = include_str!("../../data/simplified.txt");
static CHARACTERS: WordList = WordList::section(SOURCE, "characters");
static WORDS: WordList = WordList::section(SOURCE, "words");
static TABLE: LazyLock<Table> = LazyLock::new(Table::read);

/// The characters that the table covers: all that have a Simplified form and are left after folding.
const START: u32 = 0x2E80;
const END: u32 = 0xA000;
/// Stands in the table for a character whose form depends on its word.
const BY_WORD: char = '\0';

/// Turns Traditional characters into Simplified ones, looking at both neighbours (乾隆 but 干净).
pub(super) fn simplify(folded: &mut [Folded]) {
    let mut before = ' ';
    for i in 0..folded.len() {
        let c = folded[i].char;
        if (START..END).contains(&(c as u32)) {
            let after = folded.get(i + 1).map_or(' ', |next| next.char);
            folded[i].char = TABLE.simple(before, c, after);
        }
        before = c;
    }
}

/// A character whose form depends on its word: the form elsewhere, and the words with the form there.
type ByWord = (char, Vec<([char; 2], char)>);

struct Table {
    /// The form of each character from `START`, as an array because every character of a text is looked up.
    forms: Vec<char>,
    /// The characters that are `BY_WORD` in it.
    by_word: HashMap<char, ByWord>,
}

impl Table {
    fn read() -> Self {
        let mut forms: Vec<char> = (START..END).filter_map(char::from_u32).collect();
        for [from, to] in CHARACTERS.rows() {
            if let (Some(from), Some(to)) = (from.chars().next(), to.chars().next()) {
                forms[(from as u32 - START) as usize] = to;
            }
        }
        let mut by_word: HashMap<char, ByWord> = HashMap::new();
        for [word, simple] in WORDS.rows() {
            let word: Vec<char> = word.chars().collect();
            for (&c, simple) in word.iter().zip(simple.chars()) {
                let form = forms[(c as u32 - START) as usize];
                if let [first, second] = word[..]
                    && (form == BY_WORD || form != simple)
                {
                    let elsewhere = (form, Vec::new());
                    let (_, words) = by_word.entry(c).or_insert(elsewhere);
                    words.push(([first, second], simple));
                    forms[(c as u32 - START) as usize] = BY_WORD;
                }
            }
        }
        Self { forms, by_word }
    }

    fn simple(&self, before: char, c: char, after: char) -> char {
        match c {
            // 著 is a word by itself (著名, 著作) and the Traditional form of the particle 着.
            '著' if "沿随隨跟味向看围圍绕繞靠凭憑朝有本接顺順对對带帶试試意".contains(before)
                && !"名作述者称稱".contains(after) =>
            {
                '着'
            }
            // 批覆 is 批复, but 覆盖 keeps its sign.
            '覆' if "反答批回".contains(before) => '复',
            _ => match self.forms[(c as u32 - START) as usize] {
                BY_WORD => self.by_word.get(&c).map_or(c, |(elsewhere, words)| {
                    let within = |word: &[char; 2]| *word == [before, c] || *word == [c, after];
                    let found = words.iter().find(|(word, _)| within(word));
                    found.map_or(*elsewhere, |(_, simple)| *simple)
                }),
                form => form,
            },
        }
    }
}
