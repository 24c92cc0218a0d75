//! How an object looks: its own attributes, then those of its drawing parameter and of the one that is relative to
//! (GB/T 33190 §8.2), then those of its layer's.

use std::fmt::Write as _;

use super::super::xml::Element;
use super::resources::Resources;

/// Drawing parameters in a row, at most: each may be relative to another.
const RELATIVES: usize = 16;

/// Where the attributes of an object are looked for, in this order.
#[derive(Clone, Default)]
pub(super) struct Look<'a>(Vec<&'a Element>);

/// A colour as operators of PDF set it (ISO 32000-2 §8.6), and how much it covers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Colour {
    /// Components from 0 to 1: one of grey, three of red, green and blue, or four of print.
    components: Vec<f64>,
    /// From 0 (clear) to 255.
    pub(super) alpha: u8,
}

impl Colour {
    pub(super) fn black() -> Self {
        Self { components: vec![0.0], alpha: 255 }
    }

    /// The operator that sets it for what is filled, or for lines.
    pub(super) fn operator(&self, lines: bool) -> String {
        let mut out = String::new();
        for component in &self.components {
            // Writing to a string does not fail.
            let _ = write!(out, "{component:.4} ");
        }
        let name = match (self.components.len(), lines) {
            (1, false) => "g",
            (1, true) => "G",
            (4, false) => "k",
            (4, true) => "K",
            (_, false) => "rg",
            (_, true) => "RG",
        };
        out + name + "\n"
    }
}

impl<'a> Look<'a> {
    /// That of an object, a layer or a composite within one that looks so.
    pub(super) fn within(&self, object: &'a Element, resources: &'a Resources) -> Self {
        let mut chain = vec![object];
        let mut next = object.attribute("DrawParam");
        while let Some(parameter) = next.and_then(|id| resources.parameters.get(id.trim())) {
            if chain.len() > RELATIVES {
                break;
            }
            chain.push(parameter);
            next = parameter.attribute("Relative");
        }
        // Of what is around only the parameters count, not its own attributes.
        chain.extend(self.0.iter().skip(1));
        chain.truncate(2 * RELATIVES);
        Self(chain)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find_map(|element| element.attribute(name))
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.attribute(name).and_then(Element::numbers::<1>).map(|[number]| number)
    }

    /// Whether an attribute says yes or no.
    pub(super) fn is(&self, name: &str) -> Option<bool> {
        self.attribute(name).map(|value| value.trim().eq_ignore_ascii_case("true"))
    }

    /// The colour in an element; of a gradient the first one, of a pattern none.
    pub(super) fn colour(&self, name: &str, resources: &Resources) -> Option<Colour> {
        let element = self.0.iter().find_map(|element| element.child(name))?;
        let plain = ["AxialShd", "RadialShd"].iter().find_map(|kind| {
            element.child(kind)?.child("Segment").and_then(|segment| segment.child("Color"))
        });
        let alpha = |element: &Element| {
            let given = element.attribute("Alpha").and_then(Element::numbers::<1>);
            given.map_or(255.0, |[alpha]| alpha.clamp(0.0, 255.0))
        };
        let covers = alpha(element) * plain.map_or(255.0, alpha) / 255.0;
        let components = components(plain.unwrap_or(element), resources)?;
        Some(Colour { components, alpha: covers as u8 })
    }
}

/// The components of a colour: of its value, or of the place in a palette.
fn components(element: &Element, resources: &Resources) -> Option<Vec<f64>> {
    let space = element.attribute("ColorSpace").and_then(|id| resources.spaces.get(id.trim()));
    let of_palette = || {
        let index: usize = element.attribute("Index")?.trim().parse().ok()?;
        let colour = space?.child("Palette")?.all("CV").nth(index)?;
        Some(colour.text.as_str())
    };
    let value = element.attribute("Value").or_else(of_palette)?;
    let bits = space.and_then(|space| space.attribute("BitsPerComponent")?.trim().parse().ok());
    let most = 2_f64.powi(bits.filter(|bits| (1..=16).contains(bits)).unwrap_or(8)) - 1.0;
    let number = |word: &str| match word.strip_prefix('#') {
        Some(hex) => u32::from_str_radix(hex, 16).ok().map(f64::from),
        None => Element::numbers::<1>(word).map(|[number]| number),
    };
    let numbers: Option<Vec<f64>> = value
        .split_whitespace()
        .take(4)
        .map(|word| number(word).map(|number| (number / most).clamp(0.0, 1.0)))
        .collect();
    numbers.filter(|numbers| matches!(numbers.len(), 1 | 3 | 4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::clock::Clock;

    fn parse(text: &str) -> Element {
        let limits = Limits::default();
        Element::parse(text, "a", &limits, &Clock::new(&limits)).unwrap()
    }

    #[test]
    fn parameters_are_relative_to_others_and_to_the_layers() {
        let mut resources = Resources::default();
        for (id, text) in [
            ("1", "<P LineWidth='2' Relative='2'><FillColor Value='255 0 0'/></P>"),
            ("2", "<P LineWidth='9' Cap='Round' Relative='1'/>"),
            ("3", "<P Join='Bevel'/>"),
        ] {
            resources.parameters.insert(id.to_owned(), parse(text));
        }
        let (layer, object) = (parse("<Layer DrawParam='3'/>"), parse("<O DrawParam='1'/>"));
        let look = Look::default().within(&layer, &resources).within(&object, &resources);
        assert_eq!(look.number("LineWidth"), Some(2.0));
        assert_eq!((look.attribute("Cap"), look.attribute("Join")), (Some("Round"), Some("Bevel")));
        let red = look.colour("FillColor", &resources).unwrap();
        assert_eq!((red.operator(false).as_str(), red.alpha), ("1.0000 0.0000 0.0000 rg\n", 255));
    }

    #[test]
    fn colours_have_spaces_palettes_and_gradients() {
        let mut resources = Resources::default();
        let space =
            "<S Type='GRAY' BitsPerComponent='4'><Palette><CV>0</CV><CV>15</CV></Palette></S>";
        resources.spaces.insert("1".to_owned(), parse(space));
        let colour = |text: &str| {
            let object = parse(&format!("<O>{text}</O>"));
            Look::default().within(&object, &resources).colour("FillColor", &resources)
        };
        let seen = |text: &str| colour(text).map(|it| (it.components, it.alpha));
        assert_eq!(seen("<FillColor Index='1' ColorSpace='1'/>"), Some((vec![1.0], 255)));
        assert_eq!(
            seen("<FillColor Value='#ff #0 255' Alpha='51'/>"),
            Some((vec![1.0, 0.0, 1.0], 51))
        );
        let axial = "<FillColor><AxialShd><Segment><Color Value='0 0 0 255'/></Segment></AxialShd></FillColor>";
        assert_eq!(seen(axial), Some((vec![0.0, 0.0, 0.0, 1.0], 255)));
        assert_eq!(seen("<FillColor Value='1 2'/>"), None);
        assert_eq!(seen("<FillColor><Pattern/></FillColor>"), None);
    }
}
