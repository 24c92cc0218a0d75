//! Pictures as the models take them: shades of grey.

use crate::RecogniseError;

/// Pixels of a picture, at most: a page of A3 at 600 dots an inch has 70 millions.
pub const MAX_PIXELS: usize = 100_000_000;

/// A picture in shades of grey, 0 black and 255 white, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    height: usize,
    samples: Vec<u8>,
}

/// By how much a picture is turned clockwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Not at all.
    #[default]
    None,
    /// By 90 degrees.
    Quarter,
    /// By 180 degrees.
    Half,
    /// By 270 degrees.
    ThreeQuarters,
}

impl Picture {
    /// A picture of `width` × `height` shades of grey.
    ///
    /// # Errors
    /// [`RecogniseError::TooLarge`] over [`MAX_PIXELS`], [`RecogniseError::Samples`] if `samples` are not `width` × `height`.
    pub fn grey(width: usize, height: usize, samples: Vec<u8>) -> Result<Self, RecogniseError> {
        let pixels = size(width, height)?;
        if samples.len() != pixels {
            let given = samples.len();
            return Err(RecogniseError::Samples { width, height, wanted: pixels, given });
        }
        Ok(Self { width, height, samples })
    }

    /// A picture of `width` × `height` red, green and blue samples, as shades of grey (weights of ITU-R BT.601).
    ///
    /// # Errors
    /// As [`Picture::grey`]; three samples a pixel.
    pub fn rgb(width: usize, height: usize, samples: &[u8]) -> Result<Self, RecogniseError> {
        let wanted = size(width, height)? * 3;
        if samples.len() != wanted {
            let given = samples.len();
            return Err(RecogniseError::Samples { width, height, wanted, given });
        }
        let luma = |pixel: &[u8]| {
            let [red, green, blue] = [0, 1, 2].map(|at| pixel.get(at).map_or(0, |&v| u32::from(v)));
            ((red * 299 + green * 587 + blue * 114 + 500) / 1000) as u8
        };
        Ok(Self { width, height, samples: samples.chunks_exact(3).map(luma).collect() })
    }

    /// Width in pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The shade at a pixel; that of the nearest one outside.
    fn at(&self, x: isize, y: isize) -> f32 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.samples.get(y * self.width + x).map_or(255.0, |&sample| sample.into())
    }

    /// The shade at a point between pixels, whose middles are at halves.
    pub(crate) fn sample(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x - 0.5, y - 0.5);
        let (left, top) = (x.floor(), y.floor());
        let (dx, dy) = (x - left, y - top);
        let (left, top) = (left as isize, top as isize);
        let upper = self.at(left, top) * (1.0 - dx) + self.at(left + 1, top) * dx;
        let lower = self.at(left, top + 1) * (1.0 - dx) + self.at(left + 1, top + 1) * dx;
        upper * (1.0 - dy) + lower * dy
    }

    /// The picture turned clockwise.
    pub(crate) fn turned(&self, turn: Turn) -> Picture {
        let (width, height) = (self.width, self.height);
        let take = |width: usize, height: usize, from: &dyn Fn(usize, usize) -> usize| Picture {
            width,
            height,
            samples: (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .map(|(x, y)| self.samples.get(from(x, y)).copied().unwrap_or(255))
                .collect(),
        };
        match turn {
            Turn::None => self.clone(),
            Turn::Quarter => take(height, width, &|x, y| (height - 1 - x) * width + y),
            Turn::Half => take(width, height, &|x, y| (height - 1 - y) * width + width - 1 - x),
            Turn::ThreeQuarters => take(height, width, &|x, y| x * width + width - 1 - y),
        }
    }

    /// The picture with each side a whole number of times smaller, each pixel the mean of those that it is made of.
    pub(crate) fn reduced(&self, times: usize) -> Picture {
        let (width, height) = ((self.width / times).max(1), (self.height / times).max(1));
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = y * times..((y + 1) * times).min(self.height);
            for x in 0..width {
                let columns = x * times..((x + 1) * times).min(self.width);
                let mut sum = 0_usize;
                for row in rows.clone() {
                    let from = row * self.width;
                    let part = self.samples.get(from + columns.start..from + columns.end);
                    sum += part.unwrap_or_default().iter().map(|&v| usize::from(v)).sum::<usize>();
                }
                samples.push((sum / (rows.len() * columns.len()).max(1)) as u8);
            }
        }
        Picture { width, height, samples }
    }

    /// The picture at another size, each pixel between those nearest to it; to a size not below half of it.
    pub(crate) fn scaled(&self, width: usize, height: usize) -> Picture {
        let (dx, dy) = (self.width as f32 / width as f32, self.height as f32 / height as f32);
        let mut samples = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let shade = self.sample((x as f32 + 0.5) * dx, (y as f32 + 0.5) * dy);
                samples.push(shade.round() as u8);
            }
        }
        Picture { width, height, samples }
    }

    /// Its samples as the models take them, from -1 (black) to 1 (white), row by row.
    pub(crate) fn values(&self) -> impl Iterator<Item = f32> {
        self.samples.iter().map(|&sample| value(sample.into()))
    }
}

/// A shade from 0 to 255 as the models take it: mean and deviation of PP-OCRv6 are 0.5.
pub(crate) fn value(shade: f32) -> f32 {
    shade / 127.5 - 1.0
}

fn size(width: usize, height: usize) -> Result<usize, RecogniseError> {
    match width.checked_mul(height) {
        Some(pixels) if pixels <= MAX_PIXELS => Ok(pixels),
        _ => Err(RecogniseError::TooLarge { width, height, limit: MAX_PIXELS }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_turned_clockwise() {
        let picture = Picture::grey(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let turned = |turn| {
            let Picture { width, height, samples } = picture.turned(turn);
            (width, height, samples)
        };
        assert_eq!(turned(Turn::Quarter), (2, 3, vec![4, 1, 5, 2, 6, 3]));
        assert_eq!(turned(Turn::Half), (3, 2, vec![6, 5, 4, 3, 2, 1]));
        assert_eq!(turned(Turn::ThreeQuarters), (2, 3, vec![3, 6, 2, 5, 1, 4]));
        assert_eq!(turned(Turn::None), (3, 2, vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn sizes_are_checked() {
        assert!(matches!(
            Picture::grey(20_000, 20_000, Vec::new()),
            Err(RecogniseError::TooLarge { limit: MAX_PIXELS, .. })
        ));
        assert!(matches!(
            Picture::grey(usize::MAX, 2, Vec::new()),
            Err(RecogniseError::TooLarge { .. })
        ));
        assert!(matches!(
            Picture::rgb(2, 2, &[0; 4]),
            Err(RecogniseError::Samples { wanted: 12, given: 4, .. })
        ));
        assert_eq!(Picture::rgb(1, 1, &[255, 0, 0]).unwrap().samples, [76]);
    }

    #[test]
    fn smaller_pictures_are_means() {
        let picture = Picture::grey(4, 2, vec![0, 100, 10, 10, 100, 200, 10, 30]).unwrap();
        assert_eq!(picture.reduced(2).samples, [100, 15]);
        assert_eq!(picture.scaled(4, 2), picture);
        assert_eq!(picture.scaled(2, 1).samples, [100, 15]);
    }
}
