//! For the fuzz targets of the workspace; not part of the API.

use crate::endpoint::chunk;
use crate::endpoint::sse::Events;

/// The data of the events in `bytes`, read in pieces of `size` bytes, and whether reading ended with an error.
pub fn events(bytes: &[u8], size: usize) -> (Vec<String>, bool) {
    let mut events = Events::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        match events.push(piece) {
            Ok(more) => all.extend(more),
            Err(_) => return (all, true),
        }
    }
    all.extend(events.finish());
    for data in &all {
        // Whatever it says, reading it ends.
        let _ = chunk::read(data);
    }
    (all, false)
}
