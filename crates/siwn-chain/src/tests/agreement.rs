//! Several endpoints must say the same of the same block.

use super::*;

fn two_of_three(scripts: [Script; 3]) -> (Arc<Nodes>, Arc<RpcChain>) {
    let nodes = Nodes::new(scripts.into());
    let chain = nodes.chain(|settings| settings.agreement = 2);
    (nodes, chain)
}

fn honest() -> Script {
    script(Request::honest)
}

/// The truth is that the account does not have the key.
fn honest_no() -> Script {
    script(|request| request.honest_but("view_access_key", || request.key_missing()))
}

fn down() -> Script {
    script(|_| Answer::fault(Fault::Unreachable(siwn::Quoted::new("no"))))
}

fn silent() -> Script {
    script(|_| Answer::never())
}

/// Every order of these three.
fn orders(scripts: [fn() -> Script; 3]) -> impl Iterator<Item = [Script; 3]> {
    [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        .into_iter()
        .map(move |order| order.map(|place| scripts[place]()))
}

#[tokio::test(start_paused = true)]
async fn two_that_agree_are_enough_and_the_third_is_not_asked_for_the_key() {
    let (nodes, chain) = two_of_three([honest(), honest(), honest()]);
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    assert_eq!([0, 1, 2].map(|node| nodes.count(node, "view_access_key")), [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn one_that_lies_yes_makes_no_yes_and_one_that_lies_no_makes_no_no() {
    for scripts in orders([honest, honest_no, honest_no]) {
        assert_eq!(access(&two_of_three(scripts).1, "alice.near").await, Access::NoKey);
    }
    for scripts in orders([honest_no, honest, honest]) {
        assert_eq!(access(&two_of_three(scripts).1, "alice.near").await, Access::Full);
    }
}

#[tokio::test(start_paused = true)]
async fn one_outage_leaves_two_that_agree() {
    for lost in [down, silent] {
        for scripts in orders([lost, honest, honest]) {
            assert_eq!(access(&two_of_three(scripts).1, "alice.near").await, Access::Full);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_hangs_keeps_nobody_waiting_for_long_and_is_found_out() {
    for place in 0..3 {
        let mut scripts = [honest(), honest(), honest()];
        scripts[place] = silent();
        let (_nodes, chain) = two_of_three(scripts);
        for _ in 0..6 {
            sleep(Duration::from_secs(2)).await;
            let began = Instant::now();
            assert_eq!(access(&chain, "alice.near").await, Access::Full);
            // The tips, and then a hedge.
            assert!(began.elapsed() <= Duration::from_millis(1400), "{place}: {:?}", began.elapsed());
        }
        assert!(chain.measures().endpoints[place].breaker != crate::BreakerState::Closed, "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_liar_beside_an_outage_leaves_no_answer() {
    for lost in [down, silent] {
        for scripts in orders([lost, honest, honest_no]) {
            let error = ask(&two_of_three(scripts).1, "alice.near").await.unwrap_err();
            assert!(!error.is_limited());
        }
    }
    for scripts in orders([down, down, honest]) {
        assert!(ask(&two_of_three(scripts).1, "alice.near").await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn all_are_asked_about_one_block() {
    let nodes = Nodes::new(vec![
        honest(),
        honest(),
        script(|request| {
            // Three blocks behind: it names the block that the others confirm.
            let height = request.body["params"]["block_id"].as_u64().unwrap_or(request.height() - 3);
            request.honest_but("block", || request.block(height))
        }),
    ]);
    let chain = nodes.chain(|settings| settings.agreement = 3);
    sleep(Duration::from_secs(10)).await;
    let standing = ask(&chain, "alice.near").await.unwrap();
    assert_eq!(standing.block.height, 113);
    for node in [0, 1] {
        assert_eq!(nodes.methods(node), ["status", "block", "block", "view_access_key"]);
    }
    assert_eq!(nodes.methods(2), ["status", "block", "view_access_key"]);
}

/// A liar names a block of its choice; honest nodes answer truthfully about any block that they have.
#[tokio::test(start_paused = true)]
async fn a_liar_cannot_have_the_others_asked_about_a_block_of_its_choice() {
    // A minute ago, at block 0, the account still had the key.
    let truth = |request: &Request| match request.method() {
        "view_access_key" if request.body["params"]["block_id"] == hash(101) => request.permission("FullAccess"),
        "view_access_key" => request.key_missing(),
        _ => request.honest(),
    };
    // The liar says that the account has the key, and that the newest block is this one, of this height, made just now.
    let old_block: fn(&Request) -> (u64, u64) = |_| (101, 101);
    let old_block_at_a_new_height: fn(&Request) -> (u64, u64) = |request| (request.height() - 1, 101);
    let block_of_the_future: fn(&Request) -> (u64, u64) = |request| (request.height() + 50, 101);
    let liars = [old_block, old_block_at_a_new_height, block_of_the_future].map(|lie| {
        move || {
            script(move |request| match request.method() {
                "block" if request.body["params"]["block_id"].is_null() => {
                    let (height, named) = lie(request);
                    let now = START + u64::try_from(request.since.elapsed().as_millis()).unwrap();
                    request.block_of(height, &hash(named), now)
                }
                _ => request.honest(),
            })
        }
    });
    for liar in liars {
        for place in 0..3 {
            let mut scripts = [script(truth), script(truth), script(truth)];
            scripts[place] = liar();
            let (nodes, chain) = two_of_three(scripts);
            sleep(Duration::from_mins(1)).await;
            let standing = ask(&chain, "alice.near").await.unwrap();
            assert_eq!(standing.access, Access::NoKey, "{place}");
            assert!(standing.block.height >= 199, "{place} {} {}", standing.block.height, nodes.total());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_liar_names_does_not_count_against_those_who_know_better_and_is_asked_of_them_once() {
    // A block that never was, and one that is too old in a moment.
    let never: fn(&Request) -> Answer = |request| request.block_of(request.height() - 5, &hash(101), now(request) - 3000);
    let old: fn(&Request) -> Answer =
        |request| request.block_of(request.height() - 50, &hash(request.height() - 50), now(request) - 29_990);
    for lie in [never, old] {
        for place in 0..3 {
            let mut scripts = [honest(), honest(), honest()];
            scripts[place] = script(move |request: &Request| match request.method() {
                "block" if request.body["params"]["block_id"].is_null() => lie(request),
                _ => request.honest(),
            });
            let (nodes, chain) = two_of_three(scripts);
            sleep(Duration::from_mins(1)).await;
            for _ in 0..5 {
                let accounts: Vec<_> = (0..30).map(|number| format!("account{number}.near")).collect();
                let began = Instant::now();
                let answers = futures_util::future::join_all(accounts.iter().map(|account| ask(&chain, account))).await;
                assert!(answers.iter().all(Result::is_ok) && began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
                let (measures, health) = (chain.measures().endpoints, chain.ready().endpoints);
                for honest in (0..3).filter(|at| *at != place) {
                    assert_eq!(measures[honest].breaker, crate::BreakerState::Closed, "{place}");
                    assert_eq!(health[honest].state, crate::EndpointState::Answering, "{place}");
                }
                sleep(Duration::from_secs(2)).await;
            }
            // Five tips of its own, and five or so of others to confirm.
            let honest = (place + 1) % 3;
            assert!(nodes.count(honest, "block") <= 15, "{place} {}", nodes.count(honest, "block"));
        }
    }
}

fn now(request: &Request) -> u64 {
    START + u64::try_from(request.since.elapsed().as_millis()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_tip_that_others_confirmed_is_confirmed_once() {
    let behind = script(|request: &Request| {
        let height = request.body["params"]["block_id"].as_u64().unwrap_or(request.height() - 1);
        request.honest_but("block", || request.block(height))
    });
    let (nodes, chain) = two_of_three([honest(), behind, honest()]);
    sleep(Duration::from_secs(10)).await;
    let accounts: Vec<_> = (0..30).map(|number| format!("account{number}.near")).collect();
    let answers = futures_util::future::join_all(accounts.iter().map(|account| ask(&chain, account))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((nodes.count(0, "status"), nodes.count(0, "block"), nodes.count(0, "view_access_key")), (1, 2, 30));
}

#[tokio::test(start_paused = true)]
async fn nodes_that_differ_in_how_they_say_no_agree_on_it() {
    let no_account = || {
        script(|request: &Request| {
            request.honest_but("view_access_key", || {
                let error = format!("account {} does not exist while viewing", request.account());
                request.result(&json!({"error": error, "block_hash": request.body["params"]["block_id"]}))
            })
        })
    };
    for scripts in orders([no_account, honest_no, down]) {
        assert_eq!(access(&two_of_three(scripts).1, "alice.near").await, Access::NoKey);
    }
    // Where it decides about a login, it is not the same.
    let own = KEY.parse::<PublicKey>().unwrap().implicit_account().unwrap();
    let dropped_its_key = || {
        script(|request: &Request| match request.method() {
            "view_account" => {
                request.result(&json!({"amount": "1", "code_hash": "1", "block_hash": request.body["params"]["block_id"]}))
            }
            "view_access_key" => request.key_missing(),
            _ => request.honest(),
        })
    };
    for scripts in orders([no_account, dropped_its_key, down]) {
        assert!(ask(&two_of_three(scripts).1, own.as_str()).await.is_err());
    }
    for scripts in orders([no_account, no_account, dropped_its_key]) {
        assert_eq!(access(&two_of_three(scripts).1, own.as_str()).await, Access::NoAccount);
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_network_has_no_vote() {
    let other = || {
        script(|request: &Request| {
            request.honest_but("status", || request.result(&json!({"chain_id": "testnet", "genesis_hash": "x"})))
        })
    };
    for scripts in orders([other, other, honest]) {
        assert!(ask(&two_of_three(scripts).1, "alice.near").await.is_err());
    }
    for scripts in orders([other, honest, honest]) {
        assert_eq!(access(&two_of_three(scripts).1, "alice.near").await, Access::Full);
    }
}
