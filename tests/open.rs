//! `yiju open`: serves on a free port and hands its address to the browser.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Stdio};

use crate::support::{Place, seeded};

/// What it says up to the line that begins with `until`, and the server, which is still running.
fn open(place: &Place, path: &str, until: &str) -> (String, Child) {
    let mut child = place
        .command(&["open"])
        .env("PATH", path)
        .env_remove("BROWSER")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(child.stderr.take().unwrap());
    while !said.lines().any(|line| line.starts_with(until)) {
        assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
    }
    (said, child)
}

fn address(said: &str) -> String {
    let from = said.find("http://").unwrap();
    said[from..].split([',', '\n', ' ']).next().unwrap().trim_end_matches('/').to_owned()
}

#[test]
fn the_browser_is_given_the_address_of_the_page() {
    let place = seeded();
    let asked = place.named("asked");
    let opener = place.file("bin/xdg-open", format!("#!/bin/sh\necho \"$1\" > {asked}\n"));
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let (said, mut server) = open(&place, &place.named("bin"), "opened ");
    let address = address(&said);
    assert_eq!(fs::read_to_string(&asked).unwrap().trim(), format!("{address}/"));
    let page = reqwest::blocking::get(format!("{address}/")).unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().unwrap().contains("/page/"));
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn without_a_browser_the_address_is_said() {
    let place = seeded();
    let nothing = place.named("nothing");
    fs::create_dir(&nothing).unwrap();
    let (said, mut server) = open(&place, &nothing, "no browser could be opened");
    let address = address(&said);
    assert!(said.contains(&format!("go to {address}/ ")), "{said}");
    assert_eq!(reqwest::blocking::get(format!("{address}/healthz")).unwrap().status(), 200);
    server.kill().unwrap();
    server.wait().unwrap();
}
