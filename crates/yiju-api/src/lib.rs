//! Yiju over HTTP: JSON routes over an engine, with bounded queues, request ids and metrics.
//!
//! [`app`] is the router, for tests and for embedding; [`serve`] runs it on a socket until told to
//! stop; [`AppState`] holds the engine and the [`Limits`]. Every error a client gets is a row of
//! [`ErrorCode::TABLE`].
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
//! serve(listener, state, std::future::pending(), Duration::from_secs(30)).await?;
//! # Ok(())
//! # }
//! ```

mod app;
mod error;
mod extract;
mod metrics;
mod openapi;
mod routes;
mod schema;
mod server;
mod state;
mod work;

pub use app::app;
pub use error::ErrorCode;
pub use openapi::openapi;
pub use server::{Stopped, serve};
pub use state::{AppState, Limits};
