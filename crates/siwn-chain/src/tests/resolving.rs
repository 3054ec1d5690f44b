//! Authorizations are resolved at one block, on a budget of their own.

use futures_util::future::join_all;
use siwn::{
    AccessKeyAuthorization, AccessPolicy, AuthorizationPolicy, AuthorizedBy, ChainId, Expected, KeyType, OffchainMessage,
    PrivateKey, Resolution, Resolved, SessionId, Timestamp,
};

use super::*;
use crate::endpoint::BreakerState;

/// Whoever `wallet.near`'s contract is asked for, it authorizes `login`.
fn wallet(request: &Request) -> Answer {
    contract(request, Request::authorizes)
}

/// Honest, with such a contract.
fn contract(request: &Request, answer: impl FnOnce(&Request) -> Answer) -> Answer {
    if request.method() == "call_function" { answer(request) } else { request.honest() }
}

impl Request {
    fn authorizes(&self) -> Answer {
        self.returned(&json!({"payload": "login"}))
    }

    fn panics(&self) -> Answer {
        let error = "wasm execution failed with error: HostError(GuestPanic { panic_msg: \"no\" })";
        self.result(&json!({"error": error, "block_hash": self.body["params"]["block_id"]}))
    }
}

fn resolution(account: &str, authorization: &str) -> Resolution {
    let policy = AuthorizationPolicy::new(ChainId::new("localnet"));
    let expected = Expected::Exactly("login".into());
    Resolution::new(policy, AccessPolicy::default(), account.parse().unwrap(), authorization.into(), expected).unwrap()
}

async fn resolve_by(chain: &RpcChain, account: &str, asker: Asker) -> Result<Resolved, ChainError> {
    chain.resolve(&resolution(account, "for the contract"), asker).await
}

async fn resolve(chain: &RpcChain) -> Result<Resolved, ChainError> {
    resolve_by(chain, "wallet.near", Asker::server()).await
}

fn is_authorized(resolved: Result<Resolved, ChainError>) -> bool {
    resolved.unwrap().outcome().is_ok()
}

fn states(chain: &RpcChain) -> Vec<BreakerState> {
    chain.measures().endpoints.iter().map(|endpoint| endpoint.breaker).collect()
}

fn asker(challenge: u8, client: u8) -> Asker {
    Asker::of(SessionId::from_bytes([challenge; 16]), Some([192, 0, 2, client].into()))
}

#[tokio::test(start_paused = true)]
async fn a_contract_authorizes_in_two_calls() {
    let nodes = Nodes::new(vec![script(wallet)]);
    let chain = nodes.chain(|_| {});
    let resolved = resolve(&chain).await.unwrap();
    assert_eq!(resolved.outcome().unwrap().by, AuthorizedBy::Contract);
    assert_eq!(resolved.block().height, 100);
    assert_eq!(nodes.methods(0), ["status", "block", "call_function"]);
}

#[tokio::test(start_paused = true)]
async fn a_key_authorizes_without_its_accounts_contract() {
    let nodes = Nodes::honest(1);
    let key = PrivateKey::from_seed(KeyType::Ed25519, [5; 32]).unwrap();
    let message = OffchainMessage {
        chain_id: ChainId::new("localnet"),
        signer_id: "alice.near".parse().unwrap(),
        path: Vec::new(),
        timestamp: Timestamp::from_unix_nanos((START - 60_000) * 1_000_000),
        payload: "login".into(),
    };
    let authorization = AccessKeyAuthorization::sign(message, None, &key).to_string();
    let resolution = resolution("alice.near", &authorization);
    let resolved = nodes.chain(|_| {}).resolve(&resolution, Asker::server()).await.unwrap();
    assert_eq!(resolved.outcome().unwrap().by, AuthorizedBy::Key(key.public_key()));
    assert_eq!(nodes.methods(0), ["status", "block", "view_access_key"]);
}

