//! The pictures that a page draws, as one picture of the page in shades of grey.
//!
//! Only pictures: pages are drawn that have nothing else. Scanners write a page as one picture, as strips, or as a mask of the
//! letters over a background.

use hayro_interpret::font::GlyphRun;
use hayro_interpret::hayro_syntax::Pdf as File;
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageData, ImageDrawProps,
    InterpreterCache, InterpreterSettings, LumaData, Paint, SoftMask, interpret_page,
};

use crate::Limits;
use crate::bounded::Stop;
use crate::picture::Shades;

/// Pixels of a point: 200 dots an inch, at which the smallest print of a page is twenty pixels high.
const SCALE: f64 = 200.0 / 72.0;
/// Pixels of a page at most; larger pages are drawn smaller.
const PIXELS: f64 = 16_000_000.0;

/// A page's picture, and the pixels of a point in it.
///
/// # Errors
/// What is wrong, in words.
pub(super) fn draw(
    file: &File,
    index: usize,
    limits: &Limits,
    stop: &Stop,
) -> Result<(Shades, f32), String> {
    let page = file.pages().get(index).ok_or("it is not there")?;
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let most = (PIXELS.min(limits.pixels as f64) / (width * height).max(1.0)).sqrt();
    let scale = SCALE.min(most);
    let (wide, high) = ((width * scale).round().max(1.0), (height * scale).round().max(1.0));
    if !(wide.is_finite() && high.is_finite()) || wide * high > 2.0 * PIXELS {
        return Err("its size is no page's".to_owned());
    }
    super::guard::page(page, limits)?;
    let picture = Shades {
        width: wide as usize,
        height: high as usize,
        samples: vec![255; wide as usize * high as usize],
    };
    let bounds = Rect::new(0.0, 0.0, wide, high);
    let turned = Affine::scale(scale) * Affine::new(page.initial_transform(true).as_coeffs());
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings::default();
    let mut context = Context::new(turned, bounds, &cache, file.xref(), settings);
    let pixels = limits.pixels;
    let mut paper =
        Paper { picture, clips: vec![bounds], stop: stop.clone(), pixels, undrawn: None };
    interpret_page(page, &mut context, &mut paper);
    match paper.undrawn {
        Some(why) => Err(why),
        None => Ok((paper.picture, scale as f32)),
    }
}

/// What pictures are drawn on.
struct Paper {
    picture: Shades,
    clips: Vec<Rect>,
    stop: Stop,
    /// Pixels of a picture that is drawn, at most.
    pixels: usize,
    /// Why one was not drawn.
    undrawn: Option<String>,
}

/// Shades to draw, and how much each covers.
struct Ink<'a> {
    width: usize,
    height: usize,
    /// The shade at a pixel's number.
    shade: &'a dyn Fn(usize) -> f32,
    /// How much it covers of what is below, from 0 to 1.
    cover: &'a dyn Fn(usize) -> f32,
}

impl Paper {
    /// Draws a picture that lies on the page as `place` says of its pixels.
    fn ink(&mut self, ink: &Ink<'_>, place: Affine) {
        let whole = Rect::new(0.0, 0.0, ink.width as f64, ink.height as f64);
        let seen = place.transform_rect_bbox(whole);
        let clip = self.clips.last().copied().unwrap_or(whole);
        let seen = seen.intersect(clip);
        if !(seen.width() > 0.0 && seen.height() > 0.0) || place.determinant().abs() < 1e-9 {
            return;
        }
        let back = place.inverse();
        let [a, b, c, d, ..] = back.as_coeffs();
        // Where many pixels make one, their mean is taken.
        let parts = |x: f64, y: f64| (x.hypot(y).round() as usize).clamp(1, 8);
        let (across, down) = (parts(a, b), parts(c, d));
        let width = self.picture.width;
        for y in
            seen.y0.floor().max(0.0) as usize..(seen.y1.ceil() as usize).min(self.picture.height)
        {
            self.stop.check();
            for x in seen.x0.floor().max(0.0) as usize..(seen.x1.ceil() as usize).min(width) {
                // A pixel belongs to the picture that has its middle, so that strips have no seams.
                let middle = back * Point::new(x as f64 + 0.5, y as f64 + 0.5);
                if !whole.contains(middle) {
                    continue;
                }
                let (mut shade, mut cover, mut count) = (0.0, 0.0, 0.0);
                for part in 0..across * down {
                    let dx = ((part % across) as f64 + 0.5) / across as f64;
                    let dy = ((part / across) as f64 + 0.5) / down as f64;
                    let at = back * Point::new(x as f64 + dx, y as f64 + dy);
                    if at.x < 0.0 || at.y < 0.0 {
                        continue;
                    }
                    let (column, row) = (at.x as usize, at.y as usize);
                    if column >= ink.width || row >= ink.height {
                        continue;
                    }
                    let index = row * ink.width + column;
                    count += 1.0;
                    let covers = (ink.cover)(index);
                    shade += (ink.shade)(index) * covers;
                    cover += covers;
                }
                if count == 0.0 {
                    continue;
                }
                if let Some(sample) = self.picture.samples.get_mut(y * width + x) {
                    let left = 1.0 - cover / count;
                    *sample = (shade / count + f32::from(*sample) * left).round() as u8;
                }
            }
        }
    }
}

