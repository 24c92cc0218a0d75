//! `yiju page`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use yiju_engine::{Access, PagePicture, PictureRequest, Shelf};

use super::{Context, print_json};
use crate::failure::Failure;
use crate::library::count;

/// Draw a page of the file that a document was read from, as a PNG file
///
/// Needs no model. What is printed of the clauses named is marked in yellow. Characters in fonts that are not in the
/// file are left out and counted.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  yiju page 3f2a9c0d11e8b7a4 2 --clause 3f2a9c0d11e8b7a4.7 --out page.png"
)]
pub(crate) struct Page {
    /// The document's id
    id: String,
    /// The page, from 1
    page: u32,
    /// Where to write the picture
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// A clause to mark, by its id; several times for several
    #[arg(long, value_name = "ID")]
    clause: Vec<String>,
    /// Width in pixels [default: 110 pixels to the inch]
    #[arg(long, value_name = "PIXELS")]
    width: Option<u32>,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Drawn<'a> {
    file: &'a str,
    width: u32,
    height: u32,
    /// Characters that are not drawn.
    undrawn: usize,
}

impl Page {
    pub(crate) fn run(self, context: &Context) -> anyhow::Result<ExitCode> {
        let shelf = Shelf::open(&context.settings.library()?, Access::ReadOnly)?;
        let Self { id, page, out, clause, width } = self;
        let request = PictureRequest {
            document: id.clone(),
            page,
            clauses: clause,
            width,
            ..PictureRequest::default()
        };
        let Some(PagePicture { width, height, png, undrawn }) = shelf.page_picture(&request)?
        else {
            return Err(Failure::new(format!("no document has the id {id}"))
                .hint("`yiju list` shows the ids")
                .into());
        };
        let shown = out.display().to_string();
        std::fs::write(&out, &png)
            .map_err(|error| Failure::new(format!("cannot write {shown}: {error}")))?;
        if context.json {
            print_json(&Drawn { file: &shown, width, height, undrawn })?;
        } else if undrawn > 0 {
            let characters = count(undrawn, "character");
            context
                .notes
                .say(&format!("{characters} in fonts that are not in the file are left out"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
