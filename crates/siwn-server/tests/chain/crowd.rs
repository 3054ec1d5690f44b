//! Many logins at once: of one account, and more than a node answers.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use siwn_devnet::{Fault, Limit};
use tokio::time::{Instant, sleep};

use crate::node::Site;
use crate::world::{ALICE, World};

const LOGINS: usize = 1000;
const PER_SECOND: usize = 50;
/// Questions that are asked at once.
const AT_ONCE: usize = 32;
/// A look-up with the settings of these tests ends within this time.
const DEADLINE: Duration = Duration::from_secs(4);
const GRAIN: Duration = Duration::from_millis(20);

#[tokio::test(start_paused = true)]
async fn a_thousand_logins_of_one_account_cost_the_calls_of_one() {
    for (key_cache, delay) in [(30, None), (0, Some(300))] {
        let mut world = World::new();
        let url = world.url(&world.devnet.clone()).await;
        let site = world.site(&[url], |settings| settings.key_cache = Duration::from_secs(key_cache));
        if let Some(millis) = delay {
            world.devnet.fail(Fault::Delay(Duration::from_millis(millis)));
        }
        let tokens = join_all((0..LOGINS).map(|_| site.token_of(ALICE))).await;
        let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert_eq!(world.calls(), 3, "network, block, key");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_uses_of_one_token_are_one_login_and_cost_its_calls() {
    let mut world = World::new();
    let url = world.url(&world.devnet.clone()).await;
    let site = world.site(&[url], |_| {});
    let token = site.token_of(ALICE).await;
    let answers = join_all((0..LOGINS).map(|_| site.log_in(&token))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|answer| answer.error() == "challenge_used"));
    assert_eq!(world.calls(), 3);
}

/// A thousand accounts at a node that answers fifty requests a second.
struct Crowd {
    world: World,
    site: Site,
    tokens: Vec<String>,
}

impl Crowd {
    async fn before_a_node_that_asks_for(retry_after: Option<u32>) -> Self {
        let mut world = World::new();
        let accounts: Vec<_> = (0..LOGINS).map(|number| format!("account{number}.near")).collect();
        world.add_accounts(&accounts);
        let per_second = NonZeroU32::new(u32::try_from(PER_SECOND).unwrap()).unwrap();
        world.devnet.set_limit(Some(Limit { per_second, retry_after }));
        let url = world.url(&world.devnet.clone()).await;
        let site = world.site(&[url], |_| {});
        let tokens = join_all(accounts.iter().map(|account| site.token_of(account))).await;
        Self { world, site, tokens }
    }
}

#[tokio::test(start_paused = true)]
async fn more_logins_than_a_node_answers_end_in_order_as_successes_or_503() {
    // A node that does not say when to come again is left alone for two seconds each time.
    for (retry_after, seconds) in [(Some(1), 3), (None, 2)] {
        let crowd = Crowd::before_a_node_that_asks_for(retry_after).await;
        let began = Instant::now();
        let log_in = async |token: &String| (crowd.site.log_in(token).await, began.elapsed());
        let answers = join_all(crowd.tokens.iter().map(log_in)).await;

        // Nobody hangs, and nobody is refused.
        assert!(answers.iter().all(|(_, at)| *at <= DEADLINE + GRAIN));
        let (won, put_off): (Vec<_>, Vec<_>) = (0..LOGINS).partition(|number| answers[*number].0.status == StatusCode::OK);
        for number in put_off {
            let answer = &answers[number].0;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
            assert!((1..=2).contains(&answer.retry_after().as_secs()));
        }
        // The node does what it can, and little is asked in vain.
        let expected = seconds * (PER_SECOND - 2)..=5 * PER_SECOND;
        assert!(expected.contains(&won.len()), "{retry_after:?}: {}", won.len());
        let calls = usize::try_from(crowd.world.calls()).unwrap();
        assert!(calls <= 2 * won.len(), "{retry_after:?}: {calls} for {}", won.len());
        // Who came first was served first, but for those who were asked about at once.
        assert!(won.iter().enumerate().all(|(place, number)| number.abs_diff(place) <= AT_ONCE), "{won:?}");
        let overtaken = won.iter().zip(&won[2 * AT_ONCE..]).filter(|(earlier, later)| answers[**earlier].1 > answers[**later].1);
        assert_eq!(overtaken.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_again_when_he_is_told_to_gets_in() {
    let crowd = Crowd::before_a_node_that_asks_for(Some(1)).await;
    let began = Instant::now();
    let log_in = async |token: &String| {
        let mut answer = crowd.site.log_in(token).await;
        while answer.status == StatusCode::SERVICE_UNAVAILABLE {
            sleep(answer.retry_after()).await;
            answer = crowd.site.log_in(token).await;
        }
        (answer.status, began.elapsed())
    };
    let ends = join_all(crowd.tokens.iter().map(log_in)).await;
    assert!(ends.iter().all(|(status, _)| *status == StatusCode::OK));
    // At fifty a second it takes twenty.
    let took = ends.iter().map(|(_, at)| *at).max().unwrap();
    assert!(took <= Duration::from_secs(24), "{took:?}");
    assert!(crowd.world.calls() <= 1500, "{}", crowd.world.calls());
}
