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
//! side's ids, vectors, codes and qualities, and the shape and codes of the walk. Numbers
//! are little-endian; a big-endian machine loads and saves nothing and builds the index
//! each time.
//!
//! The graph's layer 0 and the codes of the walk are copied from the mapping into large pages,
//! because every search reads them in a thousand places.
//!
//! A file is written under another name, synced, and renamed over the old one, and
//! the directory is synced: a crash leaves the old file or the new one.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use yiju_fault::kill_point;
use yiju_files::Readers;
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
const SECTIONS: usize = 14;
const ALIGN: usize = 64;
const HEADER: usize = size_of::<Header>();
const PLACE: usize = size_of::<Place>();
/// Bytes of the header and the table, padding included.
const HEAD: usize = (HEADER + SECTIONS * PLACE).next_multiple_of(ALIGN);

/// The first bytes of a file.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Header {
    magic: [u8; 8],
    version: u32,
    dimension: u32,
    generation: u64,
    file_length: u64,
    /// Bytes of one code.
    stride: u64,
    entry: u32,
    degree: u32,
    upper_degree: u32,
    sections: u32,
    crc: u32,
    zero: u32,
}

/// A row of the table.
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct Place {
    start: u64,
    length: u64,
    crc: u32,
    zero: u32,
}

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
    let mut head = vec![0; HEAD];
    let mut end = HEAD;
    let (table, _) = head[HEADER..].as_chunks_mut::<PLACE>();
    for (place, section) in table.iter_mut().zip(sections) {
        *place = bytemuck::cast(Place {
            start: end as u64,
            length: section.len() as u64,
            crc: crc32fast::hash(section),
            zero: 0,
        });
        end = (end + section.len()).next_multiple_of(ALIGN);
    }
    let mut header = Header {
        magic: MAGIC,
        version: VERSION,
        dimension: base.rows.dimension as u32,
        generation,
        file_length: end as u64,
        stride: base.rows.stride() as u64,
        entry: base.graph.entry,
        degree: base.graph.degree as u32,
        upper_degree: base.graph.upper_degree as u32,
        sections: SECTIONS as u32,
        crc: 0,
        zero: 0,
    };
    head[..HEADER].copy_from_slice(bytemuck::bytes_of(&header));
    header.crc = crc32fast::hash(&head);
    head[..HEADER].copy_from_slice(bytemuck::bytes_of(&header));

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

/// Writes the file beside the old one and puts it in its place.
fn write(
    dir: &Path,
    fill: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>,
) -> Result<(), SnapshotError> {
    let failed = |action, path: &Path| {
        let path = path.to_path_buf();
        move |source| SnapshotError::Io { action, path, source }
    };
    if cfg!(target_endian = "big") {
        let source = std::io::Error::from(std::io::ErrorKind::Unsupported);
        return Err(failed("save a little-endian snapshot to", dir)(source));
    }
    std::fs::create_dir_all(dir).map_err(failed("create", dir))?;
    let target = dir.join(FILE);
    yiju_files::remove_unfinished(&target);
    yiju_files::replace(&target, Readers::ByUmask, |out| {
        fill(out)?;
        out.flush()?;
        kill_point("index:written");
        Ok(())
    })
    .map_err(failed("write", &target))?;
    kill_point("index:renamed");
    Ok(())
}

/// Maps and checks the file in `dir`; gives the generation with it.
pub(crate) fn load(dir: &Path, dimension: usize) -> Result<(HnswIndex, u64), SnapshotError> {
    let path = dir.join(FILE);
    let file = File::open(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => SnapshotError::Missing { path: path.clone() },
        _ => SnapshotError::Io { action: "open", path: path.clone(), source },
    })?;
    let map = Mapping::new(&file).map_err(|source| SnapshotError::Io {
        action: "map",
        path: path.clone(),
        source,
    })?;
    let map = Arc::new(map);
    let reader = Reader { path, map };
    let head = reader.head()?;
    let found = head.dimension as usize;
    if found != dimension {
        return Err(SnapshotError::Dimension { expected: dimension, found });
    }
    Ok((reader.index(&head)?, head.generation))
}

struct Reader {
    path: PathBuf,
    map: Arc<Mapping>,
}

impl Reader {
    fn damaged(&self, reason: &str) -> SnapshotError {
        SnapshotError::Damaged { path: self.path.clone(), reason: reason.into() }
    }

    /// Checks the header, its table and the file's length.
    fn head(&self) -> Result<Header, SnapshotError> {
        let short = || self.damaged("the header is cut off");
        if self.map.first_chunk() != Some(&MAGIC) || cfg!(target_endian = "big") {
            return Err(self.damaged("it does not start like a saved index"));
        }
        let version = self.map[MAGIC.len()..].first_chunk().ok_or_else(short)?;
        let version = u32::from_le_bytes(*version);
        if version != VERSION {
            return Err(SnapshotError::Version { expected: VERSION, found: version });
        }
        let mut head = self.map.get(..HEAD).ok_or_else(short)?.to_vec();
        let header: Header = bytemuck::pod_read_unaligned(&head[..HEADER]);
        let without_crc = Header { crc: 0, ..header };
        head[..HEADER].copy_from_slice(bytemuck::bytes_of(&without_crc));
        if crc32fast::hash(&head) != header.crc {
            return Err(self.damaged("the header's checksum does not match"));
        }
        if header.file_length != self.map.len() as u64 {
            return Err(self.damaged("the file's length is not the one recorded"));
        }
        if header.stride != stride(header.dimension as usize) as u64
            || header.sections as usize != SECTIONS
        {
            return Err(self.damaged("the layout is not the one recorded"));
        }
        Ok(header)
    }

    /// Section `i` as a column, its checksum verified.
    fn column<T: bytemuck::AnyBitPattern>(&self, i: usize) -> Result<Column<T>, SnapshotError> {
        let column = (|| {
            let place = self.map.get(HEADER + i * PLACE..)?.get(..PLACE)?;
            let place: Place = bytemuck::pod_read_unaligned(place);
            let start = usize::try_from(place.start).ok()?;
            let length = usize::try_from(place.length).ok()?;
            let range = start..start.checked_add(length)?;
            let sum = crc32fast::hash(self.map.get(range.clone())?);
            (sum == place.crc).then(|| Column::mapped(&self.map, range))?
        })();
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
        if fits { Ok(rows) } else { Err(self.damaged("sections differ in their number of rows")) }
    }

    fn index(&self, head: &Header) -> Result<HnswIndex, SnapshotError> {
        let dimension = head.dimension as usize;
        let rows = self.rows(0, dimension)?;
        let graph = Graph {
            degree: head.degree as usize,
            upper_degree: head.upper_degree as usize,
            entry: head.entry,
            base: self.column(4)?.brought_near(),
            upper_at: self.column(5)?,
            upper: self.column(6)?,
        };
        let dead = self.column::<u64>(7)?;
        let side = self.rows(8, dimension)?;
        let coarse = Coarse { shape: self.column(12)?, codes: self.column(13)?.brought_near() };
        let sorted = rows.ids.is_sorted_by(|a, b| a < b);
        let fits = graph.is_sound(rows.len())
            && dead.len() == rows.len().div_ceil(64)
            && (rows.len() == 0 || coarse.is_sound(rows.len(), dimension));
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
        let twice = side.rows.ids.iter().any(|id| rows.ids.binary_search(id).is_ok_and(alive));
        if twice || side.distinct() != side.rows.len() {
            return Err(self.damaged("an id stands for two vectors"));
        }
        Ok(HnswIndex::from_parts(Base { rows, coarse, graph }, dead.to_vec(), side))
    }
}
