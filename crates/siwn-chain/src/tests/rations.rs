//! One good signature and many account names: nothing is used up, and nobody is locked out.

use std::net::IpAddr;

use futures_util::future::join_all;
use siwn::SessionId;

use super::*;

/// `alice.near` and `bob.near` have the key, nobody else has.
fn node() -> Script {
    script(|request| match request.method() {
        "view_access_key" if !["alice.near", "bob.near"].contains(&request.account()) => request.key_missing(),
        _ => request.honest(),
    })
}

fn challenge(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// A question of a client at that address.
fn asker(number: u8, client: u8) -> Asker {
    Asker::of(challenge(number), Some(IpAddr::from([192, 0, 2, client])))
}

fn access_of(answer: Result<Standing, ChainError>) -> Access {
    answer.unwrap().access
}

#[tokio::test(start_paused = true)]
async fn a_challenge_asks_about_three_pairs() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    let who = Asker::of(challenge(1), None);
    for name in ["a.near", "b.near", "c.near"] {
        assert_eq!(access_of(ask_by(&chain, name, who).await), Access::NoKey);
    }
    let error = ask_by(&chain, "alice.near", who).await.unwrap_err();
    assert!(error.is_limited() && error.retry_after() == Some(Duration::from_secs(1)));
    // Another challenge has its own, and the same pair may be asked about again.
    assert_eq!(access_of(ask_by(&chain, "alice.near", Asker::of(challenge(2), None)).await), Access::Full);
    assert_eq!(access_of(ask_by(&chain, "a.near", who).await), Access::NoKey);
    assert_eq!(nodes.count(0, "view_access_key"), 5);
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_not_asked_about_for_ever_through_one_challenge() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    let who = Asker::of(challenge(1), None);
    let mut asked = 0;
    while ask_by(&chain, "a.near", who).await.is_ok() {
        asked += 1;
    }
    assert_eq!(asked, 12);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_answered_is_given_back() {
    let nodes = Nodes::new(vec![script(|request| request.honest_but("view_access_key", || Answer::fault(Fault::Garbage)))]);
    let chain = nodes.chain(|_| {});
    for number in 0..100 {
        let error = ask_by(&chain, &format!("account{number}.near"), asker(1, 1)).await.unwrap_err();
        assert!(!error.is_limited(), "{number}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_or_under_way_is_free() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|settings| settings.key_cache = Duration::from_secs(30));
    let who = asker(1, 1);
    for _ in 0..100 {
        assert_eq!(access_of(ask_by(&chain, "alice.near", who).await), Access::Full);
    }
    let answers = join_all((0..1000).map(|_| ask_by(&chain, "a.near", who))).await;
    assert!(answers.into_iter().all(|answer| access_of(answer) == Access::NoKey));
    for name in ["b.near", "bob.near"] {
        assert!(ask_by(&chain, name, who).await.is_ok() == (name == "b.near"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_has_thirty_noes_a_minute_whatever_challenges_it_has() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    let guess =
        async |number: u8| ask_by(&chain, &format!("account{number}.near"), asker(number, 1)).await.map(|standing| standing.access);
    for number in 0..30 {
        assert_eq!(guess(number).await.unwrap(), Access::NoKey);
    }
    let error = guess(30).await.unwrap_err();
    assert!(error.is_limited() && error.retry_after() <= Some(Duration::from_secs(2)), "{error:?}");
    // Another client is not concerned.
    assert_eq!(access_of(ask_by(&chain, "a.near", asker(99, 2)).await), Access::NoKey);
    // One more every two seconds, and all of them after a minute.
    sleep(Duration::from_secs(2)).await;
    assert!(guess(31).await.is_ok() && guess(32).await.is_err());
    sleep(Duration::from_mins(1)).await;
    for number in 40..70 {
        assert!(guess(number).await.is_ok(), "{number}");
    }
    assert!(guess(70).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_before_the_answer_has_asked_all_the_same() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    for number in 0..100 {
        let account = format!("account{number}.near");
        let asked = ask_by(&chain, &account, asker(number, 1));
        let _ = tokio::time::timeout(LATENCY / 2, asked).await;
    }
    assert!(nodes.total() <= 32, "{}", nodes.total());
}

#[tokio::test(start_paused = true)]
async fn an_attacker_with_a_million_names_locks_nobody_out() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    // Alice was here before.
    assert_eq!(access_of(ask_by(&chain, "alice.near", asker(0, 1)).await), Access::Full);
    sleep(Duration::from_secs(5)).await;
    let before = nodes.total();

    let attack = async |number: u32| {
        let challenge = SessionId::from_bytes(u128::from(number / 3 + 1000).to_be_bytes());
        ask_by(&chain, &format!("account{number}.near"), Asker::of(challenge, Some(IpAddr::from([192, 0, 2, 1])))).await.map(|_| ())
    };
    let attack = join_all((0..10_000).map(attack));
    // Alice, at the attacker's own address, and Bob, who is new, at another one.
    let alice = async { access_of(ask_by(&chain, "alice.near", asker(1, 1)).await) };
    let bob = async { access_of(ask_by(&chain, "bob.near", asker(2, 2)).await) };
    let began = Instant::now();
    let honest = async {
        let answers = tokio::join!(alice, bob);
        (answers, began.elapsed())
    };
    let (attack, (honest, took)) = tokio::join!(attack, honest);

    assert_eq!(honest, (Access::Full, Access::Full));
    assert!(took < Duration::from_millis(200), "{took:?}");
    assert_eq!(attack.iter().filter(|answer| answer.is_ok()).count(), 30);
    assert!(attack.iter().filter_map(|answer| answer.as_ref().err()).all(ChainError::is_limited));
    assert!(nodes.total() - before <= 34, "{}", nodes.total() - before);
}

#[tokio::test(start_paused = true)]
async fn who_stood_before_does_not_wait_behind_strangers() {
    // So slow that strangers from many addresses fill the line.
    let nodes = Nodes::new(vec![script(|request| {
        let answer =
            if request.account() == "alice.near" { request.honest() } else { request.honest().after(Duration::from_millis(1500)) };
        request.honest_but("view_access_key", || answer)
    })]);
    let chain = nodes.chain(|_| {});
    access(&chain, "alice.near").await;
    let strangers: Vec<_> = (0..200).map(|number| format!("account{number}.near")).collect();
    let strangers = join_all(
        strangers
            .iter()
            .enumerate()
            .map(|(number, account)| ask_by(&chain, account, asker(u8::try_from(number).unwrap(), u8::try_from(number).unwrap()))),
    );
    let began = Instant::now();
    let alice = async { (access_of(ask_by(&chain, "alice.near", asker(250, 250)).await), began.elapsed()) };
    let (strangers, alice) = tokio::join!(strangers, alice);
    assert!(alice.0 == Access::Full && alice.1 < Duration::from_millis(100), "{alice:?}");
    // The others got their turn, or were told to come again; none was refused.
    assert!(strangers.iter().filter(|answer| answer.is_ok()).count() >= 64);
    assert!(strangers.iter().filter_map(|answer| answer.as_ref().err()).all(|error| !error.is_limited()));
    let in_line = chain.measures().rations[2];
    assert!(in_line.ration == "line" && in_line.count >= 100, "{in_line:?}");
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_lost_its_key_no_longer_stands() {
    let lost = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let reads = Arc::clone(&lost);
    let nodes = Nodes::new(vec![script(move |request| {
        let answer =
            if reads.load(std::sync::atomic::Ordering::SeqCst) { request.key_missing() } else { request.permission("FullAccess") };
        request.honest_but("view_access_key", || answer)
    })]);
    let chain = nodes.chain(|_| {});
    access(&chain, "alice.near").await;
    lost.store(true, std::sync::atomic::Ordering::SeqCst);
    let mut asked = 0;
    while ask_by(&chain, "alice.near", asker(asked, 1)).await.is_ok() {
        asked += 1;
    }
    // The first no is the one by which it is known.
    assert_eq!(asked, 31);
}

#[tokio::test(start_paused = true)]
async fn the_servers_own_questions_are_not_rationed() {
    let nodes = Nodes::new(vec![node()]);
    let chain = nodes.chain(|_| {});
    for number in 0..200 {
        assert_eq!(access(&chain, &format!("account{number}.near")).await, Access::NoKey);
    }
    assert_eq!(nodes.count(0, "view_access_key"), 200);
}
