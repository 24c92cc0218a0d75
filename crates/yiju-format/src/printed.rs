//! The text of a reading.

use std::collections::BTreeMap;

use crate::block::{Block, Cell, Place, Reading};

/// The text of a file and where it is printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Printed {
    /// A paragraph, heading, item or table row a line; the cells of a row have a tab between them.
    pub text: String,
    /// Where parts of it are on pages, in the order of the text; ranges are bytes of `text`.
    pub places: Vec<Place>,
}

impl Printed {
    fn push(&mut self, text: &str, places: &[Place]) {
        let at = self.text.len();
        self.text.push_str(text);
        self.places.extend(places.iter().map(|place| Place {
            range: place.range.start + at..place.range.end + at,
            ..place.clone()
        }));
    }

    fn row(&mut self, cells: &[Cell]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push('\t');
            }
            self.push(&cell.text, &cell.places);
        }
    }
}

/// A page with text that was recognised in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecognisedPage {
    /// The page, from 1.
    pub page: u32,
    /// How sure its lines are in the mean, from 0 to 1; `None` where another program recognised them.
    pub confidence: Option<f32>,
}

impl Reading {
    /// The pages with text that was recognised, in their order.
    pub fn recognised(&self) -> Vec<RecognisedPage> {
        let mut pages: BTreeMap<u32, Vec<f32>> = BTreeMap::new();
        for place in self.printed().places {
            if let Some(recognised) = place.recognised {
                pages.entry(place.page).or_default().extend(recognised.confidence);
            }
        }
        let mean = |sure: Vec<f32>| {
            (!sure.is_empty()).then(|| sure.iter().sum::<f32>() / sure.len() as f32)
        };
        let page = |(page, sure)| RecognisedPage { page, confidence: mean(sure) };
        pages.into_iter().map(page).collect()
    }

    /// The text, a block or table row a line, with the places of what is on pages.
    pub fn printed(&self) -> Printed {
        let mut printed = Printed::default();
        for block in &self.blocks {
            match block {
                Block::Text(text) => {
                    printed.push(&text.text, &text.places);
                    printed.text.push('\n');
                }
                Block::Table(table) => {
                    for row in &table.rows {
                        printed.row(row);
                        printed.text.push('\n');
                    }
                }
            }
        }
        printed
    }
}
