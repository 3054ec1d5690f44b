//! Secrets that change while people sign in.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use siwn::conformance::TestClock;
use siwn::{Generation, MemoryStore, Secret, Store, UnixMillis};
use siwn_server::Secrets;

use crate::VERIFY;
use crate::support::{NOW, Server, key, sign};

const CHANGE: Duration = Duration::from_mins(10);
const LIFETIME: Duration = Duration::from_mins(5);
/// How far the clocks of two processes may differ.
const SKEW: Duration = Duration::from_secs(10);

fn secret(byte: u8) -> Secret {
    Secret::from_bytes([byte; 32])
}

fn old() -> Secrets {
    Secrets::new(secret(1))
}

fn changing() -> Secrets {
    old().changing_to(secret(2), NOW + CHANGE)
}

fn new() -> Secrets {
    Secrets::new(secret(2))
}

/// Two processes with one store, each with the secrets that it was told last.
struct Replicas {
    first: Server,
    second: Server,
}

impl Replicas {
    fn new() -> Self {
        let clock = TestClock::at(NOW);
        let reads = clock.clone();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Generation::from_bytes([9; 16]), 1000, move || reads.now()));
        let server = || {
            let (store, reads) = (Arc::clone(&store), clock.clone());
            Server {
                clock: clock.clone(),
                ..Server::with(|builder| builder.secret(old()).store(store).clock(Arc::new(move || reads.now())))
            }
        };
        Self { first: server(), second: server() }
    }

    fn at(&self, time: UnixMillis) {
        self.first.clock.set(time);
    }

    /// Whatever one of them issues, both take back; and what was issued before and is still good.
    async fn assert_whole(&self, before: Option<Value>) {
        for (issuing, judging) in [(&self.first, &self.second), (&self.second, &self.first), (&self.first, &self.first)] {
            assert_good(judging, &issuing.challenge(&[]).await.json()).await;
        }
        if let Some(challenge) = before {
            assert_good(&self.second, &challenge).await;
        }
    }
}

async fn verify(server: &Server, challenge: &Value) -> (StatusCode, String) {
    let answer = server.post(VERIFY, &[], &json!({ "authToken": sign(challenge, &key()) })).await;
    (answer.status, answer.body)
}

async fn assert_good(server: &Server, challenge: &Value) {
    let (status, body) = verify(server, challenge).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

#[tokio::test]
async fn nothing_that_was_issued_fails_while_replicas_change_their_secret_one_after_the_other() {
    let replicas = Replicas::new();
    let minute = |minutes| NOW + Duration::from_mins(minutes);
    replicas.assert_whole(None).await;
    let mut before = replicas.first.challenge(&[]).await.json();
    // One hears of it at once, the other shortly before the time.
    replicas.first.siwn.set_secrets(&changing()).unwrap();
    for (time, server, secrets) in [
        (minute(4), None, None),
        (minute(8), None, None),
        (minute(9), Some(&replicas.second), Some(changing())),
        (minute(10), None, None),
        (minute(14), None, None),
        // The old one is over; one of them forgets it, then the other.
        (minute(16), Some(&replicas.first), Some(new())),
        (minute(18), Some(&replicas.second), Some(new())),
    ] {
        replicas.at(time);
        if let (Some(server), Some(secrets)) = (server, secrets) {
            server.siwn.set_secrets(&secrets).unwrap();
        }
        replicas.assert_whole(Some(before)).await;
        before = replicas.first.challenge(&[]).await.json();
    }
}

#[tokio::test]
async fn what_the_old_secret_made_is_good_until_its_very_end_and_the_old_secret_no_longer() {
    let replicas = Replicas::new();
    replicas.first.siwn.set_secrets(&changing()).unwrap();
    let before = |time: UnixMillis| UnixMillis::new(time.get() - 1);
    let last = before(NOW + CHANGE);
    replicas.at(last);
    let [one, other] = [replicas.first.challenge(&[]).await.json(), replicas.first.challenge(&[]).await.json()];
    replicas.at(before(last + LIFETIME));
    assert_good(&replicas.first, &one).await;
    replicas.at(last + LIFETIME);
    assert!(verify(&replicas.first, &other).await.1.contains("challenge_expired"));

    // The second process never heard of the change: what it issues is not taken back for ever.
    replicas.at(NOW + CHANGE + LIFETIME + SKEW);
    let stale = replicas.second.challenge(&[]).await.json();
    assert!(verify(&replicas.first, &stale).await.1.contains("challenge_unknown"));
}

#[tokio::test]
async fn the_new_secret_is_taken_back_before_it_makes_challenges() {
    let replicas = Replicas::new();
    replicas.first.siwn.set_secrets(&changing()).unwrap();
    // Its clock is a little behind the other's: that one begins.
    replicas.second.siwn.set_secrets(&new()).unwrap();
    assert_good(&replicas.first, &replicas.second.challenge(&[]).await.json()).await;
    let early = replicas.first.challenge(&[]).await.json();
    assert!(verify(&replicas.second, &early).await.1.contains("challenge_unknown"), "the first still signs with the old one");
}

#[tokio::test]
async fn in_steps_without_a_time_nothing_fails_either() {
    let replicas = Replicas::new();
    let steps: [fn() -> Secrets; 3] = [|| old().also_accepting(secret(2)), || new().also_accepting(secret(1)), new];
    let mut before = replicas.first.challenge(&[]).await.json();
    for (number, step) in (1..).zip(steps) {
        replicas.at(NOW + Duration::from_mins(4 * number));
        replicas.first.siwn.set_secrets(&step()).unwrap();
        // The last step is taken when nothing of the old one is left.
        if number == 3 {
            replicas.at(NOW + Duration::from_mins(14));
            before = replicas.second.challenge(&[]).await.json();
        }
        replicas.assert_whole(Some(before)).await;
        replicas.second.siwn.set_secrets(&step()).unwrap();
        before = replicas.first.challenge(&[]).await.json();
        replicas.assert_whole(None).await;
    }
}
