//! How well the check of written sentences tells faithful ones from corrupted ones, by kind.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use yiju_engine::{Engine, GroundFailureKind, GroundSource};

use crate::dataset::read_lines;
use crate::{EvalError, Progress};

/// The kind of sentences that their sources say.
const FAITHFUL: &str = "faithful";

/// A sentence of a set, with the clauses that it is checked against.
#[derive(Clone, Debug, Deserialize)]
struct Sentence {
    id: String,
    /// `faithful`, or how it was corrupted.
    kind: String,
    /// How a faithful one was made: `paraphrase`, `merge`, `shortening`.
    #[serde(default)]
    how: String,
    lang: String,
    claim: String,
    /// Ids of the clauses that it cites.
    cites: Vec<String>,
    /// Ids of clauses that are given and not cited.
    #[serde(default)]
    beside: Vec<String>,
}

/// A clause of a set.
#[derive(Clone, Debug, Deserialize)]
struct Text {
    id: String,
    title: String,
    text: String,
}

/// What was found of one sentence.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Its id in the set.
    pub id: String,
    /// Its kind in the set.
    pub kind: String,
    /// How it was made, where the set says.
    pub how: String,
    /// Its language.
    pub lang: String,
    /// Whether it was supported.
    pub supported: bool,
    /// Its support, 0 to 1.
    pub score: f32,
    /// The kinds of what failed, and the words.
    pub failures: Vec<(GroundFailureKind, String, String)>,
    /// What the support is computed from, by name.
    pub signals: Vec<(&'static str, f32)>,
    /// The sentence.
    pub claim: String,
}

/// The figures of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GroundRates {
    /// How many sentences.
    pub sentences: usize,
    /// How many were not supported: right for a corrupted one, wrong for a faithful one.
    pub rejected: usize,
    /// How many of those had a failure with a name, not only too little support.
    pub named: usize,
}

/// What a set showed.
#[derive(Clone, Debug, Serialize)]
pub struct GroundReport {
    /// By kind; faithful ones by how they were made, too (`faithful/merge`), and by language (`faithful/en`).
    pub kinds: BTreeMap<String, GroundRates>,
    /// All corrupted ones.
    pub corrupted: GroundRates,
    /// Each sentence.
    pub sentences: Vec<Checked>,
}

/// Checks every sentence of the file `set` against its clauses in `sources.jsonl` beside it.
///
/// # Errors
/// A file cannot be read, a sentence names a clause that is not there, or the engine failed.
pub fn evaluate_grounding(
    engine: &Engine,
    set: &Path,
    most: Option<usize>,
    progress: &dyn Fn(Progress),
) -> Result<GroundReport, EvalError> {
    let sentences: Vec<Sentence> = read_lines(set)?;
    let texts: Vec<Text> = read_lines(&set.with_file_name("sources.jsonl"))?;
    let texts: HashMap<&str, &Text> = texts.iter().map(|text| (text.id.as_str(), text)).collect();
    let total = most.unwrap_or(sentences.len()).min(sentences.len());
    // Spread over the set, whose order is by document.
    let step = sentences.len() as f64 / total.max(1) as f64;
    let chosen = (0..total).map(|at| &sentences[(at as f64 * step) as usize]);
    let mut report = GroundReport {
        kinds: BTreeMap::new(),
        corrupted: GroundRates::default(),
        sentences: Vec::with_capacity(total),
    };
    for (done, sentence) in chosen.enumerate() {
        let (answer, sources) = given(set, sentence, &texts)?;
        let sources = engine.ground_sources(&sources)?;
        let found = engine.ground_by(&sources, &answer, None)?;
        let signals = engine.ground_signals(&sources, &answer)?;
        let claim = found.claims.iter().find(|claim| claim.needs_check);
        let supported = claim.is_none_or(|claim| claim.supported);
        let checked = Checked {
            id: sentence.id.clone(),
            kind: sentence.kind.clone(),
            how: sentence.how.clone(),
            lang: sentence.lang.clone(),
            supported,
            score: claim.and_then(|claim| claim.score).unwrap_or(1.0),
            failures: claim.map_or(Vec::new(), |claim| {
                let all = claim.failures.iter();
                all.map(|one| (one.kind, one.claim.clone(), one.source.clone())).collect()
            }),
            signals: signals.into_iter().next().unwrap_or_default(),
            claim: sentence.claim.clone(),
        };
        report.count(&checked);
        report.sentences.push(checked);
        progress(Progress { done: done + 1, total });
    }
    Ok(report)
}

/// The sentence with its markers, and its sources.
fn given(
    set: &Path,
    sentence: &Sentence,
    texts: &HashMap<&str, &Text>,
) -> Result<(String, Vec<GroundSource>), EvalError> {
    let mut sources = Vec::new();
    for (marker, id) in (1u32..).zip(sentence.cites.iter().chain(&sentence.beside)) {
        let text = texts.get(id.as_str()).ok_or_else(|| EvalError::NotASet {
            path: set.to_owned(),
            reason: format!("{} names {id}, which sources.jsonl does not have", sentence.id),
        })?;
        sources.push(GroundSource::of_text(marker, &text.title, &text.text));
    }
    let markers: String = (1..=sentence.cites.len()).map(|n| format!("[{n}]")).collect();
    Ok((format!("{}{markers}", sentence.claim), sources))
}

impl GroundReport {
    /// A line for each sentence that was judged wrongly.
    pub fn failures(&self) -> impl Iterator<Item = String> + '_ {
        let wrong = self.sentences.iter().filter(|one| one.supported != (one.kind == FAITHFUL));
        wrong.map(|one| format!("{} {}: {} {:?}", one.id, one.kind, one.claim, one.failures))
    }

    fn count(&mut self, checked: &Checked) {
        let mut kinds = vec![checked.kind.clone()];
        if checked.kind == FAITHFUL {
            kinds.push(format!("{FAITHFUL}/{}", checked.how));
            kinds.push(format!("{FAITHFUL}/{}", checked.lang));
        } else {
            self.corrupted.count(checked);
            kinds.push(format!("corrupted/{}", checked.lang));
        }
        for kind in kinds {
            self.kinds.entry(kind).or_default().count(checked);
        }
    }
}

impl GroundRates {
    fn count(&mut self, checked: &Checked) {
        let named =
            checked.failures.iter().any(|(kind, ..)| *kind != GroundFailureKind::Unsupported);
        self.sentences += 1;
        self.rejected += usize::from(!checked.supported);
        self.named += usize::from(!checked.supported && named);
    }

    fn share(&self) -> f64 {
        self.rejected as f64 / self.sentences.max(1) as f64
    }
}

impl fmt::Display for GroundReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<24} {:>9} {:>9} {:>7} {:>7}",
            "kind", "sentences", "rejected", "share", "named"
        )?;
        let all = [("all corrupted".to_owned(), self.corrupted.clone())];
        for (kind, rates) in self.kinds.clone().into_iter().chain(all) {
            writeln!(
                f,
                "{kind:<24} {:>9} {:>9} {:>7.3} {:>7}",
                rates.sentences,
                rates.rejected,
                rates.share(),
                rates.named
            )?;
        }
        Ok(())
    }
}
