//! A page: where its lines are, which way up it is, and what they say.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::RecogniseError;
use crate::line::{Line, read};
use crate::models::{Models, Worker};
use crate::picture::{Picture, Turn};
use crate::regions::{Region, Regions, regions};
use crate::upright::Upright;

/// The shorter side of a page in which lines are looked for, in pixels, at most: A4 at 116 dots an inch. At 150 the
/// detector takes 1.7 times as long and finds no more.
const DETECT: usize = 960;
/// The pixels of it, at most: what the detector keeps is some hundred bytes for each.
const DETECT_PIXELS: f32 = 1_500_000.0;
/// The shorter side of a page of which lines are read, at most: A4 at 300 dots an inch.
const READ: usize = 2480;
/// Lines that are read to find out which way up a page is.
const PROBES: usize = 4;
/// A page whose lines are read as surely is the right way up.
const SURE: f32 = 0.85;
/// A line that is read less surely is none: a stamp, a drawing.
const LEGIBLE: f32 = 0.5;
/// Threads for one page.
const THREADS: usize = 8;

/// Reads the lines of text in pictures of pages. It keeps its models in memory: about 60 MB.
pub struct Recogniser {
    models: Models,
    /// One for each thread. They are kept, since the memory of threads that end is not used again.
    workers: Vec<Worker>,
}

/// What was read of a page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageText {
    /// How the text stands in the picture.
    pub upright: Upright,
    /// Its lines from the top down, those beside each other from left to right.
    pub lines: Vec<Line>,
}

impl Recogniser {
    /// Opens the models in a folder.
    ///
    /// # Errors
    /// [`RecogniseError::Missing`] and [`RecogniseError::Model`].
    pub fn open(folder: &Path) -> Result<Self, RecogniseError> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
        let models = Models::open(folder, threads)?;
        Ok(Self { models, workers: (0..threads).map(|_| Worker::new()).collect() })
    }

    /// Reads a page. `stop` is asked between lines whether to go on.
    ///
    /// # Errors
    /// [`RecogniseError::Stopped`] if `stop` says so, [`RecogniseError::Run`] if a model fails.
    pub fn page(
        &self,
        picture: &Picture,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<PageText, RecogniseError> {
        let short = picture.width().min(picture.height());
        if short == 0 {
            return Ok(PageText::default());
        }
        let times = short.div_ceil(READ);
        let mut work = if times > 1 { picture.reduced(times) } else { picture.clone() };
        let mut turn = Turn::None;
        let mut found = self.find(&work)?;
        if found.upended {
            turn = Turn::Quarter;
            work = work.turned(turn);
            found = self.find(&work)?;
        }
        if stop() {
            return Err(RecogniseError::Stopped);
        }
        let mut order: Vec<usize> = (0..found.lines.len()).collect();
        order.sort_by(|&a, &b| found.lines[b].length.total_cmp(&found.lines[a].length));
        let probes: Vec<Region> =
            order.iter().take(PROBES).map(|&index| found.lines[index]).collect();
        let over: Vec<Region> = probes.iter().map(|probe| probe.over()).collect();
        let sure = |lines: &[Option<Line>]| {
            let sum: f32 = lines.iter().flatten().map(|line| line.confidence).sum();
            sum / lines.len().max(1) as f32
        };
        let mut lines = self.read(&work, &probes, stop)?;
        if turn != Turn::None || sure(&lines) < SURE {
            let turned = self.read(&work, &over, stop)?;
            if sure(&turned) > sure(&lines) {
                let size = (work.width() as f32, work.height() as f32);
                work = work.turned(Turn::Half);
                turn = turn.over();
                for region in &mut found.lines {
                    (region.x, region.y) = (size.0 - region.x, size.1 - region.y);
                }
                lines = turned;
            }
        }
        let rest: Vec<Region> =
            order.iter().skip(PROBES).map(|&index| found.lines[index]).collect();
        lines.extend(self.read(&work, &rest, stop)?);
        let times = times as f32;
        let upright = Upright {
            turn,
            angle: found.angle,
            width: work.width() as f32 * times,
            height: work.height() as f32 * times,
        };
        let regions = order.iter().map(|&index| found.lines[index]);
        let mut lines: Vec<Line> = regions
            .zip(lines)
            .filter_map(|(region, line)| {
                let line = line.filter(|line| line.confidence >= LEGIBLE)?;
                Some(line.placed(region, times, &upright))
            })
            .collect();
        rows(&mut lines);
        Ok(PageText { upright, lines })
    }

    /// The lines in a picture, in its pixels.
    fn find(&self, picture: &Picture) -> Result<Regions, RecogniseError> {
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let scale = (DETECT as f32 / width.min(height))
            .min((DETECT_PIXELS / (width * height)).sqrt())
            .min(1.0);
        let times = (1.0 / scale).floor() as usize;
        let reduced = if times > 1 { Some(picture.reduced(times)) } else { None };
        let to = |side: f32| ((side * scale).round() as usize).max(1);
        let small = if scale < 1.0 {
            reduced.as_ref().unwrap_or(picture).scaled(to(width), to(height))
        } else {
            picture.clone()
        };
        let mut found = regions(&self.models.detect(&small)?);
        for region in &mut found.lines {
            *region = Region {
                x: region.x / scale,
                y: region.y / scale,
                length: region.length / scale,
                height: region.height / scale,
                angle: region.angle,
            };
        }
        Ok(found)
    }

    /// What lines say, in their order; several are read at once, each as it would be alone.
    fn read(
        &self,
        picture: &Picture,
        regions: &[Region],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Vec<Option<Line>>, RecogniseError> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(vec![None; regions.len()]);
        let failed = Mutex::new(None);
        let work = |worker: &Worker| {
            while let Some(region) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                regions.get(index).map(|region| (index, region))
            } {
                let (index, region) = region;
                let line = if stop() {
                    Err(RecogniseError::Stopped)
                } else {
                    read(&self.models, worker, picture, region)
                };
                match line {
                    Ok(line) => {
                        let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        if let Some(place) = done.get_mut(index) {
                            *place = line;
                        }
                    }
                    Err(error) => {
                        next.store(regions.len(), Ordering::Relaxed);
                        let mut failed =
                            failed.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                        failed.get_or_insert(error);
                    }
                }
            }
        };
        let workers = self.workers.get(..regions.len().min(self.workers.len()));
        if let Some((first, others)) = workers.and_then(<[Worker]>::split_first) {
            std::thread::scope(|scope| {
                for worker in others {
                    scope.spawn(|| work(worker));
                }
                work(first);
            });
        }
        match failed.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            Some(error) => Err(error),
            None => Ok(done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner())),
        }
    }
}

