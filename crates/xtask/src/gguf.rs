//! Writes GGUF version 3.

const ALIGNMENT: usize = 32;

/// A metadata value.
pub enum Value<'a> {
    Text(&'a str),
    U32(u32),
    F32(f32),
    Bool(bool),
}

/// A tensor's storage type; the discriminant is its number in GGUF.
#[derive(Clone, Copy)]
pub enum Kind {
    F32 = 0,
    Q4_0 = 2,
}

/// A tensor to write; the shape has the outermost dimension first.
pub struct Tensor<'a> {
    pub name: String,
    pub shape: Vec<usize>,
    pub kind: Kind,
    pub bytes: &'a [u8],
}

/// The bytes of a GGUF file.
pub fn write(metadata: &[(&str, Value<'_>)], tensors: &[Tensor<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(b"GGUF");
    out.extend_from_slice(&3u32.to_le_bytes());
    out.extend_from_slice(&(tensors.len() as u64).to_le_bytes());
    out.extend_from_slice(&(metadata.len() as u64).to_le_bytes());
    for (key, value) in metadata {
        text(&mut out, key);
        match value {
            Value::U32(number) => {
                out.extend_from_slice(&4u32.to_le_bytes());
                out.extend_from_slice(&number.to_le_bytes());
            }
            Value::F32(number) => {
                out.extend_from_slice(&6u32.to_le_bytes());
                out.extend_from_slice(&number.to_le_bytes());
            }
            Value::Bool(value) => {
                out.extend_from_slice(&7u32.to_le_bytes());
                out.push(u8::from(*value));
            }
            Value::Text(value) => {
                out.extend_from_slice(&8u32.to_le_bytes());
                text(&mut out, value);
            }
        }
    }
    let mut offset = 0usize;
    for tensor in tensors {
        text(&mut out, &tensor.name);
        out.extend_from_slice(&(tensor.shape.len() as u32).to_le_bytes());
        for &size in tensor.shape.iter().rev() {
            out.extend_from_slice(&(size as u64).to_le_bytes());
        }
        out.extend_from_slice(&(tensor.kind as u32).to_le_bytes());
        out.extend_from_slice(&(offset as u64).to_le_bytes());
        offset += tensor.bytes.len().next_multiple_of(ALIGNMENT);
    }
    pad(&mut out);
    for tensor in tensors {
        out.extend_from_slice(tensor.bytes);
        pad(&mut out);
    }
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&(text.len() as u64).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
}
