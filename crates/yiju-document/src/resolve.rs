//! Where the references of a question lead in a document.

use crate::reference::{Reference, Step, Target, Unit};
use crate::signs::is_attachment;
use crate::{Document, Span, UnitKind};

use Unit::{Item, Kind, Paragraph, Sentence};
use UnitKind::{Arabic, Parenthesized, ParenthesizedArabic};

impl Document {
    /// Where a reference leads: all units that bear the number, in the order of the text; empty
    /// where the document has none. A number that starts anew in each section leads to several
    /// places, and a clause that is too long for one to each of its parts.
    pub fn find(&self, reference: &Reference) -> Vec<Target> {
        // The numbers of what is attached count only where the document itself has none such.
        let main = self.follow(reference, true);
        if main.is_empty() { self.follow(reference, false) } else { main }
    }

    fn follow(&self, reference: &Reference, main: bool) -> Vec<Target> {
        let mut scope: Option<Vec<Target>> = None;
        for step in &reference.steps {
            let found = self.resolve(step, scope.as_deref(), main);
            if found.is_empty() {
                return found;
            }
            scope = Some(found);
        }
        scope.unwrap_or_default()
    }

    /// One step within the targets of the step before; anywhere without.
    fn resolve(&self, step: &Step, scope: Option<&[Target]>, main: bool) -> Vec<Target> {
        // 第十七条第九款 must not become another clause.
        let in_clause = scope.is_some_and(|s| s.iter().any(|t| !matches!(t, Target::Section(_))));
        let mut within = false;
        for &unit in &step.units {
            let found = match unit {
                Kind(_) if within => continue,
                Kind(kind) => {
                    let (used, found) = self.labelled(kind, step, scope, main);
                    if used {
                        return found;
                    }
                    // 第十七条第（三）项 and 第十七条（三）: the article's item.
                    match kind {
                        Parenthesized | ParenthesizedArabic | Arabic => {
                            self.items(step.number, scope)
                        }
                        _ => Vec::new(),
                    }
                }
                Paragraph => self.paragraph(step.number, scope),
                Item => self.items(step.number, scope),
                Sentence => self.sentence(step.number, scope),
            };
            if !found.is_empty() {
                return found;
            }
            within |= in_clause && !matches!(unit, Kind(_));
        }
        Vec::new()
    }

    /// Sections and clauses of a kind in scope: whether there are any, and those with the number.
    fn labelled(
        &self,
        kind: UnitKind,
        step: &Step,
        scope: Option<&[Target]>,
        main: bool,
    ) -> (bool, Vec<Target>) {
        let mut used = false;
        let mut found: Vec<(usize, Target, Option<usize>)> = Vec::new();
        for (i, section) in self.sections.iter().enumerate() {
            if section.kind == kind && self.in_scope(section.parent, scope, main) {
                used = true;
                if section.number == Some(step.number) && step.sub_number.is_none() {
                    found.push((section.span.byte_start, Target::Section(i), section.parent));
                }
            }
        }
        for (i, clause) in self.clauses.iter().enumerate() {
            if clause.kind == kind && self.in_scope(clause.section, scope, main) {
                used = true;
                if clause.number == Some(step.number) && clause.sub_number == step.sub_number {
                    found.push((clause.span.byte_start, Target::Clause(i), clause.section));
                }
            }
        }
        // (2) of Section 12 rather than (b) of its (1).
        let direct = |parent: Option<usize>| {
            let section = parent.map(Target::Section);
            scope.is_some_and(|scope| section.is_some_and(|section| scope.contains(&section)))
        };
        if found.iter().any(|&(_, _, parent)| direct(parent)) {
            found.retain(|&(_, _, parent)| direct(parent));
        }
        found.sort_by_key(|&(at, ..)| at);
        (used, found.into_iter().map(|(_, target, _)| target).collect())
    }

    /// Whether something whose innermost section is `section` lies in one of the scope's sections;
    /// without a scope, anywhere, but for `main` not in what is attached.
    fn in_scope(&self, section: Option<usize>, scope: Option<&[Target]>, main: bool) -> bool {
        let mut next = section;
        while let Some(i) = next {
            let Some(this) = self.sections.get(i) else {
                break;
            };
            match scope {
                Some(scope) if scope.contains(&Target::Section(i)) => return true,
                None if main && this.kind == UnitKind::Unnumbered && is_attachment(&this.title) => {
                    return false;
                }
                _ => {}
            }
            next = this.parent;
        }
        scope.is_none()
    }

