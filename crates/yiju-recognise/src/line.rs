//! One line: its picture, its characters and where they are.

use crate::RecogniseError;
use crate::ctc::Seen;
use crate::models::{Models, READ_HEIGHT, Worker};
use crate::picture::{Picture, value};
use crate::regions::Region;
use crate::signs::{han, idle_space, settle};
use crate::upright::Upright;

/// The longest line that is read, as the reader sees it, in pixels; a longer one is pressed together.
const MAX_LENGTH: usize = 6400;
/// How much lines are pressed together along their length: the time goes with it, and ideographs have three steps left of
/// four. Digits and letters are half as wide; of two alike (1000) one would be lost, so a line with any is read at its length.
const PRESSED: f32 = 0.75;
/// The part of a line's height that an ideograph is, where too few of them show it.
const EM: f32 = 0.72;

/// A line of text. Places are pixels of the upright page (see [`Upright`]).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Its characters in their order.
    pub characters: Vec<Character>,
    /// How sure the reader is of its characters in the mean, from 0 to 1.
    pub confidence: f32,
    /// Size of its type: what an ideograph takes.
    pub size: f32,
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

/// A character of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Character {
    /// Which one; spaces are only between words.
    pub text: char,
    /// Its left edge.
    pub left: f32,
    /// Its right edge.
    pub right: f32,
    /// How sure the reader is, from 0 to 1.
    pub confidence: f32,
}

impl Line {
    /// Its text.
    pub fn text(&self) -> String {
        self.characters.iter().map(|character| character.text).collect()
    }

    /// The line, whose places are parts of its length, on the upright page.
    pub(crate) fn placed(mut self, region: Region, times: f32, upright: &Upright) -> Self {
        let (x, y) = upright.of_turned(region.x * times, region.y * times);
        let (length, height) = (region.length * times, region.height * times);
        self.left = x - length / 2.0;
        self.right = x + length / 2.0;
        let size = self.em() * length;
        // Never more than fits the line.
        self.size = if size > 0.0 { size.min(height) } else { EM * height };
        let half = (self.size / 2.0).max(height * 0.3);
        (self.top, self.bottom) = (y - half, y + half);
        let middles: Vec<f32> =
            self.characters.iter().map(|c| x + (c.left - 0.5) * length).collect();
        for (at, character) in self.characters.iter_mut().enumerate() {
            let Some(&middle) = middles.get(at) else { continue };
            // Letters are narrower, but only a space that was read parts them.
            let half = self.size / 2.0;
            let before = at.checked_sub(1).and_then(|at| middles.get(at));
            let after = middles.get(at + 1);
            character.left =
                (middle - half).max(before.map_or(f32::MIN, |before| (before + middle) / 2.0));
            character.right =
                (middle + half).min(after.map_or(f32::MAX, |after| (after + middle) / 2.0));
        }
        if let (Some(first), Some(last)) = (self.characters.first(), self.characters.last()) {
            (self.left, self.right) = (first.left, last.right);
        }
        self
    }

    /// The distance of ideographs that follow each other, as a part of the line's length; 0 of too few.
    fn em(&self) -> f32 {
        let mut steps: Vec<f32> = self
            .characters
            .windows(2)
            .filter(|pair| pair.iter().all(|c| han(c.text)))
            .map(|pair| pair[1].left - pair[0].left)
            .collect();
        if steps.len() < 3 {
            return 0.0;
        }
        steps.sort_by(f32::total_cmp);
        steps.get(steps.len() / 2).copied().unwrap_or(0.0)
    }
}

/// Reads a line of a picture; its characters' places are the middles, as parts of its length. `None` if nothing is read.
pub(crate) fn read(
    models: &Models,
    worker: &Worker,
    picture: &Picture,
    region: &Region,
) -> Result<Option<Line>, RecogniseError> {
    let narrow = |seen: &[Seen]| {
        let mut characters = seen.iter().filter_map(|seen| models.character(seen.class));
        characters.any(|c| c.is_ascii_alphanumeric())
    };
    let mut seen = models.read(&cut(picture, region, PRESSED), worker)?;
    if narrow(&seen) {
        seen = models.read(&cut(picture, region, 1.0), worker)?;
    }
    let mut characters: Vec<Character> = seen
        .iter()
        .filter_map(|seen| {
            let text = models.character(seen.class)?;
            Some(Character { text, left: seen.at, right: seen.at, confidence: seen.likely })
        })
        .collect();
    let mut at = 0;
    while at < characters.len() {
        let near = |at: Option<usize>| at.and_then(|at| characters.get(at)).map(|c| c.text);
        let space = characters[at].text.is_whitespace();
        if space && idle_space(near(at.checked_sub(1)), near(Some(at + 1))) {
            characters.remove(at);
        } else {
            at += 1;
        }
    }
    let mut text: Vec<char> = characters.iter().map(|character| character.text).collect();
    settle(&mut text);
    for (character, text) in characters.iter_mut().zip(text) {
        character.text = text;
    }
    if characters.is_empty() {
        return Ok(None);
    }
    let sum: f32 = characters.iter().map(|character| character.confidence).sum();
    let confidence = sum / characters.len() as f32;
    Ok(Some(Line { characters, confidence, ..Line::default() }))
}

/// The picture of a line as the reader takes it: level, [`READ_HEIGHT`] rows high, its length `pressed` times what that gives.
fn cut(picture: &Picture, region: &Region, pressed: f32) -> Vec<f32> {
    let scale = region.height / READ_HEIGHT as f32;
    let width = ((region.length / scale * pressed).round() as usize).clamp(8, MAX_LENGTH);
    let step = region.length / width as f32;
    let (sin, cos) = region.angle.sin_cos();
    // Where a pixel is made of many, some of them are taken.
    let parts = (scale.ceil() as usize).clamp(1, 4);
    let mut values = Vec::with_capacity(width * READ_HEIGHT);
    for row in 0..READ_HEIGHT {
        for column in 0..width {
            let mut sum = 0.0;
            for part in 0..parts * parts {
                let within = |part: usize| (part as f32 + 0.5) / parts as f32;
                let u = (column as f32 + within(part % parts)) * step - region.length / 2.0;
                let v = (row as f32 + within(part / parts)) * scale - region.height / 2.0;
                sum += picture.sample(region.x + u * cos - v * sin, region.y + u * sin + v * cos);
            }
            values.push(value(sum / (parts * parts) as f32));
        }
    }
    values
}
