//! The routes over a real engine with the bundled model, called without a socket.

mod access;
mod ask;
mod collections;
mod dashboard;
mod documents;
mod embeddings;
mod errors;
mod ground;
mod mcp;
mod measure;
mod openai;
mod openapi;
mod page;
mod rerank;
mod sockets;
mod steps;
mod support;
mod tasks;
mod tls;
mod verify;
mod versions;
mod writing;
