//! The crate from outside: whole documents, snapshots of their outlines, properties of any text.

mod cases;
mod outlines;
mod properties;
