//! `yiju key`

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;
use yiju_access::{AccessError, KeyFile, NewKey, Scope};

use super::{Context, print_json};
use crate::failure::Failure;
use crate::text::clean;

/// The file of the keys, in the directory of the server's data.
const FILE: &str = "keys.json";

/// Make, list and revoke access keys of the server
///
/// A key is kept as a hash: its token is shown once, when it is made. A running server takes a change
/// up within a second. As soon as there is a key, every request needs one.
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:\n  \
    yiju key add page\n  \
    yiju key add editor --scope read --scope write --collection cities\n  \
    yiju key list\n  \
    yiju key revoke page")]
pub(crate) enum Key {
    Add(Add),
    List(List),
    Revoke(Revoke),
}

/// Make a key and show its token, once
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name: lower-case letters, digits, `-` and `_`
    name: String,
    /// What it allows: read, write or metrics; may be repeated
    #[arg(long = "scope", value_name = "SCOPE", default_value = "read")]
    scopes: Vec<Scope>,
    /// Only this collection; may be repeated [default: all]
    #[arg(long = "collection", value_name = "NAME")]
    collections: Vec<String>,
    /// Only this document; may be repeated [default: all]
    #[arg(long = "document", value_name = "ID")]
    documents: Vec<String>,
    /// Requests a minute [default: what the server says]
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<NonZeroU32>,
    #[command(flatten)]
    server: ServerData,
}

/// List the keys; the tokens are not kept
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: ServerData,
}

/// Revoke a key
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// Its name
    name: String,
    #[command(flatten)]
    server: ServerData,
}

/// The server's data directory.
#[derive(Debug, Args)]
pub(crate) struct ServerData {
    /// Directory of the server's access keys and collections [default: the library's, with `-server` after its name]
    #[arg(long, value_name = "DIR", env = "YIJU_SERVER_DATA")]
    data: Option<PathBuf>,
}

impl ServerData {
    fn keys(&self, context: &Context) -> anyhow::Result<KeyFile> {
        let data = context.settings.server_data(self.data.as_deref())?;
        Ok(file(&data))
    }
}

/// The file of the keys in the directory of the server's data.
pub(crate) fn file(data: &Path) -> KeyFile {
    KeyFile::new(data.join(FILE))
}

/// The error with its hint.
pub(crate) fn failure(error: AccessError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

impl Key {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        match self {
            Self::Add(add) => add.run(context),
            Self::List(list) => list.run(context),
            Self::Revoke(revoke) => revoke.run(context),
        }
    }
}

impl Add {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let file = self.server.keys(context)?;
        let new = NewKey {
            name: self.name,
            scopes: self.scopes.into_iter().collect::<BTreeSet<_>>(),
            collections: self.collections,
            documents: self.documents,
            requests_per_minute: self.requests_per_minute,
        };
        let (key, token) = file.add(new).map_err(failure)?;
        if context.json {
            print_json(&json!({ "name": key.name, "token": token.reveal() }))?;
        } else {
            println!("{}", token.reveal());
        }
        context.notes.say("this is the only time the token is shown; only its hash is kept");
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let keys = self.server.keys(context)?.read().map_err(failure)?;
        if context.json {
            let keys: Vec<_> = keys
                .iter()
                .map(|key| {
                    json!({
                        "name": key.name,
                        "scopes": key.scopes,
                        "collections": key.collections,
                        "documents": key.documents,
                        "requests_per_minute": key.requests_per_minute,
                        "created_at": key.created_at,
                    })
                })
                .collect();
            print_json(&json!({ "keys": keys }))?;
            return Ok(ExitCode::SUCCESS);
        }
        for key in keys.iter() {
            let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.name()).collect();
            let mut line = format!("{}  {}", key.name, scopes.join(", "));
            for (what, which) in [("collections", &key.collections), ("documents", &key.documents)]
            {
                if !which.is_empty() {
                    line.push_str(&format!("  {what} {}", which.join(", ")));
                }
            }
            if let Some(most) = key.requests_per_minute {
                line.push_str(&format!("  {most} requests a minute"));
            }
            line.push_str(&format!("  made {:.0}", key.created_at));
            println!("{}", clean(&line));
        }
        if keys.is_empty() {
            context.notes.say("there are no keys");
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Revoke {
    fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let file = self.server.keys(context)?;
        if !file.revoke(&self.name).map_err(failure)? {
            return Err(Failure::new(format!("there is no key named `{}`", self.name))
                .hint("`yiju key list` shows the keys")
                .into());
        }
        context.notes.say(&format!(
            "the key `{}` is revoked; a running server takes it up within a second",
            self.name
        ));
        Ok(ExitCode::SUCCESS)
    }
}
