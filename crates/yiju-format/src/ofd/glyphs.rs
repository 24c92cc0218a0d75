//! From the objects of a page to runs of characters with their places.
//!
//! A text object has a box on the page (`Boundary`, millimetres), a matrix from its own coordinates into the box
//! (`CTM`), and codes whose characters stand at X + ΣDeltaX, Y + ΣDeltaY (GB/T 33190 §8.5, §11.2, §11.3).

use std::collections::HashMap;

use super::rules::{Rule, rules};
use super::space::{Matrix, Way};
use super::xml::Element;
use crate::clock::Clock;
use crate::web::is_wide;
use crate::{FormatError, Limits};

/// Characters of one text code on one line, in millimetres and turned so that they go to the right.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) way: Way,
    /// Where it begins and ends along its line.
    pub(super) begin: f64,
    pub(super) end: f64,
    /// Where its base line is across.
    pub(super) base: f64,
    /// The size of its characters.
    pub(super) size: f64,
    /// How wide its first character is.
    pub(super) first: f64,
    /// The text object's identifier.
    pub(super) object: u64,
    /// The box of the object along the line, for text that is wrapped in it.
    pub(super) bounds: (f64, f64),
}

impl Run {
    /// The middle of it on the page.
    pub(super) fn centre(&self) -> (f64, f64) {
        let (top, bottom) = (self.base - self.size * ASCENT, self.base + self.size * DESCENT);
        let [left, top, right, bottom] = self.way.back(self.begin, top, self.end, bottom);
        ((left + right) / 2.0, (top + bottom) / 2.0)
    }

    /// Whether it goes along an edge of the page.
    pub(super) fn is_straight(&self) -> bool {
        self.way != Way::Aslant
    }
}

/// What the objects of a page hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    pub(super) runs: Vec<Run>,
    pub(super) rules: Vec<Rule>,
    pub(super) pictures: usize,
    /// The pictures: the resource of each, and its box on the page (left, top, width, height).
    pub(super) images: Vec<(String, [f64; 4])>,
    /// Characters of objects that are not shown.
    pub(super) hidden: usize,
    /// Objects of a kind that is not known here, or that lack what they refer to.
    pub(super) unknown: usize,
    count: usize,
}

/// Composite graphics by their identifiers (GB/T 33190 §13).
pub(super) type Composites = HashMap<String, Element>;

