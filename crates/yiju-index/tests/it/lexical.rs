//! The lexical index.

use proptest::prelude::*;
use yiju_index::{Hit, IndexError, LexicalIndex, SnapshotError};

use crate::made::Ids;

const CLAUSES: [(u64, &str, &str); 6] = [
    (10, "一、优化城市体系", "控制超大城市规模，合理有序疏解非核心功能。"),
    (20, "一、优化城市体系", "推动中小城市和县城分类发展。"),
    (30, "二、培育发展新动能", "发展新质生产力，支持科技创新，投入增长7.5%。"),
    (40, "三、营造宜居环境", "系统推进“好房子”建设，（一）改造老旧小区。"),
    (50, "三、营造宜居环境", "推进公共服务均等化，完善养老服务体系。"),
    (60, "Green transition", "Cities reduce emissions; every city plans for 2035."),
];

fn sample(mut index: LexicalIndex) -> LexicalIndex {
    for (id, heading, body) in CLAUSES {
        index.add(id, heading, body).unwrap();
    }
    index.commit(1).unwrap();
    index
}

fn memory() -> LexicalIndex {
    sample(LexicalIndex::in_memory().unwrap())
}

fn ids(hits: Vec<Hit>) -> Vec<u64> {
    hits.into_iter().map(|hit| hit.id).collect()
}

fn found(index: &LexicalIndex, query: &str) -> Vec<u64> {
    ids(index.search(query, 10, None).unwrap())
}

#[test]
fn the_clause_with_the_rare_words_comes_first() {
    let index = memory();
    assert_eq!(index.len(), 6);
    assert_eq!(found(&index, "超大城市的规模要不要控制？")[0], 10);
    assert_eq!(found(&index, "超大城市的規模要不要控制？")[0], 10, "Traditional meets Simplified");
    assert_eq!(found(&index, "「好房子」怎么建设")[0], 40);
    assert_eq!(found(&index, "７．５％"), [30]);
    assert_eq!(found(&index, "CITY EMISSION"), [60]);
    assert_eq!(found(&index, "宜居"), [40, 50], "headings count");
    assert!(found(&index, "月球").is_empty());
    assert_eq!(index.document_frequency("城市").unwrap(), 2);
    assert_eq!(index.document_frequency("月球").unwrap(), 0);
}

#[test]
fn stop_terms_count_only_alone() {
    let mut index = memory();
    index.add(70, "", "什么是什么，怎样的什么").unwrap();
    index.commit(2).unwrap();
    assert!(!found(&index, "什么是养老服务").contains(&70));
    assert_eq!(found(&index, "什么"), [70]);
}

#[test]
fn entries_are_replaced_and_removed() {
    let mut index = memory();
    index.add(10, "", "月球基地").unwrap();
    index.remove(20).unwrap();
    index.remove(12345).unwrap();
    assert_eq!(found(&index, "中小城市"), [20, 10], "nothing changes before the commit");
    index.commit(2).unwrap();
    assert_eq!(index.generation(), Some(2));
    assert_eq!(index.len(), 5);
    assert_eq!(found(&index, "月球"), [10]);
    assert!(!found(&index, "超大城市 中小城市").contains(&20));
    assert!(!found(&index, "疏解").contains(&10));
}

#[test]
fn filters_give_all_that_exists() {
    let mut index = LexicalIndex::in_memory().unwrap();
    for id in 0..2000 {
        let more = "城市".repeat(id as usize % 7);
        index.add(id, "", &format!("{more}发展第{id}条")).unwrap();
        if id == 900 {
            index.commit(1).unwrap();
        }
    }
    index.commit(2).unwrap();
    for step in [2, 20, 200, 1000] {
        let filter = Ids::new((0..2000).step_by(step));
        let all = index.search("城市发展", 2000, None).unwrap();
        let wanted: Vec<u64> =
            ids(all).into_iter().filter(|id| filter.set.contains(id)).take(10).collect();
        assert_eq!(ids(index.search("城市发展", 10, Some(&filter)).unwrap()), wanted);
        assert_eq!(wanted.len(), 10.min(2000 / step));
    }
    assert!(index.search("城市", 10, Some(&Ids::new([]))).unwrap().is_empty());
    assert!(index.search("城市", 0, None).unwrap().is_empty());
    assert_eq!(index.search("城市 发展", usize::MAX, None).unwrap().len(), 2000);
}

