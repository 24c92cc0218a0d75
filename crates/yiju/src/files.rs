//! Finds the files to add, names their sources, and reads them.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use yiju_document::{CorpusError, Entry, read_corpus};
use yiju_engine::Source;

use crate::failure::Failure;

/// Extensions of the files that are taken from a directory; what a file is, its bytes say.
const EXTENSIONS: [&str; 26] = [
    "txt", "md", "pdf", "docx", "doc", "wps", "rtf", "odt", "ofd", "html", "htm", "mht", "mhtml",
    "xlsx", "xls", "ods", "csv", "tsv", "epub", "pptx", "png", "jpg", "jpeg", "tif", "tiff", "zip",
];

/// Longest file that is read, in bytes: the parser's limit.
const MOST_BYTES: u64 = yiju_document::MAX_BYTES as u64;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A text.
    Text,
    /// JSON Lines: many texts, each with the title of its document.
    Corpus,
}

/// The content of a file.
pub(crate) enum Content {
    /// A text, under the file's name.
    Text(Source),
    /// The entries of a corpus.
    Corpus(Vec<Entry>),
}

/// A file and its source name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceFile {
    /// Where to read it.
    pub(crate) path: PathBuf,
    /// Its source name: the path relative to the current directory if below it, else absolute, with `/`.
    pub(crate) name: String,
    /// Its length in bytes.
    pub(crate) bytes: u64,
}

impl SourceFile {
    /// Its kind, by its name: `.jsonl` and `.jsonl.gz` are corpora.
    pub(crate) fn form(&self) -> Form {
        form(&self.path)
    }

    /// The prefix of the source names of a corpus.
    pub(crate) fn prefix(&self) -> String {
        format!("{}#", self.name)
    }

