//! Writes the vectors of a library's passages to a file, as little-endian floats one vector
//! after another: real vectors for `benches/peers/index.py`.
//!
//! ```text
//! cargo run --release -p yiju-store --example dump_vectors -- LIBRARY BASE_FILE [QUERY_FILE EVERY]
//! ```
//! With a query file, one passage in `EVERY` goes there and not into the base.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use yiju_store::{Access, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (library, base, queries) = match arguments.as_slice() {
        [library, base] => (library, base, None),
        [library, base, queries, every] => (library, base, Some((queries, every.parse::<u64>()?))),
        _ => return Err("say LIBRARY BASE_FILE [QUERY_FILE EVERY]".into()),
    };
    let store = Store::open(Path::new(library), Access::ReadOnly, None)?;
    let mut base = BufWriter::new(File::create(base)?);
    let every = queries.map_or(u64::MAX, |(_, every)| every.max(1));
    let mut queries =
        (queries.map(|(file, _)| File::create(file)).transpose()?).map(BufWriter::new);
    let (mut seen, mut outcome) = (0u64, Ok(()));
    store.for_each_passage(|_, vector| {
        seen += 1;
        let out = match &mut queries {
            Some(queries) if seen.is_multiple_of(every) => queries,
            _ => &mut base,
        };
        let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
        if outcome.is_ok() {
            outcome = out.write_all(&bytes);
        }
    })?;
    outcome?;
    base.flush()?;
    if let Some(mut queries) = queries {
        queries.flush()?;
    }
    println!("{seen} vectors of {} components", store.model().dimension);
    Ok(())
}
