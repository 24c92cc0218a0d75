//! Differences between a statement and its quote: another number, duty for permission, an upper bound for a lower
//! one, all for some, before for after, a negation. Numbers by their values, all else by [`turns`](super::turns).

use serde::{Deserialize, Serialize};
use yiju_text::amounts::{Value, values};
use yiju_text::chars::is_han;
use yiju_text::normalize;

use super::turns::turns;
use crate::operators::{Atoms, Family};

/// Something that the statement says otherwise than the quote, or that the quote does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Mismatch {
    /// What kind of thing.
    pub kind: MismatchKind,
    /// The statement's words, in normal form.
    pub statement: String,
    /// The quote's words, in normal form; empty where it has none.
    pub quote: String,
}

/// What a statement and its quote differ in: another `number` in the same unit, a `missing_number`
/// that the quote has none for, another `modality` (should, may, must not), another `bound` (at most, at
/// least), a `negation`, another `extent` (all, some), `order` (before, after), `condition` (if, unless),
/// `period` (monthly, yearly) or `direction` (raise, reduce).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MismatchKind {
    /// Another number in the same unit, dates included: 30日 for 60日.
    Number,
    /// A number that the quote has none for.
    MissingNumber,
    /// Another duty: 应当, 可以, 不得, 无需.
    Modality,
    /// Another bound: at most for at least.
    Bound,
    /// What the one denies the other affirms: 适用, 不适用.
    Negation,
    /// All for some, with for without: 全部, 部分.
    Extent,
    /// Before for after: 之前, 之后.
    Order,
    /// If for unless.
    Condition,
    /// How often: 每月, 每年.
    Period,
    /// More for less: 提高, 降低.
    Direction,
}

impl From<Family> for MismatchKind {
    fn from(family: Family) -> Self {
        match family {
            Family::Modality => Self::Modality,
            Family::Bound => Self::Bound,
            Family::Negation => Self::Negation,
            Family::Extent => Self::Extent,
            Family::Order => Self::Order,
            Family::Condition => Self::Condition,
            Family::Period => Self::Period,
            Family::Direction => Self::Direction,
        }
    }
}

/// What the statement and the quote differ in: numbers first, then the rest, each in the order of the statement.
pub(crate) fn mismatches(statement: &str, quote: &str) -> Vec<Mismatch> {
    let (statement, quote) = (normalize(statement), normalize(quote));
    let mut found = numbers(&statement, &quote);
    let (said, there) = (Atoms::of(&statement), Atoms::of(&quote));
    let chinese = |text: &str| text.chars().any(is_han);
    if chinese(&statement) == chinese(&quote) {
        found.extend(turns(&said, &there).into_iter().map(|turn| Mismatch {
            kind: turn.family.into(),
            statement: turn.statement,
            quote: turn.quote,
        }));
    } else {
        let across = [Family::Modality, Family::Bound];
        found.extend(across.into_iter().filter_map(|family| without_class(family, &said, &there)));
    }
    found
}

/// The first words of a family of two texts in different languages that share no class of it: their places cannot be
/// compared.
fn without_class(family: Family, said: &Atoms<'_>, there: &Atoms<'_>) -> Option<Mismatch> {
    let of_family = |atoms: &Atoms<'_>| {
        let mut operators = atoms.operators();
        operators.retain(|operator| operator.family == family);
        operators
    };
    let (ours, theirs) = (of_family(said), of_family(there));
    let shared = ours.iter().any(|one| theirs.iter().any(|other| other.class == one.class));
    let (one, other) = (ours.first()?, theirs.first()?);
    (!shared).then(|| Mismatch {
        kind: family.into(),
        statement: said.words(&one.stretch).to_owned(),
        quote: there.words(&other.stretch).to_owned(),
    })
}

