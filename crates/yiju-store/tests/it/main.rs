//! The store from outside: what it keeps, what it refuses, and what survives a killed process, a
//! failing disk and damage.

mod backup;
mod damage;
mod failing;
mod faulty_vfs;
mod fixture;
mod kill;
mod layout;
mod library;
mod points;
mod repair;
mod sample;
mod sources;
mod staging;
mod structure;
mod times;
