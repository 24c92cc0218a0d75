//! Prints the text of a file: `cargo run -p yiju-format --example read FILE`; with `--places` each place, too.

use std::process::ExitCode;

use yiju_format::{Limits, read};

fn main() -> ExitCode {
    let mut places = false;
    for argument in std::env::args().skip(1) {
        if argument == "--places" {
            places = true;
            continue;
        }
        let bytes = match std::fs::read(&argument) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{argument}: {error}");
                return ExitCode::FAILURE;
            }
        };
        match read(&bytes, &Limits::default()) {
            Ok(None) => print!("{}", String::from_utf8_lossy(&bytes)),
            Ok(Some(reading)) => {
                let printed = reading.printed();
                print!("{}", printed.text);
                if places {
                    for place in &printed.places {
                        let text = printed.text.get(place.range.clone()).unwrap_or_default();
                        println!("{}\t{:?}\t{text}", place.page, place.area);
                    }
                }
                for line in &reading.unread {
                    eprintln!("{argument}: {line}");
                }
            }
            Err(error) => {
                eprintln!("{argument}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
