//! Characters of glyphs whose fonts do not say them by `ToUnicode` (ISO 32000-2 §9.10.2).
//!
//! The interpreter maps by `ToUnicode`, by glyph names and, for fonts that are not embedded, by the character collection.
//! Left are embedded fonts for Chinese: their codes give CIDs by a predefined CMap and the collection says each CID's
//! character; or, with the encoding Identity-H, the font file's own `cmap` says which character a glyph draws.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hayro_interpret::font::OutlineGlyph;
use hayro_interpret::hayro_cmap::{BfString, CMap, CMapName, CidFamily, load_embedded};
use hayro_interpret::hayro_syntax::object::{
    Array, Dict, Name, Object, ObjectIdentifier, Stream, String as PdfString,
};
use hayro_interpret::hayro_syntax::page::Resources;
use skrifa::{FontRef, MetadataProvider};

use super::guard;
use super::radicals::unified;

/// A font's way from codes to characters.
#[derive(Clone)]
struct Collection {
    encoding: Arc<CMap>,
    characters: Arc<CMap>,
}

/// What is known of the fonts of a document beyond what the interpreter knows.
#[derive(Default)]
pub(super) struct Fonts<'a> {
    collections: HashMap<String, Collection>,
    cmaps: HashMap<Vec<u8>, Option<Arc<CMap>>>,
    programs: HashMap<u128, HashMap<u32, char>>,
    seen: HashSet<ObjectIdentifier>,
    // Forms are searched once, whatever page draws them.
    marker: std::marker::PhantomData<&'a ()>,
}