    fn paragraph(&self, number: u32, scope: Option<&[Target]>) -> Vec<Target> {
        // 第〇款 is none.
        let Some(index) = (number as usize).checked_sub(1) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for clause in self.clauses_of(scope).filter(|&i| !self.clauses[i].continues) {
            // The paragraphs of all parts; what a part begins in the middle of counts once.
            let mut count = 0;
            for part in self.parts(clause) {
                for &span in &self.clauses[part].paragraphs {
                    count += usize::from(count == 0 || self.begins_line(span));
                    if count == index + 1 {
                        found.push(Target::Paragraph(part, span));
                    }
                }
            }
        }
        found
    }

    /// How many paragraphs and items a clause has, with the parts that go on with it.
    pub(crate) fn counts(&self, clause: usize) -> (usize, usize) {
        let parts = || self.parts(clause).map(|part| &self.clauses[part]);
        let begin = |spans: &mut dyn Iterator<Item = Span>| {
            spans.enumerate().filter(|&(at, span)| at == 0 || self.begins_line(span)).count()
        };
        let paragraphs = begin(&mut parts().flat_map(|part| part.paragraphs.iter().copied()));
        let items = begin(&mut parts().flat_map(|part| part.items.iter().map(|item| item.1)));
        (paragraphs, items)
    }

    /// Whether a paragraph or item begins where a line of the text does, and is not the rest of one
    /// that was cut; the first paragraph of a clause begins behind its number.
    fn begins_line(&self, span: Span) -> bool {
        self.text.get(..span.byte_start).is_none_or(|before| before.ends_with('\n'))
    }

    fn items(&self, number: u32, scope: Option<&[Target]>) -> Vec<Target> {
        let mut found = Vec::new();
        for target in scope.unwrap_or_default() {
            let (clause, within) = match *target {
                Target::Clause(i) => (i, None),
                Target::Paragraph(i, span) | Target::Item(i, span) => (i, Some(span)),
                _ => continue,
            };
            let Some(items) = self.clauses.get(clause).map(|c| &c.items) else {
                continue;
            };
            found.extend(
                items
                    .iter()
                    .filter(|(n, span)| {
                        *n == number && within.is_none_or(|w| w != *span && lies_in(*span, w))
                    })
                    .map(|&(_, span)| Target::Item(clause, span)),
            );
        }
        found
    }

    fn sentence(&self, number: u32, scope: Option<&[Target]>) -> Vec<Target> {
        let Some(index) = (number as usize).checked_sub(1) else {
            return Vec::new();
        };
        let of = |target: &Target| {
            let (at, within) = match *target {
                Target::Clause(at) => (at, None),
                Target::Paragraph(at, span) | Target::Item(at, span) => (at, Some(span)),
                Target::Section(_) | Target::Sentence(..) => return None,
            };
            // The first sentence holds the number, which no 款 does.
            let inside = |span: &&Span| {
                within.is_none_or(|within| {
                    within.byte_start < span.byte_end && span.byte_end <= within.byte_end
                })
            };
            let span = *self.clauses.get(at)?.sentences.iter().filter(inside).nth(index)?;
            Some(Target::Sentence(at, span))
        };
        scope.unwrap_or_default().iter().filter_map(of).collect()
    }

    fn clauses_of<'a>(&self, scope: Option<&'a [Target]>) -> impl Iterator<Item = usize> + use<'a> {
        let count = self.clauses.len();
        scope.unwrap_or_default().iter().filter_map(move |target| match target {
            Target::Clause(i) if *i < count => Some(*i),
            _ => None,
        })
    }
}

