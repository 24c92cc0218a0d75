//! The table of the page's files. A test holds that it has all of `assets/`.

/// The HTML, in which `@HASH@` stands for the hash of the files and `@PRELOAD@` for the line of each module.
pub(crate) const INDEX: &str = include_str!("../assets/index.html");

macro_rules! files {
    ($($name:literal)*) => {
        /// Each file's name under `assets/` and its bytes.
        pub(crate) const FILES: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!("../assets/", $name)))),*];
    };
}

files! {
    "desk.css"
    "lib/api.js"
    "lib/cite.js"
    "lib/description.js"
    "lib/docx.js"
    "lib/draft.js"
    "lib/h.js"
    "lib/markdown.js"
    "lib/metrics.js"
    "lib/router.js"
    "lib/store.js"
    "lib/talk.js"
    "lib/text.js"
    "lib/uploads.js"
    "lib/zip.js"
    "main.js"
    "page.css"
    "pages/ask.js"
    "pages/check.js"
    "pages/docs.js"
    "pages/documents.js"
    "pages/figures.js"
    "pages/lookup.js"
    "pages/reader.js"
    "pages/search.js"
    "parts/bits.js"
    "parts/citation.js"
    "parts/collection-list.js"
    "parts/collections.js"
    "parts/filters.js"
    "parts/marker.js"
    "parts/measuring.js"
    "parts/neighbours.js"
    "parts/outline.js"
    "parts/pages.js"
    "parts/plot.js"
    "parts/quality.js"
    "parts/queue.js"
    "parts/source.js"
    "parts/speed.js"
    "parts/suggest.js"
    "print.css"
    "reading.css"
    "seal.svg"
    "vendor/LICENSE-htm"
    "vendor/LICENSE-preact"
    "vendor/hooks.js"
    "vendor/htm.js"
    "vendor/preact.js"
    "words/en.js"
    "words/zh.js"
}
