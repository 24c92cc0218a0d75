//! Signs in the form that a text in their script has them: the reader tells `，` and `,` apart by little more than a pixel.

/// Gives the signs of a line their form, one character for one: `（` and `，` beside Han, `一` where only it can stand, digits
/// in numbers.
pub(crate) fn settle(line: &mut [char]) {
    for at in 0..line.len() {
        let around = |step: isize| at.checked_add_signed(step).and_then(|at| line.get(at)).copied();
        let (before, after) = (around(-1), around(1));
        let Some(sign) = line.get(at).copied() else { continue };
        let is = |c: Option<char>, test: fn(char) -> bool| c.is_some_and(test);
        let numeral =
            |c: Option<char>| c.is_some_and(|c| "一二三四五六七八九十百千〇零".contains(c));
        let settled = match sign {
            // A dash where only a numeral makes sense: 第—条, （—）, —、 at the start.
            '—' | '-' | '－' | '―' | 'ー' | '─'
                if (before == Some('第') || numeral(before)) && is(after, unit)
                    || is(before, |c| c == '(' || c == '（')
                        && is(after, |c| c == ')' || c == '）')
                    || before.is_none() && after == Some('、') =>
            {
                '一'
            }
            'o' | 'O' | '○' | '◯' | '0' | '〇' if numeral(before) && numeral(after) => '〇',
            'o' | 'O' if is(before, digit) && is(after, |c| digit(c) || c == '年') => '0',
            'l' | 'I' | '|' if is(before, digit) && is(after, |c| digit(c) || han(c)) => '1',
            'l' | 'I' | '|'
                if is(before, han) && is(after, |c| digit(c) || "年月日".contains(c)) =>
            {
                '1'
            }
            ',' | ':' | ';' | '?' | '!'
                if is(before, |c| han(c) || wide(c)) || !is(before, digit) && is(after, han) =>
            {
                full(sign)
            }
            sign => sign,
        };
        if let Some(place) = line.get_mut(at) {
            *place = settled;
        }
    }
    brackets(line);
}

/// Round brackets that hold Han or stand beside it are full; both of a pair have one form.
fn brackets(line: &mut [char]) {
    let mut open: Vec<usize> = Vec::new();
    let beside = |line: &[char], at: usize| {
        let near = [at.wrapping_sub(1), at + 1].map(|at| line.get(at).copied());
        near.into_iter().flatten().any(|c| han(c) || wide(c))
    };
    for at in 0..line.len() {
        match line.get(at) {
            Some('(' | '（') => open.push(at),
            Some(')' | '）') => {
                let from = open.pop();
                let held = from.and_then(|from| line.get(from..=at)).unwrap_or_default();
                let full = held.iter().any(|&c| han(c) || c == '（' || c == '）')
                    || beside(line, at)
                    || from.is_some_and(|from| beside(line, from));
                if full {
                    if let Some(place) = from.and_then(|from| line.get_mut(from)) {
                        *place = '（';
                    }
                    if let Some(place) = line.get_mut(at) {
                        *place = '）';
                    }
                }
            }
            _ => {}
        }
    }
    // The other half is on another line.
    for at in open {
        if beside(line, at)
            && let Some(place) = line.get_mut(at)
        {
            *place = '（';
        }
    }
}

/// Whether a space stands where Chinese has none: beside Han or a full sign.
pub(crate) fn idle_space(before: Option<char>, after: Option<char>) -> bool {
    let set = |c: Option<char>| c.is_none_or(|c| han(c) || wide(c));
    set(before) || set(after)
}

fn digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// What is counted by 第…: 第一条.
fn unit(c: char) -> bool {
    "条章节编款项部分批次届类期阶".contains(c)
}

/// Ideographs.
pub(crate) fn han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '〇')
}

/// Signs as wide as an ideograph.
pub(crate) fn wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{303F}' | '\u{FF00}'..='\u{FF60}' | '“' | '”' | '‘' | '’' | '—' | '…')
}

fn full(sign: char) -> char {
    match sign {
        ',' => '，',
        ':' => '：',
        ';' => '；',
        '?' => '？',
        '!' => '！',
        sign => sign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(line: &str) -> String {
        let mut line: Vec<char> = line.chars().collect();
        settle(&mut line);
        line.into_iter().collect()
    }

    #[test]
    fn signs_take_the_form_of_their_script() {
        for (read, settled_) in [
            ("(一)申请人,应当:", "（一）申请人，应当："),
            ("第—条", "第一条"),
            ("第二十—条", "第二十一条"),
            ("(—)", "（一）"),
            ("—、总则", "一、总则"),
            ("二O二四年", "二〇二四年"),
            ("2O24年l2月3l日", "2024年12月31日"),
            ("12:30至3,000元", "12:30至3,000元"),
            ("GB (2024) a, b; c", "GB (2024) a, b; c"),
            ("国发(2024)5号", "国发（2024）5号"),
            ("见(附件", "见（附件"),
            ("a (b", "a (b"),
            ("))((", "))(("),
            ("北京—上海", "北京—上海"),
        ] {
            assert_eq!(settled(read), settled_, "{read}");
        }
    }

    proptest::proptest! {
        #[test]
        fn settling_twice_is_settling_once(line in "[第一二—条(（)）,:;lO0-9a年、 ]{0,20}") {
            let once = settled(&line);
            proptest::prop_assert_eq!(once.chars().count(), line.chars().count());
        }
    }
}
