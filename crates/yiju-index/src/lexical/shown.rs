//! What a commit shows to searches: the segments and the statistics of BM25, read once.

use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::directory::OwnedBytes;
use tantivy::fastfield::AliveBitSet;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, InvertedIndexReader, Searcher, SegmentReader};

use super::frequent::{Frequent, Profile};
use super::{Fields, HEADING_BOOST};

/// BM25's saturation of a term's frequency; the usual one, which is tantivy's.
const K1: f32 = 1.2;
/// How much BM25 counts an entry's length; likewise.
const B: f32 = 0.75;
/// Frequencies below this have their shares in a table.
const TABLED: usize = 8;
/// Entries from which on a segment's frequent terms are prepared for.
const PREPARED: DocId = 1 << 14;
/// A term in more than one of this many entries has its profile made before a search needs it.
const COMMON_ONE_IN: DocId = 64;
/// How many indexed fields an entry has: body and heading.
pub(super) const FIELDS: usize = 2;

/// The searcher of a commit, with the figures that all its searches need.
pub(super) struct Shown {
    pub(super) searcher: Searcher,
    /// Entries that BM25 counts: with those that are removed but not yet merged away.
    docs: u64,
    /// Body and heading.
    pub(super) fields: [ShownField; FIELDS],
    pub(super) segments: Vec<ShownSegment>,
}

/// A field's statistics over all segments.
pub(super) struct ShownField {
    pub(super) field: Field,
    /// The weight of its terms against the body's.
    pub(super) boost: f32,
    pub(super) shares: Shares,
}

/// The share (0 to 1, in units of 2⁻³²) of its weight that a term gives to an entry's score:
/// `f / (f + k1 (1 - b + b l / a))` for the frequency f, the entry's length l and the average length a.
pub(super) struct Shares {
    table: Box<[[u32; 256]; TABLED]>,
    /// `k1 (1 - b + b l / a)` by the code of the length.
    norms: [f32; 256],
}

/// A segment's readers, opened once.
#[derive(Clone)]
pub(super) struct ShownSegment {
    pub(super) postings: [Arc<InvertedIndexReader>; FIELDS],
    norms: [OwnedBytes; FIELDS],
    /// What is known of its frequent terms; shared with the same segment in other commits.
    frequent: Arc<Frequent>,
    ids: Column<u64>,
    alive: Option<AliveBitSet>,
    /// Entries, removed ones included.
    pub(super) docs: DocId,
}

impl Shown {
    /// The view of `searcher`; `before` is the view of the commit before it.
    pub(super) fn of(
        searcher: Searcher,
        fields: Fields,
        before: Option<&Shown>,
    ) -> tantivy::Result<Self> {
        let docs: u64 =
            searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let shown = [(fields.body, 1.0), (fields.heading, HEADING_BOOST)];
        let mut averages = [0.0; FIELDS];
        for (average, (field, _)) in averages.iter_mut().zip(shown) {
            let mut tokens = 0;
            for segment in searcher.segment_readers() {
                tokens += segment.inverted_index(field)?.total_num_tokens();
            }
            *average = if docs == 0 { 0.0 } else { tokens as f32 / docs as f32 };
        }
        let mut segments = Vec::new();
        let mut new = Vec::new();
        for reader in searcher.segment_readers() {
            let frequent = before.and_then(|before| before.frequent(reader.segment_id()));
            let is_new = frequent.is_none();
            let fields = shown.map(|(field, _)| field);
            let segment = ShownSegment::of(reader, fields, frequent.unwrap_or_default())?;
            if is_new && segment.docs >= PREPARED {
                new.push(segment.clone());
            }
            segments.push(segment);
        }
        if !new.is_empty() {
            prepare(new);
        }
        let field = |at: usize| ShownField {
            field: shown[at].0,
            boost: shown[at].1,
            shares: Shares::of(averages[at]),
        };
        Ok(Shown { docs, fields: [field(0), field(1)], segments, searcher })
    }

    /// What is known of the frequent terms of a segment, if this shows it.
    fn frequent(&self, id: SegmentId) -> Option<Arc<Frequent>> {
        let readers = self.searcher.segment_readers().iter();
        let mut segments = readers.zip(&self.segments);
        let (_, segment) = segments.find(|(reader, _)| reader.segment_id() == id)?;
        Some(Arc::clone(&segment.frequent))
    }

    /// How many entries a search can find at most.
    pub(super) fn entries(&self) -> usize {
        usize::try_from(self.searcher.num_docs()).unwrap_or(usize::MAX)
    }

