//! Several processes, and processes that are killed.
//!
//! A test starts this same program again, with the role that the child is to play in its environment.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use siwn::conformance::TestClock;
use siwn::{Generation, Opening, Store as _};
use siwn_store::{KeptSecrets as _, SqliteStore};

use super::{GENERATION, START, id, open, open_with, session};

const ROLE: &str = "SIWN_TEST_ROLE";
const FILE: &str = "SIWN_TEST_FILE";
const NUMBER: &str = "SIWN_TEST_NUMBER";
/// In front of what a child says, as its test harness says things too.
const SAID: &str = "said:";

fn start(role: &str, path: &Path, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_child_plays_its_role", "--ignored", "--nocapture"])
        .envs([(ROLE, role), (NUMBER, &number.to_string())])
        .env(FILE, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What the child says from here on, word by word.
fn said(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.filter_map(|line| line.unwrap().split_once(SAID).map(|(_, said)| said.to_owned()))
}

/// Starts the children, lets all go on together when each is ready, and answers what each said.
fn together(role: &str, path: &Path, children: u64) -> Vec<Vec<String>> {
    let mut children: Vec<_> = (0..children).map(|number| start(role, path, number)).collect();
    let mut voices: Vec<_> = children.iter_mut().map(said).collect();
    for voice in &mut voices {
        assert_eq!(voice.next().as_deref(), Some("ready"));
    }
    for child in &mut children {
        child.stdin.take().unwrap().write_all(b"go").unwrap();
    }
    let said = voices.into_iter().map(Iterator::collect).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    said
}

fn say(word: impl std::fmt::Display) {
    println!("{SAID}{word}");
}

fn wait_until_all_are_ready() {
    say("ready");
    assert!(std::io::stdin().read(&mut [0]).unwrap() > 0, "told to go on");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "played by the children of the other tests"]
async fn a_child_plays_its_role() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let path = Path::new(&path);
    let number: u8 = std::env::var(NUMBER).unwrap().parse().unwrap();
    match std::env::var(ROLE).unwrap().as_str() {
        "open sessions until killed" => open_sessions_until_killed(path, number).await,
        "open the same sessions" => open_the_same_sessions(path, number).await,
        "open the same file" => open_the_same_file(path, number).await,
        role => panic!("no role {role}"),
    }
}

async fn open_sessions_until_killed(path: &Path, round: u8) {
    let store = Arc::new(open(path));
    let lane = |lane: u64| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for count in 0.. {
                let challenge = u64::from(round) << 32 | lane << 24 | count;
                assert_eq!(store.open(&session(&store, challenge, 1)).await.unwrap(), Opening::Opened);
                say(challenge);
            }
        })
    };
    for lane in (0..8).map(lane).collect::<Vec<_>>() {
        lane.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_answered_stays_spent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("siwn.db");
    let mut answered = Vec::new();
    for round in 0..8 {
        let mut child = start("open sessions until killed", &path, round);
        let mut voice = said(&mut child);
        let enough = RandomState::new().hash_one(round) % 300 + 1;
        for _ in 0..enough {
            answered.push(voice.next().unwrap());
        }
        // SIGKILL, in the middle of whatever it does.
        child.kill().unwrap();
        answered.extend(voice);
        assert!(!child.wait().unwrap().success());

        let store = open_with(&path, Generation::from_bytes([9; 16]), TestClock::at(START)).unwrap();
        assert_eq!(store.generation().unwrap(), GENERATION);
        for challenge in &answered {
            let challenge = challenge.parse().unwrap();
            let first = session(&store, challenge, 1);
            assert_eq!(
                store.find(id(challenge)).await.unwrap().as_ref(),
                Some(first.row()),
                "round {round}, challenge {challenge}"
            );
            assert_eq!(store.open(&session(&store, challenge, 2)).await.unwrap(), Opening::AlreadySpent);
        }
        store.shutdown().await;
    }
}

async fn open_the_same_sessions(path: &Path, number: u8) {
    let store = Arc::new(open(path));
    wait_until_all_are_ready();
    let attempt = |challenge| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { (challenge, store.open(&session(&store, challenge, number)).await.unwrap()) })
    };
    for attempt in (0..500).map(attempt).collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            (challenge, Opening::Opened) => say(challenge),
            (_, opening) => assert_eq!(opening, Opening::AlreadySpent),
        }
    }
}

#[test]
fn of_many_processes_exactly_one_opens_each_session() {
    let directory = tempfile::tempdir().unwrap();
    let mut winners = BTreeMap::<String, usize>::new();
    for challenge in together("open the same sessions", &directory.path().join("siwn.db"), 3).into_iter().flatten() {
        *winners.entry(challenge).or_default() += 1;
    }
    assert_eq!(winners.len(), 500);
    assert!(winners.values().all(|winners| *winners == 1), "{winners:?}");
}

async fn open_the_same_file(path: &Path, number: u8) {
    wait_until_all_are_ready();
    let store = open_with(path, Generation::from_bytes([number; 16]), TestClock::at(START)).unwrap();
    let secrets = store.kept_secrets(&number.to_string()).await.unwrap();
    say(format!("{:?} {}", store.generation().unwrap(), secrets));
}

#[test]
fn processes_that_make_one_file_at_once_agree() {
    // Often, because it takes luck for two to meet at the change to write-ahead logging.
    for _ in 0..30 {
        let directory = tempfile::tempdir().unwrap();
        let said = together("open the same file", &directory.path().join("siwn.db"), 4);
        assert!(said.iter().all(|one| one.len() == 1 && *one == said[0]), "{said:?}");
    }
}

#[test]
fn handles_that_make_one_file_at_once_agree() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("siwn.db");
    let open = |number| open_with(&path, Generation::from_bytes([number; 16]), TestClock::at(START)).unwrap();
    let open = &open;
    let stores: Vec<SqliteStore> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || open(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let generations: Vec<_> = stores.iter().map(|store| store.generation().unwrap()).collect();
    assert!(generations.iter().all(|generation| *generation == generations[0]), "{generations:?}");
}
