//! How numbers of lists, notes and pages are written.
//!
//! The kinds are those of ECMA-376 part 1 §17.18.59 (`ST_NumberFormat`), which have the codes of [MS-OSHARED] §2.2.1.3
//! (`MSONFC`) in RTF and DOC files. Where the standard leaves open what follows the last sign, it is as Word shows it:
//! decimal numbers.

/// A way to write a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numerals {
    /// 1, 2, 3.
    Decimal,
    /// 01, 02, … 10.
    DecimalZero,
    /// １, ２, １０.
    FullWidth,
    /// I, II, III.
    UpperRoman,
    /// i, ii, iii.
    LowerRoman,
    /// A, B, … Z, AA, BB.
    UpperLetter,
    /// a, b, … z, aa, bb.
    LowerLetter,
    /// 1st, 2nd, 3rd.
    Ordinal,
    /// Hexadecimal digits.
    Hex,
    /// *, †, ‡, §, **.
    Chicago,
    /// 一, 二, … 一〇, 一一: digit by digit.
    Digits {
        /// The sign of naught.
        zero: char,
    },
    /// 一, … 十, 十一, … 九十九, then digit by digit with ○ (`chineseCounting`).
    CountingToHundred,
    /// 一, … 十, 一百〇一, 一千〇一十 (`chineseCountingThousand`).
    Counting {
        /// The sign of left-out places.
        zero: char,
    },
    /// 一, … 十, 百, 百一 (`japaneseCounting`).
    JapaneseCounting,
    /// 壹, 贰, … 壹拾, 壹佰零壹.
    Legal(&'static str),
    /// A row of signs; decimal after the last.
    Signs(&'static str),
    /// 甲子, 乙丑, … 癸亥.
    Cycle,
    /// - 1 -, - 2 -.
    InDash,
    /// A sign that is no number.
    Bullet,
    /// Nothing.
    None,
}

const STEMS: &str = "甲乙丙丁戊己庚辛壬癸";
const BRANCHES: &str = "子丑寅卯辰巳午未申酉戌亥";
const CIRCLES: &str = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳";
const CIRCLES_OF_GB2312: &str = "①②③④⑤⑥⑦⑧⑨⑩";
const FULLSTOPS: &str = "⒈⒉⒊⒋⒌⒍⒎⒏⒐⒑⒒⒓⒔⒕⒖⒗⒘⒙⒚⒛";
const PARENTHESES: &str = "⑴⑵⑶⑷⑸⑹⑺⑻⑼⑽⑾⑿⒀⒁⒂⒃⒄⒅⒆⒇";
const IDEOGRAPHS: &str = "㈠㈡㈢㈣㈤㈥㈦㈧㈨㈩";
// The digits from 0, then ten, hundred, thousand, ten thousand.
const SIMPLIFIED: &str = "零壹贰叁肆伍陆柒捌玖拾佰仟万";
const TRADITIONAL: &str = "零壹貳參肆伍陸柒捌玖拾佰仟萬";
const JAPANESE: &str = "〇壱弐参四伍六七八九拾百阡萬";
const HANGUL: &str = "가나다라마바사아자차카타파하";
const JAMO: &str = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ";
const AIUEO: &str =
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン";
const IROHA: &str = "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン";
const CYRILLIC_UPPER: &str = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ";
const CYRILLIC_LOWER: &str = "абвгдежзиклмнопрстуфхцчшщыэюя";

impl Numerals {
    /// The kind with a name of `ST_NumberFormat`; decimal for names that are not known.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "decimalZero" => Self::DecimalZero,
            "decimalFullWidth" | "decimalFullWidth2" => Self::FullWidth,
            "upperRoman" => Self::UpperRoman,
            "lowerRoman" => Self::LowerRoman,
            "upperLetter" => Self::UpperLetter,
            "lowerLetter" => Self::LowerLetter,
            "ordinal" => Self::Ordinal,
            "hex" => Self::Hex,
            "chicago" => Self::Chicago,
            "ideographDigital" | "japaneseDigitalTenThousand" => Self::Digits { zero: '〇' },
            "taiwaneseDigital" => Self::Digits { zero: '○' },
            "chineseCounting" | "taiwaneseCounting" => Self::CountingToHundred,
            "chineseCountingThousand" => Self::Counting { zero: '〇' },
            "taiwaneseCountingThousand" => Self::Counting { zero: '零' },
            "japaneseCounting" => Self::JapaneseCounting,
            "chineseLegalSimplified" => Self::Legal(SIMPLIFIED),
            "ideographLegalTraditional" => Self::Legal(TRADITIONAL),
            "japaneseLegal" => Self::Legal(JAPANESE),
            "decimalEnclosedCircle" => Self::Signs(CIRCLES),
            "decimalEnclosedCircleChinese" => Self::Signs(CIRCLES_OF_GB2312),
            "decimalEnclosedFullstop" => Self::Signs(FULLSTOPS),
            "decimalEnclosedParen" => Self::Signs(PARENTHESES),
            "ideographEnclosedCircle" => Self::Signs(IDEOGRAPHS),
            "ideographTraditional" => Self::Signs(STEMS),
            "ideographZodiac" => Self::Signs(BRANCHES),
            "ideographZodiacTraditional" => Self::Cycle,
            "ganada" => Self::Signs(HANGUL),
            "chosung" => Self::Signs(JAMO),
            "aiueo" | "aiueoFullWidth" => Self::Signs(AIUEO),
            "iroha" | "irohaFullWidth" => Self::Signs(IROHA),
            "russianUpper" => Self::Signs(CYRILLIC_UPPER),
            "russianLower" => Self::Signs(CYRILLIC_LOWER),
            "numberInDash" => Self::InDash,
            "bullet" => Self::Bullet,
            "none" => Self::None,
            _ => Self::Decimal,
        }
    }

    /// The kind with a code of `MSONFC`.
    pub(crate) fn coded(code: u32) -> Self {
        const NAMES: [&str; 40] = [
            "decimal",
            "upperRoman",
            "lowerRoman",
            "upperLetter",
            "lowerLetter",
            "ordinal",
            "cardinalText",
            "ordinalText",
            "hex",
            "chicago",
            "ideographDigital",
            "japaneseCounting",
            "aiueo",
            "iroha",
            "decimalFullWidth",
            "decimalHalfWidth",
            "japaneseLegal",
            "japaneseDigitalTenThousand",
            "decimalEnclosedCircle",
            "decimalFullWidth2",
            "aiueoFullWidth",
            "irohaFullWidth",
            "decimalZero",
            "bullet",
            "ganada",
            "chosung",
            "decimalEnclosedFullstop",
            "decimalEnclosedParen",
            "decimalEnclosedCircleChinese",
            "ideographEnclosedCircle",
            "ideographTraditional",
            "ideographZodiac",
            "ideographZodiacTraditional",
            "taiwaneseCounting",
            "ideographLegalTraditional",
            "taiwaneseCountingThousand",
            "taiwaneseDigital",
            "chineseCounting",
            "chineseLegalSimplified",
            "chineseCountingThousand",
        ];
        match code {
            40 => Self::Digits { zero: '〇' },
            57 => Self::InDash,
            58 => Self::named("russianLower"),
            59 => Self::named("russianUpper"),
            255 => Self::None,
            code => usize::try_from(code)
                .ok()
                .and_then(|code| NAMES.get(code))
                .map_or(Self::Decimal, |name| Self::named(name)),
        }
    }

    /// A number as it is shown.
    pub(crate) fn write(self, number: u32) -> String {
        let decimal = number.to_string();
        match self {
            Self::Decimal => decimal,
            Self::DecimalZero => format!("{number:02}"),
            Self::FullWidth => mapped(&decimal, "０１２３４５６７８９"),
            Self::UpperRoman => roman(number),
            Self::LowerRoman => roman(number).to_lowercase(),
            Self::UpperLetter => letter(number, b'A'),
            Self::LowerLetter => letter(number, b'a'),
            Self::Ordinal => ordinal(number),
            Self::Hex => format!("{number:X}"),
            Self::Chicago => repeated(number, "*†‡§"),
            Self::Digits { zero } => digits(&decimal, zero),
            Self::CountingToHundred if number >= 100 => digits(&decimal, '○'),
            Self::CountingToHundred => counting(number, '〇'),
            Self::Counting { zero } => counting(number, zero),
            Self::JapaneseCounting => places(number, "〇一二三四五六七八九十百千万", None, true),
            Self::Legal(signs) => {
                places(number, signs, signs.chars().next().filter(|&zero| zero == '零'), false)
            }
            Self::Signs(signs) => sign(number, signs).map_or(decimal, String::from),
            Self::Cycle if (1..=60).contains(&number) => {
                let stem = sign((number - 1) % 10 + 1, STEMS);
                let branch = sign((number - 1) % 12 + 1, BRANCHES);
                stem.into_iter().chain(branch).collect()
            }
            Self::Cycle => decimal,
            Self::InDash => format!("- {number} -"),
            Self::Bullet | Self::None => String::new(),
        }
    }
}

