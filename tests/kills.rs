//! A server killed at random while it adds, replaces and removes: everything acknowledged is there, nothing
//! else is, and the next start needs no repair.
//!
//! `YIJU_KILL_ROUNDS` is the number of kills (default 6); `YIJU_KILL_SEED` repeats a run.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::support::{Place, Server};

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap())
}

fn text(seed: u64) -> String {
    (1..=3 + seed % 3).map(|n| format!("第{n}条　编号{seed}的事项按第{n}种办法办理。\n")).collect()
}

fn title(seed: u64) -> String {
    format!("第{seed}号规则")
}

/// The library's content: for each source the seed of its text.
type State = BTreeMap<String, u64>;

/// A write: the seed of the new text, or a removal.
#[derive(Clone, Debug)]
struct Write {
    source: String,
    seed: Option<u64>,
}

impl Write {
    fn apply(&self, state: &State) -> State {
        let mut state = state.clone();
        match self.seed {
            Some(seed) => state.insert(self.source.clone(), seed),
            None => state.remove(&self.source),
        };
        state
    }
}

/// What the server holds; checks the text of every document.
fn held(server: &Server) -> (State, BTreeMap<String, String>) {
    let list: Value = server.get("/v1/documents").json().unwrap();
    let (mut state, mut ids) = (State::new(), BTreeMap::new());
    for document in list["documents"].as_array().unwrap() {
        let id = document["id"].as_str().unwrap();
        let name = document["title"].as_str().unwrap();
        let seed: u64 = name.trim_start_matches('第').trim_end_matches("号规则").parse().unwrap();
        let found = server.get(&format!("/v1/documents/{id}/text"));
        let found = found.text().unwrap();
        for line in text(seed).lines() {
            assert!(found.contains(line), "{found}");
        }
        assert_eq!(document["clauses"], 3 + seed % 3);
        let source = document["source"].as_str().unwrap().to_owned();
        assert_eq!(state.insert(source.clone(), seed), None, "{source} is there twice");
        ids.insert(source, id.to_owned());
    }
    (state, ids)
}

/// Every document is found by its own words, and no removed one is found.
fn assert_findable(server: &Server, state: &State) {
    for seed in state.values() {
        let query = json!({"query": format!("编号{seed}的事项按第2种办法办理"), "limit": 5});
        let answer: Value = server.post("/v1/search", &query).json().unwrap();
        let titles: Vec<&str> = answer["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["document"]["title"].as_str().unwrap())
            .collect();
        assert!(titles.contains(&title(*seed).as_str()), "{seed}: {titles:?}");
        for found in titles {
            assert!(state.values().any(|seed| title(*seed) == found), "{found}");
        }
    }
}

#[test]
fn a_server_killed_at_random_loses_nothing_and_leaves_nothing_half() {
    let rounds = variable("YIJU_KILL_ROUNDS", 6);
    let seed = variable("YIJU_KILL_SEED", u64::from(std::process::id()) + 1);
    println!("YIJU_KILL_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let place = Place::new();
    let mut state = State::new();
    let mut flying: Option<Write> = None;
    let mut next = 1;
    let (mut acknowledged, mut in_flight, mut kept) = (0, 0, 0);
    for round in 0..rounds {
        let mut server = Server::start(&place, &["--threads", "1"]);
        let (found, mut ids) = held(&server);
        match &flying {
            Some(write) if found != state => {
                kept += 1;
                assert_eq!(found, write.apply(&state), "round {round}: {write:?}");
            }
            _ => assert_eq!(found, state, "round {round}"),
        }
        state = found;
        flying = None;
        if round % 5 == 0 {
            assert_findable(&server, &state);
        }
        // Killed after some writes and a delay: on a busy machine a delay alone would end within the first
        // write.
        let killed = AtomicBool::new(false);
        let writes_before = random.random_range(0..9);
        let delay = Duration::from_micros(random.random_range(0..250_000));
        let plan: Vec<Write> = (0..200)
            .map(|_| {
                let source = format!("源{}.txt", random.random_range(0..7));
                let remove = random.random_range(0..4) == 0;
                next += 1;
                Write { source, seed: (!remove).then_some(next) }
            })
            .collect();
        let (client, url) = (server.client.clone(), server.url.clone());
        let child = &mut server.child;
        std::thread::scope(|scope| {
            let killed = &killed;
            // Dropped when this closure ends or panics, which ends the other thread's wait.
            let (written, writes) = std::sync::mpsc::channel();
            scope.spawn(move || {
                let _ = writes.iter().take(writes_before as usize).count();
                std::thread::sleep(delay);
                killed.store(true, Ordering::SeqCst);
                child.kill().unwrap();
                child.wait().unwrap();
            });
            for write in plan {
                let request = match (&write.seed, ids.get(&write.source)) {
                    (Some(seed), _) => client.post(format!("{url}/v1/documents")).json(&json!({
                        "title": title(*seed), "text": text(*seed), "source": write.source,
                    })),
                    (None, Some(id)) => client.delete(format!("{url}/v1/documents/{id}")),
                    (None, None) => continue,
                };
                let answer = request.send().and_then(|response| {
                    let status = response.status();
                    assert!(status.is_success(), "{write:?}: {status}");
                    response.bytes()
                });
                match answer {
                    Ok(body) => {
                        acknowledged += 1;
                        let _ = written.send(());
                        state = write.apply(&state);
                        match write.seed {
                            Some(_) => {
                                let body: Value = serde_json::from_slice(&body).unwrap();
                                let id = id_of(&body);
                                ids.insert(write.source.clone(), id);
                            }
                            None => {
                                ids.remove(&write.source);
                            }
                        }
                    }
                    Err(error) => {
                        assert!(killed.load(Ordering::SeqCst), "{error}");
                        in_flight += 1;
                        flying = Some(write);
                        break;
                    }
                }
            }
        });
    }
    let server = Server::start(&place, &["--threads", "1"]);
    let (found, _) = held(&server);
    if found != state {
        let write = flying.as_ref().unwrap();
        assert_eq!(found, write.apply(&state), "{write:?}");
        kept += 1;
    }
    assert_findable(&server, &found);
    drop(server);
    let checked = place.json(&["check", "--json"]);
    assert_eq!(checked["sound"], true, "{checked:#}");
    println!(
        "{rounds} kills, {acknowledged} writes acknowledged and all there; {in_flight} in flight, \
         {kept} of them whole"
    );
}

/// The id of the first document in the response to an add.
fn id_of(body: &Value) -> String {
    let document = body["documents"].get(0).unwrap_or(body);
    document["id"].as_str().unwrap_or_else(|| panic!("{body:#}")).to_owned()
}
