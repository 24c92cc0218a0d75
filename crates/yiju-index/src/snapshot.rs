//! Saved vector indexes: one file, checked byte for byte, then mapped.
//!
//! ```text
//! 0    magic "YIJUVEC\n"        40  entry row of the graph (u32)
//! 8    format version (u32)     44  neighbour slots in layer 0 (u32)
//! 12   dimension (u32)          48  neighbour slots in upper layers (u32)
//! 16   generation (u64)         52  number of sections (u32)
//! 24   file length (u64)        56  CRC-32 of the header and table, this field as 0
//! 32   bytes of one code (u64)  60  0
//! 64   table: for each section its offset (u64), length (u64), CRC-32 (u32), 0 (u32)
//! ```
//!
//! Sections follow, each at a multiple of 64: the base's ids, vectors, codes and
//! qualities, its graph (layer 0, offsets, upper layers), the dead bits, the
//! side's ids, vectors, codes and qualities, and the shape and codes of the walk. Numbers are little-endian; on a
//! big-endian machine nothing is loaded or saved, the index is built each time.
//!
//! The graph's layer 0 and the codes of the walk are copied out of the mapping, into large
//! pages: every search reads them in a thousand places.
//!
//! A file is written under another name, synced, and renamed over the old one, and
//! the directory is synced: a crash leaves the old file or the new one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use yiju_fault::kill_point;
use yiju_kernels::Mapping;

use crate::SnapshotError;
use crate::coarse::Coarse;
use crate::exact::ExactIndex;
use crate::graph::Graph;
use crate::hnsw::{Base, HnswIndex};
use crate::quantise::{Quality, stride};
use crate::rows::{Column, Rows};

const MAGIC: [u8; 8] = *b"YIJUVEC\n";
/// Raised with each change of the layout or of how codes are made.
const VERSION: u32 = 2;
const FILE: &str = "vectors.yiju";
const HEADER: usize = 64;
const TABLE_ROW: usize = 24;
const SECTIONS: usize = 14;
const ALIGN: usize = 64;

/// Saves `index` to `dir`, which is made if need be.
pub(crate) fn save(index: &HnswIndex, dir: &Path, generation: u64) -> Result<(), SnapshotError> {
    let (base, side) = (&index.base, &index.side.rows);
    let sections: [&[u8]; SECTIONS] = [
        bytemuck::cast_slice(&base.rows.ids),
        bytemuck::cast_slice(&base.rows.vectors),
        &base.rows.codes,
        bytemuck::cast_slice(&base.rows.quality),
        bytemuck::cast_slice(&base.graph.base),
        bytemuck::cast_slice(&base.graph.upper_at),
        bytemuck::cast_slice(&base.graph.upper),
        bytemuck::cast_slice(&index.dead),
        bytemuck::cast_slice(&side.ids),
        bytemuck::cast_slice(&side.vectors),
        &side.codes,
        bytemuck::cast_slice(&side.quality),
        bytemuck::cast_slice(&base.coarse.shape),
        &base.coarse.codes,
    ];
    let mut head = vec![0u8; (HEADER + SECTIONS * TABLE_ROW).next_multiple_of(ALIGN)];
    let mut end = head.len();
    for (i, section) in sections.iter().enumerate() {
        let at = HEADER + i * TABLE_ROW;
        put(&mut head, at, &(end as u64).to_le_bytes());
        put(&mut head, at + 8, &(section.len() as u64).to_le_bytes());
        put(&mut head, at + 16, &crc32fast::hash(section).to_le_bytes());
        end = (end + section.len()).next_multiple_of(ALIGN);
    }
    put(&mut head, 0, &MAGIC);
    put(&mut head, 8, &VERSION.to_le_bytes());
    put(&mut head, 12, &(base.rows.dimension as u32).to_le_bytes());
    put(&mut head, 16, &generation.to_le_bytes());
    put(&mut head, 24, &(end as u64).to_le_bytes());
    put(&mut head, 32, &(base.rows.stride() as u64).to_le_bytes());
    put(&mut head, 40, &base.graph.entry.to_le_bytes());
    put(&mut head, 44, &(base.graph.degree as u32).to_le_bytes());
    put(
        &mut head,
        48,
        &(base.graph.upper_degree as u32).to_le_bytes(),
    );
    put(&mut head, 52, &(SECTIONS as u32).to_le_bytes());
    let crc = crc32fast::hash(&head);
    put(&mut head, 56, &crc.to_le_bytes());

    write(dir, |out| {
        out.write_all(&head)?;
        for section in sections {
            out.write_all(section)?;
            let padding = section.len().next_multiple_of(ALIGN) - section.len();
            out.write_all(&[0; ALIGN][..padding])?;
        }
        Ok(())
    })
}

