//! A library for a test.

use std::path::{Path, PathBuf};

use yiju_engine::{
    Access, Answer, AskRequest, Engine, EngineError, EngineOptions, Precision, Source,
};

/// A law with chapters, 款 and 项.
pub const LAW: &str = "\
城市供水条例

第一章　总则

第一条　为了保障城市用水安全，根据有关法律，制定本条例。

第二条　本条例所称城市供水，是指城市公共供水和自建设施供水。

第二章　供水管理

第三条　供水企业应当建立水质检测制度。

供水企业每月至少公布一次水质检测结果。

第四条　因工程施工确需停止供水的，供水企业应当提前二十四小时通知用户。

第五条　有下列情形之一的，处五千元以上三万元以下的罚款：

（一）擅自改装公共供水设施的；

（二）盗用城市公共供水的。
";

/// A notice of another matter.
pub const NOTICE: &str = "\
关于做好图书馆夜间开放工作的通知

一、延长开放时间。各图书馆周五、周六开放至二十二时。

二、加强安全保障。各图书馆应当配备夜间值班人员。
";

pub fn model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/yiju-e5-small-q8")
}

pub fn open(dir: &Path, access: Access) -> Engine {
    open_with(dir, &model(), access).unwrap()
}

pub fn open_with(dir: &Path, model: &Path, access: Access) -> Result<Engine, EngineError> {
    Engine::open(EngineOptions {
        library: dir.to_owned(),
        model: model.to_owned(),
        access,
        threads: 1,
        precision: Precision::Int8,
    })
}

pub fn add(engine: &Engine, name: &str, text: &str) -> yiju_engine::AddOutcome {
    let source = Source { name: name.into(), title: None, bytes: text.into() };
    engine.add(source, &|_| {}).unwrap()
}

/// Asks, and holds every quote against the document's text.
pub fn ask(engine: &Engine, question: &str) -> Answer {
    let answer = engine.ask(&AskRequest::new(question)).unwrap();
    assert_eq!(answer.answered, answer.refusal.is_none());
    for citation in &answer.citations {
        let text = engine.text(&citation.document.id).unwrap().unwrap();
        for (part, span) in
            [(&citation.quote, citation.span), (&citation.paragraph, citation.paragraph_span)]
        {
            assert_eq!(&text[span.byte_start..span.byte_end], part);
            let characters: String =
                text.chars().skip(span.char_start).take(span.char_end - span.char_start).collect();
            assert_eq!(&characters, part);
        }
        // What goes with a quote may stand behind it.
        let (marker, quote) = (format!("[{}]", citation.marker), citation.quote.as_str());
        let behind = citation.context.iter().any(|p| p.span.byte_start > citation.span.byte_start);
        assert!(
            answer.answer.contains(&format!("{quote}{marker}"))
                || behind && answer.answer.contains(quote) && answer.answer.contains(&marker)
        );
    }
    answer
}
