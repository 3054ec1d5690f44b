//! Databases: made, shared, foreign, newer; who is let in, and what a log may hold.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use siwn::conformance::TestClock;
use siwn::{KeyMemory, Opening, SessionRow, Store as _, StoreError};
use siwn_store::KeptSecrets as _;
use siwn_store::PostgresStore;
use siwn_store::postgres::OpenError;

use super::servers::Postgres;
use super::{CHALLENGE, POOLER, SERVER, START, database, eventually, id, name, open, open_with, session};

#[tokio::test(flavor = "multi_thread")]
async fn ten_that_make_one_database_at_once_agree() {
    for address in [|database: &str| database.to_owned(), |database: &str| POOLER.url(database)] {
        let url = address(&database().await);
        let open = |number: u8| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = open(&url).await;
                let secret = store.kept_secrets(&format!("{number:064}")).await.unwrap();
                (store.generation().unwrap(), secret)
            })
        };
        let mut said = Vec::new();
        for task in (0..10).map(open).collect::<Vec<_>>() {
            said.push(task.await.unwrap());
        }
        assert!(said.iter().all(|one| *one == said[0]), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_and_left_alone() {
    let url = database().await;
    open(&url).await.shutdown().await;
    SERVER.run_sql(&name(&url), "UPDATE siwn.meta SET version = 70000");
    let error = open_with(&url, TestClock::at(START)).await.unwrap_err();
    assert_eq!(error.to_string(), "the schema \"siwn\" has version 70000, this program knows versions up to 2");
    assert_eq!(SERVER.run_sql(&name(&url), "SELECT version FROM siwn.meta"), "70000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_make_the_schema_is_told_so_and_may_use_his_own() {
    let url = database().await;
    let name = name(&url);
    SERVER.run_sql(&name, &format!("CREATE USER guest_{name}; REVOKE CREATE ON DATABASE {name} FROM PUBLIC"));
    let guest = url.replace("siwn@", &format!("guest_{name}@"));
    let error = open_with(&guest, TestClock::at(START)).await.unwrap_err();
    assert!(matches!(error, OpenError::Forbidden(_)), "{error:?}");
    SERVER.run_sql(&name, &format!("CREATE SCHEMA siwn AUTHORIZATION guest_{name}"));
    let store = open(&guest).await;
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_has_few_connections_and_none_when_it_is_shut_down() {
    let url = database().await;
    let store = Arc::new(open(&url).await);
    let call = |challenge: u64| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            store.open(&session(&store, challenge, 1)).await.unwrap();
            store.sessions(&session(&store, challenge, 1).row().account).await.unwrap();
            store.check().await.unwrap();
        })
    };
    for task in (0..100).map(call).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let connections = || {
        let count = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'", name(&url));
        SERVER.run_sql("postgres", &count).parse::<u32>().unwrap()
    };
    assert!((1..=6).contains(&connections()), "{}", connections());
    store.shutdown().await;
    eventually(async || (connections() == 0).then_some(())).await;
    assert!(matches!(store.open(&session(&store, 1000, 1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.find(id(1)).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_tls_is_known_by_its_authority() {
    let server = Postgres::start_with_tls();
    let name = name(&server.database());
    let authority = server.authority();
    let url = |login: &str, more: &str| format!("postgres://{login}@localhost:{}/{name}?{more}", server.port());
    let good = url("siwn:se%2Bcret", &format!("sslmode=verify-full&sslrootcert={}", authority.display()));
    let store = open(&good).await;
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);

    let unknown = open_with(&url("siwn:se%2Bcret", "sslmode=verify-full"), TestClock::at(START)).await.unwrap_err();
    assert!(matches!(unknown, OpenError::Unreachable(_)), "its authority is nobody's: {unknown:?}");
    let plain = open_with(&url("siwn:se%2Bcret", "sslmode=disable"), TestClock::at(START)).await.unwrap_err();
    assert!(matches!(plain, OpenError::Refused(_)), "{plain:?}");
    let wrong = open_with(&url("siwn:hidden", "sslmode=require"), TestClock::at(START)).await.unwrap_err();
    assert!(matches!(wrong, OpenError::Refused(_)), "{wrong:?}");
    let mut cause: Option<&dyn Error> = Some(&wrong);
    while let Some(error) = cause {
        assert!(!format!("{error:?} {error}").contains("hidden"), "{error:?}");
        cause = error.source();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_logs_all_statements_logs_no_secret() {
    let server = Postgres::start_with(&["log_statement=all"]);
    let url = server.database();
    let store = open(&url).await;
    let kept = store.kept_secrets(&"07".repeat(32)).await.unwrap();
    let secret = server.run_sql(&name(&url), "SELECT secrets FROM siwn.meta");
    assert_eq!((secret.len(), &secret), (64, &kept));
    let both = format!("{kept},{}@2026-01-01T00:00:00Z\n", "0f".repeat(32));
    assert!(store.replace_secrets(&kept, &both).await.unwrap());
    assert_eq!(store.kept_secrets("ignored").await.unwrap(), both);
    let log = server.log();
    assert!(log.contains("UPDATE siwn.meta SET secrets = CASE"), "{log}");
    // Texts stand in statements as the digits of their bytes.
    let digits = |text: &str| text.bytes().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
    for secret in [&secret, &"0f".repeat(32)] {
        assert!(!log.contains(secret) && !log.contains(&digits(secret)), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_secrets_are_replaced_once() {
    let store = open(&database().await).await;
    let kept = store.kept_secrets(&"07".repeat(32)).await.unwrap();
    assert!(!store.replace_secrets("others", "new").await.unwrap());
    assert!(store.replace_secrets(&kept, "a new text").await.unwrap());
    assert!(store.replace_secrets(&kept, "a new text").await.unwrap(), "the same call again");
    assert!(!store.replace_secrets(&kept, "another").await.unwrap());
    assert_eq!(store.kept_secrets("ignored").await.unwrap(), "a new text");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asks_for_any_more_is_pruned_and_nobody_is_waited_for() {
    let url = database().await;
    let clock = TestClock::at(START);
    let store = open_with(&url, clock.clone()).await.unwrap();
    for challenge in 1..=600 {
        assert_eq!(store.open(&session(&store, challenge, 1)).await.unwrap(), Opening::Opened);
    }
    let name = name(&url);
    // Somebody is at one of the rows.
    let lock = SERVER.lock(&name, "SELECT 1 FROM siwn.session ORDER BY id LIMIT 1 FOR UPDATE");
    let rows = || SERVER.run_sql(&name, "SELECT count(*) FROM siwn.session").parse::<u64>().unwrap();
    // A round announces, a later one removes.
    let mut now = START + Duration::from_hours(2);
    let mut challenge = 10_000;
    eventually(async || {
        now = now + Duration::from_secs(11);
        clock.set(now);
        challenge += 1;
        let row = SessionRow { expires_at: now + CHALLENGE, ..session(&store, challenge, 1).row().clone() };
        let new = siwn::conformance::new_session(row, now + CHALLENGE, store.generation().unwrap());
        assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
        store.find(id(1)).await.unwrap();
        (rows() < 100).then_some(())
    })
    .await;
    let oldest = format!("SELECT kept_until < {} FROM siwn.session ORDER BY id LIMIT 1", (START + Duration::from_hours(2)).get());
    assert_eq!(SERVER.run_sql(&name, &oldest), "t", "the one that is locked is still there");
    drop(lock);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_behind_what_was_pruned_ends_the_challenges() {
    let url = database().await;
    let clock = TestClock::at(START);
    let store = open_with(&url, clock.clone()).await.unwrap();
    let old = session(&store, 1, 1);
    SERVER.run_sql(&name(&url), &format!("UPDATE siwn.meta SET pruned_until = {}", (START + Duration::from_hours(5)).get()));
    assert_eq!(store.open(&old).await.unwrap(), Opening::OtherGeneration);
    assert_ne!(store.generation().unwrap(), old.generation());
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_clock_counts_where_no_other_is_given() {
    let store = PostgresStore::connect(&database().await.parse().unwrap(), None).await.unwrap();
    assert_eq!(store.open(&session(&store, 1, 1)).await.unwrap(), Opening::ChallengeExpired, "long ago");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_handles_open_each_session_once() {
    let url = database().await;
    let mut stores = Vec::new();
    for _ in 0..10 {
        stores.push(Arc::new(open(&url).await));
    }
    let call = |challenge: u64, copy: usize| {
        let store = Arc::clone(&stores[copy % 10]);
        tokio::spawn(async move { store.open(&session(&store, challenge, u8::try_from(copy % 251).unwrap())).await.unwrap() })
    };
    // 200 copies of one, and 2000 others.
    let copies: Vec<_> = (0..200).map(|copy| call(1, copy)).collect();
    let others: Vec<_> = (0..2000).map(|other| call(1000 + other as u64, other)).collect();
    let mut opened = 0;
    for copy in copies {
        opened += usize::from(copy.await.unwrap() == Opening::Opened);
    }
    assert_eq!(opened, 1);
    for other in others {
        assert_eq!(other.await.unwrap(), Opening::Opened);
    }
    assert_eq!(stores[0].counts().await.unwrap().sessions, 2001);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_of_one_account_does_not_read_all_of_them() {
    let url = database().await;
    let store = open(&url).await;
    SERVER.run_sql(
        &name(&url),
        "INSERT INTO siwn.account (account) SELECT 'account' || number FROM generate_series(1, 20000) AS number;
        INSERT INTO siwn.known_key SELECT account, 'ed25519:' || account, 1 FROM siwn.account",
    );
    let key = siwn::PublicKey::from_ed25519([7; 32]);
    let accounts: Vec<siwn::AccountId> = (0..40).map(|number| format!("somebody{number}.near").parse().unwrap()).collect();
    let (one_by_one, together) = accounts.split_at(20);
    for account in one_by_one {
        store.remember_key(account, &key).await.unwrap();
        assert!(!store.is_blocked(account).await.unwrap());
    }
    for remembered in join_all(together.iter().map(|account| store.remember_key(account, &key))).await {
        assert_eq!(remembered.unwrap(), KeyMemory::FirstOfAccount);
    }
    store.shutdown().await;
    // Counters are written when a connection ends, or a while after that.
    let counted = |column: &str| {
        let question = format!("SELECT sum({column}) FROM pg_stat_user_tables WHERE relname IN ('account', 'known_key')");
        SERVER.run_sql(&name(&url), &question).parse::<u64>().unwrap_or_default()
    };
    eventually(async || (counted("n_tup_ins") >= 40_080).then_some(())).await;
    let filled = 20_000;
    assert!(counted("seq_tup_read") < 2 * filled, "{}", counted("seq_tup_read"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_keys_that_sign_in_at_once_over_ten_handles_each_is_new_once() {
    let url = database().await;
    let mut stores = Vec::new();
    for _ in 0..10 {
        stores.push(Arc::new(open(&url).await));
    }
    let remember = |account: usize, key: u8, handle: usize| {
        let store = Arc::clone(&stores[handle % 10]);
        let account: siwn::AccountId = format!("somebody{account}.near").parse().unwrap();
        tokio::spawn(async move { store.remember_key(&account, &siwn::PublicKey::from_ed25519([key; 32])).await.unwrap() })
    };
    // 20 accounts with three keys each, each of them over ten handles, in another order at each.
    let all = (0..600).map(|call| (call % 20, u8::try_from(1 + call / 20 % 3).unwrap(), call * 7));
    let calls: Vec<_> = all.map(|(account, key, handle)| (account, remember(account, key, handle))).collect();
    let mut found = [[0; 2]; 20];
    for (account, call) in calls {
        match call.await.unwrap() {
            KeyMemory::FirstOfAccount => found[account][0] += 1,
            KeyMemory::New => found[account][1] += 1,
            KeyMemory::Known => {}
        }
    }
    assert_eq!(found, [[1, 2]; 20], "the first key of each account, and two others");
}
