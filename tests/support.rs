//! Runs the built `yiju`, each test on a separate library or on a copy of the seed's.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::LazyLock;

use reqwest::blocking::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The workspace's root directory.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A library with `seeds`, made once.
static SEEDED: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let place = Place { directory };
    let done = place.yiju(&["add", "seeds"]);
    assert!(done.ok(), "{}", done.err);
    place.directory
});

/// A copy of the library with `seeds`.
pub(crate) fn seeded() -> Place {
    Place::copy_of(SEEDED.path())
}

/// A directory with a library.
pub(crate) struct Place {
    directory: TempDir,
}

impl Place {
    /// An empty one; the first add makes the library.
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn copy_of(from: &Path) -> Self {
        let place = Self::new();
        copy(from, place.path());
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The path of `name` in this directory, whether or not there is such a file.
    pub(crate) fn named(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.path().join("library")
    }

    /// Writes a file in this directory; returns its absolute path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        self.named(name)
    }

    /// The command, run in the workspace's root without the caller's settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        // A long run can use a copy that no build overwrites.
        let program = std::env::var_os("YIJU_E2E_PROGRAM");
        let mut command =
            Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_yiju").into()));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("YIJU_")
                || ["NO_COLOR", "COLUMNS", "CLICOLOR_FORCE"].contains(&name.as_str())
            {
                command.env_remove(name);
            }
        }
        command
            .args(arguments)
            .current_dir(root())
            .env("YIJU_LIBRARY", self.library())
            // The machine's configuration must not affect tests.
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_DATA_HOME", self.path().join("data"));
        command
    }

    pub(crate) fn yiju(&self, arguments: &[&str]) -> Done {
        run(&mut self.command(arguments), b"")
    }

    /// Runs a command that succeeds.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Done {
        let done = self.yiju(arguments);
        assert!(done.ok(), "{arguments:?}: {}{}", done.out, done.err);
        done
    }

    /// Runs a command that fails with an error the user can fix.
    pub(crate) fn fails(&self, arguments: &[&str]) -> Done {
        let done = self.yiju(arguments);
        assert_eq!(done.code, Some(1), "{arguments:?}: {}{}", done.out, done.err);
        done
    }

    /// Runs a command that succeeds and prints JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(arguments).out).unwrap()
    }

    /// The documents of the library.
    pub(crate) fn documents(&self) -> Vec<Value> {
        let list = self.json(&["list", "--json"]);
        list["documents"].as_array().unwrap().clone()
    }

    /// The titles of the documents of the library.
    pub(crate) fn titles(&self) -> Vec<String> {
        let title = |document: Value| document["title"].as_str().unwrap().to_owned();
        self.documents().into_iter().map(title).collect()
    }

    /// An output without paths and process ids, for snapshots.
    pub(crate) fn redact(&self, text: &str) -> String {
        let canonical = self.path().canonicalize().unwrap();
        let text = text
            .replace(canonical.to_str().unwrap(), "[DIR]")
            .replace(self.path().to_str().unwrap(), "[DIR]")
            .replace(root().to_str().unwrap(), "[ROOT]");
        let mut out = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("process ") {
            let (before, after) = rest.split_at(at + "process ".len());
            out.push_str(before);
            let number = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            out.push_str(if number > 0 { "[PID]" } else { "" });
            rest = &after[number..];
        }
        out + rest
    }
}

/// Copies a directory recursively.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Exit code and output of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Done {
    pub(crate) fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Standard output contains `text`.
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.out.contains(text), "no {text:?} in\n{}", self.out);
    }

    /// Standard error contains `text`.
    pub(crate) fn says(&self, text: &str) {
        assert!(self.err.contains(text), "no {text:?} in\n{}", self.err);
    }
}

pub(crate) fn run(command: &mut Command, input: &[u8]) -> Done {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads no input closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    Done {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Serves `routes` on a free port until the test process ends; returns the URL.
pub(crate) fn serve(routes: axum::Router) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, routes).await.unwrap();
        });
    });
    url
}

/// A running `yiju serve`; killed when dropped.
pub(crate) struct Server {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) client: Client,
    err: BufReader<ChildStderr>,
}

impl Server {
    /// Starts one on a free port and waits until it is ready.
    pub(crate) fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::start_with(place, arguments, &[])
    }

    /// The same with variables in its environment.
    pub(crate) fn start_with(
        place: &Place,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let mut child = place
            .command(&all)
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        let mut server = Self { child, url: String::new(), client: Client::new(), err };
        let mut said = String::new();
        loop {
            let mut line = String::new();
            assert!(server.err.read_line(&mut line).unwrap() > 0, "the server ended: {said}");
            said.push_str(&line);
            if let Some(at) = line.find("http://") {
                let url = line[at..].split([',', '\n', ' ']).next().unwrap();
                server.url = url.to_owned();
            }
            if line.contains("ready with the model") {
                assert!(!server.url.is_empty(), "ready before it listens: {said}");
                return server;
            }
        }
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.client.get(self.at(path)).send().unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Response {
        let request = self.client.post(self.at(path)).json(body);
        request.send().unwrap()
    }

    /// Asks a question.
    pub(crate) fn ask(&self, question: &str) -> Response {
        self.post("/v1/ask", &json!({"question": question}))
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }

    /// Waits for its end; returns its exit code and the rest of its standard error.
    #[cfg(unix)]
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        while self.err.read_line(&mut said).unwrap() > 0 {}
        (self.child.wait().unwrap().code(), said)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