#[tokio::test(start_paused = true)]
async fn everybody_on_the_way_is_asked_at_one_block_however_long_it_takes() {
    let asked_at = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked_at);
    let nodes = Nodes::new(vec![script(move |request| {
        contract(request, |request| {
            seen.lock().unwrap().push((request.account().to_owned(), request.body["params"]["block_id"].clone()));
            let pending = |account: &str| json!({"account_id": account, "authorization": "x", "expect": "login"});
            let members: Vec<_> = ["a.near", "b.near", "c.near"].map(pending).into();
            let all = json!({"payload": "login", "pending": members});
            if request.account() == "wallet.near" { request.returned(&all) } else { request.authorizes() }.after(BLOCK * 3)
        })
    })]);
    assert!(is_authorized(resolve(&nodes.chain(|_| {})).await));
    let asked_at = asked_at.lock().unwrap();
    assert_eq!(
        asked_at.iter().map(|(account, _)| account.as_str()).collect::<Vec<_>>(),
        ["wallet.near", "a.near", "b.near", "c.near"]
    );
    assert!(asked_at.iter().all(|(_, block)| *block == hash(100)));
    assert_eq!(nodes.count(0, "block"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_contracts_refusal_is_a_verdict_and_no_other_endpoint_is_asked() {
    let nodes = Nodes::new(vec![script(|request| contract(request, Request::panics)), script(wallet)]);
    assert!(!is_authorized(resolve(&nodes.chain(|_| {})).await));
    assert_eq!(nodes.methods(1).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_no_verdict_and_the_next_endpoint_begins_anew_at_its_own_block() {
    for fault in [Fault::Garbage, Fault::Unreachable(siwn::Quoted::new("no")), Fault::OtherBlock, Fault::LockedOut(403)] {
        let of_the_first = fault.clone();
        let faulty = script(move |request| contract(request, |_| Answer::fault(of_the_first.clone())));
        let behind = script(|request| request.honest_but("block", || request.block(99)));
        let second = script(move |request| if request.method() == "block" { behind(request) } else { wallet(request) });
        let nodes = Nodes::new(vec![faulty, second]);
        let resolved = resolve(&nodes.chain(|_| {})).await.unwrap();
        assert!(resolved.outcome().is_ok() && resolved.block().height == 99, "{fault}");
    }
    for fault in [Fault::Garbage, Fault::TimedOut, Fault::TooLong(1 << 20)] {
        let nodes = Nodes::new(vec![script(move |request| contract(request, |_| Answer::fault(fault.clone())))]);
        assert!(!resolve(&nodes.chain(|_| {})).await.unwrap_err().is_limited());
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_not_known_any_more_is_replaced_once() {
    let nodes = Nodes::new(vec![script(|request| match request.body["params"]["block_id"].as_str() {
        Some(block) if block == hash(100) => request.unknown_block(),
        _ => wallet(request),
    })]);
    let chain = nodes.chain(|_| {});
    // The first block is that of the height 100; a block later it is another.
    let resolved = tokio::join!(resolve(&chain), sleep(BLOCK)).0;
    assert!(resolved.is_err());
    assert_eq!(nodes.methods(0)[2..], ["call_function", "call_function", "block", "call_function", "call_function"]);
    assert!(is_authorized(resolve(&chain).await));
}

#[tokio::test(start_paused = true)]
async fn a_contract_that_never_ends_costs_its_own_login_and_nothing_else() {
    let endless = || script(|request| contract(request, |_| Answer::never()));
    let nodes = Nodes::new(vec![endless(), endless(), endless()]);
    let chain = nodes.chain(|_| {});
    for number in 0..10 {
        let began = Instant::now();
        assert!(resolve_by(&chain, &format!("wallet{number}.near"), Asker::server()).await.is_err());
        assert!(began.elapsed() <= Duration::from_secs(8), "{:?}", began.elapsed());
        // A look-up meanwhile.
        assert_eq!(access(&chain, "alice.near").await, Access::Full);
    }
    assert_eq!(states(&chain), [BreakerState::Closed; 3]);
}

#[tokio::test(start_paused = true)]
async fn what_contracts_take_is_no_measure_of_an_endpoint_and_no_reason_for_a_hedge() {
    let slow = || script(|request| contract(request, |request| request.authorizes().after(Duration::from_secs(2))));
    let nodes = Nodes::new(vec![slow(), slow()]);
    let chain = nodes.chain(|_| {});
    for _ in 0..70 {
        assert!(is_authorized(resolve(&chain).await));
    }
    assert_eq!((nodes.methods(1).len(), chain.measures().hedges), (0, 0));
    for _ in 0..3 {
        access(&chain, "alice.near").await;
    }
    assert_eq!(nodes.methods(1).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_of_a_contract_ends_after_three_seconds() {
    let nodes = Nodes::new(vec![script(|request| contract(request, |_| Answer::never()))]);
    let error = resolve(&nodes.chain(|_| {})).await.unwrap_err();
    assert!(told(&error).contains("did not answer in time, asked for what a contract says"), "{}", told(&error));
    assert_eq!(nodes.since.elapsed().as_millis(), 3020);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_is_asked_for_with_contracts_is_kept_for_contracts() {
    let nodes = Nodes::new(vec![script(|request| contract(request, |_| Answer::limited(Some(60))))]);
    let chain = nodes.chain(|_| {});
    for _ in 0..5 {
        assert!(resolve(&chain).await.is_err());
        assert_eq!(access(&chain, "alice.near").await, Access::Full);
    }
    assert_eq!(nodes.count(0, "call_function"), 1);
    assert_eq!(states(&chain), [BreakerState::Closed]);
    sleep(Duration::from_mins(1)).await;
    assert!(resolve(&chain).await.is_err());
    assert_eq!(nodes.count(0, "call_function"), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_all_members_of_a_contract_are_asked_at_once_again() {
    let nodes = Nodes::new(vec![script(|request| {
        contract(request, |request| match (request.number, request.account()) {
            (2, _) => Answer::limited(Some(5)),
            (_, "wallet.near") => {
                let pending = |account: &str| json!({"account_id": account, "authorization": "x", "expect": "login"});
                let members: Vec<_> = ["a.near", "b.near", "c.near"].map(pending).into();
                request.returned(&json!({"payload": "login", "pending": members}))
            }
            _ => request.authorizes(),
        })
    })]);
    let chain = nodes.chain(|_| {});
    assert!(resolve(&chain).await.is_err());
    sleep(Duration::from_secs(5)).await;
    assert!(is_authorized(resolve(&chain).await));
}

#[tokio::test(start_paused = true)]
async fn after_a_pause_a_slow_contract_keeps_no_other_one_waiting() {
    let nodes = Nodes::new(vec![script(|request| {
        contract(request, |request| match (request.number, request.account()) {
            (2, _) => Answer::limited(Some(5)),
            (_, "slow.near") => Answer::never(),
            _ => request.authorizes(),
        })
    })]);
    let chain = nodes.chain(|_| {});
    assert!(resolve(&chain).await.is_err());
    sleep(Duration::from_secs(5)).await;
    let slow = resolve_by(&chain, "slow.near", Asker::server());
    let (slow, honest) = tokio::join!(slow, resolve(&chain));
    assert!(slow.is_err() && is_authorized(honest));
}

#[tokio::test(start_paused = true)]
async fn look_ups_go_on_while_contracts_take_all_of_their_own_places() {
    let nodes = Nodes::new(vec![script(|request| contract(request, |_| Answer::never()))]);
    let chain = nodes.chain(|_| {});
    let wallets: Vec<_> = (0..50).map(|number| format!("wallet{number}.near")).collect();
    let resolving = join_all(wallets.iter().map(|wallet| resolve_by(&chain, wallet, Asker::server())));
    let look_up = async {
        sleep(Duration::from_secs(1)).await;
        let began = Instant::now();
        (access(&chain, "alice.near").await, began.elapsed())
    };
    let (resolved, (access, took)) = tokio::join!(resolving, look_up);
    assert_eq!(access, Access::Full);
    assert!(took < Duration::from_millis(100), "{took:?}");
    assert!(resolved.iter().all(Result::is_err) && nodes.since.elapsed() <= Duration::from_secs(8));
    // Eight at once, for three seconds each.
    assert!(nodes.count(0, "call_function") <= 24);
}

#[tokio::test(start_paused = true)]
async fn a_challenge_resolves_three_accounts_and_a_client_has_six_failures_a_minute() {
    let nodes = Nodes::new(vec![script(|request| contract(request, Request::panics))]);
    let chain = nodes.chain(|_| {});
    let mut refused = Vec::new();
    for number in 0..4 {
        refused.push(resolve_by(&chain, &format!("wallet{number}.near"), asker(1, 1)).await.is_err_and(|error| error.is_limited()));
    }
    assert_eq!(refused, [false, false, false, true]);
    let tried = async |number| resolve_by(&chain, "wallet.near", asker(number, 1)).await;
    assert!(tried(2).await.is_ok() && tried(3).await.is_ok() && tried(4).await.is_ok());
    assert!(tried(5).await.unwrap_err().is_limited());
    assert!(resolve_by(&chain, "wallet.near", asker(6, 2)).await.is_ok());
    sleep(Duration::from_secs(10)).await;
    assert!(tried(7).await.is_ok() && tried(8).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn who_succeeds_spends_nothing_and_who_is_slow_by_his_contract_does() {
    let nodes = Nodes::new(vec![script(|request| {
        contract(request, |request| if request.account() == "slow.near" { Answer::never() } else { request.authorizes() })
    })]);
    let chain = nodes.chain(|_| {});
    for number in 0..30 {
        assert!(is_authorized(resolve_by(&chain, "wallet.near", asker(number, 1)).await));
    }
    let slow = (0..20).map(|number| resolve_by(&chain, "slow.near", asker(number + 100, 2)));
    let limited = join_all(slow).await.into_iter().filter(|resolved| resolved.as_ref().is_err_and(ChainError::is_limited)).count();
    assert_eq!(limited, 14);
    assert!(nodes.count(0, "call_function") <= 36);
}

#[tokio::test(start_paused = true)]
async fn of_three_endpoints_two_must_say_the_same_of_a_contract() {
    let says =
        |payload: &'static str| script(move |request| contract(request, |request| request.returned(&json!({"payload": payload}))));
    let panics = || script(|request| contract(request, Request::panics));
    let down = || script(|_| Answer::fault(Fault::Garbage));
    let verdict = async |scripts: Vec<Script>| {
        let nodes = Nodes::new(scripts);
        let resolved = resolve(&nodes.chain(|settings| settings.agreement = 2)).await;
        resolved.map(|resolved| resolved.outcome().is_ok()).ok()
    };
    assert_eq!(verdict(vec![says("login"), says("login"), panics()]).await, Some(true));
    assert_eq!(verdict(vec![panics(), says("login"), says("login")]).await, Some(true));
    assert_eq!(verdict(vec![says("login"), panics(), panics()]).await, Some(false));
    assert_eq!(verdict(vec![says("login"), down(), says("login")]).await, Some(true));
    assert_eq!(verdict(vec![says("login"), down(), panics()]).await, None);
    assert_eq!(verdict(vec![says("login"), says("other"), panics()]).await, None);
}
