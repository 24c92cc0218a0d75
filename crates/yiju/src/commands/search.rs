//! `yiju search`

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use yiju_engine::SearchRequest;

use super::filter::{FilterArgs, words};
use super::{Context, print_json};
use crate::library;

/// Rank the clauses that fit a query
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju search \"城市更新\"\n  \
    yiju search --limit 3 --section 安全 \"应急避难场所\"")]
pub(crate) struct Search {
    /// Put the files here into the library, and look only in them; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// Most clauses to give, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=100))]
    limit: u8,
    #[command(flatten)]
    filter: FilterArgs,
    /// The query
    query: Vec<String>,
}

impl Search {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let query = words(&self.query, "query")?;
        let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
        let request = SearchRequest {
            query,
            limit: usize::from(self.limit),
            as_of: self.filter.as_of,
            filter: self.filter.with_sources(library.sources),
        };
        let response = library.engine.search(&request)?;
        if context.json {
            print_json(&response)?;
        } else if response.hits.is_empty() {
            context.notes.say("nothing found");
        } else {
            context.view().search(&response, &mut io::stdout().lock())?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
