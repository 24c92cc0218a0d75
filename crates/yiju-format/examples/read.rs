//! Prints the text of a file as it is read: `cargo run -p yiju-format --example read -- FILE`. With `--blocks` each
//! block with what it is.

#![allow(clippy::print_stdout, reason = "it is what the example is for")]

use std::process::ExitCode;

use yiju_format::{Limits, read};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let blocks = arguments
        .iter()
        .position(|argument| argument == "--blocks")
        .map(|at| arguments.remove(at))
        .is_some();
    let [file] = arguments.as_slice() else {
        eprintln!("usage: read [--blocks] FILE");
        return ExitCode::FAILURE;
    };
    let bytes = match std::fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{file}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match read(&bytes, &Limits::default()) {
        Ok(Some(reading)) => {
            for sentence in &reading.unread {
                eprintln!("not read: {sentence}");
            }
            if blocks {
                for block in &reading.blocks {
                    println!("{block:?}");
                }
            } else {
                print!("{}", reading.printed().text);
            }
            ExitCode::SUCCESS
        }
        Ok(None) => {
            print!("{}", String::from_utf8_lossy(&bytes));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
