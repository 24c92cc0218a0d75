//! An endpoint as its callers see it, behind a real socket.

mod endpoint;
mod scripted;
