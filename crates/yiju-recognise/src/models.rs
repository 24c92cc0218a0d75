//! The two networks and how they are run.

use std::path::Path;
use std::sync::Arc;

use rten::{Model, ModelOptions, RunOptions, ThreadPool, Value};

use crate::RecogniseError;
use crate::ctc::{Seen, decode};
use crate::picture::Picture;
use crate::regions::Map;

/// The network that finds lines.
const DETECTOR: &str = "PP-OCRv6_det_small.onnx";
/// The network that reads one.
const READER: &str = "PP-OCRv6_rec_small.onnx";
/// Height of the lines that the reader takes, in pixels.
pub(crate) const READ_HEIGHT: usize = 48;
/// The detector halves its input five times.
const STRIDE: usize = 32;

/// Both networks.
pub(crate) struct Models {
    detector: Model,
    reader: Model,
    /// The character of each of the reader's classes; the first stands for none.
    alphabet: Vec<char>,
    /// Threads for one picture.
    all: Arc<ThreadPool>,
}

/// One thread for reading lines, of which several are read at once.
pub(crate) struct Worker(RunOptions);

impl Worker {
    pub(crate) fn new() -> Self {
        Self(
            RunOptions::default().with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(1)))),
        )
    }
}

impl Models {
    /// Opens the networks in a folder.
    pub(crate) fn open(folder: &Path, threads: usize) -> Result<Self, RecogniseError> {
        let detector = load(&folder.join(DETECTOR))?;
        let path = folder.join(READER);
        let reader = load(&path)?;
        let Some(characters) = reader.metadata().get("character") else {
            return Err(RecogniseError::Model { path, what: "it names no characters".to_owned() });
        };
        // The reader's classes are: no character, those it names, a space.
        let named = characters.split('\n').filter_map(|name| name.chars().next());
        let alphabet = std::iter::once('\0').chain(named).chain([' ']).collect();
        Ok(Self {
            detector,
            reader,
            alphabet,
            all: Arc::new(ThreadPool::with_num_threads(threads)),
        })
    }

    /// How likely each pixel of a picture is inside a line of text. The map may be larger than the picture.
    pub(crate) fn detect(&self, picture: &Picture) -> Result<Map, RecogniseError> {
        let (width, height) = (picture.width(), picture.height());
        let wide = width.next_multiple_of(STRIDE);
        let high = height.next_multiple_of(STRIDE);
        // White around it; the three colours are the same.
        let mut values = vec![1.0; wide * high];
        let mut shades = picture.values();
        for row in values.chunks_exact_mut(wide).take(height) {
            for (value, shade) in row.iter_mut().zip(shades.by_ref().take(width)) {
                *value = shade;
            }
        }
        let values = values.repeat(3);
        let input = Value::from_shape([1, 3, high, wide], values).map_err(failed)?;
        let options = RunOptions::default().with_thread_pool(Some(Arc::clone(&self.all)));
        let output = self.detector.run_one(input.into(), Some(options)).map_err(failed)?;
        let ([_, _, high, wide], values) = output.into_shape_vec::<f32, 4>().map_err(failed)?;
        Ok(Map { width: wide, height: high, values })
    }

    /// The characters of a line of [`READ_HEIGHT`] rows, as the reader takes values.
    pub(crate) fn read(
        &self,
        values: &[f32],
        worker: &Worker,
    ) -> Result<Vec<Seen>, RecogniseError> {
        let width = values.len() / READ_HEIGHT;
        let input =
            Value::from_shape([1, 3, READ_HEIGHT, width], values.repeat(3)).map_err(failed)?;
        let output = self.reader.run_one(input.into(), Some(worker.0.clone())).map_err(failed)?;
        let ([_, _, classes], likely) = output.into_shape_vec::<f32, 3>().map_err(failed)?;
        if classes != self.alphabet.len() {
            let named = self.alphabet.len();
            return Err(RecogniseError::Run(format!("{classes} classes, {named} characters")));
        }
        Ok(decode(&likely, classes))
    }

    /// The character of a class.
    pub(crate) fn character(&self, class: usize) -> Option<char> {
        self.alphabet.get(class).copied()
    }
}

fn failed(error: impl std::fmt::Display) -> RecogniseError {
    RecogniseError::Run(error.to_string())
}

fn load(path: &Path) -> Result<Model, RecogniseError> {
    let bytes = std::fs::read(path)
        .map_err(|source| RecogniseError::Missing { path: path.to_owned(), source })?;
    let model = ModelOptions::with_all_ops().prepack_weights(true).load(bytes);
    model.map_err(|error| RecogniseError::Model { path: path.to_owned(), what: error.to_string() })
}