/// Orders lines from the top down, those of one row from left to right.
fn rows(lines: &mut [Line]) {
    let middle = |line: &Line| (line.top + line.bottom) / 2.0;
    lines.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
    let mut from = 0;
    while from < lines.len() {
        let first = middle(&lines[from]);
        let half = (lines[from].bottom - lines[from].top) / 2.0;
        let count = lines[from..].iter().take_while(|line| middle(line) < first + half).count();
        lines[from..from + count].sort_by(|a, b| a.left.total_cmp(&b.left));
        from += count.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_one_row_go_from_left_to_right() {
        let line = |left: f32, top: f32| Line { left, top, bottom: top + 20.0, ..Line::default() };
        let mut lines = [line(300.0, 12.0), line(10.0, 60.0), line(10.0, 15.0), line(5.0, 35.0)];
        rows(&mut lines);
        let lefts: Vec<f32> = lines.iter().map(|line| line.left).collect();
        assert_eq!(lefts, [10.0, 300.0, 5.0, 10.0]);
    }

    #[test]
    fn an_empty_page_has_no_lines_and_missing_models_are_named() {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pp-ocrv6-small");
        let recogniser = Recogniser::open(&models).unwrap();
        let picture = Picture::grey(64, 50, vec![255; 64 * 50]).unwrap();
        assert_eq!(recogniser.page(&picture, &|| false).unwrap().lines, []);
        assert_eq!(
            recogniser.page(&Picture::grey(0, 9, Vec::new()).unwrap(), &|| false).unwrap().lines,
            []
        );
        let stopped = recogniser.page(&picture, &|| true);
        assert!(matches!(stopped, Err(RecogniseError::Stopped)));
        let missing = Recogniser::open(Path::new("nothing")).err().unwrap().to_string();
        assert!(missing.contains("PP-OCRv6_det_small.onnx"), "{missing}");
    }
}
