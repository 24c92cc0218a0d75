//! Why a sentence did not hold, in Chinese and English: for readers, and for the model that is to write it again.

use crate::ask::question::Language;
use crate::ground::{GroundFailure, GroundFailureKind as Kind};

/// It names no citation.
pub(super) fn no_citation(language: Language) -> String {
    match language {
        Language::Chinese => "没有注明依据的编号".into(),
        Language::English => "it names no evidence".into(),
    }
}

/// It names a citation that there is not.
pub(super) fn no_such_citation(language: Language, number: u32) -> String {
    match language {
        Language::Chinese => format!("没有编号为{number}的依据"),
        Language::English => format!("there is no evidence {number}"),
    }
}

/// What the check found wrong with it.
pub(super) fn failures(language: Language, failures: &[GroundFailure]) -> String {
    let all: Vec<String> = failures.iter().map(|one| failure(language, one)).collect();
    match (all.is_empty(), language) {
        (true, Language::Chinese) => "依据没有这样说".into(),
        (true, Language::English) => "the evidence does not say it".into(),
        (false, Language::Chinese) => all.join("；"),
        (false, Language::English) => all.join("; "),
    }
}

fn failure(language: Language, failure: &GroundFailure) -> String {
    let GroundFailure { kind, claim, source } = failure;
    let (chinese, english) = kind_of(*kind);
    match language {
        Language::Chinese => match (claim.is_empty(), source.is_empty()) {
            (true, true) => chinese.to_owned(),
            (false, true) => format!("{chinese}：依据没有“{claim}”"),
            (true, false) => format!("{chinese}：依据有“{source}”"),
            (false, false) => format!("{chinese}：依据是“{source}”，不是“{claim}”"),
        },
        Language::English => match (claim.is_empty(), source.is_empty()) {
            (true, true) => english.to_owned(),
            (false, true) => format!("{english}: the evidence has no “{claim}”"),
            (true, false) => format!("{english}: the evidence has “{source}”"),
            (false, false) => format!("{english}: the evidence has “{source}”, not “{claim}”"),
        },
    }
}

fn kind_of(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Quotation => ("引文与依据不同", "the quotation differs"),
        Kind::Number => ("数字与依据不同", "a number differs"),
        Kind::Date => ("日期与依据不同", "a date differs"),
        Kind::Amount => ("金额或比例与依据不同", "an amount differs"),
        Kind::Article => ("条款号与依据不同", "an article differs"),
        Kind::DocumentNumber => ("文号与依据不同", "a document number differs"),
        Kind::Body => ("机构或主体与依据不同", "a body differs"),
        Kind::Place => ("地点与依据不同", "a place differs"),
        Kind::Name => ("名称与依据不同", "a name differs"),
        Kind::Modality => ("应当、可以、不得等与依据不同", "must, may or must not differs"),
        Kind::Negation => {
            ("肯定与否定与依据相反", "what is denied is affirmed, or the other way round")
        }
        Kind::Bound => ("上限与下限与依据不同", "at most and at least differ"),
        Kind::Scope => ("范围与依据不同", "the scope differs"),
        Kind::Condition => ("条件或例外与依据不同", "a condition or exception differs"),
        Kind::Order => ("先后与依据不同", "before and after differ"),
        Kind::Period => ("频次与依据不同", "how often differs"),
        Kind::Direction => ("增减与依据相反", "more and less differ"),
        Kind::WrongSource => {
            ("所注编号不对，另一条依据才这样说", "another piece of evidence says it")
        }
        Kind::Unsupported => ("依据没有这样说", "the evidence does not say it"),
        Kind::UnknownMarker => ("没有这个编号的依据", "there is no such evidence"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_worded_in_the_questions_language() {
        let all = [
            GroundFailure {
                kind: Kind::Amount, claim: "三个月".into(), source: "两个月".into()
            },
            GroundFailure { kind: Kind::Condition, claim: String::new(), source: "除外".into() },
        ];
        assert_eq!(
            failures(Language::Chinese, &all),
            "金额或比例与依据不同：依据是“两个月”，不是“三个月”；条件或例外与依据不同：依据有“除外”"
        );
        assert_eq!(
            failures(Language::English, &all[..1]),
            "an amount differs: the evidence has “两个月”, not “三个月”"
        );
        assert_eq!(failures(Language::Chinese, &[]), "依据没有这样说");
    }
}
