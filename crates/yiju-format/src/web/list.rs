//! The numbers that are shown before the members of a list (HTML standard §4.4.5 and §4.4.8, CSS Counter Styles).

use super::shown::style;
use super::tree::{Id, Tree};

/// An open list.
#[derive(Debug)]
pub(super) struct List {
    style: Style,
    next: i64,
    step: i64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    None,
    Decimal,
    DecimalZero,
    Letters(bool),
    Roman(bool),
    Chinese,
    Stems,
    Branches,
}

impl List {
    /// A list that opens at `id`, an `ol`, `ul`, `menu` or `dir`.
    pub(super) fn open(tree: &Tree, id: Id) -> Self {
        let ordered = tree.tag(id) == "ol";
        let reversed = ordered && tree.attribute(id, "reversed").is_some();
        let members = || tree.children(id).iter().filter(|&&child| tree.tag(child) == "li").count();
        let start = tree.attribute(id, "start").and_then(integer);
        let start = start.unwrap_or_else(|| if reversed { members() as i64 } else { 1 });
        let style =
            own_style(tree, id).unwrap_or(if ordered { Style::Decimal } else { Style::None });
        Self { style, next: start, step: if reversed { -1 } else { 1 } }
    }

    /// What is shown before the member `id` of this list, which begins with `text`. A page whose style sheet hides the
    /// numbers has them in the text; the sheet is not read, so a member that begins with its number gets no other.
    pub(super) fn label(&mut self, tree: &Tree, id: Id, text: &str) -> String {
        let value = tree.attribute(id, "value").and_then(integer).unwrap_or(self.next);
        self.next = value.saturating_add(self.step);
        let style = own_style(tree, id).unwrap_or(self.style);
        if style != Style::None && begins_with(text, value) {
            String::new()
        } else {
            format(style, value)
        }
    }
}

fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || "+-".contains(c))).unwrap_or(text.len());
    text.get(..end)?.parse::<i32>().ok().map(i64::from)
}

fn own_style(tree: &Tree, id: Id) -> Option<Style> {
    let named = style(tree, id, "list-style-type").or_else(|| style(tree, id, "list-style"));
    if let Some(found) =
        named.as_deref().and_then(|value| value.split_ascii_whitespace().find_map(by_name))
    {
        return Some(found);
    }
    match tree.attribute(id, "type")?.trim() {
        "1" => Some(Style::Decimal),
        "a" => Some(Style::Letters(false)),
        "A" => Some(Style::Letters(true)),
        "i" => Some(Style::Roman(false)),
        "I" => Some(Style::Roman(true)),
        "disc" | "circle" | "square" => Some(Style::None),
        _ => None,
    }
}

fn by_name(name: &str) -> Option<Style> {
    Some(match name {
        "none" | "disc" | "circle" | "square" => Style::None,
        "decimal" => Style::Decimal,
        "decimal-leading-zero" => Style::DecimalZero,
        "lower-alpha" | "lower-latin" => Style::Letters(false),
        "upper-alpha" | "upper-latin" => Style::Letters(true),
        "lower-roman" => Style::Roman(false),
        "upper-roman" => Style::Roman(true),
        "cjk-ideographic" | "cjk-decimal" | "simp-chinese-informal" | "trad-chinese-informal" => {
            Style::Chinese
        }
        "cjk-heavenly-stem" => Style::Stems,
        "cjk-earthly-branch" => Style::Branches,
        _ => return None,
    })
}

fn format(style: Style, value: i64) -> String {
    let one_of = |signs: &str| {
        let at = usize::try_from(value).ok()?.checked_sub(1)?;
        signs.chars().nth(at).map(|sign| format!("{sign}、"))
    };
    let shown = match style {
        Style::None => return String::new(),
        Style::Decimal => None,
        Style::DecimalZero => Some(format!("{value:02}. ")),
        Style::Letters(large) => letters(value, large).map(|letters| format!("{letters}. ")),
        Style::Roman(large) => roman(value, large).map(|roman| format!("{roman}. ")),
        Style::Chinese => chinese(value).map(|number| format!("{number}、")),
        Style::Stems => one_of("甲乙丙丁戊己庚辛壬癸"),
        Style::Branches => one_of("子丑寅卯辰巳午未申酉戌亥"),
    };
    // A number that the style has no form for is shown in digits.
    shown.unwrap_or_else(|| format!("{value}. "))
}

