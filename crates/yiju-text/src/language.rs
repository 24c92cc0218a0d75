//! A guess at a text's language from its characters.

use crate::chars::is_han;

/// Characters that only simplified or only traditional text uses, often.
const SIMPLIFIED: &str = "国发会学习经济与关对个们时间过还进开实际现应当业务题这为来说动样点种产从两级总结议门问长见东车书电话语认识让设计证军农务费资质责财贸贯规观视织组细终统给绝续维护权档检标树气汉没济渔满热爱状环现电画监盖确础离种积称稳窝竞笔签简类紧";
const TRADITIONAL: &str = "國發會學習經濟與關對個們時間過還進開實際現應當業務題這為來說動樣點種產從兩級總結議門問長見東車書電話語認識讓設計證軍農務費資質責財貿貫規觀視織組細終統給絕續維護權檔檢標樹氣漢沒漁滿熱愛狀環畫監蓋確礎離積稱穩窩競筆簽簡類緊";

/// `zh`, `zh-Hant`, `en` or `und`.
pub fn guess(text: &str) -> &'static str {
    // The start of a text tells as much as all of it.
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
        let count = |set: &str| {
            let set: std::collections::HashSet<char> = set.chars().collect();
            sample().filter(|c| set.contains(c)).count()
        };
        return if count(TRADITIONAL) > count(SIMPLIFIED) {
            "zh-Hant"
        } else {
            "zh"
        };
    }
    if latin > 0 && other * 10 < latin && accented * 50 < latin && english_words(text) {
        return "en";
    }
    "und"
}

/// English cannot do without these words; texts of a few words get the benefit of the doubt.
fn english_words(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "the", "of", "and", "to", "in", "is", "for", "that", "shall", "be", "with", "on", "are",
        "by", "or", "this", "it", "a",
    ];
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|w| !w.is_empty())
        .take(2_000)
        .map(str::to_ascii_lowercase)
        .collect();
    let common = words.iter().filter(|w| WORDS.contains(&w.as_str())).count();
    words.len() < 6 || common * 10 >= words.len()
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn languages() {
        assert_eq!(guess("推动城市高质量发展"), "zh");
        assert_eq!(guess("推動城市高質量發展，支持老舊小區"), "zh-Hant");
        assert_eq!(
            guess("The council adopts the following policy on housing in cities."),
            "en"
        );
        assert_eq!(
            guess("Le conseil adopte la politique suivante sur le logement"),
            "und"
        );
        assert_eq!(guess("これはペンです。都市"), "und");
        assert_eq!(guess("12345"), "und");
        assert_eq!(guess("完善城市信息模型（CIM）平台，强化5G"), "zh");
    }
}
