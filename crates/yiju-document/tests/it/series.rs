//! Series of members under a lead-in, and what goes with an answer.

use yiju_document::{Document, Role, parse_text};

fn read(text: &str) -> Document {
    parse_text(None, text).unwrap().into_iter().next().unwrap()
}

fn clause<'d>(document: &'d Document, words: &str) -> (usize, &'d yiju_document::Clause) {
    let mut clauses = document.clauses.iter().enumerate();
    clauses.find(|(_, clause)| document.slice(clause.span).contains(words)).unwrap()
}

#[test]
fn a_heading_with_a_colon_over_a_series_leads_in_to_it() {
    let document = read(
        "青河市事业单位招聘公告\n\n一、报名条件\n\n（一）报名人员应当具备以下条件：\n\n1. 年满十八周岁；\n\n2. \
         具有相应学历。\n\n（二）下列人员不得报名：\n\n1. 现役军人；\n\n2. 在读的非应届毕业生。\n\n二、报名\n\n网上报名。\n",
    );
    let (_, barred) = clause(&document, "下列人员不得报名");
    assert_eq!((barred.label.as_str(), barred.items.len()), ("（二）", 2));
    assert!(document.slice(barred.span).contains("在读的非应届毕业生"));
}

#[test]
fn what_stands_behind_a_series_is_no_part_of_its_last_member() {
    let document = read(
        "青山中学学生手机管理办法\n\n第四部分　违规的处理\n\n学生有以下行为之一的，由班主任谈话：\n\n1. 未经申请带手机入校；\n\n2. \
         借用他人手机。\n\n学生有以下行为之一的，给予警告处分：\n\n1. 上课时使用手机；\n\n2. 拍摄他人并上传网络。\n",
    );
    let (lead, clause_of_lead) = clause(&document, "给予警告处分");
    assert!(!document.slice(clause_of_lead.span).contains("借用他人手机"));
    assert_eq!(clause_of_lead.roles.last(), Some(&Role::LeadIn));
    let (_, member) = clause(&document, "拍摄他人");
    assert_eq!(member.lead, Some(lead));
}

#[test]
fn an_answer_goes_with_its_question() {
    let document = read(
        "小餐饮登记问答\n\n一问　什么叫小餐饮？\n\n五十平方米以下的门店。\n\n二问　登记证能用几年？\n\n三年，不收费。期满前申请延续。\n",
    );
    let (_, asked) = clause(&document, "登记证能用几年");
    assert_eq!(asked.roles[0], Role::Question);
    assert!(asked.governing(document.slice(asked.span), 1).contains(&0));
}

#[test]
fn a_preface_announces() {
    let document = read(
        "小餐饮登记手册\n\n松阳区市场监督管理局编印\n\n（2024年版）\n\n编者说明\n\n开店的人问得最多的是怎么登记、要多少面积，本手册回答这些问题，供开店的人查阅参考。\n\n一、登记\n\n开店十日内应当登记，登记不收费用，也不要求任何证明。\n",
    );
    let (_, preface) = clause(&document, "开店的人问得最多");
    assert_eq!(preface.roles, [Role::Opening]);
    let (_, body) = clause(&document, "开店十日内");
    assert_eq!(body.roles, [Role::Body]);
}
