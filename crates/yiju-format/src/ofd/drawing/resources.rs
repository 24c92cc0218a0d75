//! What the objects of a page refer to (GB/T 33190 §7.9): fonts, colour spaces, parameters, pictures, composites.

use std::collections::HashMap;

use super::super::document::composites;
use super::super::glyphs::Composites;
use super::super::package::Package;
use super::super::scans::{Media, media};
use super::super::xml::Element;

/// Resources by their identifiers.
#[derive(Default)]
pub(super) struct Resources {
    pub(super) composites: Composites,
    pub(super) media: Media,
    /// Drawing parameters (§8.2).
    pub(super) parameters: HashMap<String, Element>,
    /// Colour spaces (§8.3.1).
    pub(super) spaces: HashMap<String, Element>,
    pub(super) fonts: HashMap<String, Font>,
}

/// A font (§11.1).
#[derive(Clone, Debug, Default)]
pub(super) struct Font {
    /// The file in the archive; fonts need not have one.
    pub(super) file: Option<String>,
    /// Its names, in small letters.
    pub(super) names: String,
    /// Whether it says that it is bold.
    pub(super) bold: bool,
}

impl Resources {
    /// Adds those of a file.
    pub(super) fn add(&mut self, package: &Package<'_>, file: &str, resource: Element) {
        media(package, file, &resource, &mut self.media);
        let base = resource.attribute("BaseLoc").unwrap_or_default().trim();
        for font in resource.all("Fonts").flat_map(|fonts| fonts.all("Font")) {
            let Some(id) = font.attribute("ID") else { continue };
            let file = font.value("FontFile").and_then(|name| {
                let beside = package.find(file, &format!("{base}/{name}"));
                beside.or_else(|| package.find(file, name))
            });
            let names =
                ["FontName", "FamilyName"].map(|name| font.attribute(name).unwrap_or_default());
            let is = |name: &str| font.attribute(name).is_some_and(|value| value.trim() == "true");
            let font = Font { file, names: names.join(" ").to_lowercase(), bold: is("Bold") };
            self.fonts.insert(id.trim().to_owned(), font);
        }
        for (list, name, into) in [
            ("ColorSpaces", "ColorSpace", &mut self.spaces),
            ("DrawParams", "DrawParam", &mut self.parameters),
        ] {
            for element in resource.all(list).flat_map(|holder| holder.all(name)) {
                if let Some(id) = element.attribute("ID") {
                    into.insert(id.trim().to_owned(), element.clone());
                }
            }
        }
        composites(resource, &mut self.composites);
    }
}
