//! Order, bounds and withdrawals, with the model held busy by the test.

use std::path::Path;
use std::thread::scope;

use super::*;
use crate::EmbedderOptions;

fn queue(options: QueueOptions) -> EmbedQueue {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/yiju-e5-small-q8");
    let threads = EmbedderOptions { threads: 1, ..EmbedderOptions::default() };
    EmbedQueue::new(Embedder::open(&model, threads).unwrap(), options)
}

fn small() -> EmbedQueue {
    queue(QueueOptions { batch_tokens: 40, waiting_tokens: 100 })
}

/// As if a caller ran the model.
fn occupy(queue: &EmbedQueue) {
    let mut state = queue.lock();
    for lane in [Lane::Questions, Lane::Ingestion] {
        assert!(state.take_model(lane, 40).is_some_and(|batch| batch.is_empty()));
    }
}

fn release(queue: &EmbedQueue) {
    let mut state = queue.lock();
    for lane in [Lane::Questions, Lane::Ingestion] {
        state.leave_model(lane);
        state.wake_next(lane);
    }
}

fn wait_for(queue: &EmbedQueue, callers: usize) {
    while queue.figures().callers != callers {
        std::thread::yield_now();
    }
}

fn prepared(queue: &EmbedQueue, texts: &[&str]) -> Arc<Prepared> {
    Arc::new(queue.embedder.prepare(InputType::Query, texts).unwrap())
}

#[test]
fn questions_go_first_and_ingestion_is_cut_into_even_batches() {
    let queue = small();
    let long = vec!["公积金可以提取。"; 30];
    let ingestion = prepared(&queue, &long);
    let question = prepared(&queue, &["公积金怎么提取？"]);
    let first = queue.enter(Priority::Ingestion, &ingestion).unwrap();
    let second = queue.enter(Priority::Question, &question).unwrap();
    let third = queue.enter(Priority::Question, &question).unwrap();
    let mut state = queue.lock();
    let batch = state.take_batch(Lane::Questions, 40);
    let numbers: Vec<u64> = batch.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [second.number, third.number]);
    let mut sizes = Vec::new();
    let mut windows = 0..0;
    loop {
        let batch = state.take_batch(Lane::Ingestion, 40);
        let Some(part) = batch.first() else { break };
        assert_eq!((batch.len(), part.number), (1, first.number));
        assert_eq!(part.windows.start, windows.end);
        windows = part.windows.clone();
        sizes.push(windows.len() * ingestion.ids(0).len());
    }
    assert_eq!(windows.end, 30);
    let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
    assert!(*most <= 40 && most - least <= ingestion.ids(0).len(), "{sizes:?}");
    assert_eq!(state.waiting_tokens(Lane::Questions) + state.waiting_tokens(Lane::Ingestion), 0);
    drop(state);
    drop((first, second, third));
    assert_eq!(queue.figures().callers, 0);
}

#[test]
fn callers_and_lanes_take_turns() {
    let queue = queue(QueueOptions { batch_tokens: 40, waiting_tokens: 10_000 });
    let long = prepared(&queue, &vec!["公积金可以提取。"; 30]);
    let short = prepared(&queue, &["公积金可以提取。"]);
    let per_text = short.ids(0).len();
    let first = queue.enter(Priority::Ingestion, &long).unwrap();
    let mut state = queue.lock();
    let taken = state.take_batch(Lane::Ingestion, 40);
    assert_eq!(taken[0].number, first.number);
    drop(state);
    // One that comes while another's thirty are being embedded is in the next batch, and the rest of it is the other's.
    let second = queue.enter(Priority::Ingestion, &short).unwrap();
    let mut state = queue.lock();
    let taken = state.take_batch(Lane::Ingestion, 40);
    let numbers: Vec<u64> = taken.iter().map(|part| part.number).collect();
    assert_eq!(numbers, [second.number, first.number]);
    let tokens: usize = taken.iter().map(|part| part.windows.len() * per_text).sum();
    assert!(tokens <= 40 && taken[1].windows.len() >= 2, "{tokens}");
    drop(state);
    // Batches and ingestion get the same.
    let third = queue.enter(Priority::Batch, &long).unwrap();
    let mut state = queue.lock();
    let mut counts = [0, 0];
    for _ in 0..4 {
        for part in state.take_batch(Lane::Batches, 40) {
            assert!([first.number, third.number].contains(&part.number));
            counts[usize::from(part.lane == Lane::Batches)] += part.windows.len();
        }
    }
    assert!(counts[0].abs_diff(counts[1]) <= 3 && counts[0] > 0, "{counts:?}");
    drop(state);
    drop((first, second, third));
}

#[test]
fn a_question_does_not_wait_for_another_batch() {
    let queue = small();
    let texts = prepared(&queue, &["公积金"]);
    let other = queue.enter(Priority::Batch, &texts).unwrap();
    let Step::Run(batch) = other.next_step(None).unwrap() else {
        panic!("the model is free");
    };
    assert!(queue.embed(Priority::Question, InputType::Query, &["公积金"]).is_ok());
    drop(Turn { queue: &queue, lane: Lane::Batches, batch, done: false });
    drop(other);
}