/// The `number`th sign, from 1.
fn sign(number: u32, signs: &str) -> Option<char> {
    signs.chars().nth(usize::try_from(number.checked_sub(1)?).ok()?)
}

fn mapped(decimal: &str, signs: &str) -> String {
    decimal.chars().filter_map(|digit| sign(digit.to_digit(10)? + 1, signs)).collect()
}

fn digits(decimal: &str, zero: char) -> String {
    mapped(decimal, "〇一二三四五六七八九").replace('〇', &zero.to_string())
}

/// 一, 十, 十一, 二十, 一百〇一, 一百一十.
fn counting(number: u32, zero: char) -> String {
    let text = places(number, "〇一二三四五六七八九十百千万", Some(zero), false);
    // From 10 to 19 there is no 一 in front; inside a larger number there is: 一百一十.
    match text.strip_prefix("一十") {
        Some(rest) if number < 20 => format!("十{rest}"),
        _ => text,
    }
}

/// A number by places. `signs` are the digits from 0, then ten, hundred, thousand and ten thousand; `zero` stands for
/// places that are left out; `bare` leaves the digit one out before ten, hundred and thousand.
fn places(number: u32, signs: &str, zero: Option<char>, bare: bool) -> String {
    let signs: Vec<char> = signs.chars().collect();
    let at = |index: u32| usize::try_from(index).ok().and_then(|index| signs.get(index).copied());
    if number == 0 {
        return at(0).map(String::from).unwrap_or_default();
    }
    if number >= 100_000 {
        return number.to_string();
    }
    let mut text = String::new();
    let mut gap = false;
    for (place, unit) in
        [(10_000, Some(13)), (1000, Some(12)), (100, Some(11)), (10, Some(10)), (1, None)]
    {
        let digit = number / place % 10;
        if digit == 0 {
            gap = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            text.extend(zero);
        }
        if !(bare && digit == 1 && matches!(unit, Some(10..=12))) {
            text.extend(at(digit));
        }
        text.extend(unit.and_then(at));
    }
    text
}

