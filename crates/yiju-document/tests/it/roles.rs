//! The roles that the rules give, against 60 documents marked by hand (benches/policies).

use std::path::Path;

use serde::Deserialize;
use yiju_document::{Role, parse};

#[derive(Deserialize)]
struct Marked {
    document: String,
    roles: Vec<Role>,
}

/// How many lines of a half the rules give the marked role, and how many lines there are. Body, item and answer count as
/// one: all three may be quoted.
fn agreement(half: &str) -> (usize, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/policies");
    let marked = std::fs::read_to_string(root.join(format!("{half}-roles.jsonl"))).unwrap();
    let alike = |role: Role| match role {
        Role::Item | Role::Answer => Role::Body,
        other => other,
    };
    let (mut right, mut lines) = (0, 0);
    for row in marked.lines() {
        let marked: Marked = serde_json::from_str(row).unwrap();
        let bytes = std::fs::read(root.join(half).join(&marked.document)).unwrap();
        let document = parse(&bytes).unwrap().remove(0);
        let found: Vec<Role> = document.paragraphs().into_iter().map(|(_, role)| role).collect();
        // A text whose lines were joined or split cannot be compared line by line.
        if found.len() == marked.roles.len() {
            right +=
                found.iter().zip(&marked.roles).filter(|(a, b)| alike(**a) == alike(**b)).count();
        }
        lines += marked.roles.len();
    }
    (right, lines)
}

#[test]
fn the_rules_agree_with_hand_marks() {
    for (half, least) in [("dev", 0.90), ("kept", 0.92)] {
        let (right, lines) = agreement(half);
        let share = right as f64 / lines as f64;
        println!("{half}: {right} of {lines} ({share:.3})");
        assert!(share >= least, "{half}: {right} of {lines}");
    }
}
