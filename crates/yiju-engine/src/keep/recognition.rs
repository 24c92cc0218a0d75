//! Reading the pictures of pages: which are read, and the models, which are opened with the first.

use std::path::PathBuf;
use std::sync::OnceLock;

use yiju_embed::Cancel;
use yiju_format::{PictureError, ReadsPictures, SeenLine, SeenPage, Shades};
use yiju_recognise::{PageText, Picture, RecogniseError, Recogniser};

/// Which pictures of pages are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recognise {
    /// None: pages that are pictures are named as not read.
    Never,
    /// Files that are pictures, and pages that have no text.
    #[default]
    Auto,
    /// Also pages whose picture has the text of another program under it, in the place of that.
    Always,
}

/// The folder of the models, or why there is none.
type Find = dyn Fn() -> Result<PathBuf, String> + Send + Sync;

/// How pictures of pages are read. The models are looked for and opened with the first picture and kept; until then nothing
/// is.
pub struct Recognition {
    when: Recognise,
    find: Box<Find>,
    opened: OnceLock<Result<Recogniser, String>>,
}

impl Recognition {
    /// With the models in the folder that `find` gives, or why there is none.
    pub fn new(
        when: Recognise,
        find: impl Fn() -> Result<PathBuf, String> + Send + Sync + 'static,
    ) -> Self {
        Self { when, find: Box::new(find), opened: OnceLock::new() }
    }

    /// Reads no picture.
    pub fn never() -> Self {
        Self::new(Recognise::Never, || Err(String::new()))
    }

    /// As the readers of files take it; `None` where no picture is read.
    pub(crate) fn of_files(&self) -> Option<yiju_format::Recognition<'_>> {
        let always = match self.when {
            Recognise::Never => return None,
            Recognise::Auto => false,
            Recognise::Always => true,
        };
        Some(yiju_format::Recognition { reader: self, always })
    }

    fn recogniser(&self) -> Result<&Recogniser, PictureError> {
        let opened = self.opened.get_or_init(|| {
            let folder = (self.find)()?;
            let _span = tracing::debug_span!("open the recogniser").entered();
            Recogniser::open(&folder).map_err(|error| told(&error))
        });
        opened.as_ref().map_err(|why| PictureError::Unread(why.clone()))
    }
}

/// An error without the folders of this machine: what is not read of a file is told to clients.
fn told(error: &RecogniseError) -> String {
    let name = |path: &PathBuf| {
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    match error {
        RecogniseError::Missing { path, .. } => {
            format!("the recogniser's file {} is missing or cannot be read", name(path))
        }
        RecogniseError::Model { path, what } => {
            format!("the recogniser's file {} is damaged: {what}", name(path))
        }
        error => error.to_string(),
    }
}

impl ReadsPictures for Recognition {
    fn page(
        &self,
        picture: Shades,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<SeenPage, PictureError> {
        let recogniser = self.recogniser()?;
        let cancel = Cancel::current();
        let stop = || stop() || cancel.as_ref().is_some_and(Cancel::is_cancelled);
        let Shades { width, height, samples } = picture;
        let _span = tracing::debug_span!("recognise", width, height).entered();
        let read = Picture::grey(width, height, samples)
            .and_then(|picture| recogniser.page(&picture, &stop));
        match read {
            Ok(page) => Ok(seen(page)),
            Err(RecogniseError::Stopped) => Err(PictureError::Stopped),
            Err(error) => Err(PictureError::Unread(told(&error))),
        }
    }
}

fn seen(page: PageText) -> SeenPage {
    let PageText { upright, lines } = page;
    let origin = upright.in_picture(0.0, 0.0);
    let (right, down) = (upright.in_picture(1.0, 0.0), upright.in_picture(0.0, 1.0));
    let lines = lines
        .into_iter()
        .map(|line| SeenLine {
            characters: line.characters.iter().map(|c| (c.text, c.left, c.right)).collect(),
            confidence: line.confidence,
            size: line.size,
            top: line.top,
            bottom: line.bottom,
        })
        .collect();
    SeenPage {
        width: upright.width,
        height: upright.height,
        in_picture: [
            right.0 - origin.0,
            right.1 - origin.1,
            down.0 - origin.0,
            down.1 - origin.1,
            origin.0,
            origin.1,
        ],
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_without_folders() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().to_owned();
        let recognition = Recognition::new(Recognise::Auto, move || Ok(folder.clone()));
        let picture = || Shades { width: 1, height: 1, samples: vec![255] };
        let Err(PictureError::Unread(why)) = recognition.page(picture(), &|| false) else {
            panic!("read without models")
        };
        assert_eq!(
            why,
            "the recogniser's file PP-OCRv6_det_small.onnx is missing or cannot be read"
        );
        let recognition = Recognition::new(Recognise::Auto, || Err("there are none".to_owned()));
        let none = recognition.page(picture(), &|| false);
        assert_eq!(none, Err(PictureError::Unread("there are none".to_owned())));
        assert!(Recognition::never().of_files().is_none());
    }
}
