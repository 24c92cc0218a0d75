//! Whole files, made here.

mod damage;
mod layout;
mod made;
mod structure;
