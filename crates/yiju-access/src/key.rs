//! What a key allows.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use crate::token::hash;

/// What a key allows its holder to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask, search, embed, read documents.
    Read,
    /// Add, replace and remove documents and collections.
    Write,
    /// Read `/metrics`.
    Metrics,
}

impl Scope {
    /// Its name: `read`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Metrics => "metrics",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        [Self::Read, Self::Write, Self::Metrics]
            .into_iter()
            .find(|scope| scope.name() == name)
            .ok_or_else(|| {
                format!("`{name}` is not a scope; the scopes are read, write and metrics")
            })
    }
}

/// A stored key, with the token's hash and never the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// Its name, in lists and logs.
    pub name: String,
    /// SHA-256 of its token, 64 lower-case hex digits.
    pub sha256: String,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// Only these collections; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// Only these documents, by id; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// Requests a minute; `None` for the server's own limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<NonZeroU32>,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Key {
    /// Whether it has this scope.
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// Whether it gives access to this collection.
    pub fn reaches_collection(&self, name: &str) -> bool {
        self.collections.is_empty() || self.collections.iter().any(|one| one == name)
    }

    /// Whether it gives access to this document.
    pub fn reaches_document(&self, id: &str) -> bool {
        self.documents.is_empty() || self.documents.iter().any(|one| one == id)
    }
}

/// A key to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Its name, see [`crate::check_name`].
    pub name: String,
    /// What it allows; at least one.
    pub scopes: BTreeSet<Scope>,
    /// Only these collections; empty for all.
    pub collections: Vec<String>,
    /// Only these documents, by id; empty for all.
    pub documents: Vec<String>,
    /// Requests a minute; `None` for the server's own limit.
    pub requests_per_minute: Option<NonZeroU32>,
}

impl NewKey {
    /// A key with these scopes and no other limits.
    pub fn new(name: impl Into<String>, scopes: impl IntoIterator<Item = Scope>) -> Self {
        Self {
            name: name.into(),
            scopes: scopes.into_iter().collect(),
            collections: Vec::new(),
            documents: Vec::new(),
            requests_per_minute: None,
        }
    }
}

/// All keys, in the order they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub(crate) keys: Vec<Key>,
}

impl Keys {
    /// The key of this token. The time this takes reveals neither which key it is nor how much of a hash
    /// matches.
    pub fn find(&self, token: &str) -> Option<&Key> {
        let hash = hash(token);
        let mut found = None;
        for key in &self.keys {
            let same: Choice = key.sha256.as_bytes().ct_eq(hash.as_bytes());
            if bool::from(same) {
                found = Some(key);
            }
        }
        found
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The keys, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }
}
