//! The page that `yiju serve` shows: its files, embedded, compressed and named by their content.
//!
//! The files are ES modules and style sheets as they stand in `assets/`; nothing builds them. They are served
//! under `/page/HASH/`, where HASH is of all of them, so that modules name each other by relative paths and
//! every answer can be kept for ever. [`page`] is the HTML that names them, [`asset`] finds one by its path.
//!
//! ```
//! let page = yiju_page::page();
//! let html = std::str::from_utf8(&page.bytes).unwrap();
//! let from = html.find("/page/").unwrap();
//! let path = html[from..].split('"').next().unwrap();
//! assert!(yiju_page::asset(path).is_some());
//! ```

mod assets;

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// What a browser may load for the page: its own files and what it asks of this server. Text is only ever put in
/// as text, which `trusted-types` holds for browsers that know it.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Letters of the hash in the paths.
const HASH_LETTERS: usize = 16;

/// A file of the page.
#[derive(Debug)]
pub struct Asset {
    /// Its media type, with the charset.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The same in gzip, where that is shorter.
    pub gzip: Option<Vec<u8>>,
}

impl Asset {
    fn new(name: &str, bytes: Vec<u8>) -> Self {
        let gzip = compressed(&bytes).filter(|gzip| gzip.len() < bytes.len());
        Self { media_type: media_type(name), bytes, gzip }
    }

    /// Bytes on the wire for a browser that takes gzip.
    pub fn wire_bytes(&self) -> usize {
        self.gzip.as_ref().unwrap_or(&self.bytes).len()
    }
}

struct Page {
    html: Asset,
    prefix: String,
    files: BTreeMap<&'static str, Asset>,
}

static PAGE: LazyLock<Page> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, bytes) in assets::FILES {
        hash.update(name.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let mut hash = base16ct::lower::encode_string(&hash.finalize());
    hash.truncate(HASH_LETTERS);
    let prefix = format!("/page/{hash}/");
    // Modules are found one through another; named here, all are fetched at once.
    let modules = assets::FILES.iter().filter(|(name, _)| name.ends_with(".js"));
    let preload: String = modules
        .map(|(name, _)| format!("    <link rel=\"modulepreload\" href=\"{prefix}{name}\" />\n"))
        .collect();
    let html = assets::INDEX.replace("@PRELOAD@\n", &preload).replace("@HASH@", &hash);
    Page {
        html: Asset::new("index.html", html.into_bytes()),
        prefix,
        files: assets::FILES
            .iter()
            .map(|&(name, bytes)| (name, Asset::new(name, bytes.to_vec())))
            .collect(),
    }
});

/// The HTML of every address of the page.
pub fn page() -> &'static Asset {
    &PAGE.html
}

/// The file at a path of the server, `/page/HASH/main.js`; `None` where there is none, or it is of another version.
pub fn asset(path: &str) -> Option<&'static Asset> {
    PAGE.files.get(path.strip_prefix(PAGE.prefix.as_str())?)
}

/// The paths of all files, in the order of their names.
pub fn paths() -> impl Iterator<Item = String> {
    PAGE.files.keys().map(|name| format!("{}{name}", PAGE.prefix))
}

fn compressed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// All that a visitor fetches, headers included, stays under 200 kB.
    const BUDGET_BYTES: usize = 120_000;

    fn names(directory: &Path, into: &mut Vec<String>, before: &str) {
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{before}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                names(&entry.path(), into, &format!("{name}/"));
            } else if !name.ends_with(".d.ts") && name != "vendor/README.md" {
                into.push(name);
            }
        }
    }

    #[test]
    fn every_file_is_embedded() {
        let mut found = Vec::new();
        names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets"), &mut found, "");
        found.retain(|name| name != "index.html");
        found.sort();
        let mut embedded: Vec<&str> = assets::FILES.iter().map(|(name, _)| *name).collect();
        embedded.sort_unstable();
        assert_eq!(embedded, found);
    }

    #[test]
    fn the_page_names_only_files_that_are_there() {
        let html = std::str::from_utf8(&page().bytes).unwrap();
        assert!(!html.contains('@'), "{html}");
        let mut named = 0;
        for part in html.split("href=\"/page/").skip(1).chain(html.split("src=\"/page/").skip(1)) {
            let path = format!("/page/{}", part.split('"').next().unwrap());
            assert!(asset(&path).is_some(), "{path}");
            named += 1;
        }
        assert!(named > 20, "{named}");
    }

    #[test]
    fn modules_import_only_files_that_are_there() {
        for (name, bytes) in assets::FILES.iter().filter(|(name, _)| name.ends_with(".js")) {
            let text = std::str::from_utf8(bytes).unwrap();
            let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
            let imports = text.split("from\"").skip(1).chain(text.split("from \"").skip(1));
            let named = imports.filter_map(|rest| rest.split('"').next());
            for import in named.filter(|name| name.starts_with('.')) {
                let path = match import.strip_prefix("../") {
                    Some(up) => up.to_owned(),
                    None if folder.is_empty() => import.trim_start_matches("./").to_owned(),
                    None => format!("{folder}/{}", import.trim_start_matches("./")),
                };
                assert!(asset(&format!("{}{path}", PAGE.prefix)).is_some(), "{name}: {import}");
            }
        }
    }

    #[test]
    fn vendored_modules_are_those_that_were_checked() {
        let readme = include_str!("../assets/vendor/README.md");
        for (name, bytes) in assets::FILES {
            if let Some(file) = name.strip_prefix("vendor/").filter(|file| file.ends_with(".js")) {
                let sum = base16ct::lower::encode_string(&Sha256::digest(bytes));
                let row = readme.lines().find(|line| line.contains(&format!("| `{file}`")));
                assert!(row.is_some_and(|row| row.contains(&sum)), "{file} has the sum {sum}");
            }
        }
    }

    #[test]
    fn all_of_it_is_small() {
        let files: usize = PAGE.files.values().map(Asset::wire_bytes).sum();
        let all = files + page().wire_bytes();
        assert!(all <= BUDGET_BYTES, "{all} bytes compressed");
    }

    #[test]
    fn other_versions_are_not_found() {
        assert!(asset("/page/0000000000000000/main.js").is_none());
        assert!(asset("/page/main.js").is_none());
        assert!(asset("main.js").is_none());
    }
}
