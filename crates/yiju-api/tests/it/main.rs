//! The routes over a real engine with the bundled model, called without a socket.

mod ask;
mod documents;
mod embeddings;
mod errors;
mod openapi;
mod support;
mod verify;
