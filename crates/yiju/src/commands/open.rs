//! `yiju open`

use std::process::ExitCode;

use clap::Args;

use super::{Context, serve};
use crate::config::{ServeSettings, WriterSettings};

/// Any free port of this machine.
const LISTEN: &str = "127.0.0.1:0";

/// Open the page in the browser: ask, see the clauses, add documents
///
/// Serves on a free port of this machine, as `yiju serve` does, until Ctrl-C. If no browser is found, the address is
/// printed. The settings of `[serve]` in yiju.toml hold, but for the address.
#[derive(Debug, Args)]
pub(crate) struct Open {
    #[command(flatten)]
    writer: WriterSettings,
}

impl Open {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let settings = ServeSettings { listen: Some(LISTEN.into()), ..ServeSettings::default() };
        let settings = settings.over(&context.settings.serve);
        serve::serve(settings, &self.writer.over(&context.settings.writer), context, true)
    }
}
