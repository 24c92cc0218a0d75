//! What the engine does to keep its library.

use jiff::civil::Date;
use yiju_document::{Document, Entry};
use yiju_format::{Format, PagePicture, detect};
use yiju_store::Told;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keep::archive;
use crate::keep::corpus::{self, CorpusOutcome, CorpusProgress, HeldRebuilds};
use crate::keep::history::{self, VersionDiff, VersionView};
use crate::keep::ingest::{self, AddOutcome, Incoming, Source};
use crate::keep::library::{LibraryLimits, LibrarySize};
use crate::keep::matching::Wanted;
use crate::keep::passages::Progress;
use crate::keep::picture::{PictureRequest, draw};
use crate::keep::replace;
use crate::keep::today::today;
use crate::keep::views::{clause_place, summary, view};
use crate::limits::{MOST_ON_PAGE, check_limit};
use crate::response::{ClauseView, DocumentPage, DocumentSummary};

/// A file as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its media type: `application/pdf`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Engine {
    /// Adds a source, or replaces the one of the same name; the same bytes again change nothing.
    /// When this returns, its documents are durable and can be found.
    ///
    /// Each file in a ZIP archive is a source of its own, durable by itself, under the archive's name, `/` and its path
    /// there. One that cannot be read is named in the outcome and stops no other; sources of the archive that are no
    /// longer in it are removed in the end.
    ///
    /// # Errors
    /// The source cannot be parsed or stored, the library is open for reading only, or the call was
    /// cancelled. Nothing is changed then, except by the files of an archive that were done.
    pub fn add(
        &self,
        source: Source,
        progress: &dyn Fn(Progress),
    ) -> Result<AddOutcome, EngineError> {
        self.add_told(source, &Told::default(), progress)
    }

    /// As [`Engine::add`], with what is said of the time of its document beside what the text says: days, which count
    /// before those of the text, and the documents whose place it takes. It holds until something else is said, also
    /// for later versions of the source.
    ///
    /// # Errors
    /// As [`Engine::add`]; where something is said, also for an archive, [`EngineError::ToldOfSeveral`] for a source of
    /// several documents, and [`EngineError::NotThere`] where a document to be replaced is not there. Nothing is changed
    /// then.
    pub fn add_told(
        &self,
        source: Source,
        told: &Told,
        progress: &dyn Fn(Progress),
    ) -> Result<AddOutcome, EngineError> {
        match detect(&source.bytes) {
            Format::Zip if !told.is_empty() => Err(EngineError::OutOfRange {
                what: "what is told of a ZIP archive",
                range: "left out: it is told of one document".into(),
                value: "given".into(),
            }),
            Format::Zip => archive::add(self, &source, progress),
            format => ingest::add(self, source, format, told, progress),
        }
    }

    /// Whether files that are no plain text are kept beside what was read of them, from now on; they are at first.
    pub fn keep_originals(&self, keep: bool) {
        self.library.keep_originals(keep);
    }

    /// The file that a document was read from, as it came; `None` where there is no such document, it was given as
    /// text, or its file was not kept.
    ///
    /// # Errors
    /// The library is damaged there, or reading failed.
    pub fn original(&self, id: &str) -> Result<Option<Original>, EngineError> {
        let bytes = self.library.store.original(id)?;
        Ok(bytes.map(|bytes| Original { media_type: detect(&bytes).media_type(), bytes }))
    }

    /// Adds documents that were parsed elsewhere as the source `name`; `sha256` is of what they were
    /// parsed from, 64 lower-case hex digits.
    ///
    /// # Errors
    /// As [`Engine::add`].
    pub fn add_parsed(
        &self,
        name: String,
        sha256: String,
        documents: Vec<Document>,
        progress: &dyn Fn(Progress),
    ) -> Result<AddOutcome, EngineError> {
        match ingest::unchanged(&self.library, &name, &sha256)? {
            Some(outcome) => Ok(outcome),
            None => ingest::take_in(self, Incoming::text(name, sha256, documents), progress),
        }
    }

    /// Adds a corpus: the entries of one title (and version) are the clauses of one document, and
    /// each document is the source `prefix` + title. What the library has unchanged is left alone;
    /// documents whose source begins with `prefix` and that are not in the corpus are removed in the
    /// end. A document is durable when `progress` is called for the next one; after an error the same call
    /// goes on from there.
    ///
    /// # Errors
    /// A document is too large, the library is open for reading only, or embedding or storing failed.
    pub fn add_corpus(
        &self,
        prefix: &str,
        corpus: &[Entry],
        progress: &dyn Fn(CorpusProgress),
    ) -> Result<CorpusOutcome, EngineError> {
        corpus::add(self, prefix, corpus, progress)
    }

    /// Replaces the document `id` by another version of its text, which keeps the id, the source's
    /// name and the place in the listing; the name in `source` is not used. `None` where there is no
    /// document of this id.
    ///
    /// A document that is alone in its source is replaced with the source: adding the same bytes
    /// under the source's name changes nothing then. One of several is replaced by itself: the others
    /// stay, and adding the source's own bytes again puts back what they hold.
    ///
    /// # Errors
    /// As [`Engine::add`]; [`EngineError::NotOne`] where the new text is several documents. Nothing is
    /// changed then.
    pub fn replace(&self, id: &str, source: Source) -> Result<Option<AddOutcome>, EngineError> {
        self.replace_told(id, source, &Told::default())
    }

    /// As [`Engine::replace`], with what is said of the document's time, as in [`Engine::add_told`].
    ///
    /// # Errors
    /// As [`Engine::replace`] and [`Engine::add_told`].
    pub fn replace_told(
        &self,
        id: &str,
        source: Source,
        told: &Told,
    ) -> Result<Option<AddOutcome>, EngineError> {
        replace::replace(self, id, source, told)
    }

    /// Compares two documents clause by clause, the one that is in force from the earlier day first; `None` where there is
    /// no document of one of the ids.
    ///
    /// # Errors
    /// Reading failed.
    pub fn diff(&self, one: &str, other: &str) -> Result<Option<VersionDiff>, EngineError> {
        history::compare_documents(&self.library.store, one, other)
    }

    /// A document and its other versions, the earliest first, each with its days and whether it is in force on `day`, or
    /// else today; `None` where there is no document of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn versions(
        &self,
        id: &str,
        day: Option<Date>,
    ) -> Result<Option<Vec<VersionView>>, EngineError> {
        let versions = self.library.versions()?;
        history::of_document(&self.library.store, &versions, id, day.unwrap_or_else(today))
    }

    /// Removes a document; says whether it was there.
    ///
    /// # Errors
    /// The library is open for reading only, or writing failed. Nothing is changed then.
    pub fn remove(&self, document_id: &str) -> Result<bool, EngineError> {
        ingest::remove(&self.library, document_id)
    }

    /// Whether the source `name` is in the library whole, made from bytes of this SHA-256 (64
    /// lower-case hex digits): adding it again would change nothing.
    ///
    /// # Errors
    /// Reading failed.
    pub fn holds(&self, name: &str, sha256: &str) -> Result<bool, EngineError> {
        let source = self.library.store.source(name)?;
        Ok(source.is_some_and(|source| source.sha256 == sha256 && source.complete))
    }

    /// Puts rebuilds of the vector indexes off until the value is dropped: while much is added, each
    /// would be out of date before its end. Searches stay right meanwhile.
    pub fn hold_rebuilds(&self) -> HeldRebuilds<'_> {
        HeldRebuilds::of(&self.library)
    }

    /// Writes the indexes to the library where they changed, so that it opens quickly the next time.
    /// Dropping the engine does the same. They are derived: nothing is lost without it.
    ///
    /// # Errors
    /// Writing failed.
    pub fn save_indexes(&self) -> Result<(), EngineError> {
        self.library.save_indexes()
    }

    /// How much the library holds.
    ///
    /// # Errors
    /// Reading failed.
    pub fn size(&self) -> Result<LibrarySize, EngineError> {
        self.library.size()
    }

    /// What the library may hold; set with [`Engine::set_limits`].
    pub fn limits(&self) -> LibraryLimits {
        self.library.limits()
    }

    /// Limits what the library may hold; a write that would pass a limit changes nothing. The limits
    /// hold until they are set anew or the engine is dropped. What is there already stays.
    ///
    /// # Errors
    /// The library is open for reading only.
    pub fn set_limits(&self, limits: LibraryLimits) -> Result<(), EngineError> {
        self.library.set_limits(limits)
    }

    /// A page of documents, in the order they were first added.
    ///
    /// # Errors
    /// The limit is not 1 to 1,000, the cursor is not one of this library's, or reading failed.
    pub fn documents(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DocumentPage, EngineError> {
        check_limit("limit", limit, MOST_ON_PAGE)?;
        let page = self.library.store.documents(cursor, limit)?;
        Ok(DocumentPage {
            documents: page.documents.into_iter().map(summary).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// As [`Engine::documents`], of those only whose title, 文号, issuer or source holds each word of `text`, whatever
    /// its width, case or script (Traditional, Simplified); white space and 《》 in them do not count.
    /// With `within`, only documents of these ids.
    ///
    /// # Errors
    /// The text is longer than 200 characters or has no letter or digit; else as [`Engine::documents`].
    pub fn documents_matching(
        &self,
        text: &str,
        within: Option<&[String]>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<DocumentPage, EngineError> {
        check_limit("limit", limit, MOST_ON_PAGE)?;
        let wanted = Wanted::of(text)?;
        let page = self.library.store.documents_where(cursor, limit, |record| {
            within.is_none_or(|ids| ids.contains(&record.id)) && wanted.fits(record)
        })?;
        Ok(DocumentPage {
            documents: page.documents.into_iter().map(summary).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document_count(&self) -> Result<u64, EngineError> {
        Ok(self.library.store.document_count()?)
    }

    /// A document; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn document(&self, id: &str) -> Result<Option<DocumentSummary>, EngineError> {
        Ok(self.library.store.document_record(id)?.map(summary))
    }

    /// The documents of a source, by the source's name, in its order; empty where there is none.
    ///
    /// # Errors
    /// Reading failed.
    pub fn source_documents(&self, name: &str) -> Result<Vec<DocumentSummary>, EngineError> {
        let source = self.library.store.source(name)?;
        let ids = source.map(|source| source.document_ids).unwrap_or_default();
        ids.iter().filter_map(|id| self.document(id).transpose()).collect()
    }

    /// The clean text of a document, to which all spans refer; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn text(&self, id: &str) -> Result<Option<String>, EngineError> {
        Ok(self.library.store.text(id)?)
    }

    /// The clauses of a document, in the order of the text; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn clauses(&self, id: &str) -> Result<Option<Vec<ClauseView>>, EngineError> {
        let Some(record) = self.library.store.document_record(id)? else {
            return Ok(None);
        };
        let wanted: Vec<(&str, u32)> =
            (0u32..).take(record.clauses).map(|clause| (id, clause)).collect();
        let found = self.library.store.clauses(&wanted)?;
        let layout = self.library.store.layout(id)?;
        Ok(Some(found.into_iter().flatten().map(|one| view(one, layout.as_ref())).collect()))
    }

    /// A clause; `None` where there is none of this id.
    ///
    /// # Errors
    /// Reading failed.
    pub fn clause(&self, id: &str) -> Result<Option<ClauseView>, EngineError> {
        let Some((document, index)) = clause_place(id) else {
            return Ok(None);
        };
        let Some(record) = self.library.store.clause(document, index)? else {
            return Ok(None);
        };
        let layout = self.library.store.layout(document)?;
        Ok(Some(view(record, layout.as_ref())))
    }

    /// Draws a page of the file that a document was read from, with clauses or parts of them marked; `None` where there
    /// is no such document.
    ///
    /// # Errors
    /// [`EngineError::NotThere`] where the file was not kept or the document was given as text, and for a clause that
    /// is not the document's; [`EngineError::Format`] where the page cannot be drawn; a width or number of marks out of
    /// range; or reading failed.
    pub fn page_picture(
        &self,
        request: &PictureRequest,
    ) -> Result<Option<PagePicture>, EngineError> {
        draw(&self.library.store, request)
    }
}