#[test]
fn a_text_longer_than_a_batch_goes_alone() {
    let queue = small();
    let text = "公积金可以提取。".repeat(20);
    let long = prepared(&queue, &[&text, "短"]);
    let place = queue.enter(Priority::Ingestion, &long).unwrap();
    let mut state = queue.lock();
    assert_eq!(state.take_batch(Lane::Ingestion, 40)[0].windows, 0..1);
    assert_eq!(state.take_batch(Lane::Ingestion, 40)[0].windows, 1..2);
    drop(state);
    drop(place);
}

#[test]
fn a_full_queue_turns_away_and_says_so() {
    let queue = small();
    occupy(&queue);
    let texts = ["公积金可以提取。"; 9];
    scope(|threads| {
        let waiting =
            threads.spawn(|| queue.embed(Priority::Ingestion, InputType::Passage, &texts));
        wait_for(&queue, 1);
        let refused = queue.embed(Priority::Ingestion, InputType::Passage, &texts);
        let Err(EmbedError::Busy { waiting: there, limit: 100, .. }) = refused else {
            panic!("{refused:?}");
        };
        assert!(there > 50);
        // Questions have room of their own.
        let question =
            threads.spawn(|| queue.embed(Priority::Question, InputType::Query, &["公积金"]));
        wait_for(&queue, 2);
        release(&queue);
        assert_eq!(waiting.join().unwrap().unwrap().len(), 9);
        assert_eq!(question.join().unwrap().unwrap().len(), 1);
    });
    let figures = queue.figures();
    assert_eq!((figures.callers, figures.waiting_tokens, figures.refused), (0, 0, 1));
    assert!(figures.batches >= 2 && figures.batched_tokens > 90);
}

#[test]
fn who_is_gone_leaves_the_queue_and_the_rest_is_served() {
    let queue = small();
    occupy(&queue);
    let cancel = Cancel::new();
    scope(|threads| {
        let gone = threads.spawn(|| {
            cancel.scope(|| queue.embed(Priority::Question, InputType::Query, &["走了"]))
        });
        wait_for(&queue, 1);
        let stays = threads.spawn(|| queue.embed(Priority::Question, InputType::Query, &["留下"]));
        wait_for(&queue, 2);
        cancel.cancel();
        assert!(matches!(gone.join().unwrap(), Err(EmbedError::Cancelled)));
        wait_for(&queue, 1);
        release(&queue);
        assert!(stays.join().unwrap().is_ok());
    });
    assert_eq!(queue.figures().cancelled, 1);
    // One that was cancelled before it came is not let wait either.
    let again = cancel.scope(|| queue.embed(Priority::Question, InputType::Query, &["走了"]));
    assert!(matches!(again, Err(EmbedError::Cancelled)));
    assert!(queue.embed(Priority::Question, InputType::Query, &["在"]).is_ok());
}

#[test]
fn a_batch_that_breaks_off_fails_its_callers_and_frees_the_model() {
    let queue = small();
    let texts = prepared(&queue, &["公积金"]);
    let place = queue.enter(Priority::Question, &texts).unwrap();
    let Step::Run(batch) = place.next_step(None).unwrap() else {
        panic!("the model is free");
    };
    assert!(matches!(place.next_step(None).unwrap(), Step::Wait));
    drop(Turn { queue: &queue, lane: Lane::Questions, batch, done: false });
    assert!(matches!(place.next_step(None), Err(EmbedError::Compute(_))));
    drop(place);
    assert!(queue.embed(Priority::Question, InputType::Query, &["公积金"]).is_ok());
}

#[test]
fn many_callers_get_the_bits_of_the_embedder_alone() {
    let queue = queue(QueueOptions { batch_tokens: 64, waiting_tokens: 1 << 20 });
    let texts: Vec<String> = (0..24)
        .map(|i| "住房租赁当事人应当依法订立合同。".repeat(i % 5) + &i.to_string())
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let passages = queue.embedder.embed_tokens(InputType::Passage, &texts).unwrap();
    let questions = queue.embedder.embed(InputType::Query, &texts).unwrap();
    scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let made = queue.embed_tokens(Priority::Ingestion, InputType::Passage, &texts);
                assert!(made.unwrap() == passages);
            });
        }
        for part in 0..4 {
            let (queue, texts, questions) = (&queue, &texts, &questions);
            threads.spawn(move || {
                for (text, expected) in texts.iter().zip(questions).skip(part).step_by(4) {
                    let made = queue.embed(Priority::Question, InputType::Query, &[text]).unwrap();
                    assert!(made[0] == *expected, "{text}");
                }
            });
        }
    });
    let figures = queue.figures();
    assert_eq!((figures.callers, figures.waiting_tokens), (0, 0));
    assert!(queue.embed(Priority::Question, InputType::Query, &[]).unwrap().is_empty());
}
