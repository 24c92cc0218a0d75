//! Comparisons hold by what they make of the old version.

use proptest::prelude::*;
use yiju_diff::{Comparison, EntryKind, PieceKind, clauses, compare};
use yiju_document::Document;

fn document(text: &str) -> Document {
    yiju_document::parse(text.as_bytes()).unwrap().remove(0)
}

fn law(articles: &[&str]) -> Document {
    let mut text = String::from("某市航标办法\n");
    for (at, article) in articles.iter().enumerate() {
        text.push_str(&format!("第{}条　{article}\n", at + 1));
    }
    document(&text)
}

fn said(comparison: &Comparison) -> Vec<String> {
    comparison
        .entries
        .iter()
        .map(|entry| {
            let labels = |sides: &[yiju_diff::Side]| {
                sides.iter().map(|side| side.label.as_str()).collect::<Vec<_>>().join("+")
            };
            let flags = format!(
                "{}{}",
                if entry.renumbered { " renumbered" } else { "" },
                if entry.moved { " moved" } else { "" }
            );
            format!("{:?} {} > {}{flags}", entry.kind, labels(&entry.old), labels(&entry.new))
        })
        .collect()
}

const LIGHT: &str = "航标应当在日落以后点亮，并在日出以后熄灭，有雾的时候整日点亮。";
const FEES: &str = "使用航标的船舶应当按照吨位缴纳航标费，由船舶所在地的税务机关征收。";
const MOVE: &str = "任何单位和个人不得擅自移动航标，确需移动的应当报主管部门批准。";
const FINES: &str = "违反前条规定的，由主管部门责令改正，并处五千元以上三万元以下的罚款。";

#[test]
fn clauses_find_their_partners() {
    let old = law(&[LIGHT, FEES, MOVE, FINES]);
    let longer = format!("{FEES}{MOVE}");
    for (new, expected) in [
        (
            vec![LIGHT, FEES, MOVE, FINES],
            vec![
                "Same 第一条 > 第一条",
                "Same 第二条 > 第二条",
                "Same 第三条 > 第三条",
                "Same 第四条 > 第四条",
            ],
        ),
        (
            vec!["本办法适用于本市水域。", LIGHT, MOVE, FINES],
            vec![
                "Added  > 第一条",
                "Same 第一条 > 第二条 renumbered",
                "Removed 第二条 > ",
                "Same 第三条 > 第三条",
                "Same 第四条 > 第四条",
            ],
        ),
        (
            vec![MOVE, LIGHT, FEES, FINES],
            vec![
                "Same 第三条 > 第一条 renumbered moved",
                "Same 第一条 > 第二条 renumbered",
                "Same 第二条 > 第三条 renumbered",
                "Same 第四条 > 第四条",
            ],
        ),
        (
            vec![LIGHT, &longer, FINES],
            vec![
                "Same 第一条 > 第一条",
                "Merged 第二条+第三条 > 第二条",
                "Same 第四条 > 第三条 renumbered",
            ],
        ),
    ] {
        let new = law(&new);
        let comparison = compare(&old, &new);
        assert_eq!(said(&comparison), expected);
        assert_eq!(comparison.apply(&old).unwrap(), clauses(&new));
    }
    let comparison = compare(&law(&[LIGHT, &longer, FINES]), &old);
    assert_eq!(said(&comparison)[1], "Split 第二条 > 第二条+第三条");
}

#[test]
fn words_that_changed_are_marked() {
    let old = law(&[LIGHT, "逾期不缴纳的，按日加收千分之五的违约金。"]);
    let new = law(&[LIGHT, "逾期不缴纳的，自逾期之日起按日加收万分之五的违约金。"]);
    let comparison = compare(&old, &new);
    let entry = &comparison.entries[1];
    assert_eq!(entry.kind, EntryKind::Changed);
    let of = |kind: PieceKind| -> Vec<&str> {
        entry.pieces.iter().filter(|p| p.kind == kind).map(|p| p.text.as_str()).collect()
    };
    assert_eq!(of(PieceKind::Delete), ["千"]);
    assert_eq!(of(PieceKind::Insert), ["自逾期之日起", "万"]);
    assert_eq!((comparison.counts.same, comparison.counts.changed), (1, 1));
    // Applied to another text it says so.
    let error = comparison.apply(&law(&[LIGHT, "别的话。"])).unwrap_err();
    assert!(error.to_string().contains("第二条"), "{error}");
}

#[test]
fn documents_without_clauses_compare() {
    let empty = document("通知\n");
    let comparison = compare(&empty, &law(&[LIGHT]));
    assert_eq!(comparison.apply(&empty).unwrap(), clauses(&law(&[LIGHT])));
}

fn article() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        "[航标船舶应当点亮缴费罚款移动批准报告的不得由]{2,9}[，。；]|（一）甲\n",
        1..6,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn applied_to_the_old_it_gives_the_new(
        old in proptest::collection::vec(article(), 0..9),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), article(), 0..4u8), 0..6),
    ) {
        let mut new = old.clone();
        for (at, article, how) in changes {
            let len = new.len().max(1);
            let at = at.index(len);
            match how {
                0 => new.insert(at.min(new.len()), article),
                1 if !new.is_empty() => { new.remove(at); }
                2 if !new.is_empty() => { let last = new.len() - 1; new.swap(at, last); }
                _ if !new.is_empty() => new[at].push_str(&article),
                _ => {}
            }
        }
        let of = |articles: &[String]| law(&articles.iter().map(String::as_str).collect::<Vec<_>>());
        let (old, new) = (of(&old), of(&new));
        let comparison = compare(&old, &new);
        prop_assert_eq!(comparison.apply(&old).unwrap(), clauses(&new));
        // Each clause is in one entry.
        let count = |of: fn(&yiju_diff::Entry) -> usize| comparison.entries.iter().map(of).sum::<usize>();
        prop_assert_eq!(count(|entry| entry.old.len()), clauses(&old).len());
        prop_assert_eq!(count(|entry| entry.new.len()), clauses(&new).len());
    }

    #[test]
    fn any_two_texts_compare(old in "([第一二条（）。\n]|.){0,60}", new in "([第一二条（）。\n]|.){0,60}") {
        let parsed = |text: &str| yiju_document::parse(text.as_bytes()).ok().map(|mut all| all.remove(0));
        if let (Some(old), Some(new)) = (parsed(&old), parsed(&new)) {
            let comparison = compare(&old, &new);
            prop_assert_eq!(comparison.apply(&old).unwrap(), clauses(&new));
        }
    }
}
