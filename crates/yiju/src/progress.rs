//! Progress on standard error: a bar on a terminal, a plain line every few seconds otherwise.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use yiju_engine::{CorpusProgress, Progress};

/// Time between plain lines.
const EVERY: Duration = Duration::from_secs(5);
/// A bar with text after it.
const BAR: &str = "{bar:24.cyan} {percent:>3}%  {msg}";
/// A bar of bytes fetched, after the file's name.
const FETCHED: &str =
    "{bar:24.cyan} {percent:>3}%  {msg}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left";

/// A bar, which clears itself when dropped, or plain lines; neither where `quiet`.
struct Shown {
    bar: ProgressBar,
    lines: bool,
    last: Cell<Instant>,
    started: Instant,
}

impl Shown {
    fn new(template: &str, quiet: bool) -> Self {
        // On anything but a terminal this draws nothing.
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let lines = !quiet && bar.is_hidden();
        if quiet {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━━─"));
        }
        let now = Instant::now();
        Self { bar, lines, last: Cell::new(now), started: now }
    }

    /// Shows that `done` of `total` is done, with this text; `percent` puts the percentage before a plain
    /// line, too.
    fn at(&self, done: f64, total: f64, text: impl FnOnce() -> String, percent: bool) {
        if !self.bar.is_hidden() {
            // Bars count in whole numbers.
            self.bar.set_length((total * 1e3) as u64);
            self.bar.set_position((done * 1e3) as u64);
            self.bar.set_message(text());
        } else if self.lines && self.last.get().elapsed() >= EVERY {
            self.last.set(Instant::now());
            let share = if percent {
                format!("{:>3}%  ", (100.0 * done / total.max(1e-9)).floor())
            } else {
                String::new()
            };
            self.say(&format!("{share}{}", text()));
        }
    }

    fn say(&self, line: &str) {
        if self.lines {
            // Progress that nobody can read is no reason to stop.
            let _ = writeln!(io::stderr(), "{line}");
        }
    }

    fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Progress of adding several files.
pub(crate) struct AddProgress {
    shown: Shown,
    files: usize,
    bytes: u64,
    files_done: Cell<usize>,
    /// Of the files that are done.
    before: Cell<Amount>,
    /// Of the present file.
    here: Cell<Amount>,
}

/// Work done so far.
#[derive(Clone, Copy, Default)]
struct Amount {
    /// Bytes of files.
    bytes: f64,
    /// How many of them took no work, because the library had them.
    unchanged: f64,
    /// Passages embedded.
    passages: usize,
}

impl AddProgress {
    /// Progress of `files` files with `bytes` bytes together.
    pub(crate) fn new(files: usize, bytes: u64, quiet: bool) -> Self {
        Self {
            shown: Shown::new(BAR, quiet),
            files,
            bytes,
            files_done: Cell::new(0),
            before: Cell::default(),
            here: Cell::default(),
        }
    }

    /// Shows how far the file `name`, of `bytes` bytes, is.
    pub(crate) fn at(&self, name: &str, bytes: u64, progress: Progress) {
        let (done, total) = (progress.passages_done, progress.passages_total);
        self.here.set(Amount {
            bytes: bytes as f64 * progress.share,
            unchanged: 0.0,
            passages: done,
        });
        self.show(name, || format!("{done}/{total} passages"));
    }

    /// The same for a corpus.
    pub(crate) fn at_corpus(&self, name: &str, bytes: u64, progress: CorpusProgress) {
        let part = bytes as f64 / progress.bytes_total.max(1) as f64;
        self.here.set(Amount {
            bytes: progress.bytes_done as f64 * part,
            unchanged: progress.bytes_unchanged as f64 * part,
            passages: progress.passages,
        });
        self.show(name, || documents(progress));
    }

    fn show(&self, name: &str, within: impl FnOnce() -> String) {
        let done = self.before.get().bytes + self.here.get().bytes;
        let text = || self.line(name, &within());
        self.shown.at(done, self.bytes.max(1) as f64, text, true);
    }

    fn line(&self, name: &str, within: &str) -> String {
        let elapsed = self.elapsed();
        let (before, here) = (self.before.get(), self.here.get());
        let rate = (before.passages + here.passages) as f64 / elapsed.max(1e-3);
        let mut line = format!(
            "file {}/{}  {}  {within}  {rate:.0}/s",
            self.files_done.get() + 1,
            self.files,
            crate::text::cut(&crate::text::clean(name), 32),
        );
        let done = before.bytes + here.bytes;
        let worked = done - before.unchanged - here.unchanged;
        line.push_str(&time_left(elapsed, worked, self.bytes as f64 - done));
        line
    }

    /// A file of `bytes` bytes is done, well or not; `unchanged` where the library had it whole.
    pub(crate) fn file_done(&self, bytes: u64, unchanged: bool) {
        let here = self.here.take();
        let mut before = self.before.get();
        before.bytes += bytes as f64;
        before.unchanged += if unchanged { bytes as f64 } else { here.unchanged };
        before.passages += here.passages;
        self.before.set(before);
        self.files_done.set(self.files_done.get() + 1);
        self.shown.bar.set_position((before.bytes * 1e3) as u64);
    }

    /// Runs `print`, which writes to the terminal, with the bar out of its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.shown.bar.suspend(print)
    }

    /// Passages embedded so far.
    pub(crate) fn passages(&self) -> usize {
        self.before.get().passages + self.here.get().passages
    }

    /// Seconds since the start.
    pub(crate) fn elapsed(&self) -> f64 {
        self.shown.elapsed()
    }
}

/// Progress of embedding a library anew.
pub(crate) struct ReembedProgress(Shown);

impl ReembedProgress {
    /// Progress from now on.
    pub(crate) fn new(quiet: bool) -> Self {
        Self(Shown::new(BAR, quiet))
    }

