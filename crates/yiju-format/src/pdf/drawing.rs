//! A page of a PDF as a picture, drawn by `hayro`.
//!
//! Fonts of the 14 that every reader has, and other Latin ones that are not in the file, are drawn with those that the
//! library brings. Nothing is looked for on the machine, so that a page looks the same everywhere: text in a font for
//! Chinese that is not in the file is left out and counted.

use std::sync::Arc;

use hayro::vello_cpu::color::AlphaColor;
use hayro::vello_cpu::peniko::{BlendMode, Compose, Mix};
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources as Drawn, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_interpret::font::{FallbackFontQuery, FontQuery};
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{
    Context, FontResolverFn, InterpreterCache, InterpreterSettings, interpret_page,
};

use super::fonts::Fonts;
use super::weigh::{Scale, Weight};
use super::{File, guard, opened, unfinished};
use crate::bounded::{self, Ended, Late, Stop};
use crate::drawing::{PagePicture, PageRequest, scaled};
use crate::{Area, Format, FormatError, Limits};

/// The colour of marks: the page is multiplied with it, so that what is printed in black stays black.
const MARK: AlphaColor<hayro::vello_cpu::color::Srgb> = AlphaColor::from_rgb8(255, 238, 128);

/// How far a mark goes beyond its lines, in points.
const MARGIN: f64 = 1.0;

/// Drawings past their time that may go on to their end at once: the renderer cannot be stopped.
static LATE: Late = Late::at_most(2);

/// Pixels of the pictures on one page, those drawn twice counted twice: A3 at 600 to the inch.
const PICTURES: usize = 70_000_000;

/// A font without a shape (CFF, Adobe Technical Note 5176): header, name, its dictionary with the places of the shapes
/// and of private values, no strings, no subroutines, one shape that ends at once.
const SHAPELESS: [u8; 30] = [
    1, 0, 4, 1, 0, 1, 1, 1, 2, b'E', 0, 1, 1, 1, 6, 163, 17, 139, 169, 18, 0, 0, 0, 0, 0, 1, 1, 1,
    2, 14,
];

/// What fonts that are not in the file are drawn with.
fn settings() -> InterpreterSettings {
    let font_resolver: FontResolverFn = Arc::new(|query| match query {
        FontQuery::Standard(font) => Some(font.get_font_data()),
        // By the numbers of their characters the Latin fonts would show other characters in their place.
        FontQuery::Fallback(font) if is_chinese(font) => Some((Arc::new(SHAPELESS), 0)),
        FontQuery::Fallback(font) => Some(font.pick_standard_font().get_font_data()),
    });
    InterpreterSettings { font_resolver, ..InterpreterSettings::default() }
}

/// Whether a font has the characters of one of Adobe's collections for Chinese, Japanese and Korean.
fn is_chinese(font: &FallbackFontQuery) -> bool {
    let collection = font.character_collection.as_ref();
    collection.is_some_and(|collection| collection.family.ucs2_cmap().is_some())
}

/// Draws a page.
///
/// # Errors
/// If there is no such page, it is damaged or takes too much to draw, or the file is encrypted or over a limit.
pub(crate) fn draw_page(
    bytes: &[u8],
    request: &PageRequest,
    limits: &Limits,
) -> Result<PagePicture, FormatError> {
    limits.check_size(bytes)?;
    let stop = Stop::after(limits.time);
    guard::unpacked(bytes, limits, stop.at())?;
    let (data, asked, limits_) = (bytes.to_vec(), request.clone(), *limits);
    let inside = stop.clone();
    let drawn = bounded::run(&stop, Some(&LATE), move || draw(data, &asked, &limits_, &inside));
    drawn.unwrap_or_else(|ended| {
        Err(match ended {
            Ended::TooMuch | Ended::Damaged => unable(ended.why()),
            ended => unfinished(ended, limits.time),
        })
    })
}

fn unable(why: &str) -> FormatError {
    FormatError::NotDrawn { format: Format::Pdf, why: why.to_owned() }
}

fn draw(
    data: Vec<u8>,
    request: &PageRequest,
    limits: &Limits,
    stop: &Stop,
) -> Result<PagePicture, FormatError> {
    let file = opened(data, limits)?;
    let pages = file.pages().len();
    let index = (request.page as usize).checked_sub(1);
    let Some(page) = index.and_then(|index| file.pages().get(index)) else {
        return Err(FormatError::NoPage { format: Format::Pdf, page: request.page, pages });
    };
    let (width, height) = page.render_dimensions();
    if !(width.is_finite() && height.is_finite()) {
        return Err(unable("its size is not a number"));
    }
    let weight = weigh(&file, page, limits, stop).map_err(|why| unable(&why))?;
    let (scale, (wide, high)) = scaled((width, height), request.width);
    let png = painted(page, scale, (wide, high), &request.marks)
        .ok_or_else(|| unable("its picture cannot be packed"))?;
    Ok(PagePicture { width: wide.into(), height: high.into(), png, undrawn: weight.undrawn })
}