    fn open(&self) -> Result<Box<dyn Read>, Failure> {
        let file = fs::File::open(&self.path).map_err(|error| unreadable(&self.path, &error))?;
        Ok(if is_packed(&self.path) { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
    }
}

fn form(path: &Path) -> Form {
    match unpacked(path).extension() {
        Some(end) if end.eq_ignore_ascii_case("jsonl") => Form::Corpus,
        _ => Form::Text,
    }
}

/// Whether the source comes from the text file, corpus or archive `name`.
pub(crate) fn is_source_of(source: &str, name: &str) -> bool {
    source.strip_prefix(name).is_some_and(|rest| {
        let within = match rest.chars().next() {
            Some('#') => form(Path::new(name)) == Form::Corpus,
            Some('/') => {
                Path::new(name).extension().is_some_and(|end| end.eq_ignore_ascii_case("zip"))
            }
            _ => false,
        };
        rest.is_empty() || within
    })
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"))
}

/// The path without `.gz`.
fn unpacked(path: &Path) -> PathBuf {
    if is_packed(path) { path.with_extension("") } else { path.to_owned() }
}

/// The files under `paths` without duplicates, in the order given and sorted within a directory, and the
/// errors of the rest. Directories are searched for files with one of the [`EXTENSIONS`], also with `.gz`, skipping hidden
/// files; a file given by path may have any name.
pub(crate) fn collect(paths: &[PathBuf]) -> (Vec<SourceFile>, Vec<Failure>) {
    let here = std::env::current_dir().ok();
    let mut found = Vec::new();
    let mut failures = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        let mut files = Vec::new();
        match fs::metadata(path) {
            Ok(kind) if kind.is_dir() => {
                let before = failures.len();
                walk(path, &mut files, &mut failures);
                if files.is_empty() && failures.len() == before {
                    failures.push(
                        Failure::new(format!("there are no documents in {}", path.display()))
                            .hint("a directory is searched for text, Markdown, PDF, Word, OFD, web pages and sheets"),
                    );
                }
            }
            Ok(kind) if kind.is_file() => files.push(path.clone()),
            Ok(_) => failures.push(Failure::new(format!(
                "{} is neither a file nor a directory",
                path.display()
            ))),
            Err(error) => failures.push(unreadable(path, &error)),
        }
        for file in files {
            match source(&file, here.as_deref()) {
                Ok(source) => {
                    if seen.insert(source.name.clone()) {
                        found.push(source);
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
    }
    (found, failures)
}

/// Reads the one file at `path`, whatever its name, as a source without a given title.
///
/// # Errors
/// It is a directory, cannot be read, or is longer than a document may be.
pub(crate) fn one(path: &Path) -> Result<Source, Failure> {
    let shown = path.display();
    if path.is_dir() {
        return Err(Failure::new(format!("{shown} is a directory")).hint("name one file"));
    }
    let (found, mut failures) = collect(&[path.to_owned()]);
    match (found.into_iter().next(), failures.pop()) {
        (Some(file), _) => Ok(Source { bytes: read_bytes(&file)?, name: file.name, title: None }),
        (None, Some(failure)) => Err(failure),
        (None, None) => Err(Failure::new(format!("cannot read {shown}"))),
    }
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>, failures: &mut Vec<Failure>) {
    let entries =
        match fs::read_dir(directory).and_then(|entries| entries.collect::<io::Result<Vec<_>>>()) {
            Ok(entries) => entries,
            Err(error) => {
                failures.push(unreadable(directory, &error));
                return;
            }
        };
    let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        // Links to files are followed, links to directories are not: they may form cycles.
        let kind = fs::symlink_metadata(&path);
        if hidden {
            continue;
        }
        if kind.is_ok_and(|kind| kind.is_dir()) {
            walk(&path, files, failures);
        } else if unpacked(&path).extension().is_some_and(is_document) && !path.is_dir() {
            files.push(path);
        }
    }
}

fn is_document(end: &OsStr) -> bool {
    EXTENSIONS.iter().any(|known| end.eq_ignore_ascii_case(known))
}

fn source(path: &Path, here: Option<&Path>) -> Result<SourceFile, Failure> {
    let name = name(path, here)?;
    let bytes = fs::metadata(path).map_err(|error| unreadable(path, &error))?.len();
    Ok(SourceFile { path: path.to_owned(), name, bytes })
}

/// The source name of the file at `path`, the same however the path is written: `./a.txt`, `b/../a.txt`
/// and `/here/a.txt` are all `a.txt`.
///
/// # Errors
/// The path is not UTF-8 or has control characters: a source name is text.
pub(crate) fn name(path: &Path, here: Option<&Path>) -> Result<String, Failure> {
    let whole = match here {
        Some(here) => here.join(path),
        None => path.to_owned(),
    };
    let mut parts = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let short = here.and_then(|here| parts.strip_prefix(here).ok()).unwrap_or(&parts);
    let text = short.to_str().ok_or_else(|| {
        Failure::new(format!("the name of the file {} is not UTF-8", path.display()))
            .hint("rename the file; its name is the name of its source in the library")
    })?;
    if let Some(found) = text.chars().find(|c| c.is_control()) {
        return Err(Failure::new(format!(
            "the name of the file {text:?} holds the control character {found:?}"
        ))
        .hint("rename the file; its name is the name of its source in the library"));
    }
    Ok(if std::path::MAIN_SEPARATOR == '/' {
        text.to_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    })
}

/// Reads and unpacks `file`.
///
/// # Errors
/// It cannot be read, is longer than a document may be, or is a corpus with an invalid line, which the
/// message names.
pub(crate) fn read(file: &SourceFile) -> Result<Content, Failure> {
    tracing::debug!(file = file.name, "reading");
    match file.form() {
        Form::Corpus => Ok(Content::Corpus(read_entries(file)?)),
        Form::Text => Ok(Content::Text(Source {
            name: file.name.clone(),
            title: None,
            bytes: read_bytes(file)?,
        })),
    }
}

/// The unpacked bytes of `file`.
///
/// # Errors
/// It cannot be read, or is longer than a document may be.
pub(crate) fn read_bytes(file: &SourceFile) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.open()?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&file.path, &error))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Failure::new(format!(
            "{} is longer than the {} MiB that are read of a file",
            file.path.display(),
            MOST_BYTES >> 20
        ))
        .hint("split the file"));
    }
    Ok(bytes)
}

