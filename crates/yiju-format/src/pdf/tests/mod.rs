//! Whole files, made here.

mod damage;
mod encrypted;
mod layout;
pub(super) mod made;
mod scans;
mod structure;