/// Refuses a page that takes too much, before it is drawn.
fn weigh(file: &File, page: &Page<'_>, limits: &Limits, stop: &Stop) -> Result<Weight, String> {
    guard::page(page, limits)?;
    Fonts::default().survey(page.resources(), limits.depth)?;
    let (width, height) = page.render_dimensions();
    let turned = Affine::new(page.initial_transform(true).as_coeffs());
    let bounds = Rect::new(0.0, 0.0, width.into(), height.into());
    let cache = InterpreterCache::new();
    let mut context = Context::new(turned, bounds, &cache, file.xref(), settings());
    let mut scale = Scale::new(stop.clone());
    interpret_page(page, &mut context, &mut scale);
    scale.finish(PICTURES.min(limits.pixels))
}

/// The page on white with its marks, as a PNG file.
fn painted(
    page: &Page<'_>,
    scale: f32,
    (wide, high): (u16, u16),
    marks: &[Area],
) -> Option<Vec<u8>> {
    let mut context = RenderContext::new(wide, high);
    let scaling = Affine::scale(scale.into());
    let turned = scaling * Affine::new(page.initial_transform(true).as_coeffs());
    let cache = RenderCache::new();
    render_into(page, &cache, &settings(), &RenderSettings::default(), &mut context, turned);
    context.reset_mask();
    context.set_transform(scaling);
    context.set_blend_mode(BlendMode::new(Mix::Multiply, Compose::SrcOver));
    context.set_paint(MARK);
    for mark in merged(marks) {
        context.fill_rect(&mark);
    }
    context.flush();
    let mut pixmap = Pixmap::new(wide, high);
    context.render_with(
        &mut pixmap,
        &mut Drawn::default(),
        RasterizerSettings {
            target_init: TargetInit::Clear(AlphaColor::WHITE),
            ..RasterizerSettings::default()
        },
    );
    pixmap.into_png().ok()
}

/// The marks, a little wider, and where they overlap above each other cut so that no part is marked twice.
fn merged(marks: &[Area]) -> Vec<Rect> {
    let mut rects: Vec<Rect> = Vec::with_capacity(marks.len());
    for mark in marks {
        let sides = [mark.left, mark.top, mark.right, mark.bottom];
        if !sides.iter().all(|side| side.is_finite()) {
            continue;
        }
        let [left, top, right, bottom] = sides.map(f64::from);
        let mut rect = Rect::new(left, top, right, bottom).abs().inflate(MARGIN, MARGIN);
        for other in &rects {
            let both = rect.intersect(*other);
            if both.width() > 0.0 && both.height() > 0.0 {
                if rect.y0 < other.y0 {
                    rect.y1 = rect.y1.min(other.y0);
                } else {
                    rect.y0 = rect.y0.max(other.y1);
                }
            }
        }
        if rect.width() > 0.0 && rect.height() > 0.0 {
            rects.push(rect);
        }
    }
    rects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_drawn_and_marked() {
        use crate::pdf::tests::made::{document, show};

        let pages = [
            (595, 842, "", show(72.0, 700.0, 14.0, "第一条　租金")),
            (300, 200, "/Rotate 90", String::new()),
        ];
        let bytes = document(&pages, "", &[]).bytes();
        let request = PageRequest { page: 1, width: Some(300), marks: Vec::new() };
        let plain = draw_page(&bytes, &request, &Limits::default()).unwrap();
        assert_eq!((plain.width, plain.height), (300, 425));
        assert_eq!(plain.undrawn, 5, "its font is not in the file");
        let marks = vec![Area { left: 72.0, top: 130.0, right: 150.0, bottom: 145.0 }];
        let marked =
            draw_page(&bytes, &PageRequest { marks, ..request.clone() }, &Limits::default());
        assert_ne!(marked.unwrap().png, plain.png);
        let turned =
            draw_page(&bytes, &PageRequest { page: 2, ..request.clone() }, &Limits::default());
        assert_eq!(turned.unwrap().height, 450, "200 by 300 points as it is shown");
        for page in [0, 3] {
            let error =
                draw_page(&bytes, &PageRequest { page, ..request.clone() }, &Limits::default());
            assert_eq!(error, Err(FormatError::NoPage { format: Format::Pdf, page, pages: 2 }));
        }
    }

    #[test]
    fn what_takes_too_long_or_is_damaged_is_refused() {
        use crate::pdf::tests::made::endless_forms;

        let bytes = endless_forms();
        let limits = Limits { time: std::time::Duration::from_millis(300), ..Limits::default() };
        let request = PageRequest { page: 1, ..PageRequest::default() };
        assert_eq!(draw_page(&bytes, &request, &limits), Err(FormatError::Slow { seconds: 0 }));
        let error = draw_page(b"%PDF-1.7\nnothing", &request, &Limits::default()).unwrap_err();
        assert!(matches!(error, FormatError::Damaged { .. }), "{error}");
    }

    #[test]
    fn marks_do_not_lie_on_each_other() {
        let line = |top: f32| Area { left: 10.0, top, right: 50.0, bottom: top + 12.0 };
        let marks = merged(&[line(10.0), line(21.0), line(21.0), line(60.0)]);
        assert_eq!(marks.len(), 3);
        assert_eq!((marks[0].y1, marks[1].y0), (23.0, 23.0));
        assert_eq!(marks[2].y0, 59.0);
        let nowhere = Area { left: f32::NAN, ..line(0.0) };
        assert!(merged(&[nowhere]).is_empty());
    }
}