fn read_entries(file: &SourceFile) -> Result<Vec<Entry>, Failure> {
    read_corpus(BufReader::new(file.open()?)).map_err(|error| {
        let failure = Failure::new(format!("{}: {error}", file.path.display()));
        match error {
            CorpusError::Line { .. } => failure.hint(
                "a line is a JSON object with `text` and, for its place, `title` or `law`, \
                 `article`, `version`",
            ),
            _ => failure,
        }
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    let shown = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(format!("there is no file or directory {shown}")),
        io::ErrorKind::PermissionDenied => {
            Failure::new(format!("cannot read {shown}: permission denied"))
                .hint("check the permissions of the file and of its directory")
        }
        _ => Failure::new(format!("cannot read {shown}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_name() {
        let here = Path::new("/here");
        for path in [
            "a/b.txt",
            "./a/b.txt",
            "a/./b.txt",
            "a/c/../b.txt",
            "/here/a/b.txt",
            "../here/a/b.txt",
        ] {
            assert_eq!(name(Path::new(path), Some(here)).unwrap(), "a/b.txt", "{path}");
        }
        assert_eq!(name(Path::new("../x.txt"), Some(here)).unwrap(), "/x.txt");
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_text_are_refused() {
        use std::os::unix::ffi::OsStrExt;
        let path = Path::new(OsStr::from_bytes(b"\xff.txt"));
        assert!(name(path, Some(Path::new("/here"))).unwrap_err().to_string().contains("UTF-8"));
        assert!(name(Path::new("a\nb.txt"), None).is_err());
    }

    #[test]
    fn a_directory_gives_its_texts_sorted_and_hidden_ones_are_left_out() {
        let directory = tempfile::tempdir().unwrap();
        for name in [
            "b.txt",
            "a.MD",
            "c.bin",
            ".hidden.txt",
            "sub/d.txt",
            "sub/e.txt.gz",
            "sub/f.jsonl",
            ".git/e.txt",
        ] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        let given = directory.path().to_owned();
        let (files, failures) = collect(&[given.clone(), given.join("b.txt"), given.join("c.bin")]);
        assert!(failures.is_empty());
        let names: Vec<_> =
            files.iter().map(|file| file.path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.MD", "b.txt", "d.txt", "e.txt.gz", "c.bin"]);
    }

    #[test]
    fn the_name_says_what_is_in_a_file() {
        for (path, form) in [
            ("a.jsonl", Form::Corpus),
            ("a.JSONL.GZ", Form::Corpus),
            ("jsonl", Form::Text),
            ("a.txt.gz", Form::Text),
            ("a.jsonl.txt", Form::Text),
        ] {
            let file = SourceFile { path: path.into(), name: path.into(), bytes: 0 };
            assert_eq!(file.form(), form, "{path}");
        }
    }

    #[test]
    fn sources_of_an_archive_are_known_by_their_names() {
        assert!(is_source_of("a.zip/b/c.txt", "a.zip") && is_source_of("a.zip", "a.zip"));
        for (source, name) in [("a/b.txt", "a"), ("a.zipper/b", "a.zip"), ("a.jsonl/b", "a.jsonl")]
        {
            assert!(!is_source_of(source, name), "{source}");
        }
    }

    #[test]
    fn what_is_missing_or_empty_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let (files, failures) =
            collect(&[directory.path().to_owned(), directory.path().join("no.txt")]);
        assert!(files.is_empty());
        assert!(failures[0].to_string().starts_with("there are no documents in"));
        assert!(failures[1].to_string().starts_with("there is no file or directory"));
    }
}
