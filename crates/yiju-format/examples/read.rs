//! Prints what a file holds: its text, and on the error output its format, facts and what could not be read.

use std::process::ExitCode;

use yiju_format::{Limits, detect, read};

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: read FILE");
        return ExitCode::FAILURE;
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            return ExitCode::FAILURE;
        }
    };
    eprintln!("format: {}", detect(&bytes));
    match read(&bytes, &Limits::default()) {
        Ok(Some(reading)) => {
            eprintln!("facts: {:?}\npages: {}", reading.facts, reading.pages.len());
            for sentence in &reading.unread {
                eprintln!("unread: {sentence}");
            }
            let printed = reading.printed();
            if std::env::args().any(|argument| argument == "--places") {
                for place in &printed.places {
                    eprintln!("{place:?} {}", printed.text.get(place.range.clone()).unwrap_or("?"));
                }
            }
            print!("{}", printed.text);
            ExitCode::SUCCESS
        }
        Ok(None) => {
            print!("{}", String::from_utf8_lossy(&bytes));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