fn roman(number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if number == 0 || number > 32_767 {
        return number.to_string();
    }
    let mut text = String::new();
    let mut left = number;
    for (value, sign) in SIGNS {
        while left >= value {
            text.push_str(sign);
            left -= value;
        }
    }
    text
}

/// a … z, aa, bb: the letter as often as the alphabet was gone through.
fn letter(number: u32, first: u8) -> String {
    let Some(index) = number.checked_sub(1).filter(|&index| index < 780) else {
        return number.to_string();
    };
    let letter = char::from(first + u8::try_from(index % 26).unwrap_or(0));
    std::iter::repeat_n(letter, (index / 26 + 1) as usize).collect()
}

fn repeated(number: u32, signs: &str) -> String {
    let Some(index) = number.checked_sub(1).filter(|&index| index < 400) else {
        return number.to_string();
    };
    sign(index % 4 + 1, signs)
        .map(|sign| sign.to_string().repeat((index / 4 + 1) as usize))
        .unwrap_or_default()
}

fn ordinal(number: u32) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(name: &str, numbers: &[u32]) -> Vec<String> {
        numbers.iter().map(|&number| Numerals::named(name).write(number)).collect()
    }

    #[test]
    fn chinese_numbers_are_written_as_word_writes_them() {
        let numbers = [1, 10, 11, 20, 21, 99, 100, 101, 110, 111, 1001, 1010, 1100];
        assert_eq!(
            all("chineseCountingThousand", &numbers),
            [
                "一",
                "十",
                "十一",
                "二十",
                "二十一",
                "九十九",
                "一百",
                "一百〇一",
                "一百一十",
                "一百一十一",
                "一千〇一",
                "一千〇一十",
                "一千一百"
            ]
        );
        let numbers = [1, 10, 11, 20, 99, 100, 123];
        assert_eq!(
            all("chineseCounting", &numbers),
            ["一", "十", "十一", "二十", "九十九", "一○○", "一二三"]
        );
        assert_eq!(
            all("japaneseCounting", &[10, 11, 21, 100, 101, 111, 210]),
            ["十", "十一", "二十一", "百", "百一", "百十一", "二百十"]
        );
        assert_eq!(all("ideographDigital", &[5, 10, 101]), ["五", "一〇", "一〇一"]);
        assert_eq!(
            all("chineseLegalSimplified", &[1, 10, 11, 101]),
            ["壹", "壹拾", "壹拾壹", "壹佰零壹"]
        );
        assert_eq!(all("ideographLegalTraditional", &[2, 20]), ["貳", "貳拾"]);
    }

    #[test]
    fn rows_of_signs_end_in_decimals() {
        assert_eq!(all("ideographTraditional", &[1, 10, 11]), ["甲", "癸", "11"]);
        assert_eq!(all("ideographZodiac", &[1, 12, 13]), ["子", "亥", "13"]);
        assert_eq!(all("ideographZodiacTraditional", &[1, 60, 61]), ["甲子", "癸亥", "61"]);
        assert_eq!(all("decimalEnclosedCircle", &[1, 20, 21]), ["①", "⑳", "21"]);
        assert_eq!(all("decimalEnclosedCircleChinese", &[10, 11]), ["⑩", "11"]);
        assert_eq!(all("decimalEnclosedParen", &[1, 20]), ["⑴", "⒇"]);
        assert_eq!(all("decimalEnclosedFullstop", &[1, 20]), ["⒈", "⒛"]);
        assert_eq!(all("ideographEnclosedCircle", &[1, 10]), ["㈠", "㈩"]);
    }

    #[test]
    fn western_numbers() {
        assert_eq!(all("upperRoman", &[4, 1999]), ["IV", "MCMXCIX"]);
        assert_eq!(all("lowerLetter", &[1, 26, 27, 53]), ["a", "z", "aa", "aaa"]);
        assert_eq!(all("ordinal", &[1, 2, 3, 11, 21]), ["1st", "2nd", "3rd", "11th", "21st"]);
        assert_eq!(all("decimalZero", &[9, 10]), ["09", "10"]);
        assert_eq!(all("decimalFullWidth", &[10]), ["１０"]);
        assert_eq!(all("chicago", &[1, 4, 5]), ["*", "§", "**"]);
        assert_eq!(all("numberInDash", &[3]), ["- 3 -"]);
    }

    #[test]
    fn codes_and_names_agree() {
        assert_eq!(Numerals::coded(39), Numerals::named("chineseCountingThousand"));
        assert_eq!(Numerals::coded(11), Numerals::named("japaneseCounting"));
        assert_eq!(Numerals::coded(23), Numerals::Bullet);
        assert_eq!(Numerals::coded(255), Numerals::None);
        for code in 0..300 {
            for number in [0, 1, 10, 1000, u32::MAX] {
                Numerals::coded(code).write(number);
            }
        }
    }
}
