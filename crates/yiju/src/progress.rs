//! Progress of adding: a bar on a terminal, a plain line every few seconds otherwise, on standard
//! error.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use yiju_engine::{CorpusProgress, Progress};

/// Time between plain lines.
const EVERY: Duration = Duration::from_secs(5);

/// How far an add of several files is.
pub(crate) struct AddProgress {
    shown: Shown,
    started: Instant,
    files: usize,
    bytes: u64,
    files_done: Cell<usize>,
    before: Cell<Amount>,
    here: Cell<Amount>,
}

/// How much is done.
#[derive(Clone, Copy, Default)]
struct Amount {
    /// Bytes of files.
    bytes: f64,
    /// How many of them took no work, because the library had them.
    unchanged: f64,
    /// Passages embedded.
    passages: usize,
}

enum Shown {
    Bar(ProgressBar),
    /// When the last line was written.
    Lines(Cell<Instant>),
    Nothing,
}

impl AddProgress {
    /// Progress of `files` files with `bytes` bytes together.
    pub(crate) fn new(files: usize, bytes: u64, quiet: bool) -> Self {
        let started = Instant::now();
        let shown = if quiet {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            let bar =
                ProgressBar::with_draw_target(Some(bytes.max(1)), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan} {percent:>3}%  {msg}") {
                bar.set_style(style.progress_chars("━━─"));
            }
            Shown::Bar(bar)
        } else {
            Shown::Lines(Cell::new(started))
        };
        Self {
            shown,
            started,
            files,
            bytes,
            files_done: Cell::new(0),
            before: Cell::default(),
            here: Cell::default(),
        }
    }

    /// Says how far the file `name`, of `bytes` bytes, is.
    pub(crate) fn at(&self, name: &str, bytes: u64, progress: Progress) {
        let share = progress.passages_done as f64 / progress.passages_total.max(1) as f64;
        self.here.set(Amount {
            bytes: bytes as f64 * share,
            unchanged: 0.0,
            passages: progress.passages_done,
        });
        self.show(|| {
            let (done, total) = (progress.passages_done, progress.passages_total);
            self.line(name, &format!("{done}/{total} passages"))
        });
    }

    /// The same for a corpus.
    pub(crate) fn at_corpus(&self, name: &str, bytes: u64, progress: CorpusProgress) {
        let part = bytes as f64 / progress.bytes_total.max(1) as f64;
        self.here.set(Amount {
            bytes: progress.bytes_done as f64 * part,
            unchanged: progress.bytes_unchanged as f64 * part,
            passages: progress.passages,
        });
        self.show(|| {
            let (done, total) = (progress.documents_done, progress.documents_total);
            let (passages, document) = (progress.passages, (done + 1).min(total));
            self.line(
                name,
                &format!("document {document}/{total}  {passages} passages"),
            )
        });
    }

    fn show(&self, line: impl FnOnce() -> String) {
        let done = self.before.get().bytes + self.here.get().bytes;
        match &self.shown {
            Shown::Bar(bar) => {
                bar.set_position(done as u64);
                bar.set_message(line());
            }
            Shown::Lines(last) => {
                if last.get().elapsed() >= EVERY {
                    last.set(Instant::now());
                    let percent = 100.0 * done / self.bytes.max(1) as f64;
                    // Progress that nobody can read is no reason to stop.
                    let _ = writeln!(io::stderr(), "{:>3}%  {}", percent.floor(), line());
                }
            }
            Shown::Nothing => {}
        }
    }

    fn line(&self, name: &str, within: &str) -> String {
        let elapsed = self.started.elapsed().as_secs_f64();
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
        if worked > 0.0 && elapsed > 1.0 {
            let left = elapsed * (self.bytes as f64 - done).max(0.0) / worked;
            line.push_str(&format!("  {} left", duration(left)));
        }
        line
    }

    /// A file of `bytes` bytes is done, well or not; `unchanged` where the library had it whole.
    pub(crate) fn file_done(&self, bytes: u64, unchanged: bool) {
        let here = self.here.take();
        let mut before = self.before.get();
        before.bytes += bytes as f64;
        before.unchanged += if unchanged {
            bytes as f64
        } else {
            here.unchanged
        };
        before.passages += here.passages;
        self.before.set(before);
        self.files_done.set(self.files_done.get() + 1);
        if let Shown::Bar(bar) = &self.shown {
            bar.set_position(before.bytes as u64);
        }
    }

    /// Runs `print`, which writes to the terminal, with the bar out of its way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.shown {
            Shown::Bar(bar) => bar.suspend(print),
            _ => print(),
        }
    }

    /// Passages embedded so far.
    pub(crate) fn passages(&self) -> usize {
        self.before.get().passages + self.here.get().passages
    }

    /// Time since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }
}