impl Objects {
    /// Adds what is in a layer, block or composite, in the order of drawing.
    pub(super) fn add(
        &mut self,
        holder: &Element,
        composites: &Composites,
        limits: &Limits,
        clock: &Clock,
    ) -> Result<(), FormatError> {
        let mut open = vec![(holder, Matrix::SAME, 0_usize)];
        while let Some((holder, outer, depth)) = open.pop() {
            if depth > limits.depth {
                let size = depth;
                return Err(FormatError::TooLarge {
                    what: "objects in one another",
                    size,
                    limit: limits.depth,
                });
            }
            for object in &holder.children {
                self.count += 1;
                if self.count > limits.parts {
                    return Err(FormatError::TooLarge {
                        what: "objects",
                        size: self.count,
                        limit: limits.parts,
                    });
                }
                if self.count.is_multiple_of(256) {
                    clock.check()?;
                }
                let shown = object
                    .attribute("Visible")
                    .is_none_or(|visible| !visible.eq_ignore_ascii_case("false"));
                match object.name.as_str() {
                    "TextObject" if shown => self.text(object, outer),
                    "TextObject" => self.hidden += characters(object),
                    "PathObject" if shown => self.rules.extend(rules(object, outer)),
                    "ImageObject" if shown => self.picture(object, outer),
                    "PageBlock" | "Layer" => open.push((object, outer, depth + 1)),
                    "CompositeObject" if shown => {
                        let graphic =
                            object.attribute("ResourceID").and_then(|id| composites.get(id.trim()));
                        match graphic.map(|graphic| graphic.child("Content").unwrap_or(graphic)) {
                            Some(content) => {
                                open.push((content, Matrix::of(object, outer), depth + 1))
                            }
                            None => self.unknown += 1,
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn picture(&mut self, object: &Element, outer: Matrix) {
        self.pictures += 1;
        let bounds = object.attribute("Boundary").and_then(Element::numbers::<4>);
        let resource = object.attribute("ResourceID").map(str::trim);
        if let (Some([x, y, width, height]), Some(resource)) = (bounds, resource) {
            let (left, top) = outer.point(x, y);
            let scale = outer.scale();
            self.images.push((resource.to_owned(), [left, top, width * scale, height * scale]));
        }
    }

    fn text(&mut self, object: &Element, outer: Matrix) {
        let shape = Shape::of(object, outer);
        let bounds = object.attribute("Boundary").and_then(Element::numbers::<4>);
        let bounds = bounds
            .map(|[x, y, width, height]| (outer.point(x, y), outer.point(x + width, y + height)));
        for Code { text, points, .. } in shape.codes(object) {
            self.runs.extend(shape.runs(&text, &points, bounds));
        }
    }
}

fn text_steps(text: &str) -> usize {
    text.chars().count().saturating_sub(1)
}

fn characters(object: &Element) -> usize {
    object.all("TextCode").map(|code| code.text.trim().chars().count()).sum()
}

/// Distances between characters; `g 3 2.5` stands for three of 2.5 (GB/T 33190 §11.3). At most `most` are given.
fn deltas(text: &str, most: usize) -> Vec<f64> {
    let mut deltas = Vec::new();
    let mut words = text.split_whitespace();
    let number =
        |word: Option<&str>| word.and_then(Element::numbers::<1>).map_or(0.0, |[number]| number);
    while let Some(word) = words.next().filter(|_| deltas.len() < most) {
        if word.eq_ignore_ascii_case("g") {
            let count = words.next().and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
            let delta = number(words.next());
            deltas.extend(std::iter::repeat_n(delta, count.min(most - deltas.len())));
        } else {
            deltas.push(number(Some(word)));
        }
    }
    deltas
}

/// How the characters of an object stand.
pub(super) struct Shape {
    pub(super) matrix: Matrix,
    pub(super) size: f64,
    /// Quarter turns of the line and of each character.
    read: i64,
    pub(super) stand: i64,
    id: u64,
}

/// The characters of a text code.
pub(super) struct Code {
    pub(super) text: Vec<char>,
    /// Where each of them is on the page.
    pub(super) points: Vec<(f64, f64)>,
    /// The glyph that stands for a character, where the object says it.
    pub(super) glyphs: HashMap<usize, u32>,
}

fn quarter(turns: i64) -> (f64, f64) {
    match turns {
        1 => (0.0, 1.0),
        2 => (-1.0, 0.0),
        3 => (0.0, -1.0),
        _ => (1.0, 0.0),
    }
}

/// Adds which glyphs stand for characters. Of several for one character the first is taken.
fn transform(element: &Element, glyphs: &mut HashMap<usize, u32>) {
    let number = |name: &str| element.attribute(name).and_then(|text| text.trim().parse().ok());
    let from = number("CodePosition").unwrap_or(0_usize);
    let count = number("CodeCount").unwrap_or(1_usize);
    let numbers = element.value("Glyphs").unwrap_or_default().split_whitespace();
    for (at, glyph) in numbers.take(count).enumerate() {
        if let Ok(glyph) = glyph.parse() {
            glyphs.insert(from.saturating_add(at), glyph);
        }
    }
}

/// How wide a character is, of its size, where the distances do not say.
fn width(c: char) -> f64 {
    if is_wide(c) { 1.0 } else { 0.5 }
}

impl Shape {
    /// Of a text object.
    pub(super) fn of(object: &Element, outer: Matrix) -> Self {
        let number = |name: &str| {
            object.attribute(name).and_then(Element::numbers::<1>).map(|[number]| number)
        };
        let turn = |name: &str| {
            number(name).map_or(0, |angle| (angle / 90.0).round() as i64).rem_euclid(4)
        };
        Self {
            matrix: Matrix::of(object, outer),
            // 5 mm stand for a size that is missing.
            size: number("Size").filter(|size| *size > 0.0).unwrap_or(5.0),
            read: turn("ReadDirection"),
            stand: turn("CharDirection"),
            id: object.attribute("ID").and_then(|id| id.trim().parse().ok()).unwrap_or(0),
        }
    }

    /// The characters of the codes of its object, with the glyphs that stand before them (§11.4.2, `CGTransform`).
    pub(super) fn codes(&self, object: &Element) -> Vec<Code> {
        let mut at = (0.0, 0.0);
        let mut glyphs = HashMap::new();
        let mut codes = Vec::new();
        for code in &object.children {
            if code.name == "CGTransform" {
                transform(code, &mut glyphs);
            }
            if code.name != "TextCode" {
                continue;
            }
            // §11.3: what is missing is as in the code before.
            let place = |name: &str, before| {
                code.attribute(name).and_then(Element::numbers::<1>).map_or(before, |[at]| at)
            };
            at = (place("X", at.0), place("Y", at.1));
            let text: Vec<char> = code.text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
            let deltas =
                |name| code.attribute(name).map(|text| deltas(text, text_steps(&code.text)));
            let points = self.points(&text, at, deltas("DeltaX"), deltas("DeltaY"));
            codes.push(Code { text, points, glyphs: std::mem::take(&mut glyphs) });
        }
        codes
    }

    /// Where the characters are on the page.
    fn points(
        &self,
        text: &[char],
        at: (f64, f64),
        x: Option<Vec<f64>>,
        y: Option<Vec<f64>>,
    ) -> Vec<(f64, f64)> {
        let (right, down) = quarter(self.read);
        let given = x.is_some() || y.is_some();
        // Too few distances: the last one goes on along the line, none across it.
        let step = |deltas: &Option<Vec<f64>>, index: usize, along: bool| match deltas {
            Some(deltas) => {
                let last = if along { deltas.last().copied().unwrap_or(0.0) } else { 0.0 };
                deltas.get(index).copied().unwrap_or(last)
            }
            None => 0.0,
        };
        let (mut left, mut top) = at;
        let mut points = Vec::with_capacity(text.len());
        for (index, &c) in text.iter().enumerate() {
            points.push(self.matrix.point(left, top));
            if given {
                left += step(&x, index, self.read % 2 == 0);
                top += step(&y, index, self.read % 2 == 1);
            } else {
                left += right * self.size * width(c);
                top += down * self.size * width(c);
            }
        }
        points
    }

    /// The runs of a text code: it may be wrapped to several lines.
    fn runs(
        &self,
        text: &[char],
        points: &[(f64, f64)],
        bounds: Option<((f64, f64), (f64, f64))>,
    ) -> Vec<Run> {
        let size = self.size * self.matrix.scale();
        let (right, down) = quarter(self.stand);
        let (right, down) = self.matrix.vector(right, down);
        let stand = Way::of(right, down).unwrap_or_default();
        let way = self.way(points, size);
        // Characters that stand upright below each other begin at their upper edge.
        let upright = way == Way::Down && stand == Way::Right;
        let turned = |&(x, y): &(f64, f64)| match upright {
            true => (y - size * ASCENT, -(x + size * DESCENT)),
            false => way.turned(x, y),
        };
        let mut runs: Vec<Run> = Vec::new();
        let mut before: Option<(f64, f64)> = None;
        for (&c, point) in text.iter().zip(points) {
            let (along, across) = turned(point);
            if !along.is_finite() || !across.is_finite() {
                continue;
            }
            let wide = size * if upright { 1.0 } else { width(c) };
            let goes_on = way == Way::Aslant
                || before.is_some_and(|(a, b)| {
                    along - a > -size * 0.5 && (across - b).abs() < size * 0.5
                });
            match runs.last_mut() {
                Some(run) if goes_on => {
                    run.text.push(c);
                    run.end = run.end.max(along + wide);
                }
                _ => runs.push(Run {
                    text: c.to_string(),
                    way,
                    begin: along,
                    end: along + wide,
                    base: across,
                    size,
                    first: wide,
                    object: self.id,
                    bounds: bounds.map_or((along, along), |(begin, end)| {
                        let (begin, end) =
                            (way.turned(begin.0, begin.1).0, way.turned(end.0, end.1).0);
                        (begin.min(end), begin.max(end))
                    }),
                }),
            }
            before = Some((along, across));
        }
        runs.retain(|run| !run.text.trim().is_empty());
        runs
    }

    /// The way that most steps between characters go; of one character, the way it would go on.
    fn way(&self, points: &[(f64, f64)], size: f64) -> Way {
        let mut votes: HashMap<Way, usize> = HashMap::new();
        for pair in points.windows(2) {
            let [(x, y), (next_x, next_y)] = pair else { continue };
            let (x, y) = (next_x - x, next_y - y);
            // A step of many characters is the beginning of another line.
            if x.abs().max(y.abs()) < size * 8.0
                && let Some(way) = Way::of(x, y)
            {
                *votes.entry(way).or_default() += 1;
            }
        }
        let most = votes.into_iter().max_by_key(|&(way, count)| (count, std::cmp::Reverse(way)));
        let (right, down) = quarter(self.read);
        let (right, down) = self.matrix.vector(right, down);
        most.map(|(way, _)| way).or_else(|| Way::of(right, down)).unwrap_or_default()
    }
}

/// How far a character goes above and below its base line, of its size.
pub(super) const ASCENT: f64 = 0.88;
pub(super) const DESCENT: f64 = 0.12;

/// Runs by their text, way and rough place: where each begins, and its base line.
type Places = HashMap<(String, Way, i64, i64), Vec<(f64, f64)>>;

/// Takes away what is drawn twice at one place, as bold letters are by some writers.
pub(super) fn drop_doubles(runs: &mut Vec<Run>) {
    /// Millimetres; 1.4 points.
    const NEAR: f64 = 0.5;
    let cell =
        |along: f64, across: f64| ((along / NEAR).floor() as i64, (across / NEAR).floor() as i64);
    let mut seen = Places::new();
    runs.retain(|run| {
        let near = NEAR.min(run.size * 0.3);
        let (column, row) = cell(run.begin, run.base);
        for column in column.saturating_sub(1)..=column.saturating_add(1) {
            for row in row.saturating_sub(1)..=row.saturating_add(1) {
                let places = seen.get(&(run.text.clone(), run.way, column, row));
                let is_near = |&(begin, base): &(f64, f64)| {
                    (begin - run.begin).abs() < near && (base - run.base).abs() < near
                };
                if places.is_some_and(|places| places.iter().any(is_near)) {
                    return false;
                }
            }
        }
        seen.entry((run.text.clone(), run.way, column, row))
            .or_default()
            .push((run.begin, run.base));
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(objects: &str) -> Objects {
        let limits = Limits::default();
        let clock = Clock::new(&limits);
        let layer =
            Element::parse(&format!("<Layer>{objects}</Layer>"), "a", &limits, &clock).unwrap();
        let composites = "<CompositeGraphicUnit ID='7'><Content><TextObject Boundary='1 1 9 9' Size='2'><TextCode X='0' Y='2'>内</TextCode></TextObject></Content></CompositeGraphicUnit>";
        let composites = Element::parse(composites, "a", &limits, &clock).unwrap();
        let mut out = Objects::default();
        out.add(&layer, &HashMap::from([("7".to_owned(), composites)]), &limits, &clock).unwrap();
        out
    }

    fn places(objects: &str) -> Vec<(String, Way, [i64; 4])> {
        let round = |number: f64| (number * 100.0).round() as i64;
        let runs = runs(objects).runs.into_iter();
        runs.map(|run| (run.text, run.way, [run.begin, run.end, run.base, run.size].map(round)))
            .collect()
    }

    #[test]
    fn distances_repeat() {
        assert_eq!(deltas("g 3 2.5 -7 g 2 1", 10), [2.5, 2.5, 2.5, -7.0, 1.0, 1.0]);
        assert_eq!(deltas("g 4000000000 1", 3), [1.0, 1.0, 1.0]);
        assert_eq!(deltas("g", 3), [0.0; 0]);
    }

    #[test]
    fn a_line_stands_where_its_box_and_code_say() {
        let text = "<TextObject Boundary='10 20 50 5' Size='4'><TextCode X='1' Y='3' DeltaX='g 2 4'>第一条</TextCode></TextObject>";
        assert_eq!(places(text), [("第一条".to_owned(), Way::Right, [1100, 2300, 2300, 400])]);
        let scaled = "<TextObject Boundary='10 20 50 5' CTM='0.5 0 0 0.5 1 1' Size='8'><TextCode X='2' Y='4' DeltaX='8'>甲乙</TextCode></TextObject>";
        assert_eq!(places(scaled), [("甲乙".to_owned(), Way::Right, [1200, 2000, 2300, 400])]);
    }

    #[test]
    fn a_code_may_be_wrapped() {
        let text = "<TextObject Boundary='0 0 9 20' Size='4'><TextCode X='0' Y='4' DeltaX='4 -4 4' DeltaY='0 5 0'>甲乙丙丁</TextCode></TextObject>";
        assert_eq!(
            places(text),
            [
                ("甲乙".to_owned(), Way::Right, [0, 800, 400, 400]),
                ("丙丁".to_owned(), Way::Right, [0, 800, 900, 400])
            ]
        );
    }

    #[test]
    fn vertical_and_turned_text() {
        let upright = "<TextObject Boundary='10 0 5 20' Size='4'><TextCode X='0' Y='4' DeltaY='5 5'>销售方</TextCode></TextObject>";
        let (text, way, [begin, end, base, _]) = places(upright).remove(0);
        assert_eq!((text.as_str(), way, begin, end), ("销售方", Way::Down, 48, 1448));
        assert_eq!(base, -1048);
        let turned = "<TextObject Boundary='10 0 5 20' CTM='0 1 -1 0 0 0' Size='4'><TextCode X='0' Y='0' DeltaX='4'>甲乙</TextCode></TextObject>";
        assert_eq!(places(turned), [("甲乙".to_owned(), Way::Down, [0, 800, -1000, 400])]);
        let aslant = "<TextObject Boundary='0 0 5 20' CTM='0.7 -0.7 0.7 0.7 0 0' Size='4'><TextCode X='0' Y='0' DeltaX='4 4'>水印字</TextCode></TextObject>";
        assert_eq!(places(aslant).remove(0).1, Way::Aslant);
        assert_eq!(Way::Down.back(1.0, -12.0, 5.0, -8.0), [8.0, 1.0, 12.0, 5.0]);
        assert_eq!(Way::Up.back(-5.0, 2.0, -1.0, 6.0), [2.0, 1.0, 6.0, 5.0]);
    }

    #[test]
    fn hidden_text_pictures_and_composites() {
        let objects = runs(
            "<TextObject Visible='false' Boundary='0 0 1 1'><TextCode>隐藏</TextCode></TextObject><PageBlock><ImageObject/></PageBlock>\
             <CompositeObject ResourceID='7' Boundary='10 10 9 9'/><CompositeObject ResourceID='8'/>",
        );
        assert_eq!((objects.hidden, objects.pictures, objects.unknown), (2, 1, 1));
        assert_eq!(
            objects.runs.iter().map(|run| (run.begin, run.base)).collect::<Vec<_>>(),
            [(11.0, 13.0)]
        );
    }

    #[test]
    fn what_is_drawn_twice_is_text_once() {
        let object = |x: f64| {
            format!(
                "<TextObject Boundary='{x} 0 9 9' Size='4'><TextCode X='0' Y='4' DeltaX='4'>粗体</TextCode></TextObject>"
            )
        };
        let mut objects = runs(&(object(10.0) + &object(10.2) + &object(30.0)));
        drop_doubles(&mut objects.runs);
        assert_eq!(objects.runs.len(), 2);
    }
}
