//! Who asks what is being asked waits for the same answer.

use futures_util::future::join_all;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_thousand_logins_of_one_account_cost_three_calls() {
    let nodes = Nodes::honest(1);
    let chain = nodes.chain(|_| {});
    let answers = join_all((0..1000).map(|_| ask(&chain, "alice.near"))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().access == Access::Full));
    assert_eq!(nodes.methods(0), ["status", "block", "view_access_key"]);
    assert_eq!(chain.measures().joined, 999);
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_shared_and_the_next_one_asks_anew() {
    let nodes = Nodes::new(vec![script(|request| request.honest_but("block", || Answer::fault(Fault::Garbage)))]);
    let chain = nodes.chain(|_| {});
    let answers = join_all((0..1000).map(|_| ask(&chain, "alice.near"))).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(nodes.methods(0), ["status", "block"]);
    assert!(ask(&chain, "alice.near").await.is_err());
    assert_eq!(nodes.count(0, "block"), 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_began_can_leave_and_the_others_get_their_answer() {
    let nodes = Nodes::honest(1);
    let chain = nodes.chain(|_| {});
    let tasks: Vec<_> = (0..10)
        .map(|_| {
            let chain = Arc::clone(&chain);
            tokio::spawn(async move { ask(&chain, "alice.near").await.map(|standing| standing.access) })
        })
        .collect();
    // In the middle of the second call.
    sleep(LATENCY + LATENCY / 2).await;
    for task in tasks.iter().step_by(2) {
        task.abort();
    }
    for (number, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(access) => assert_eq!((number % 2, access.unwrap()), (1, Access::Full)),
            Err(error) => assert!(error.is_cancelled() && number % 2 == 0),
        }
    }
    assert_eq!(nodes.methods(0), ["status", "block", "view_access_key"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_waits_for_is_given_up_and_forgotten() {
    let nodes = Nodes::honest(1);
    let chain = nodes.chain(|_| {});
    for number in 0..10 {
        let account = format!("account{number}.near");
        let given_up = tokio::time::timeout(LATENCY / 2, ask(&chain, &account)).await;
        assert!(given_up.is_err());
    }
    assert_eq!(chain.flights_under_way(), 0);
    assert_eq!(nodes.count(0, "view_access_key"), 0);
    assert_eq!(access(&chain, "account0.near").await, Access::Full);
}

#[tokio::test(start_paused = true)]
async fn a_question_of_a_second_ago_is_not_joined() {
    let nodes = Nodes::new(vec![script(|request| match (request.method(), request.number) {
        // The first answer takes long, and is old when it comes.
        ("view_access_key", 2) => request.key_missing().after(Duration::from_millis(1900)),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    let first = tokio::spawn({
        let chain = Arc::clone(&chain);
        async move { access(&chain, "alice.near").await }
    });
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    assert_eq!(first.await.unwrap(), Access::NoKey);
}

#[tokio::test(start_paused = true)]
async fn another_key_or_account_is_another_question() {
    let nodes = Nodes::honest(1);
    let chain = nodes.chain(|_| {});
    let (alice, bob): (AccountId, AccountId) = ("alice.near".parse().unwrap(), "bob.near".parse().unwrap());
    let keys = [KEY.parse().unwrap(), PublicKey::from_ed25519([9; 32])];
    let questions = [(&alice, &keys[0]), (&alice, &keys[1]), (&bob, &keys[0])];
    let answers = join_all(questions.map(|(account, key)| chain.standing(Question::new(account, key)))).await;
    for (answer, (account, key)) in answers.into_iter().zip(questions) {
        let standing = answer.unwrap();
        assert_eq!((&standing.account, &standing.key), (account, key));
    }
    assert_eq!(nodes.count(0, "view_access_key"), 3);
}