impl Drop for AddProgress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
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
    bar: Option<ProgressBar>,
    last: Cell<Instant>,
    started: Instant,
    quiet: bool,
}

impl Steps {
    /// Progress over `what`, such as questions.
    pub(crate) fn new(what: &'static str, quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:24.cyan} {percent:>3}%  {pos} of {len} {msg}, {eta} left",
            ) {
                bar.set_style(style.progress_chars("━━─"));
            }
            bar.set_message(what);
            bar
        });
        let now = Instant::now();
        Self {
            what,
            bar,
            last: Cell::new(now),
            started: now,
            quiet,
        }
    }

    /// Says that `done` of `total` steps are done.
    pub(crate) fn at(&self, done: usize, total: usize) {
        if let Some(bar) = &self.bar {
            bar.set_length(total as u64);
            bar.set_position(done as u64);
        } else if !self.quiet && self.last.get().elapsed() >= EVERY {
            self.last.set(Instant::now());
            let left = if done == 0 {
                String::new()
            } else {
                let each = self.started.elapsed().as_secs_f64() / done as f64;
                let left = each * total.saturating_sub(done) as f64;
                format!(", about {} left", duration(left))
            };
            // Progress that nobody can read is no reason to stop.
            let _ = writeln!(io::stderr(), "{done} of {total} {}{left}", self.what);
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Progress through a plan of known seconds.
pub(crate) struct Planned {
    bar: Option<ProgressBar>,
    last: Cell<Instant>,
    started: Instant,
    quiet: bool,
}

impl Planned {
    /// Progress from now on.
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{bar:24.cyan} {percent:>3}%  {msg}") {
                bar.set_style(style.progress_chars("━━─"));
            }
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            last: Cell::new(now),
            started: now,
            quiet,
        }
    }

    /// Says what is done now, and how much of the plan lies behind.
    pub(crate) fn at(&self, what: &str, done: f64, total: f64) {
        let elapsed = self.started.elapsed().as_secs_f64();
        let left = duration(left(done, total, elapsed));
        if let Some(bar) = &self.bar {
            bar.set_length((total * 1e3) as u64);
            bar.set_position((done * 1e3) as u64);
            bar.set_message(format!("{what}, about {left} left"));
        } else if !self.quiet && self.last.get().elapsed() >= EVERY {
            self.last.set(Instant::now());
            let percent = (100.0 * done / total.max(1e-9)).floor();
            // Progress that nobody can read is no reason to stop.
            let _ = writeln!(io::stderr(), "{percent:>3}%  {what}, about {left} left");
        }
    }
}

/// Seconds left of a plan: by the plan at first, and then by how long its parts took.
fn left(done: f64, total: f64, elapsed: f64) -> f64 {
    let rest = (total - done).max(0.0);
    if done < 2.0 {
        rest
    } else {
        rest * elapsed / done
    }
}

impl Drop for Planned {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Progress of downloads, file by file.
pub(crate) struct Download {
    bar: Option<ProgressBar>,
    quiet: bool,
    name: String,
    done: u64,
}

impl Download {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template(
                "{bar:24.cyan} {percent:>3}%  {msg}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left",
            ) {
                bar.set_style(style.progress_chars("━━─"));
            }
            bar
        });
        Self {
            bar,
            quiet,
            name: String::new(),
            done: 0,
        }
    }

    /// Takes the bar away.
    pub(crate) fn done(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl hf_hub::api::Progress for &mut Download {
    fn init(&mut self, size: usize, filename: &str) {
        self.done = 0;
        self.name = crate::text::clean(filename);
        if let Some(bar) = &self.bar {
            bar.set_length(size as u64);
            bar.set_position(0);
            bar.set_message(self.name.clone());
        }
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
        }
    }

    fn finish(&mut self) {
        if self.bar.is_none() && !self.quiet {
            // Progress that nobody can read is no reason to stop.
            let _ = writeln!(io::stderr(), "fetched {} ({} bytes)", self.name, self.done);
        }
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
        progress.at(
            "a",
            40,
            Progress {
                passages_done: 5,
                passages_total: 5,
            },
        );
        progress.file_done(40, false);
        progress.at(
            "b",
            60,
            Progress {
                passages_done: 1,
                passages_total: 3,
            },
        );
        assert_eq!(progress.passages(), 6);
        let line = progress.line("b", "1/3 passages");
        assert!(line.starts_with("file 2/2  b  1/3 passages"), "{line}");
    }

    #[test]
    fn what_was_there_already_does_not_count_as_work() {
        let mut progress = AddProgress::new(1, 1000, true);
        progress.started = Instant::now().checked_sub(Duration::from_secs(10)).unwrap();
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
