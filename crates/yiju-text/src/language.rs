//! Language detection from characters and frequent words.

use std::sync::LazyLock;

use crate::chars::is_han;
use crate::words::WordList;

const SOURCE: &str = include_str!("../data/languages.txt");
static ENGLISH: WordList = WordList::section(SOURCE, "english");
static SIMPLIFIED: LazyLock<Characters> = LazyLock::new(|| Characters::section("simplified"));
static TRADITIONAL: LazyLock<Characters> = LazyLock::new(|| Characters::section("traditional"));

/// A set of characters, in order: every text of a library is looked through.
struct Characters(Vec<char>);

impl Characters {
    fn section(name: &'static str) -> Self {
        let list = WordList::section(SOURCE, name);
        let mut all: Vec<char> = list.iter().flat_map(|line| line.chars()).collect();
        all.sort_unstable();
        Self(all)
    }

    fn contains(&self, c: char) -> bool {
        self.0.binary_search(&c).is_ok()
    }
}

/// The likely language of a text: `zh` (Simplified), `zh-Hant`, `en`, or `und` for any other or none.
pub fn guess(text: &str) -> &'static str {
    // The start of a long text is enough.
    let sample = || text.chars().take(20_000);
    let (mut han, mut kana, mut latin, mut accented, mut other) = (0u32, 0u32, 0u32, 0u32, 0u32);
    for c in sample() {
        match c {
            c if is_han(c) => han += 1,
            '\u{3041}'..='\u{30FF}' => kana += 1,
            c if c.is_ascii_alphabetic() => latin += 1,
            '\u{C0}'..='\u{24F}' => accented += 1,
            c if c.is_alphabetic() => other += 1,
            _ => {}
        }
    }
    // A Chinese character says about as much as four letters.
    if han * 4 >= latin + accented + other && han > 0 {
        if kana * 10 > han || other > han {
            return "und";
        }
        let count = |set: &Characters| sample().filter(|&c| set.contains(c)).count();
        return if count(&TRADITIONAL) > count(&SIMPLIFIED) { "zh-Hant" } else { "zh" };
    }
    if latin > 0 && other * 10 < latin && accented * 50 < latin && english_words(text) {
        return "en";
    }
    "und"
}

/// Whether a tenth of the words are frequent English ones; texts of up to five words pass.
fn english_words(text: &str) -> bool {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .take(2_000)
        .map(str::to_ascii_lowercase)
        .collect();
    let common = words.iter().filter(|w| ENGLISH.contains(w)).count();
    words.len() < 6 || common * 10 >= words.len()
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn languages() {
        assert_eq!(guess("推动城市高质量发展"), "zh");
        assert_eq!(guess("推動城市高質量發展，支持老舊小區"), "zh-Hant");
        assert_eq!(guess("The council adopts the following policy on housing in cities."), "en");
        assert_eq!(guess("Le conseil adopte la politique suivante sur le logement"), "und");
        assert_eq!(guess("これはペンです。都市"), "und");
        assert_eq!(guess("12345"), "und");
        assert_eq!(guess("完善城市信息模型（CIM）平台，强化5G"), "zh");
    }
}
