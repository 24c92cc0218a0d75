//! Whole files, made here.

mod damage;
mod encrypted;
mod layout;
mod made;
mod scans;
mod structure;
