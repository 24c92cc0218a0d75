//! Errors have a clear message and exit code and change nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Place, run, seeded};

/// Every file of the library with its bytes.
fn state(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn errors_are_clear_and_change_nothing() {
    let place = seeded();
    let empty = place.file("empty.txt", "");
    let blank = place.file("blank.txt", " \n\n\u{3000}\n");
    let binary = place.file("binary.txt", [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0]);
    let latin = place.file("latin.txt", [b'a', b'b', 0xff, 0xfe, 0xfd, b'c', 0x80, 0x81]);
    fs::create_dir(place.path().join("nothing")).unwrap();
    let nothing = place.named("nothing");
    let missing = place.named("missing.txt");
    let long = "长".repeat(2001);
    let before = place.documents();

    let mut shown = String::new();
    for arguments in [
        vec!["ask"],
        vec!["ask", "  "],
        vec!["ask", &long],
        vec!["search"],
        vec!["ask", "--limit", "0", "甲？"],
        vec!["ask", "--threshold", "2", "甲？"],
        vec!["ask", "--docs", &empty, "甲？"],
        vec!["ask", "--docs", &nothing, "甲？"],
        vec!["ask", "--docs", &missing, "甲？"],
        vec!["add"],
        vec!["add", &empty],
        vec!["add", &blank],
        vec!["add", &binary],
        vec!["add", &latin],
        vec!["add", &nothing],
        vec!["add", &missing],
        vec!["remove", "nope"],
        vec!["outline", &missing],
        vec!["outline", &nothing],
        vec!["outline", &binary],
        vec!["embed"],
        vec!["search", "--model", "no-such-model", "甲"],
        vec!["search", "--model", "models/no-such-model", "甲"],
        vec!["search", "--model", &nothing, "甲"],
        vec!["serve", "--listen", "nowhere"],
        vec!["serve", "--concurrent", "0"],
        vec!["nonsense"],
    ] {
        let done = place.yiju(&arguments);
        let line = arguments.join(" ").replace(&long, "[LONG]");
        assert_eq!(done.code, Some(1), "yiju {line}: {}", done.err);
        assert_eq!(done.out, "", "yiju {line}");
        assert!(done.err.contains("error: "), "yiju {line}: {}", done.err);
        shown.push_str(&format!("$ yiju {line}\n{}\n", done.err.replace(&program(), "[PROGRAM]")));
    }
    insta::assert_snapshot!(place.redact(&shown));
    assert_eq!(place.documents(), before);
}

/// The program's directory, which the error about an unknown model names.
fn program() -> String {
    Path::new(env!("CARGO_BIN_EXE_yiju")).parent().unwrap().display().to_string()
}

#[test]
fn a_directory_that_is_no_library_is_left_alone() {
    let place = Place::new();
    place.file("library/photo.txt", "not a library");
    let rules = place.file("rules.txt", "办法\n第一条 甲。\n");
    let before = state(&place.library());
    for arguments in [vec!["list"], vec!["add", &rules], vec!["ask", "甲？"]] {
        let done = place.fails(&arguments);
        done.says("is not a Yiju library");
        assert_eq!(state(&place.library()), before);
    }
}

#[test]
fn where_there_is_no_library_none_is_made_by_reading() {
    let place = Place::new();
    for arguments in [vec!["list"], vec!["ask", "甲？"], vec!["search", "甲"]] {
        let done = place.fails(&arguments);
        done.says("there is no library at");
        done.says("hint:");
        assert!(!place.library().exists());
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_not_text_are_reported_and_the_rest_is_added() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    place.file("docs/good.txt", "办法\n第一条 图书馆周一闭馆。\n");
    let bad = place.path().join("docs").join(OsStr::from_bytes(b"b\xffd.txt"));
    if fs::write(&bad, "x").is_err() {
        // This file system refuses names that are not UTF-8.
        return;
    }
    let done = place.fails(&["add", &place.named("docs")]);
    done.says("is not UTF-8");
    done.says("hint: rename");
    done.shows("good.txt");
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let secret = place.file("secret.txt", "办法\n第一条 甲。\n");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&secret).is_ok() {
        // Run as root, which may read every file.
        return;
    }
    let done = place.fails(&["add", &secret]);
    done.says("permission denied");
}

#[test]
fn without_a_home_the_library_must_be_named() {
    let own = std::env::home_dir().map(|home| home.join(".local/share/yiju/library"));
    if own.is_some_and(|own| own.exists()) {
        // Without HOME the home directory comes from the user database, and there is a library in it.
        return;
    }
    let place = Place::new();
    let mut command = place.command(&["list"]);
    for name in ["YIJU_LIBRARY", "HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    let done = run(&mut command, b"");
    // If the user database has a home directory, the error is that there is no library in it.
    assert_eq!(done.code, Some(1), "{}", done.err);
    done.says("hint:");
}
