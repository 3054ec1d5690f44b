//! Many processes on one store: one token, one session; many people, as many sessions.

use std::collections::HashSet;
use std::sync::Arc;

use super::client;
use super::fleet::Fleet;
use super::stores::{Persistence, Shared};

const COPIES: usize = 200;
const PEOPLE: usize = 2000;
/// How many people sign in at once.
const LANES: usize = 48;

#[tokio::test(flavor = "multi_thread")]
async fn ten_processes_share_a_redis() {
    one_token_is_one_session_and_many_people_are_many(&Shared::redis(Persistence::None), 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_processes_share_a_postgres() {
    one_token_is_one_session_and_many_people_are_many(&Shared::postgres(), 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_share_an_sqlite_file() {
    one_token_is_one_session_and_many_people_are_many(&Shared::sqlite(), 4).await;
}

async fn one_token_is_one_session_and_many_people_are_many(store: &Shared, processes: usize) {
    let fleet = Fleet::start(&store.url(), processes, u32::try_from(PEOPLE).unwrap()).await;

    let token = client::token(fleet.port(0), fleet.person(0)).await.unwrap();
    let copy = |number| {
        let (port, token) = (fleet.port(number), token.clone());
        tokio::spawn(async move { client::verify(port, &token).await.unwrap() })
    };
    let mut opened = 0;
    for copy in (0..COPIES).map(copy).collect::<Vec<_>>() {
        let answer = copy.await.unwrap();
        match answer.status {
            200 => opened += 1,
            401 => assert_eq!(answer.code(), "challenge_used"),
            _ => panic!("{} {}", answer.status, answer.body),
        }
    }
    assert_eq!(opened, 1);

    // Begun at one process, ended at another, used at a third.
    let lane = |lane: usize| {
        let fleet = Arc::clone(&fleet);
        tokio::spawn(async move {
            let mut cookies = Vec::new();
            for number in (lane..PEOPLE).step_by(LANES) {
                let person = fleet.person(number);
                let token = client::token(fleet.port(number), person).await.unwrap();
                let answer = client::verify(fleet.port(number + 1), &token).await.unwrap();
                assert_eq!(answer.status, 200, "{}", answer.body);
                let session = client::session(fleet.port(number + 2), answer.cookie()).await.unwrap();
                assert_eq!((session.status, session.body["accountId"].as_str()), (200, Some(person.account())));
                cookies.push(answer.cookie().to_owned());
            }
            cookies
        })
    };
    let mut cookies = HashSet::new();
    for lane in (0..LANES).map(lane).collect::<Vec<_>>() {
        cookies.extend(lane.await.unwrap());
    }
    assert_eq!(cookies.len(), PEOPLE);
}