impl<'a> Fonts<'a> {
    /// Looks at the fonts of a page and of the forms it may draw, and at whether they are safe to interpret.
    ///
    /// # Errors
    /// What is not safe, in words.
    pub(super) fn survey(&mut self, resources: &Resources<'a>, depth: usize) -> Result<(), String> {
        let mut open = vec![(resources.clone(), 0)];
        while let Some((resources, level)) = open.pop() {
            let fonts = resources.fonts.clone();
            for name in fonts.keys() {
                if let Some(font) = fonts.get::<Dict<'a>>(name.as_ref()) {
                    self.font(&font)?;
                }
            }
            let forms = resources.x_objects.clone();
            for name in forms.keys() {
                let Some(form) = forms.get::<Stream<'a>>(name.as_ref()) else { continue };
                let kind = form.dict().get::<Name<'_>>("Subtype");
                if kind.is_none_or(|kind| kind.as_ref() != b"Form")
                    || !self.seen.insert(form.obj_id())
                {
                    continue;
                }
                if level >= depth {
                    return Err("its forms are nested too deeply".to_owned());
                }
                guard::stream(&form)?;
                guard::content(&form.decoded_data().unwrap_or_default())?;
                if let Some(inner) = form.dict().get::<Dict<'a>>("Resources") {
                    open.push((Resources::new(inner), level + 1));
                }
            }
        }
        Ok(())
    }

    fn font(&mut self, font: &Dict<'a>) -> Result<(), String> {
        if font.obj_id().is_some_and(|id| !self.seen.insert(id)) {
            return Ok(());
        }
        if let Some(map) = font.get::<Stream<'_>>("ToUnicode") {
            guard::stream(&map)?;
        }
        let inner =
            font.get::<Array<'_>>("DescendantFonts").and_then(|a| a.iter::<Dict<'_>>().next());
        let Some(inner) = inner else { return Ok(()) };
        guard::widths(&inner)?;
        if font.contains_key("ToUnicode") {
            return Ok(());
        }
        let Some(name) = font.get::<Name<'_>>("BaseFont") else { return Ok(()) };
        let encoding = match font.get::<Object<'_>>("Encoding") {
            Some(Object::Name(name)) => self.predefined(name.as_ref()),
            Some(Object::Stream(stream)) => {
                guard::stream(&stream)?;
                let data = stream.decoded_data().ok();
                data.and_then(|data| CMap::parse(&data, load_embedded)).map(Arc::new)
            }
            _ => None,
        };
        let Some(encoding) = encoding else { return Ok(()) };
        let by_cmap = encoding.metadata().character_collection.as_ref().map(|c| c.family.clone());
        let family = by_cmap.filter(|family| *family != CidFamily::AdobeIdentity).or_else(|| {
            let info = inner.get::<Dict<'_>>("CIDSystemInfo")?;
            let registry = info.get::<PdfString<'_>>("Registry")?;
            let ordering = info.get::<PdfString<'_>>("Ordering")?;
            Some(CidFamily::from_registry_ordering(registry.as_bytes(), ordering.as_bytes()))
        });
        if let Some(map) = family.and_then(|family| family.ucs2_cmap())
            && let Some(characters) = self.predefined(map.to_bytes())
        {
            let name = without_subset(name.as_str()).to_owned();
            self.collections.insert(name, Collection { encoding, characters });
        }
        Ok(())
    }

    fn predefined(&mut self, name: &[u8]) -> Option<Arc<CMap>> {
        if let Some(known) = self.cmaps.get(name) {
            return known.clone();
        }
        let map = match CMapName::from_bytes(name) {
            CMapName::IdentityH => Some(CMap::identity_h()),
            CMapName::IdentityV => Some(CMap::identity_v()),
            other => load_embedded(other).and_then(|data| CMap::parse(data, load_embedded)),
        };
        let map = map.map(Arc::new);
        self.cmaps.insert(name.to_vec(), map.clone());
        map
    }

    /// The characters of a glyph for which the interpreter has none.
    pub(super) fn lookup(&mut self, glyph: &OutlineGlyph) -> Option<String> {
        let font = glyph.font_data()?;
        if let Some(map) = font.postscript_name.as_ref().and_then(|name| self.collections.get(name))
        {
            let code = glyph.char_code();
            let cid = (1..=4).find_map(|length| map.encoding.lookup_cid_code(code, length));
            let text =
                cid.filter(|&cid| cid > 0).and_then(|cid| map.characters.lookup_bf_string(cid));
            match text {
                Some(BfString::Char(c)) => return Some(c.to_string()),
                Some(BfString::String(text)) => return Some(text),
                None => {}
            }
        }
        let characters =
            self.programs.entry(font.cache_key).or_insert_with(|| reversed((*font.data).as_ref()));
        characters.get(&glyph.glyph_id().to_u32()).map(char::to_string)
    }
}

/// The characters that a font file's `cmap` has for its glyphs; of several the one that is most likely meant.
fn reversed(data: &[u8]) -> HashMap<u32, char> {
    let mut characters: HashMap<u32, char> = HashMap::new();
    let Ok(font) = FontRef::new(data) else { return characters };
    // A font has at most 65 535 glyphs and several code points for some.
    for (code, glyph) in font.charmap().mappings().take(1 << 18) {
        let Some(c) = char::from_u32(code) else { continue };
        let known = characters.entry(glyph.to_u32()).or_insert(c);
        if rank(c) < rank(*known) {
            *known = c;
        }
    }
    characters
}

/// Lower for what text is written in: ideographs before radicals and compatibility forms, private use last.
fn rank(c: char) -> (u8, char) {
    let kind = match c {
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'.. => 3,
        '\u{F900}'..='\u{FAFF}' | '\u{FE30}'..='\u{FE4F}' | '\u{2F800}'..='\u{2FA1F}' => 2,
        _ if unified(c) != c => 2,
        _ => 1,
    };
    (kind, c)
}

/// A font's name without the six letters of a subset (ISO 32000-2 §9.9.2).
fn without_subset(name: &str) -> &str {
    match name.split_once('+') {
        Some((prefix, rest)) if prefix.len() == 6 => rest,
        _ => name,
    }
}