#[test]
fn equal_scores_are_ordered_by_id() {
    let mut index = LexicalIndex::in_memory().unwrap();
    for id in [5, 3, 9, 1, 7] {
        index.add(id, "", "同样的文字").unwrap();
        index.commit(id).unwrap();
    }
    assert_eq!(ids(index.search("文字", 3, None).unwrap()), [1, 3, 5]);
}

#[test]
fn a_directory_keeps_the_index_and_its_generation() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("words");
    assert!(matches!(LexicalIndex::open(&path, 1), Err(SnapshotError::Missing { .. })));
    let index = LexicalIndex::open_or_create(&path).unwrap();
    assert_eq!(index.generation(), None);
    let wanted = found(&sample(index), "城市发展");
    let index = LexicalIndex::open(&path, 1).unwrap();
    assert_eq!(found(&index, "城市发展"), wanted);
    assert!(matches!(
        LexicalIndex::open(&path, 2),
        Err(SnapshotError::Stale { expected: 2, found: 1 })
    ));
    // Two readers and a writer are fine, two writers are not.
    let mut writing = LexicalIndex::open_or_create(&path).unwrap();
    writing.add(1, "", "一").unwrap();
    let mut second = LexicalIndex::open(&path, 1).unwrap();
    assert!(matches!(second.add(2, "", "二"), Err(IndexError::Lexical { .. })));
    drop(writing);
    assert_eq!(LexicalIndex::open(&path, 1).unwrap().len(), 6, "what was not committed is gone");
    assert!(LexicalIndex::create(&path).unwrap().is_empty());
}

#[test]
fn damage_is_an_error_that_asks_for_a_rebuild() {
    let dir = tempfile::tempdir().unwrap();
    drop(sample(LexicalIndex::open_or_create(dir.path()).unwrap()));
    let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().path()).collect();
    let mut refused = 0;
    for file in files.iter().filter(|f| f.is_file() && !f.ends_with(".managed.json")) {
        let bytes = std::fs::read(file).unwrap();
        if bytes.is_empty() {
            continue;
        }
        for broken in [bytes[..bytes.len() / 2].to_vec(), vec![], vec![b'{'; 50], flipped(&bytes)] {
            // Written anew each time, for the old file may still be mapped.
            std::fs::remove_file(file).unwrap();
            std::fs::write(file, broken).unwrap();
            let error = LexicalIndex::open(dir.path(), 1).err();
            let error =
                error.unwrap_or_else(|| panic!("damage in {} goes unnoticed", file.display()));
            assert!(error.needs_rebuild(), "{error}");
            refused += 1;
        }
        std::fs::remove_file(file).unwrap();
        assert!(LexicalIndex::open(dir.path(), 1).is_err());
        std::fs::write(file, bytes).unwrap();
    }
    assert!(refused >= 20);
    assert_eq!(LexicalIndex::open(dir.path(), 1).unwrap().len(), 6);
}

fn flipped(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    bytes
}

#[test]
fn any_text_is_a_query() {
    let index = memory();
    let long: String = (0..2000).map(|n| format!("城市{n} 发展 ")).collect();
    let mut hits = found(&index, &long);
    hits.sort_unstable();
    assert_eq!(hits, [10, 20, 30]);
    for query in [
        "",
        "  ",
        "+-&&||!(){}[]^\"~*?:\\/",
        "城市:发展 AND (OR NOT",
        "\u{0}\u{FFFF}",
        "a:b:c",
        "*",
    ] {
        index.search(query, 10, None).unwrap();
    }
    proptest!(ProptestConfig::with_cases(200), |(query in "\\PC{0,60}")| {
        let hits = index.search(&query, 3, None).unwrap();
        prop_assert!(hits.iter().all(|hit| hit.score.is_finite() && hit.score >= 0.0));
    });
}

#[test]
fn scripts_and_widths_meet_both_ways() {
    let mut index = memory();
    index.add(1, "住房租赁办法", "出租人应当将押金退还承租人，逾期按每日５％计算。").unwrap();
    index.add(2, "住房租賃辦法", "出租人應當將押金退還承租人，逾期按每日5%計算。").unwrap();
    index.add(3, "图书馆", "图书馆周六开放。").unwrap();
    index.commit(1).unwrap();
    for query in
        ["押金退还承租人", "押金退還承租人", "住房租賃辦法", "住房租赁办法", "逾期５％", "逾期 5%"]
    {
        let hits = index.search(query, 10, None).unwrap();
        let mut both: Vec<u64> = hits.iter().map(|hit| hit.id).collect();
        both.sort_unstable();
        assert_eq!(both, [1, 2], "{query}");
        assert_eq!(hits[0].score, hits[1].score, "{query}");
    }
}
