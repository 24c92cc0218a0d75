//! The models that read pictures of pages, as the PyPI package rapidocr 3.10.0 has them.

use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::directory::File;
use crate::source::sha256;

/// Members of the wheel, the names that they get, and their SHA-256.
const MEMBERS: [(&str, &str, &str); 3] = [
    (
        "rapidocr/models/PP-OCRv6_det_small.onnx",
        "PP-OCRv6_det_small.onnx",
        "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    ),
    (
        "rapidocr/models/PP-OCRv6_rec_small.onnx",
        "PP-OCRv6_rec_small.onnx",
        "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    ),
    (
        "rapidocr-3.10.0.dist-info/licenses/LICENSE",
        "LICENSE",
        "3e0af25fdd06aa9586ae97adb00ea927ebe5a3805ac77d2d3a81ce5f55693333",
    ),
];

/// Takes the files of the directory out of the wheel.
pub fn make(path: &Path) -> anyhow::Result<Vec<File>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut wheel = zip::ZipArchive::new(std::io::Cursor::new(bytes))
        .with_context(|| format!("{} is not a whole wheel", path.display()))?;
    let mut files: Vec<File> = Vec::new();
    for (member, name, expected) in MEMBERS {
        let mut file = wheel
            .by_name(member)
            .with_context(|| format!("{} holds no {member}", path.display()))?;
        let mut unpacked = Vec::new();
        file.read_to_end(&mut unpacked).with_context(|| format!("cannot unpack {member}"))?;
        let found = sha256(&unpacked);
        ensure!(found == expected, "{member} has the SHA-256 {found}, not {expected}");
        files.push((name, unpacked));
    }
    let readme = readme(&files);
    files.push(("README.md", readme.into_bytes()));
    Ok(files)
}

fn readme(files: &[File]) -> String {
    let mut table = String::new();
    for (name, bytes) in files {
        // Writing to a string does not fail.
        let _ = writeln!(table, "| `{name}` | {} | `{}` |", bytes.len(), sha256(bytes));
    }
    format!(
        "# PP-OCRv6, small

Two networks of [PaddleOCR](https://github.com/PaddlePaddle/PaddleOCR) that read pictures of pages: one finds the lines
(differentiable binarization), one reads a line of 48 pixels height (connectionist temporal classification over 18,708
characters, which stand in its metadata under `character`). `yiju-recognise` runs them.

The weights are Baidu's, converted to ONNX and distributed by [RapidOCR](https://github.com/RapidAI/RapidOCR), both under the
Apache License 2.0 (`LICENSE`). They are here as the PyPI package rapidocr 3.10.0 has them, unchanged.

## Make it again

```sh
pip download rapidocr==3.10.0 --no-deps
cargo xtask import-recogniser rapidocr-3.10.0-*.whl          # writes this directory
cargo xtask import-recogniser rapidocr-3.10.0-*.whl --check  # compares it, byte for byte
```

## Files

| file | bytes | SHA-256 |
| --- | --- | --- |
{table}"
    )
}
