//! Draws a page of a file: `cargo run -p yiju-format --example page -- FILE PAGE OUT.png [WIDTH]`. What is read on the
//! page is marked with `--mark`.

#![allow(clippy::print_stdout, reason = "it is what the example is for")]

use std::process::ExitCode;

use yiju_format::{FormatError, Limits, PageRequest, draw_page, read};

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let mark = arguments
        .iter()
        .position(|argument| argument == "--mark")
        .map(|at| arguments.remove(at))
        .is_some();
    let [file, page, out, width @ ..] = arguments.as_slice() else {
        eprintln!("usage: page [--mark] FILE PAGE OUT [WIDTH]");
        return ExitCode::FAILURE;
    };
    let drawn = std::fs::read(file).map_err(|error| error.to_string()).and_then(|bytes| {
        let page = page.parse().map_err(|_| format!("{page} is no page"))?;
        let words = |error: FormatError| error.to_string();
        let marks = match mark {
            false => Vec::new(),
            true => {
                let reading = read(&bytes, &Limits::default()).map_err(words)?;
                let places = reading.map(|reading| reading.printed().places).unwrap_or_default();
                places.iter().filter(|place| place.page == page).map(|place| place.area).collect()
            }
        };
        let width = width.first().and_then(|width| width.parse().ok());
        draw_page(&bytes, &PageRequest { page, width, marks }, &Limits::default()).map_err(words)
    });
    match drawn.and_then(|drawn| {
        std::fs::write(out, &drawn.png).map_err(|error| error.to_string()).map(|()| drawn)
    }) {
        Ok(drawn) => {
            println!("{} × {}, {} characters not drawn", drawn.width, drawn.height, drawn.undrawn);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{file}: {error}");
            ExitCode::FAILURE
        }
    }
}
