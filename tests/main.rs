//! End-to-end tests: the built binary and its HTTP API, on the seed and the bundled model.

mod answers;
mod bench;
mod cases;
mod commands;
mod conversation;
mod corpus;
mod crash;
mod errors;
mod eval;
#[cfg(unix)]
mod faults;
mod files;
mod ground;
mod keeping;
mod kills;
#[cfg(unix)]
mod open;
mod pull;
#[cfg(unix)]
mod reembed;
#[path = "../crates/yiju-writer/tests/it/scripted.rs"]
#[expect(dead_code, reason = "the writer's own tests use all of it")]
mod scripted;
mod serve;
#[cfg(all(unix, feature = "otlp"))]
mod spans;
mod support;
mod verify;
mod versions;
mod writing;
