//! The fixed phrases of answers, in Chinese and English.

use crate::question::Language;

/// Why there is no answer: the documents do not hold one.
pub(crate) fn no_match(language: Language) -> String {
    match language {
        Language::Chinese => "库中文件没有回答这个问题；以下是最接近的条款。".into(),
        Language::English => {
            "The documents do not answer this question; the nearest clauses follow.".into()
        }
    }
}

/// Why there is no answer: the library is empty, or the filter leaves nothing.
pub(crate) fn nothing_there(language: Language) -> String {
    match language {
        Language::Chinese => "没有可查的文件。".into(),
        Language::English => "There are no documents to look in.".into(),
    }
}

/// What was cited does not exist.
pub(crate) fn no_such_unit(language: Language, cited: &str) -> String {
    match language {
        Language::Chinese => format!("库中文件没有“{cited}”。"),
        Language::English => format!("The documents have no “{cited}”."),
    }
}

/// A list that is too long to give whole.
pub(crate) fn first_of(language: Language, given: usize, total: usize) -> String {
    match language {
        Language::Chinese => format!("共{total}处，以上是前{given}处。"),
        Language::English => format!("These are the first {given} of {total}."),
    }
}

/// Says where a quote in another language stands.
pub(crate) fn stands_in(language: Language, title: &str, path: &[String]) -> String {
    let place = path.join(" > ");
    match (language, place.is_empty()) {
        (Language::Chinese, true) => format!("《{title}》："),
        (Language::Chinese, false) => format!("《{title}》{place}："),
        (Language::English, true) => format!("{title}: "),
        (Language::English, false) => format!("{title}, {place}: "),
    }
}
