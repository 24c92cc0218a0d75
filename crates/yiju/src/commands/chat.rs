//! `yiju chat`

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use yiju_engine::AskRequest;

use super::filter::FilterArgs;
use super::written::write;
use super::{Context, print_json};
use crate::config::WriterSettings;
use crate::{library, writer};

/// How many earlier questions are kept: as many as the engine takes.
const KEPT: usize = 20;
/// What ends a conversation, beside the end of the input.
const ENDS: [&str; 4] = ["exit", "quit", "退出", "再见"];

/// Ask one question after the other
///
/// What a question leaves out is taken from those before it (那中小城市呢？ 它什么时候实行？); a line says how it was
/// understood. Questions are read line by line from standard input; an empty line is passed over, and `exit` or the end
/// of the input (Ctrl-D) ends the conversation. With --json each answer is a JSON object.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    yiju chat\n  \
    yiju chat --docs policies --limit 1\n  \
    printf '超大城市的规模要不要控制？\\n那中小城市呢？\\n' | yiju chat")]
pub(crate) struct Chat {
    /// Put the files here into the library, and answer only from them; may be repeated
    #[arg(long, value_name = "PATH")]
    docs: Vec<PathBuf>,
    /// Most citations to give, 1 to 20
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    limit: u8,
    #[command(flatten)]
    filter: FilterArgs,
    /// Have the answers written by a model from the quotes; each sentence is checked before it is shown
    #[arg(long)]
    write: bool,
    #[command(flatten)]
    writer: WriterSettings,
}

impl Chat {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let settings = self.writer.over(&context.settings.writer);
        let writer = self.write.then(|| writer::wanted(&settings)).transpose()?;
        let library = library::with_docs(&context.settings, &self.docs, &context.notes)?;
        let as_of = self.filter.as_of;
        let filter = self.filter.with_sources(library.sources);
        let prompt = io::stdin().is_terminal() && io::stdout().is_terminal();
        let mut history: Vec<String> = Vec::new();
        let mut lines = io::stdin().lock().lines();
        loop {
            if prompt {
                print!("> ");
                io::stdout().flush()?;
            }
            let Some(line) = lines.next().transpose()? else { break };
            let question = line.trim();
            if question.is_empty() {
                continue;
            }
            if ENDS.contains(&question) {
                break;
            }
            let request = AskRequest {
                history: history.clone(),
                limit: usize::from(self.limit),
                filter: filter.clone(),
                as_of,
                ..AskRequest::new(question)
            };
            // A question that cannot be asked ends nothing: the next one may.
            let answer = match library.engine.ask(&request) {
                Ok(answer) => answer,
                Err(error) => {
                    context.notes.error(&error.into());
                    continue;
                }
            };
            if let Some(understood) = answer.understood_as.as_ref().filter(|_| !context.json) {
                context.view().understood(understood, &mut io::stdout().lock())?;
            }
            match &writer {
                Some(writer) => {
                    write(context, &library.engine, &**writer, answer)?;
                }
                None if context.json => print_json(&answer)?,
                None => context.view().answer(&answer, &mut io::stdout().lock())?,
            }
            if !context.json {
                println!();
            }
            history.push(question.to_owned());
            if history.len() > KEPT {
                history.remove(0);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