fn letters(value: i64, large: bool) -> Option<String> {
    let mut left = u32::try_from(value).ok().filter(|&value| value > 0)?;
    let mut letters = Vec::new();
    while left > 0 {
        left -= 1;
        let letter = char::from(b'a' + (left % 26) as u8);
        letters.push(if large { letter.to_ascii_uppercase() } else { letter });
        left /= 26;
    }
    Some(letters.into_iter().rev().collect())
}

fn roman(value: i64, large: bool) -> Option<String> {
    const SIGNS: [(i64, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut left = Some(value).filter(|value| (1..4000).contains(value))?;
    let mut text = String::new();
    for (worth, sign) in SIGNS {
        while left >= worth {
            left -= worth;
            text.push_str(sign);
        }
    }
    Some(if large { text.to_ascii_uppercase() } else { text })
}

/// 一, 十二, 一百零三: CSS `simp-chinese-informal`, up to 9999.
fn chinese(value: i64) -> Option<String> {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    let value = usize::try_from(value).ok().filter(|value| (1..10_000).contains(value))?;
    let mut text = String::new();
    let mut zero = false;
    for (unit, sign) in [(1000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = value / unit % 10;
        if digit == 0 {
            zero = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut zero) {
            text.push('零');
        }
        if !(unit == 10 && digit == 1 && value < 20) {
            text.extend(DIGITS.get(digit));
        }
        text.push_str(sign);
    }
    Some(text)
}

/// Whether a text begins with a number, in any form, and what parts it from words.
fn begins_with(text: &str, value: i64) -> bool {
    let text = text.trim_start_matches(['(', '（', '第']);
    let forms = [
        Some(value.to_string()),
        chinese(value),
        letters(value, false),
        letters(value, true),
        roman(value, true),
    ];
    forms.into_iter().flatten().any(|form| {
        let rest = text.strip_prefix(form.as_str());
        rest.and_then(|rest| rest.chars().next())
            .is_some_and(|next| ".．、，)）:：条章节款项　".contains(next))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(page: &str) -> Vec<String> {
        let limits = crate::Limits::default();
        let tree = Tree::parse(page, &limits, &crate::clock::Clock::new(&limits)).unwrap();
        let nodes = tree.walk(tree.root(), |_| true);
        let list = nodes.iter().copied().find(|&id| ["ol", "ul"].contains(&tree.tag(id))).unwrap();
        let mut open = List::open(&tree, list);
        let members = tree.children(list).iter().filter(|&&id| tree.tag(id) == "li");
        members
            .map(|&id| {
                let text =
                    tree.children(id).first().and_then(|&id| tree.text(id)).unwrap_or_default();
                open.label(&tree, id, text)
            })
            .collect()
    }

    #[test]
    fn numbers_are_those_shown() {
        assert_eq!(labels("<ol><li>a<li>b</ol>"), ["1. ", "2. "]);
        assert_eq!(
            labels("<ol start=9 type=A><li>a<li value=27>b<li>c</ol>"),
            ["I. ", "AA. ", "AB. "]
        );
        assert_eq!(labels("<ol reversed><li>a<li>b<li>c</ol>"), ["3. ", "2. ", "1. "]);
        assert_eq!(labels("<ol type=i start=4><li>a<li>b</ol>"), ["iv. ", "v. "]);
        let list = "<ol start=9 style='list-style-type:cjk-ideographic'><li>a<li>b<li>c<li value=103>d</ol>";
        assert_eq!(labels(list), ["九、", "十、", "十一、", "一百零三、"]);
        assert_eq!(labels("<ul><li>a</ul>"), [""]);
        assert_eq!(labels("<ol style='list-style: none inside'><li>a</ol>"), [""]);
    }

    #[test]
    fn a_member_that_shows_its_number_gets_no_other() {
        assert_eq!(
            labels("<ol><li>1.甲<li>（二）乙<li>第三条　丙<li>四川省<li>50万元</ol>"),
            ["", "", "", "4. ", "5. "]
        );
    }

    #[test]
    fn chinese_numbers() {
        let cases = [
            (1, "一"),
            (10, "十"),
            (20, "二十"),
            (101, "一百零一"),
            (110, "一百一十"),
            (1002, "一千零二"),
            (2010, "二千零一十"),
        ];
        for (value, text) in cases {
            assert_eq!(chinese(value).as_deref(), Some(text));
        }
        assert_eq!((chinese(0), chinese(10_000)), (None, None));
    }
}