    /// BM25's weight of a term in `frequency` entries: `(k1 + 1) ln(1 + (n - f + ½) / (f + ½))`.
    pub(super) fn weight(&self, frequency: u64) -> f32 {
        let others = self.docs.saturating_sub(frequency);
        let odds = (others as f32 + 0.5) / (frequency as f32 + 0.5);
        (1.0 + odds).ln() * (1.0 + K1)
    }
}

/// Has what is kept of the segments' most frequent terms read on another thread: for a million entries it takes
/// a part of a second, which the first searches would have to wait for.
fn prepare(segments: Vec<ShownSegment>) {
    let work = move || {
        for segment in segments {
            for field in 0..FIELDS {
                // A search for the terms will report the error.
                let _ = segment.prepare(field);
            }
        }
    };
    // Without a thread the searches do it.
    let _ = std::thread::Builder::new().name("words".into()).spawn(work);
}

impl ShownSegment {
    fn of(
        segment: &SegmentReader,
        fields: [Field; FIELDS],
        frequent: Arc<Frequent>,
    ) -> tantivy::Result<Self> {
        let [body, heading] = fields;
        let postings = [segment.inverted_index(body)?, segment.inverted_index(heading)?];
        let file = segment.fieldnorms_readers().get_inner_file();
        let mut norms = [OwnedBytes::empty(), OwnedBytes::empty()];
        for (bytes, field) in norms.iter_mut().zip(fields) {
            // There is one, since the schema keeps lengths.
            if let Some(slice) = file.open_read(field) {
                *bytes = slice.read_bytes()?;
            }
        }
        Ok(ShownSegment {
            postings,
            norms,
            frequent,
            ids: segment.fast_fields().u64("id")?,
            alive: segment.alive_bitset().cloned(),
            docs: segment.max_doc(),
        })
    }

    /// The id of an entry, unless it is removed.
    pub(super) fn id(&self, doc: DocId) -> Option<u64> {
        if self.alive.as_ref().is_none_or(|alive| alive.is_alive(doc)) {
            self.ids.first(doc)
        } else {
            None
        }
    }

    /// A term's postings in a field, at their start.
    pub(super) fn read(
        &self,
        field: usize,
        place: &TermInfo,
    ) -> tantivy::Result<BlockSegmentPostings> {
        let read = IndexRecordOption::WithFreqs;
        Ok(self.postings[field].read_block_postings_from_terminfo(place, read)?)
    }

    /// What a term's postings in a field hold, in short.
    pub(super) fn profile(&self, field: usize, place: &TermInfo) -> tantivy::Result<Arc<Profile>> {
        self.frequent
            .profile(field, place, || Ok(Profile::of(self.read(field, place)?, self.norms(field))))
    }

    /// Makes the profiles of a field's most frequent terms, so that the first searches need not.
    fn prepare(&self, field: usize) -> tantivy::Result<()> {
        let mut terms = self.postings[field].terms().stream()?;
        while terms.advance() {
            let term = terms.value();
            if term.doc_freq > self.docs / COMMON_ONE_IN {
                self.profile(field, term)?;
            }
        }
        Ok(())
    }

    /// The codes of the lengths of all entries in a field.
    pub(super) fn norms(&self, field: usize) -> &[u8] {
        self.norms[field].as_slice()
    }
}

impl Shares {
    fn of(average: f32) -> Self {
        let mut norms = [0.0; 256];
        for (code, norm) in (0..=u8::MAX).zip(&mut norms) {
            let length = FieldNormReader::id_to_fieldnorm(code) as f32;
            *norm = K1 * (1.0 - B + B * length / average);
        }
        let mut table = Box::new([[0; 256]; TABLED]);
        for (frequency, row) in (0..).zip(table.iter_mut()) {
            for (share, norm) in row.iter_mut().zip(norms) {
                *share = fraction(frequency, norm);
            }
        }
        Shares { table, norms }
    }

    #[inline]
    pub(super) fn get(&self, frequency: u32, length: u8) -> u32 {
        match self.table.get(frequency as usize) {
            Some(row) => row[usize::from(length)],
            None => fraction(frequency, self.norms[usize::from(length)]),
        }
    }
}

fn fraction(frequency: u32, norm: f32) -> u32 {
    let frequency = frequency as f32;
    units(frequency / (frequency + norm))
}

/// A share in units of 2⁻³²; the largest is just below 1.
fn units(share: f32) -> u32 {
    (f64::from(share) * 2f64.powi(32)) as u32
}
