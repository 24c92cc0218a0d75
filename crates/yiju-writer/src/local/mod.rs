//! A GGUF file on this machine, on candle: one answer at a time, the likeliest token each time.

mod network;
mod template;
#[cfg(test)]
mod tests;
mod vocabulary;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use candle_core::quantized::gguf_file::Content;

use crate::gate::Gate;
use crate::thinking::Thinking;
use crate::{Call, Finish, Next, Prompt, Writer, WriterError};
use network::{Network, likeliest};
use template::Template;
use vocabulary::Vocabulary;

/// Where the file is and how much it is waited for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LocalOptions {
    /// The file.
    pub path: PathBuf,
    /// Longest time for an answer and all that is written again of it.
    pub total: Duration,
    /// Most that may wait for their turn.
    pub waiting: usize,
}

impl LocalOptions {
    /// A file: 300 s for an answer, eight waiting.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), total: Duration::from_secs(300), waiting: 8 }
    }
}

/// A model in memory.
pub struct Local {
    name: String,
    total: Duration,
    vocabulary: Vocabulary,
    template: Template,
    network: Mutex<Network>,
    gate: Gate,
}

impl Local {
    /// Reads a model into memory.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or is of an architecture, a tokenizer or a template that is not known.
    pub fn open(options: LocalOptions) -> Result<Self, WriterError> {
        let LocalOptions { path, total, waiting } = options;
        let (network, vocabulary, template) =
            read(&path).map_err(|reason| WriterError::File { path: path.clone(), reason })?;
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        Ok(Self {
            name: name.unwrap_or_default(),
            total,
            vocabulary,
            template,
            network: Mutex::new(network),
            gate: Gate::new(1, waiting),
        })
    }
}

fn read(path: &Path) -> Result<(Network, Vocabulary, Template), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut file = BufReader::new(file);
    let content = Content::read(&mut file).map_err(|error| {
        format!("it is no GGUF file, or a damaged one: {}", first_line(&error.to_string()))
    })?;
    let vocabulary = Vocabulary::open(&content, path)?;
    let template = Template::of(&vocabulary)?;
    let network = Network::open(content, &mut file).map_err(|error| first_line(&error))?;
    Ok((network, vocabulary, template))
}

/// candle's errors go on with a backtrace where one is wanted.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

impl Local {
    fn text(
        &self,
        network: &mut Network,
        prompt: &Prompt,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let failed = |reason: String| WriterError::Model { reason: first_line(&reason) };
        network.forget();
        let tokens = self.template.tokens(&self.vocabulary, prompt).map_err(failed)?;
        if tokens.len() >= network.most() {
            return Err(WriterError::TooLong { tokens: tokens.len(), most: network.most() });
        }
        let room = network.most() - tokens.len();
        let most = room.min(usize::try_from(call.most_tokens).unwrap_or(room));
        let mut text = Text { vocabulary: &self.vocabulary, tokens: Vec::new(), given: 0 };
        let mut thinking = Thinking::default();
        let mut waiting = tokens;
        while text.tokens.len() < most {
            let mut rest = waiting.as_slice();
            let mut logits = None;
            while !rest.is_empty() {
                call.left()?;
                let (after, now) = network.step(rest).map_err(failed)?;
                (rest, logits) = (after, Some(now));
            }
            // There is always a token to read: the prompt's first, or the one just written.
            let Some(logits) = logits else { break };
            let next = likeliest(&logits).map_err(failed)?;
            if self.vocabulary.ends(next) {
                let rest = thinking.push(&text.rest().map_err(failed)?) + &thinking.finish();
                let stop = !rest.is_empty() && piece(&rest) == Next::Stop;
                return Ok(if stop { Finish::Stopped } else { Finish::Done });
            }
            let more = thinking.push(&text.push(next).map_err(failed)?);
            if !more.is_empty() && piece(&more) == Next::Stop {
                return Ok(Finish::Stopped);
            }
            waiting = vec![next];
        }
        Ok(Finish::Length)
    }
}

/// The text of tokens, given as far as it is known: a character may take several tokens.
struct Text<'a> {
    vocabulary: &'a Vocabulary,
    tokens: Vec<u32>,
    /// Tokens whose text was given.
    given: usize,
}

impl Text<'_> {
    fn push(&mut self, token: u32) -> Result<String, String> {
        self.tokens.push(token);
        let text = self.rest()?;
        // Half a character decodes to this mark; what stays one is given with the next tokens.
        if text.ends_with('\u{fffd}') && self.tokens.len() - self.given < 8 {
            return Ok(String::new());
        }
        self.given = self.tokens.len();
        Ok(text)
    }

    /// The text that was not given.
    fn rest(&self) -> Result<String, String> {
        self.vocabulary.decode(&self.tokens[self.given..])
    }
}

impl Writer for Local {
    fn model(&self) -> &str {
        &self.name
    }

    fn patience(&self) -> Duration {
        self.total
    }

    fn write(
        &self,
        prompt: &Prompt,
        call: &Call<'_>,
        piece: &mut dyn FnMut(&str) -> Next,
    ) -> Result<Finish, WriterError> {
        let _turn = self.gate.enter(call)?;
        let mut network = self.network.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.text(&mut network, prompt, call, piece);
        // What was read is not needed any more.
        network.forget();
        result
    }
}
