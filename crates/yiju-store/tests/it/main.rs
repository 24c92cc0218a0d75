//! The store from outside: what it keeps, what it refuses, and what survives a killed process.

mod damage;
mod kill;
mod library;
mod sample;
mod sources;
mod structure;
