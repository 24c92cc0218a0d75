//! Reads pictures of pages (PGM, binary) and prints their lines; on the error output the seconds that each took.
//!
//! `cargo run --release -p yiju-recognise --example recognise -- models/pp-ocrv6-small PAGE.pgm …`

use std::time::Instant;

use yiju_recognise::{Picture, Recogniser};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let models = arguments.next().ok_or("the folder of the models is missing")?;
    let start = Instant::now();
    let recogniser = Recogniser::open(models.as_ref())?;
    eprintln!("models opened in {:.2} s", start.elapsed().as_secs_f32());
    for path in arguments {
        let picture = pgm(&std::fs::read(&path)?).ok_or("no binary PGM")?;
        let start = Instant::now();
        let page = recogniser.page(&picture, &|| false)?;
        let took = start.elapsed().as_secs_f32();
        println!("== {}", path.display());
        for line in &page.lines {
            println!("{}", line.text());
        }
        let lines = page.lines.len();
        eprintln!("{}: {lines} lines, {took:.2} s, {:?}", path.display(), page.upright);
    }
    Ok(())
}

/// A binary PGM with a maximum of 255 and no comments.
fn pgm(bytes: &[u8]) -> Option<Picture> {
    let mut at = 0;
    let mut fields = [0_usize; 3];
    let mut rest = bytes.strip_prefix(b"P5")?;
    while at < 3 {
        rest = rest.trim_ascii_start();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        fields[at] = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
        rest = rest.get(digits..)?;
        at += 1;
    }
    Picture::grey(fields[0], fields[1], rest.get(1..)?.to_vec()).ok()
}
