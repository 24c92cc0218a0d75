//! `yiju embed`

use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;
use yiju_embed::InputType;
use yiju_engine::EngineError;

use super::Context;
use crate::failure::Failure;
use crate::library;
use crate::model;

/// Lines embedded together, and held in memory.
const BATCH: usize = 32;

/// Longest line in bytes.
const LINE_BYTES: u64 = 4 << 20;

/// Embed texts: one text per line in, one JSON object per line out
///
/// Reads standard input to its end and writes `{"embedding": […], "tokens": n}` for each line, in
/// order. Vectors have unit length. Needs no library.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  yiju embed --input-type query < questions.txt > vectors.jsonl"
)]
pub(crate) struct Embed {
    /// What the texts are: it decides the model's prefix
    #[arg(long, value_name = "TYPE")]
    input_type: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Questions
    Query,
    /// Texts to be found
    Passage,
}

#[derive(Serialize)]
struct Line<'a> {
    embedding: &'a [f32],
    tokens: usize,
}

impl Embed {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let directory = model::find(context.settings.model.as_deref())?;
        let embedder = library::embedder(&context.settings, &directory)?;
        let kind = match self.input_type {
            Kind::Query => InputType::Query,
            Kind::Passage => InputType::Passage,
        };
        let mut lines = Lines::new(io::stdin().lock());
        let mut out = io::stdout().lock();
        loop {
            let batch = lines.batch()?;
            if batch.is_empty() {
                return Ok(ExitCode::SUCCESS);
            }
            let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
            let embeddings = embedder.embed(kind, &texts).map_err(EngineError::from)?;
            for made in embeddings {
                let line = Line { embedding: &made.vector, tokens: made.tokens };
                serde_json::to_writer(&mut out, &line)?;
                writeln!(out)?;
            }
            out.flush()?;
        }
    }
}

/// Lines of text, with their numbers for errors.
struct Lines<R> {
    input: R,
    number: usize,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Self {
        Self { input, number: 0 }
    }

    /// The next lines, [`BATCH`] at most; none at the end.
    fn batch(&mut self) -> anyhow::Result<Vec<String>> {
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            match self.line()? {
                Some(line) => batch.push(line),
                None => break,
            }
        }
        Ok(batch)
    }

    fn line(&mut self) -> anyhow::Result<Option<String>> {
        let mut bytes = Vec::new();
        let read = io::Read::take(&mut self.input, LINE_BYTES + 1).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if read as u64 > LINE_BYTES {
            return Err(Failure::new(format!(
                "line {} is longer than {} MiB",
                self.number,
                LINE_BYTES >> 20
            ))
            .hint("put one text on a line")
            .into());
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::new(format!("line {} is not UTF-8", self.number)))?;
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_order_and_their_blanks() {
        let text: String = (0..70).map(|i| format!("t{i}\r\n\n")).collect();
        let mut lines = Lines::new(text.as_bytes());
        let mut all = Vec::new();
        loop {
            let batch = lines.batch().unwrap();
            assert!(batch.len() <= BATCH);
            if batch.is_empty() {
                break;
            }
            all.extend(batch);
        }
        assert_eq!(all.len(), 140);
        assert_eq!((all[0].as_str(), all[1].as_str(), all[138].as_str()), ("t0", "", "t69"));
    }

    #[test]
    fn a_line_that_is_not_text_is_named() {
        let mut lines = Lines::new(&b"ok\n\xff\n"[..]);
        assert!(lines.batch().unwrap_err().to_string().contains("line 2"));
    }
}
