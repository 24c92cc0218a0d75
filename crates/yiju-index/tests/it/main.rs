//! What the indexes promise to the engine.

mod lexical;
mod made;
mod snapshot;
mod together;
mod vectors;
