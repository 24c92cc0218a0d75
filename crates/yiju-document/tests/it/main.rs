//! The crate from outside: whole documents, snapshots of their outlines, properties of any text.

mod outlines;
mod properties;
