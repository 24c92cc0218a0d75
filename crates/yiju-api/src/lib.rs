//! Yiju over HTTP: JSON routes over collections, with keys, bounded queues, request ids and metrics.
//!
//! [`app`] is the router, for tests and for embedding; [`serve`] runs it on a socket until it is told
//! to stop; [`AppState`] holds the collections, the [`Limits`] and the [`Policy`]. Every error that a
//! client gets is a row of [`ErrorCode::TABLE`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::Duration;
//! use yiju_api::{AppState, Limits, serve};
//! use yiju_engine::Engine;
//!
//! # async fn run(engine: Engine) -> std::io::Result<()> {
//! let state = AppState::new(Limits::default());
//! state.set_engine(Arc::new(engine));
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8700").await?;
//! serve(listener, state, None, std::future::pending(), Duration::from_secs(30)).await?;
//! # Ok(())
//! # }
//! ```

mod access;
mod app;
mod bodies;
mod codes;
mod collections;
mod connections;
mod error;
mod extract;
mod following;
mod limits;
mod mcp;
mod message;
mod metrics;
mod openapi;
mod request_id;
mod routes;
mod security;
mod server;
mod share;
mod socket;
mod state;
mod stream;
mod target;
mod tasks;
mod tls;
mod work;

pub use app::app;
pub use codes::{ErrorCode, ErrorRow};
pub use limits::Limits;
pub use mcp::serve_stdio;
pub use openapi::openapi;
pub use security::origins;
pub use server::{Stopped, serve};
pub use state::{AppState, Policy};
pub use tasks::Webhook;
pub use tls::Tls;
