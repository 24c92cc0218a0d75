//! The directory of a GGUF file, read with every length checked against the file.
//!
//! candle's own reader trusts the lengths it finds, so a damaged file could make it allocate
//! without bound or panic; here it is an error value.

use std::collections::HashMap;

use candle_core::quantized::GgmlDType;

use crate::weights::TensorEntry;

const MAGIC: &[u8; 4] = b"GGUF";
const DEFAULT_ALIGNMENT: usize = 32;

/// Reads the tensors of a GGUF file, version 2 or 3. The error says what is wrong and where.
pub(crate) fn read(bytes: &[u8]) -> Result<HashMap<String, TensorEntry>, String> {
    let mut cursor = Cursor { bytes, position: 0 };
    if cursor.take(4)? != MAGIC {
        return Err("it does not begin with the GGUF magic".to_owned());
    }
    let version = cursor.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("GGUF version {version}; versions 2 and 3 are supported"));
    }
    let tensor_count = cursor.u64()?;
    let value_count = cursor.u64()?;
    let mut alignment = DEFAULT_ALIGNMENT;
    for _ in 0..value_count {
        let key = cursor.string()?;
        let kind = cursor.u32()?;
        if key == "general.alignment" && kind == 4 {
            alignment = cursor.u32()? as usize;
            if !alignment.is_power_of_two() || !(DEFAULT_ALIGNMENT..=1 << 20).contains(&alignment) {
                return Err(format!("general.alignment is {alignment}"));
            }
        } else {
            cursor.skip_value(kind, 0)?;
        }
    }
    let mut directory = Vec::new();
    for _ in 0..tensor_count {
        let name = cursor.string()?.to_owned();
        let rank = cursor.u32()?;
        if rank > 4 {
            return Err(format!("tensor `{name}` has {rank} dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..rank {
            let size = cursor.u64()?;
            shape.push(
                usize::try_from(size).map_err(|_| format!("tensor `{name}` has size {size}"))?,
            );
        }
        // GGUF has the innermost dimension first.
        shape.reverse();
        let dtype = cursor.u32()?;
        let offset = cursor.u64()?;
        directory.push((name, shape, dtype, offset));
    }
    let data_start = cursor.position.next_multiple_of(alignment);
    let mut tensors = HashMap::new();
    for (name, shape, dtype, offset) in directory {
        let dtype = tensor_type(dtype)
            .ok_or_else(|| format!("tensor `{name}` is of type {dtype}, which is not supported"))?;
        let bytes = tensor_range(&shape, dtype, data_start, offset, bytes.len())
            .ok_or_else(|| format!("tensor `{name}` of shape {shape:?} does not lie in the file's {} bytes: the file is truncated or damaged", bytes.len()))?;
        tensors.insert(name, TensorEntry { dtype, shape, bytes });
    }
    Ok(tensors)
}

/// The bytes of a tensor, or `None` where it would not lie in the file or its rows are not
/// whole blocks.
fn tensor_range(
    shape: &[usize],
    dtype: GgmlDType,
    data_start: usize,
    offset: u64,
    file: usize,
) -> Option<std::ops::Range<usize>> {
    let row = shape.last().copied().unwrap_or(1);
    if row == 0 || !row.is_multiple_of(dtype.block_size()) {
        return None;
    }
    let elements = shape.iter().try_fold(1usize, |product, &size| product.checked_mul(size))?;
    let length = (elements / dtype.block_size()).checked_mul(dtype.type_size())?;
    let offset = usize::try_from(offset).ok()?;
    if !offset.is_multiple_of(DEFAULT_ALIGNMENT) {
        return None;
    }
    let start = data_start.checked_add(offset)?;
    let end = start.checked_add(length)?;
    (end <= file).then_some(start..end)
}

fn tensor_type(code: u32) -> Option<GgmlDType> {
    Some(match code {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

struct Cursor<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let end = self.position.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.position..end));
        let taken = taken.ok_or_else(|| {
            format!(
                "it ends after {} bytes, where {length} more were to come at {}: the file is truncated or damaged",
                self.bytes.len(),
                self.position
            )
        })?;
        self.position += length;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn u64(&mut self) -> Result<u64, String> {
        let low = u64::from(self.u32()?);
        let high = u64::from(self.u32()?);
        Ok(high << 32 | low)
    }

    fn length(&mut self) -> Result<usize, String> {
        let length = self.u64()?;
        usize::try_from(length).map_err(|_| format!("a length of {length}"))
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let at = self.position;
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?)
            .map_err(|_| format!("the string at {at} is not UTF-8"))
    }

    fn skip_value(&mut self, kind: u32, depth: u32) -> Result<(), String> {
        if let Some(size) = value_size(kind) {
            self.take(size)?;
            return Ok(());
        }
        match kind {
            8 => {
                self.string()?;
            }
            9 if depth < 4 => {
                let kind = self.u32()?;
                let count = self.length()?;
                match value_size(kind) {
                    Some(size) => {
                        self.take(size.saturating_mul(count))?;
                    }
                    None => {
                        for _ in 0..count {
                            self.skip_value(kind, depth + 1)?;
                        }
                    }
                }
            }
            _ => {
                return Err(format!("a value of unknown type {kind} before {}", self.position));
            }
        }
        Ok(())
    }
}

fn value_size(kind: u32) -> Option<usize> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}