fn luma(red: u8, green: u8, blue: u8) -> f32 {
    0.299 * f32::from(red) + 0.587 * f32::from(green) + 0.114 * f32::from(blue)
}

/// Where the pixels of decoded data lie, if those of the picture lie at `transform`.
fn placed(transform: Affine, (x, y): (f32, f32)) -> Affine {
    transform * Affine::scale_non_uniform(x.into(), y.into())
}

impl<'a> Device<'a> for Paper {
    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        self.stop.check();
        let size = (image.width() as usize).saturating_mul(image.height() as usize);
        if size > self.pixels {
            let limit = self.pixels;
            self.undrawn = Some(format!("it has {size} pixels, the limit is {limit}"));
            return;
        }
        let mut drawn = false;
        match image {
            Image::Stencil(stencil) => stencil.with_stencil(
                |mask: LumaData, paint: &Paint<'a>| {
                    let shade = match paint {
                        Paint::Color(color) => {
                            let [red, green, blue, _] = color.to_rgba().to_rgba8();
                            luma(red, green, blue)
                        }
                        // A pattern under a mask of letters: they are there, whatever their colour.
                        Paint::Pattern(_) => 0.0,
                    };
                    let cover =
                        |at: usize| mask.data.get(at).map_or(0.0, |&v| f32::from(v) / 255.0);
                    let (width, height) = (mask.width as usize, mask.height as usize);
                    let ink = Ink { width, height, shade: &|_| shade, cover: &cover };
                    self.ink(&ink, placed(props.transform, mask.scale_factors));
                    drawn = true;
                },
                None,
            ),
            Image::Raster(raster) => raster.with_rgba(
                |data: ImageData, alpha: Option<LumaData>| {
                    let (width, height) = (data.width() as usize, data.height() as usize);
                    let place = placed(props.transform, data.scale_factors());
                    let shade = |at: usize| match &data {
                        ImageData::Luma(luma) => luma.data.get(at).map_or(255.0, |&v| v.into()),
                        ImageData::Rgb(rgb) => match rgb.data.get(3 * at..3 * at + 3) {
                            Some(&[red, green, blue]) => luma(red, green, blue),
                            _ => 255.0,
                        },
                    };
                    // A mask has a size of its own.
                    let cover = |at: usize| {
                        let Some(mask) = &alpha else { return 1.0 };
                        let (x, y) = (at % width.max(1), at / width.max(1));
                        let x = x * mask.width as usize / width.max(1);
                        let y = y * mask.height as usize / height.max(1);
                        let sample = mask.data.get(y * mask.width as usize + x);
                        sample.map_or(1.0, |&v| f32::from(v) / 255.0)
                    };
                    self.ink(&Ink { width, height, shade: &shade, cover: &cover }, place);
                    drawn = true;
                },
                None,
            ),
        }
        if !drawn {
            self.undrawn = Some("its samples cannot be unpacked".to_owned());
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.stop.check();
        let outer = self.clips.last().copied().unwrap_or_default();
        self.clips.push(outer.intersect(clip.path.bounding_box()));
    }

    fn pop_clip(&mut self) {
        self.clips.pop();
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.stop.check();
    }

    fn draw_glyph_run(&mut self, _: &GlyphRun<'_, 'a>, _: DrawProps<'a>, _: &DrawMode) {}

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.stop.check();
    }

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, _: &[u8], _: Option<&Dict<'_>>) {}

    fn end_marked_content(&mut self) {}
}
