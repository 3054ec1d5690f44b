//! Who is let in where, and what is refused at the start.

use siwn::{Opening, Store as _};
use siwn_store::KeptSecrets as _;
use siwn_store::redis::OpenError;
use siwn_store::{RedisStore, RedisUrl};

use super::servers::{Redis, RedisCluster, free_port};
use super::{SERVER, START, open, open_with, session};
use siwn::conformance::TestClock;

async fn refused(url: &str) -> OpenError {
    open_with(url, TestClock::at(START)).await.unwrap_err()
}

/// An error and its sources.
fn told(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn a_rediss_url_connects() {
    let redis = Redis::start_with_tls();
    let url = format!("{}?ca={}", redis.url(), redis.authority().display());
    let store = open(&url).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    assert_eq!(store.find(new.row().id).await.unwrap().as_ref(), Some(new.row()));

    let unknown = refused(&redis.url()).await;
    assert!(matches!(unknown, OpenError::Unreachable(_)), "an authority that nobody named: {unknown:?}");
    let plain = refused(&redis.url().replace("rediss", "redis")).await;
    assert!(matches!(plain, OpenError::Unreachable(_)), "{plain:?}");
    let no_file = refused(&format!("{}?ca=/nowhere/ca.pem", redis.url())).await;
    assert!(matches!(no_file, OpenError::Authorities(_)), "{no_file:?}");
}

#[tokio::test]
async fn a_password_opens_the_door_and_shows_nowhere() {
    let redis = Redis::start_with(&["--requirepass", "se+cret"]);
    let with = |user: &str| redis.url().replace("://", &format!("://{user}@"));
    let url: RedisUrl = with(":se%2Bcret").parse().unwrap();
    let store = open(&with(":se%2Bcret")).await;
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
    assert!(!format!("{url} {url:?} {store:?}").contains("cret"));
    for user in [":wrong-secret", "me:wrong-secret"] {
        let error = refused(&with(user)).await;
        assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
        assert!(!told(&error).contains("wrong-secret"), "{error:?}");
    }
    let error = refused(&redis.url()).await;
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn a_user_needs_no_more_than_is_said() {
    let redis = Redis::start_with(&[]);
    assert_eq!(redis.say(RULE), "+OK");
    let url = redis.url().replace("://", "://siwn:secret@");
    is_let_in(&format!("{url}?prefix=mine")).await;
    let error = refused(&format!("{url}?prefix=theirs")).await;
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");

    let error = refused(&format!("{url}/1?prefix=mine")).await;
    assert!(told(&error).contains("the 'select' command"), "{error:?}");
    assert_eq!(redis.say(&format!("{RULE} +select")), "+OK");
    is_let_in(&format!("{url}/1?prefix=mine")).await;
}

#[tokio::test]
async fn a_user_of_a_cluster_needs_no_more_than_is_said() {
    let cluster = RedisCluster::start();
    let url = format!("{}?prefix=mine", cluster.urls()[0].replace("://", "://siwn:secret@"));
    let grant = |rule: &str| assert!(cluster.nodes.iter().all(|node| node.say(rule) == "+OK"));
    grant(RULE);
    let error = refused(&url).await;
    assert!(matches!(error, OpenError::Refused(_)), "{error:?}");
    grant(&format!("{RULE} +cluster|slots +asking"));
    is_let_in(&url).await;
}

/// What docs/stores.md says, with another prefix.
const RULE: &str = "ACL SETUSER siwn on >secret ~mine:* +@read +@write +@scripting +info +time";

async fn is_let_in(url: &str) {
    let store = open(url).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    store.close_all(&new.row().account, None, None).await.unwrap();
    assert_eq!(store.counts().await.unwrap().accounts, 1);
}

#[tokio::test]
async fn a_server_that_throws_keys_away_is_refused() {
    let redis = Redis::start_with(&["--maxmemory-policy", "allkeys-lru"]);
    let error = refused(&redis.url()).await;
    let expected = "the server's maxmemory-policy is allkeys-lru; a store that forgets nothing needs noeviction";
    assert_eq!(error.to_string(), expected);
    let examined = RedisStore::examine(&redis.url().parse().unwrap()).await.unwrap_err();
    assert_eq!(examined.to_string(), expected);
    assert_eq!(redis.say("CONFIG SET maxmemory-policy noeviction"), "+OK");
    RedisStore::examine(&redis.url().parse().unwrap()).await.unwrap();
    assert_eq!(redis.say("DBSIZE"), ":0", "and nothing is written");
}

#[tokio::test]
async fn a_replica_is_refused() {
    let replica = Redis::start_with(&["--replicaof", "127.0.0.1", &SERVER.port().to_string()]);
    let error = refused(&replica.url()).await;
    assert!(matches!(error, OpenError::ReadOnly), "{error:?}");
}

#[tokio::test]
async fn whoever_is_not_there_is_out_of_reach() {
    let error = refused(&format!("redis://127.0.0.1:{}", free_port())).await;
    assert!(matches!(error, OpenError::Unreachable(_)), "{error:?}");
}

#[tokio::test]
async fn the_first_of_several_nodes_that_answers_is_enough() {
    let url = format!("redis://127.0.0.1:{},127.0.0.1:{}?prefix=several", free_port(), SERVER.port());
    let store = open(&url).await;
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn what_is_over_goes_by_itself() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    let row = format!("siwn:{{1}}:session:{}", new.row().id);
    let left = |key: &str| redis.say(&format!("PTTL {key}")).trim_start_matches(':').parse::<u64>().unwrap();
    for key in [row.as_str(), "siwn:{alice.near}:sessions"] {
        assert!((3_590_000..=3_600_000).contains(&left(key)), "{key}: an hour");
    }
    store.close(new.row().id).await.unwrap();
    assert!((300_000..=310_000).contains(&left(&row)), "a challenge, and ten seconds");
    assert_eq!(redis.say(&format!("HLEN {row}")), ":1", "nobody's name is kept with it");
    assert_eq!(redis.say("EXISTS siwn:{alice.near}:sessions"), ":0");
}

#[tokio::test]
async fn a_login_is_two_calls() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let calls = || {
        let answer = redis.say("INFO commandstats");
        let of = |name: &str| {
            let line = answer.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
            line.map_or(0, |line| line.split(',').next().unwrap().parse::<u64>().unwrap())
        };
        (of("evalsha"), of("eval"))
    };
    let first = session(&store, 1, 1);
    assert_eq!(store.open(&first).await.unwrap(), Opening::Opened);
    assert_eq!(redis.say("CONFIG RESETSTAT"), "+OK");
    let markers = 64;
    for challenge in 2..102 {
        assert_eq!(store.open(&session(&store, challenge, 1)).await.unwrap(), Opening::Opened);
    }
    let (by_name, in_full) = calls();
    // Some of the markers may have been looked at meanwhile: fewer than a third call of each login.
    assert!((200..=200 + markers).contains(&by_name), "{by_name}");
    assert_eq!(in_full, 0);
}

#[tokio::test]
async fn a_secret_is_kept_for_all() {
    let url = format!("{}?prefix=secret", SERVER.url());
    let (one, other) = (open(&url).await, open(&url).await);
    assert_eq!(one.kept_secrets("first").await.unwrap(), "first");
    assert_eq!(other.kept_secrets("second").await.unwrap(), "first");
    assert!(!other.replace_secrets("second", "third").await.unwrap());
    assert!(other.replace_secrets("first", "third").await.unwrap());
    assert!(other.replace_secrets("first", "third").await.unwrap(), "the same call again");
    assert_eq!(one.kept_secrets("fourth").await.unwrap(), "third");
}
