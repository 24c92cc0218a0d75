//! The crate from outside: whole documents, snapshots of their outlines, properties of any text.

mod cases;
mod long;
mod outlines;
mod properties;
mod roles;
mod running;
mod series;
mod wrapping;