fn lies_in(span: Span, within: Span) -> bool {
    within.byte_start <= span.byte_start && span.byte_end <= within.byte_end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::find_references;
    use proptest::prelude::*;

    const POLICY: &str = "某市关于加强供水的意见\n一、总体要求\n坚持安全第一。\n二、重点任务\n(一) 加强水源保护。划定保护区。\n(二) 改造管网。更换旧管。\n三、组织实施\n各区落实责任。";
    const LAW: &str = "住房租赁条例\n第一章　总则\n第一条　为了规范租赁，制定本条例。\n第二条　租赁应当订立合同。\n合同包括下列内容：\n（一）租金；\n（二）期限。\n第二条之一　押金从其约定。\n第二章　管理\n第一节　登记\n第三条　租赁应当登记。";

    fn found(text: &str, question: &str) -> Vec<String> {
        let document = crate::parse(text.as_bytes()).unwrap().remove(0);
        let references = find_references(question);
        assert_eq!(references.len(), 1, "{question}: {references:?}");
        document
            .find(&references[0])
            .into_iter()
            .map(|target| match target {
                Target::Section(i) => {
                    format!("{} {}", document.sections[i].label, document.sections[i].title)
                }
                Target::Clause(i) => document.clauses[i].label.clone(),
                Target::Paragraph(i, span) | Target::Item(i, span) | Target::Sentence(i, span) => {
                    format!("{}: {}", document.clauses[i].label, document.slice(span))
                }
            })
            .collect()
    }

    #[test]
    fn in_a_policy() {
        for (question, expected) in [
            ("第（二）条讲的是什么？", "（二）"),
            ("第二条讲的是什么？", "（二）"),
            ("（二）说了什么", "（二）"),
            ("第二部分包括哪几条？", "二、 重点任务"),
            ("What does part two say?", "二、 重点任务"),
            ("Summarise the third part", "三、 组织实施"),
            ("section 3", "三、 组织实施"),
            ("clause 1 please", "（一）"),
            ("第２部分第(１)条", "（一）"),
            ("第二部分的第（一）条", "（一）"),
            ("二、讲了什么", "二、 重点任务"),
        ] {
            assert_eq!(found(POLICY, question), [expected], "{question}");
        }
        for question in
            ["第（三十）条的内容是什么？", "第九部分", "第一部分第（二）条", "Article 12"]
        {
            assert!(found(POLICY, question).is_empty(), "{question}");
        }
    }

    #[test]
    fn in_a_law() {
        for (question, expected) in [
            ("第二条是什么", "第二条"),
            ("第2条是什么", "第二条"),
            ("第二条之一", "第二条之一"),
            ("第二章第一节", "第一节 登记"),
            ("第二部分有什么", "第二章 管理"),
            ("Article 3", "第三条"),
            ("第二条第一款", "第二条: 租赁应当订立合同。"),
            ("第二条第二款第（二）项", "第二条: （二）期限。"),
            ("第二条第（一）项", "第二条: （一）租金；"),
            ("住房租赁条例2条1项", "第二条: （一）租金；"),
            ("《住房租赁条例》2条2款1项", "第二条: （一）租金；"),
            ("2条是什么", "第二条"),
            ("第二条第2款第（二）项", "第二条: （二）期限。"),
            ("第二条第二句", "第二条: 合同包括下列内容："),
            ("第二条第一款第一句", "第二条: 第二条　租赁应当订立合同。"),
            ("Article 2, paragraph 2, item 1", "第二条: （一）租金；"),
            ("Section 1 of Chapter 2", "第一节 登记"),
            ("第二章第三条", "第三条"),
        ] {
            assert_eq!(found(LAW, question), [expected], "{question}");
        }
        for question in [
            "第三十条",
            "第二条第九款",
            "第二条第〇款",
            "第二条第0款",
            "第二条第零项",
            "第〇条",
            "第一章第三条",
            "第（三十）条",
        ] {
            assert!(found(LAW, question).is_empty(), "{question}");
        }
    }

    #[test]
    fn in_an_act() {
        const ACT: &str = "Buoys Act\n\nSection 1. Care\nA buoy must be lit.\n\nSection 2. Offences\n\
            (1) A person commits an offence if the person—\n(a) moves a buoy; or\n(b) breaks a buoy.\n\
            (2) A person who commits an offence is fined.\n";
        for (question, expected) in [
            ("Sec. 2(2)", "（2）"),
            ("What does Section 2(1)(b) say?", "(b)"),
            ("section 2(1)(a)", "(a)"),
        ] {
            assert_eq!(found(ACT, question), [expected], "{question}");
        }
    }

    #[test]
    fn attachments_come_second() {
        let text = format!("{LAW}\n附件1\n申请表\n一、填写要求\n如实填写。\n二、时间\n五日内。");
        assert_eq!(found(&text, "第二部分"), ["第二章 管理"]);
        assert_eq!(found(&text, "二、说什么"), ["二、 时间"]);
    }

    #[test]
    fn no_references() {
        for question in [
            "超大特大城市应该怎样发展？",
            "第三条道路是什么？",
            "2025年的目标是什么？",
            "第五代移动通信",
            "What part of the policy deals with water?",
            "Which section is about the article I wrote?",
            "到2030年（2035年）怎样",
            "前三条",
        ] {
            assert_eq!(find_references(question), [], "{question}");
        }
        assert_eq!(find_references("第一条和第三条有什么不同").len(), 2);
    }

    proptest! {
        #[test]
        fn any_question_is_safe(question in "(?s)([第（(一二十1９条款项章部分之的)）①、至和-]|part |articles? |to |of |.){0,24}") {
            let document = crate::parse(LAW.as_bytes()).unwrap().remove(0);
            let (mut last, mut previous) = (0, 0..0);
            for reference in find_references(&question) {
                // Those of one list share their range.
                let shared = reference.range == previous;
                prop_assert!(reference.range.start >= last || shared);
                previous = reference.range.clone();
                prop_assert!(question.get(reference.range.clone()).is_some());
                prop_assert!(!reference.steps.is_empty());
                last = reference.range.end;
                document.find(&reference);
            }
        }
    }
}