    /// Shows how far it is.
    pub(crate) fn at(&self, progress: CorpusProgress) {
        let (done, total) = (progress.bytes_done as f64, progress.bytes_total.max(1) as f64);
        let text = || {
            let elapsed = self.elapsed();
            let rate = progress.passages as f64 / elapsed.max(1e-3);
            let left = time_left(elapsed, done - progress.bytes_unchanged as f64, total - done);
            format!("{}  {rate:.0}/s{left}", documents(progress))
        };
        self.0.at(done, total, text, true);
    }

    /// Seconds since the start.
    pub(crate) fn elapsed(&self) -> f64 {
        self.0.elapsed()
    }
}

/// `document 3/20  410 passages`.
fn documents(progress: CorpusProgress) -> String {
    let (done, total) = (progress.documents_done, progress.documents_total);
    let (passages, document) = (progress.passages, (done + 1).min(total));
    format!("document {document}/{total}  {passages} passages")
}

/// `  2 min 5 s left`, from how long the work so far took; empty before that can be told.
fn time_left(elapsed: f64, worked: f64, rest: f64) -> String {
    if worked > 0.0 && elapsed > 1.0 {
        format!("  {} left", duration(elapsed * rest.max(0.0) / worked))
    } else {
        String::new()
    }
}

/// `3 s`, `2 min 5 s`, `1 h 2 min`.
pub(crate) fn duration(seconds: f64) -> String {
    let seconds = seconds.round().clamp(0.0, 1e9) as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// Progress of a known number of steps.
pub(crate) struct Steps {
    what: &'static str,
    shown: Shown,
}

impl Steps {
    /// Progress over `what`, such as questions.
    pub(crate) fn new(what: &'static str, quiet: bool) -> Self {
        let shown = Shown::new(BAR, quiet);
        Self { what, shown }
    }

    /// Shows that `done` of `total` steps are done.
    pub(crate) fn at(&self, done: usize, total: usize) {
        let text = || {
            let what = self.what;
            if done == 0 {
                return format!("{done} of {total} {what}");
            }
            let each = self.shown.elapsed() / done as f64;
            let left = duration(each * total.saturating_sub(done) as f64);
            format!("{done} of {total} {what}, about {left} left")
        };
        self.shown.at(done as f64, total as f64, text, false);
    }
}

/// Progress through a plan of known seconds.
pub(crate) struct Planned(Shown);

impl Planned {
    /// Progress from now on.
    pub(crate) fn new(quiet: bool) -> Self {
        Self(Shown::new(BAR, quiet))
    }

    /// Shows what is done now, and how many seconds of the plan lie behind.
    pub(crate) fn at(&self, what: &str, done: f64, total: f64) {
        let text = || {
            let left = duration(left(done, total, self.0.elapsed()));
            format!("{what}, about {left} left")
        };
        self.0.at(done, total, text, true);
    }
}

/// Seconds left of a plan: by the plan at first, and then by how long its parts took.
fn left(done: f64, total: f64, elapsed: f64) -> f64 {
    let rest = (total - done).max(0.0);
    if done < 2.0 { rest } else { rest * elapsed / done }
}

/// Progress of downloads, file by file.
pub(crate) struct Download {
    shown: Shown,
    name: String,
    done: u64,
}

impl Download {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { shown: Shown::new(FETCHED, quiet), name: String::new(), done: 0 }
    }
}

impl hf_hub::api::Progress for &mut Download {
    fn init(&mut self, size: usize, filename: &str) {
        self.done = 0;
        self.name = crate::text::clean(filename);
        self.shown.bar.set_length(size as u64);
        self.shown.bar.set_position(0);
        self.shown.bar.set_message(self.name.clone());
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        self.shown.bar.set_position(self.done);
    }

    fn finish(&mut self) {
        let (name, done) = (&self.name, self.done);
        self.shown.say(&format!("fetched {name} ({done} bytes)"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_easily() {
        assert_eq!(duration(0.4), "0 s");
        assert_eq!(duration(125.0), "2 min 5 s");
        assert_eq!(duration(3720.0), "1 h 2 min");
    }

    #[test]
    fn time_left_follows_the_plan_and_then_the_clock() {
        assert_eq!(left(0.0, 60.0, 0.1), 60.0);
        assert_eq!(left(20.0, 60.0, 40.0), 80.0);
        assert_eq!(left(60.0, 60.0, 70.0), 0.0);
    }

    #[test]
    fn the_line_has_counts_over_all_files() {
        let progress = AddProgress::new(2, 100, true);
        progress.at("a", 40, Progress { passages_done: 5, passages_total: 5, share: 1.0 });
        progress.file_done(40, false);
        progress.at("b", 60, Progress { passages_done: 1, passages_total: 3, share: 0.1 });
        assert_eq!(progress.passages(), 6);
        // A long passage is more work than a short one.
        assert_eq!(progress.here.get().bytes, 6.0);
        let line = progress.line("b", "1/3 passages");
        assert!(line.starts_with("file 2/2  b  1/3 passages"), "{line}");
    }

    #[test]
    fn what_was_there_already_does_not_count_as_work() {
        let mut progress = AddProgress::new(1, 1000, true);
        progress.shown.started = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
        progress.at_corpus(
            "laws.jsonl",
            1000,
            CorpusProgress {
                documents_done: 9,
                documents_total: 20,
                bytes_done: 600,
                bytes_unchanged: 500,
                bytes_total: 2000,
                passages: 50,
            },
        );
        // 5 % in 10 s, and 70 % to go.
        let line = progress.line("laws.jsonl", "document 10/20  50 passages");
        assert!(line.ends_with("5/s  2 min 20 s left"), "{line}");
    }
}