fn numbers(statement: &str, quote: &str) -> Vec<Mismatch> {
    let there = values(quote);
    let same = |a: &Value, b: &Value| {
        // A number without a unit may be the one with it.
        let near = (a.value - b.value).abs() <= 1e-9 * a.value.abs().max(b.value.abs());
        near && (a.unit == b.unit || a.unit.is_empty() || b.unit.is_empty())
    };
    let said = values(statement);
    said.iter()
        .filter(|amount| !there.iter().any(|other| same(amount, other)))
        .map(|amount| {
            let other = there.iter().find(|other| {
                other.unit == amount.unit && !said.iter().any(|said| same(said, other))
            });
            Mismatch {
                kind: match other {
                    Some(_) => MismatchKind::Number,
                    None => MismatchKind::MissingNumber,
                },
                statement: amount.shown.clone(),
                quote: other.map_or(String::new(), |other| other.shown.clone()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(statement: &str, quote: &str) -> Vec<(MismatchKind, String, String)> {
        mismatches(statement, quote)
            .into_iter()
            .map(|one| (one.kind, one.statement, one.quote))
            .collect()
    }

    fn one(
        kind: MismatchKind,
        statement: &str,
        quote: &str,
    ) -> Vec<(MismatchKind, String, String)> {
        vec![(kind, statement.into(), quote.into())]
    }

    #[test]
    fn numbers_that_differ_are_named() {
        use MismatchKind::{MissingNumber, Number};
        assert_eq!(
            found("应当在30日内答复", "应当自收到之日起六十日内答复"),
            one(Number, "30日", "六十日")
        );
        assert_eq!(found("提前24小时", "提前二十四小时"), []);
        assert_eq!(found("within thirty days", "三十日内"), []);
        assert_eq!(found("within 60 days", "三十日内"), one(Number, "60 days", "三十日"));
        assert_eq!(found("2025-08-15起施行", "自2025年8月15日起施行"), []);
        assert_eq!(found("2025-08-16起施行", "自2025年8月15日起施行"), one(Number, "16", "15日"));
        assert_eq!(found("罚款3万元", "处三万元以下罚款"), []);
        assert_eq!(found("1.5亿元", "1.5亿元"), []);
        assert_eq!(found("增长百分之五", "增长５％"), []);
        assert_eq!(found("有3名工作人员", "配备工作人员"), one(MissingNumber, "3名", ""));
        assert_eq!(found("第十七条规定", "第十九条 规定"), one(Number, "十七条", "十九条"));
        assert_eq!(found("统一推进一体化", "推进一体化"), []);
    }

    #[test]
    fn duties_bounds_and_denials_that_differ_are_named() {
        use MismatchKind::{Bound, Modality, Negation};
        assert_eq!(found("可以出租", "不得出租"), one(Modality, "可以", "不得"));
        assert_eq!(found("应当公开", "可以公开"), one(Modality, "应当", "可以"));
        assert_eq!(found("不应当公开", "不得公开"), []);
        assert_eq!(
            found("Landlords may raise the rent", "出租人不得提高租金"),
            one(Modality, "may", "不得")
        );
        assert_eq!(found("必须公开", "应当公开，不得隐瞒"), []);
        assert_eq!(found("公开", "不得公开"), []);
        assert_eq!(found("至少两个月", "不超过两个月"), one(Bound, "至少", "不超过"));
        assert_eq!(
            found("本法适用于国家机关", "本法不适用于国家机关"),
            one(Negation, "适用", "不适用")
        );
        assert_eq!(found("不适用本法", "适用本法"), one(Negation, "不适用", "适用"));
        assert_eq!(found("不适用本法", "不适用本法"), []);
    }

    /// One of each kind, and how it is named.
    #[test]
    fn one_word_that_turns_a_statement_is_named() {
        use MismatchKind::{
            Bound, Condition, Direction, Extent, Modality, Negation, Number, Order, Period,
        };
        for (kind, statement, quote, said, there) in [
            (
                Number,
                "逾期不交水费的，按日加收千分之五的违约金。",
                "用户逾期不交纳水费的，应当从逾期之日起按日支付欠缴水费万分之五的违约金。",
                "千分之五",
                "万分之五",
            ),
            (Number, "滞纳金为每日5‰", "按日加收0.05%的滞纳金", "5‰", "0.05%"),
            (
                Negation,
                "办理居住证收取工本费。",
                "首次申领居住证，公安机关不收取工本费。",
                "收取",
                "不收取",
            ),
            (Negation, "逾期申请的予以受理", "逾期申请的，不予受理。", "受理", "不予受理"),
            (
                Modality,
                "出租人可以向公安机关备案。",
                "出租人应当自签订合同之日起七日内向公安机关备案，不得隐瞒。承租人可以查询。",
                "可以",
                "应当",
            ),
            (Modality, "厨房可出租供人员居住", "厨房、卫生间不得出租供人员居住。", "可", "不得"),
            (
                Bound,
                "违反规定的，处三万元以上罚款。",
                "违反本条例规定的，由主管部门处一万元以上三万元以下罚款。",
                "以上",
                "以下",
            ),
            (Bound, "押金可以超过一个月租金", "押金不得超过一个月租金。", "超过", "不得超过"),
            (
                Extent,
                "发生的费用由单位全部承担",
                "发生的费用由单位部分承担，其余由个人负担。",
                "全部",
                "部分",
            ),
            (Order, "开工之后办理施工许可", "建设单位应当在开工之前办理施工许可。", "之后", "之前"),
            (Order, "工程开工后十日内报告", "工程开工前十日内报告", "后", "前"),
            (
                Period,
                "每年公布一次水质检测结果",
                "供水企业每月至少公布一次水质检测结果。",
                "每年",
                "每月",
            ),
            (Direction, "缴存比例提高两个百分点", "缴存比例可以降低两个百分点。", "提高", "降低"),
            (
                Condition,
                "Staff fly business class if the flight takes more than six hours.",
                "Staff must not fly business class. Staff fly economy class unless the flight takes more than six hours.",
                "if",
                "unless",
            ),
            (
                Modality,
                "Interns may travel without approval.",
                "Interns must not travel without approval; they may ask for it.",
                "may",
                "must not",
            ),
            (
                Bound,
                "Claims of at least 50 EUR need no receipt.",
                "Claims of at most 50 EUR need no receipt.",
                "at least",
                "at most",
            ),
            (
                Extent,
                "Some employees complete the training every year.",
                "All employees must complete the training every year.",
                "some",
                "all",
            ),
            (
                Negation,
                "The allowance covers parking fees.",
                "The allowance does not cover parking fees.",
                "covers",
                "not cover",
            ),
            (Negation, "本办法适用于外商投资企业", "外商投资企业不适用本办法。", "适用", "不适用"),
            (
                Modality,
                "无需办理竣工验收备案",
                "工程竣工后，建设单位应当办理竣工验收备案。",
                "无需",
                "应当",
            ),
            (Modality, "摊主必须缴纳保证金", "摊主可以自愿缴纳保证金。", "必须", "可以"),
            (Bound, "配备不少于两名安全员", "配备的安全员不得超过两名。", "不少于", "不得超过"),
            (Extent, "所有车辆一律禁止通行", "部分车辆禁止通行", "所有", "部分"),
            (Negation, "试用期工资计入基数", "试用期工资不计入缴存基数。", "计入", "不计入"),
        ] {
            assert_eq!(found(statement, quote), one(kind, said, there), "{statement}");
        }
    }

    #[test]
    fn what_says_the_same_contradicts_nothing() {
        for (statement, quote) in [
            ("逾期的每天加收万分之五", "从逾期之日起，按日加收0.05%的滞纳金。"),
            ("押金最多一个月租金", "押金不得超过一个月租金。"),
            ("必须在三十日内备案", "应当自签订之日起30日内办理备案。"),
            ("不能把厨房租出去住人", "厨房、卫生间、阳台不得出租供人员居住。"),
            ("老年人可以免费乘车", "公交企业应当对老年人免费。"),
            // Twice turned is the same again.
            ("经业主同意，可以公开", "未经业主同意，不得公开。"),
            ("Travel with approval is allowed.", "Travel without approval is not allowed."),
            // The word stands in the quote of something else, too.
            ("承租人可以查询", "出租人应当备案，承租人可以查询。"),
            ("处一万元以上罚款", "处一万元以上三万元以下罚款。"),
            ("处三万元以下罚款", "处一万元以上三万元以下罚款。"),
            ("单位应当参保", "单位应当参保，灵活就业人员可以参保。"),
            // What is forbidden is done, and fined.
            ("擅自停止供水的处罚款", "供水企业不得擅自停止供水；擅自停止供水的，处罚款。"),
            ("擅自停止供水要罚款", "供水企业不得擅自停止供水。"),
            // Parts of other words.
            ("不动产登记可能延期", "动产和不动产登记的期限可以延长"),
            ("未成年人免票", "成年人购票，未成年人免票。"),
            ("受理后五日内决定", "应当自受理申请之日起五日内作出决定，决定前听取意见。"),
            ("可以分期缴纳罚款", "当事人可以申请分期缴纳罚款，应当提交书面材料。"),
            ("医疗机构应当公开收费标准", "医疗机构可以自主定价，应当公开收费标准。"),
            ("年满18周岁可以申请", "18周岁以上的居民可以申请。"),
            ("不满18周岁的不得申请", "18周岁以上的居民可以申请。"),
            ("不超过30日", "三十日以内"),
            ("可以延长十日", "经批准，可以延长，但最长不得超过十日。"),
            ("每月缴存一次", "缴存基数每年调整一次，住房公积金每月缴存一次。"),
            ("所有住户应当遵守", "全体业主和住户应当遵守本规约。"),
            ("申请人无需提供复印件", "能够在线核验的，不得要求申请人提供复印件。"),
            ("You may not smoke here.", "Smoking is prohibited here."),
            (
                "Employees can work from home two days a week.",
                "Employees may work from home up to two days per week.",
            ),
            (
                "Receipts are not required under 50 EUR.",
                "You do not have to hand in receipts for amounts under 50 EUR.",
            ),
            ("All staff must register.", "Every member of staff shall register before travel."),
            ("Not more than 50 EUR", "At most 50 EUR"),
        ] {
            assert_eq!(found(statement, quote), [], "{statement}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(a in "[0-9一二十百分之万第年月日不得应当可以.,% a-z-]{0,30}", b in "\\PC{0,30}") {
            proptest::prop_assert!(numbers(&a, &a).is_empty(), "{:?}", numbers(&a, &a));
            proptest::prop_assert_eq!(mismatches(&a, &a), []);
            mismatches(&a, &b);
            mismatches(&b, &a);
        }
    }
}