fn put(head: &mut [u8], at: usize, bytes: &[u8]) {
    head[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Writes the file beside the old one and puts it in its place.
fn write(
    dir: &Path,
    fill: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>,
) -> Result<(), SnapshotError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let failed = |action, path: &Path| {
        let path = path.to_path_buf();
        move |source| SnapshotError::Io {
            action,
            path,
            source,
        }
    };
    if cfg!(target_endian = "big") {
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        return Err(failed("save a little-endian snapshot to", dir)(source));
    }
    std::fs::create_dir_all(dir).map_err(failed("create", dir))?;
    remove_leftovers(dir);
    let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = dir.join(format!(".{FILE}.{}-{unique}.tmp", std::process::id()));
    let target = dir.join(FILE);
    let written = (|| {
        let file = File::create(&temporary).map_err(failed("create", &temporary))?;
        let mut out = BufWriter::with_capacity(1 << 20, &file);
        fill(&mut out)
            .and_then(|()| out.flush())
            .map_err(failed("write", &temporary))?;
        drop(out);
        kill_point("index:written");
        file.sync_all().map_err(failed("sync", &temporary))?;
        std::fs::rename(&temporary, &target).map_err(failed("replace", &target))?;
        #[cfg(unix)]
        File::open(dir)
            .and_then(|dir| dir.sync_all())
            .map_err(failed("sync", dir))?;
        kill_point("index:renamed");
        Ok(())
    })();
    if written.is_err() {
        // Already failing; what is left behind is never read.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Removes what processes that were killed while they saved have left here. The caller is the only
/// one that saves to this directory.
fn remove_leftovers(dir: &Path) {
    let Ok(items) = std::fs::read_dir(dir) else {
        return;
    };
    for item in items.flatten() {
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(&format!(".{FILE}.")) && name.ends_with(".tmp") {
            // Only space is lost where it stays.
            let _ = std::fs::remove_file(item.path());
        }
    }
}

/// Maps and checks the file in `dir`; gives the generation with it.
pub(crate) fn load(dir: &Path, dimension: usize) -> Result<(HnswIndex, u64), SnapshotError> {
    let path = dir.join(FILE);
    let file = File::open(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => SnapshotError::Missing { path: path.clone() },
        _ => SnapshotError::Io {
            action: "open",
            path: path.clone(),
            source,
        },
    })?;
    let map = Mapping::new(&file).map_err(|source| SnapshotError::Io {
        action: "map",
        path: path.clone(),
        source,
    })?;
    let map = Arc::new(map);
    let reader = Reader { path, map };
    let head = reader.head()?;
    if head.dimension != dimension {
        return Err(SnapshotError::Dimension {
            expected: dimension,
            found: head.dimension,
        });
    }
    Ok((reader.index(&head)?, head.generation))
}

struct Head {
    dimension: usize,
    generation: u64,
    entry: u32,
    degree: usize,
    upper_degree: usize,
}

struct Reader {
    path: PathBuf,
    map: Arc<Mapping>,
}

impl Reader {
    fn damaged(&self, reason: &str) -> SnapshotError {
        SnapshotError::Damaged {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    fn u32_at(&self, at: usize) -> Option<u32> {
        self.map
            .get(at..)?
            .first_chunk()
            .copied()
            .map(u32::from_le_bytes)
    }

    fn u64_at(&self, at: usize) -> Option<u64> {
        self.map
            .get(at..)?
            .first_chunk()
            .copied()
            .map(u64::from_le_bytes)
    }

    /// Checks the header, its table and the file's length.
    fn head(&self) -> Result<Head, SnapshotError> {
        let short = || self.damaged("the header is cut off");
        if self.map.first_chunk() != Some(&MAGIC) || cfg!(target_endian = "big") {
            return Err(self.damaged("it does not start like a saved index"));
        }
        let version = self.u32_at(8).ok_or_else(short)?;
        if version != VERSION {
            return Err(SnapshotError::Version {
                expected: VERSION,
                found: version,
            });
        }
        let size = (HEADER + SECTIONS * TABLE_ROW).next_multiple_of(ALIGN);
        let mut head = self.map.get(..size).ok_or_else(short)?.to_vec();
        let stored = self.u32_at(56).ok_or_else(short)?;
        put(&mut head, 56, &[0; 4]);
        if crc32fast::hash(&head) != stored {
            return Err(self.damaged("the header's checksum does not match"));
        }
        if self.u64_at(24) != Some(self.map.len() as u64) {
            return Err(self.damaged("the file's length is not the one recorded"));
        }
        let number = |at| self.u32_at(at).map(|n| n as usize).ok_or_else(short);
        let head = Head {
            dimension: number(12)?,
            generation: self.u64_at(16).ok_or_else(short)?,
            entry: self.u32_at(40).ok_or_else(short)?,
            degree: number(44)?,
            upper_degree: number(48)?,
        };
        if self.u64_at(32) != Some(stride(head.dimension) as u64) || number(52)? != SECTIONS {
            return Err(self.damaged("the layout is not the one recorded"));
        }
        Ok(head)
    }

    /// Section `i` as a column, its checksum verified.
    fn column<T: bytemuck::AnyBitPattern>(&self, i: usize) -> Result<Column<T>, SnapshotError> {
        let at = HEADER + i * TABLE_ROW;
        let place = (|| {
            let start = usize::try_from(self.u64_at(at)?).ok()?;
            let length = usize::try_from(self.u64_at(at + 8)?).ok()?;
            Some(start..start.checked_add(length)?)
        })();
        let column = place.and_then(|range| {
            let sum = crc32fast::hash(self.map.get(range.clone())?);
            (Some(sum) == self.u32_at(at + 16)).then_some(())?;
            Column::mapped(&self.map, range)
        });
        column.ok_or_else(|| self.damaged(&format!("the checksum of section {i} does not match")))
    }

    fn rows(&self, first: usize, dimension: usize) -> Result<Rows, SnapshotError> {
        let rows = Rows {
            dimension,
            ids: self.column(first)?,
            vectors: self.column(first + 1)?,
            codes: self.column(first + 2)?,
            quality: self.column::<Quality>(first + 3)?,
        };
        let n = rows.len();
        let fits = Some(rows.vectors.len()) == n.checked_mul(dimension)
            && Some(rows.codes.len()) == n.checked_mul(rows.stride())
            && rows.quality.len() == n;
        if fits {
            Ok(rows)
        } else {
            Err(self.damaged("sections differ in their number of rows"))
        }
    }

    fn index(&self, head: &Head) -> Result<HnswIndex, SnapshotError> {
        let rows = self.rows(0, head.dimension)?;
        let graph = Graph {
            degree: head.degree,
            upper_degree: head.upper_degree,
            entry: head.entry,
            base: self.column(4)?.brought_near(),
            upper_at: self.column(5)?,
            upper: self.column(6)?,
        };
        let dead = self.column::<u64>(7)?;
        let side = self.rows(8, head.dimension)?;
        let coarse = Coarse {
            shape: self.column(12)?,
            codes: self.column(13)?.brought_near(),
        };
        let sorted = rows.ids.is_sorted_by(|a, b| a < b);
        let fits = graph.is_sound(rows.len())
            && dead.len() == rows.len().div_ceil(64)
            && (rows.len() == 0 || coarse.is_sound(rows.len(), head.dimension));
        if !sorted || !fits {
            return Err(self.damaged("the graph does not fit its rows"));
        }
        if let Some(last) = dead.last()
            && rows.len() % 64 != 0
            && last >> (rows.len() % 64) != 0
        {
            return Err(self.damaged("rows are marked dead that are not there"));
        }
        let side = ExactIndex::from_rows(side);
        let alive = |row: usize| dead[row / 64] >> (row % 64) & 1 == 0;
        let twice = side
            .rows
            .ids
            .iter()
            .any(|id| rows.ids.binary_search(id).is_ok_and(alive));
        if twice || side.distinct() != side.rows.len() {
            return Err(self.damaged("an id stands for two vectors"));
        }
        Ok(HnswIndex::from_parts(
            Base {
                rows,
                coarse,
                graph,
            },
            dead.to_vec(),
            side,
        ))
    }
}
