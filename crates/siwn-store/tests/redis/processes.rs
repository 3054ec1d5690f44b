//! Ten processes on one server. A test starts this same program again, with the role that the child is to play in its environment.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use siwn::{Opening, Store as _};

use super::servers::Redis;
use super::{open, session};

const URL: &str = "SIWN_TEST_URL";
const NUMBER: &str = "SIWN_TEST_NUMBER";
/// In front of what a child says, as its test harness says things too.
const SAID: &str = "said:";
const PROCESSES: u64 = 10;
const COPIES: u64 = 20;
const HONEST: u64 = 200;

fn start(url: &str, number: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::a_child_signs_people_in", "--ignored", "--nocapture"])
        .envs([(URL, url), (NUMBER, &number.to_string())])
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

#[test]
fn ten_processes_open_each_session_once() {
    let redis = Redis::start();
    let mut children: Vec<_> = (0..PROCESSES).map(|number| start(&redis.url(), number)).collect();
    let mut voices: Vec<_> = children.iter_mut().map(said).collect();
    for voice in &mut voices {
        assert_eq!(voice.next().as_deref(), Some("ready"));
    }
    for child in &mut children {
        child.stdin.take().unwrap().write_all(b"go").unwrap();
    }
    let mut opened = BTreeMap::<String, usize>::new();
    for challenge in voices.into_iter().flatten() {
        *opened.entry(challenge).or_default() += 1;
    }
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(opened.len() as u64, 1 + PROCESSES * HONEST, "the one that all had, and everybody's own");
    assert!(opened.values().all(|times| *times == 1), "{opened:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "played by the children of the other test"]
async fn a_child_signs_people_in() {
    let (url, number) = (std::env::var(URL).unwrap(), std::env::var(NUMBER).unwrap().parse::<u64>().unwrap());
    let store = Arc::new(open(&url).await);
    println!("{SAID}ready");
    std::io::stdin().read_exact(&mut [0; 2]).unwrap();
    let attempt = |(challenge, secret)| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { (challenge, store.open(&session(&store, challenge, secret)).await.unwrap()) })
    };
    // Each copy has a secret of its own: nobody is answered as the one before.
    let copies = (0..COPIES).map(|copy| (0, u8::try_from(number * COPIES + copy).unwrap()));
    let honest = (1..=HONEST).map(|person| (number * HONEST + person, 1));
    for attempt in copies.chain(honest).map(attempt).collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            (challenge, Opening::Opened) => println!("{SAID}{challenge}"),
            (challenge, opening) => assert_eq!((challenge, opening), (0, Opening::AlreadySpent)),
        }
    }
}
