//! Which words of two texts differ.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::{Piece, PieceKind};

/// Most characters of what stays between two changes that are read as one: 的 between two other words says nothing.
const ISLAND: usize = 1;

/// `old` and `new` in pieces.
pub(crate) fn pieces(old: &str, new: &str) -> Vec<Piece> {
    let (before, after) = (tokens(old), tokens(new));
    let mut pieces = Vec::new();
    let text = |tokens: &[&str]| tokens.concat();
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        match op {
            DiffOp::Equal { old_index, len, .. } => {
                push(&mut pieces, PieceKind::Equal, text(&before[old_index..old_index + len]));
            }
            DiffOp::Delete { old_index, old_len, .. } => {
                push(&mut pieces, PieceKind::Delete, text(&before[old_index..old_index + old_len]));
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                push(&mut pieces, PieceKind::Insert, text(&after[new_index..new_index + new_len]));
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                push(&mut pieces, PieceKind::Delete, text(&before[old_index..old_index + old_len]));
                push(&mut pieces, PieceKind::Insert, text(&after[new_index..new_index + new_len]));
            }
        }
    }
    without_islands(pieces)
}

/// The new text of the old one by its pieces; `None` where they are of another old text.
pub(crate) fn applied(pieces: &[Piece], old: &str) -> Option<String> {
    let mut rest = old;
    let mut new = String::new();
    for piece in pieces {
        if piece.kind != PieceKind::Insert {
            rest = rest.strip_prefix(piece.text.as_str())?;
        }
        if piece.kind != PieceKind::Delete {
            new.push_str(&piece.text);
        }
    }
    rest.is_empty().then_some(new)
}

fn push(pieces: &mut Vec<Piece>, kind: PieceKind, text: String) {
    if text.is_empty() {
        return;
    }
    match pieces.last_mut().filter(|last| last.kind == kind) {
        Some(last) => last.text.push_str(&text),
        None => pieces.push(Piece { kind, text }),
    }
}

/// Characters, and runs of letters or digits as one.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut start = 0;
    let joins = |c: char| c.is_ascii_alphanumeric();
    for (at, c) in text.char_indices() {
        let before = text[..at].chars().next_back();
        if at > start && !(joins(c) && before.is_some_and(joins)) {
            tokens.push(&text[start..at]);
            start = at;
        }
    }
    if start < text.len() {
        tokens.push(&text[start..]);
    }
    tokens
}

/// Puts the deletions of a run of changes before its insertions, over islands.
fn without_islands(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let (mut deleted, mut inserted) = (String::new(), String::new());
    let count = pieces.len();
    for (at, piece) in pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Delete => deleted.push_str(&piece.text),
            PieceKind::Insert => inserted.push_str(&piece.text),
            PieceKind::Equal => {
                let island = !deleted.is_empty()
                    && !inserted.is_empty()
                    && at + 1 < count
                    && !piece.text.contains('\n')
                    && piece.text.chars().count() <= ISLAND;
                if island {
                    deleted.push_str(&piece.text);
                    inserted.push_str(&piece.text);
                    continue;
                }
                push(&mut out, PieceKind::Delete, std::mem::take(&mut deleted));
                push(&mut out, PieceKind::Insert, std::mem::take(&mut inserted));
                push(&mut out, PieceKind::Equal, piece.text.clone());
            }
        }
    }
    push(&mut out, PieceKind::Delete, deleted);
    push(&mut out, PieceKind::Insert, inserted);
    out
}
