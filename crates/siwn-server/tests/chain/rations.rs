//! One good signature and many account names: what it costs, and who is concerned. Also clients that hang up.

use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn_chain::Settings;
use siwn_devnet::Fault;
use siwn_server::Rates;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use crate::matrix::authorized;
use crate::node::{Site, VERIFY};
use crate::support::{Answer, key, request, sign_as};
use crate::world::{ALICE, OPEN, PANICS, World};

const NAMES: usize = 2000;
const ATTACKER: &str = "203.0.113.66";
const ELSEWHERE: &str = "192.0.2.1";
/// A proxy on this machine that nobody was told to trust: it stands for everybody.
const LOOPBACK: &str = "127.0.0.1";
/// Has the tests' key, and was never here before.
const CAROL: &str = "carol.near";
const CONTRACTS: usize = 500;
/// What an honest login may wait for others.
const SOON: Duration = Duration::from_millis(500);

async fn one_node(settings: impl FnOnce(&mut Settings)) -> (World, Site) {
    let mut world = World::new();
    world.add_accounts(&[CAROL.to_owned()]);
    let url = world.url(&world.devnet.clone()).await;
    let site = world.site(&[url], settings);
    (world, site)
}

impl Site {
    async fn post_from(&self, address: &str, body: &Value) -> Answer {
        let mut request = request(Method::POST, VERIFY, &[], &body.to_string());
        let address: IpAddr = address.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 5000)));
        self.server.send(request).await
    }

    /// How a login of the tests' key ends, and after what time.
    async fn log_in_from(&self, address: &str, account: &str) -> (StatusCode, Duration) {
        let body = json!({ "authToken": self.token_of(account).await });
        let began = Instant::now();
        (self.post_from(address, &body).await.status, began.elapsed())
    }

    /// Posts signatures, each under so many names that do not have the key. A name is not under the signature.
    async fn attack(&self, address: &str, signatures: usize, names: usize) -> Vec<Answer> {
        let mut bodies = Vec::new();
        for signature in 0..signatures {
            let challenge = self.server.challenge(&[]).await.json();
            let names = (0..names).map(|name| format!("name{signature}-{name}.near"));
            bodies.extend(names.map(|name| json!({ "authToken": sign_as(&name, &challenge, &key()) })));
        }
        join_all(bodies.iter().map(|body| self.post_from(address, body))).await
    }
}

/// How many answers had which status.
fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

fn assert_limited(answers: &[Answer], longest: u64) {
    for answer in answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS) {
        assert_eq!(answer.error(), "too_many_questions");
        assert!((1..=longest).contains(&answer.retry_after().as_secs()), "{:?}", answer.retry_after());
    }
}

#[tokio::test(start_paused = true)]
async fn one_signature_under_many_names_asks_three_questions() {
    for address in [ATTACKER, LOOPBACK] {
        let (world, site) = one_node(|_| {}).await;
        world.devnet.fail(Fault::Delay(Duration::from_millis(100)));
        assert_eq!(site.log_in_from(address, ALICE).await.0, StatusCode::OK);
        sleep(Duration::from_secs(2)).await;
        world.forget_calls();

        let (attack, alice, carol) =
            tokio::join!(site.attack(address, 1, NAMES), site.log_in_from(address, ALICE), site.log_in_from(ELSEWHERE, CAROL));
        assert_eq!(count(&attack, StatusCode::UNAUTHORIZED), 3);
        assert_eq!(count(&attack, StatusCode::TOO_MANY_REQUESTS), NAMES - 3);
        assert_limited(&attack, 1);
        assert!(alice.0 == StatusCode::OK && alice.1 <= SOON, "{alice:?}");
        assert!(carol.0 == StatusCode::OK && carol.1 <= SOON, "{carol:?}");
        assert_eq!(world.calls(), 6, "one for the block, three for the attacker, two for the others");
    }
}

#[tokio::test(start_paused = true)]
async fn with_the_servers_own_limits_most_names_are_not_even_looked_at() {
    let mut world = World::new();
    world.add_accounts(&[CAROL.to_owned()]);
    let url = world.url(&world.devnet.clone()).await;
    let site = world.site_with(Rates::default(), &[url], |_| {});
    let (attack, carol) = tokio::join!(site.attack(ATTACKER, 1, NAMES), site.log_in_from(ELSEWHERE, CAROL));
    assert_eq!(count(&attack, StatusCode::UNAUTHORIZED), 3);
    assert_eq!(count(&attack, StatusCode::TOO_MANY_REQUESTS), NAMES - 3);
    let rationed = attack.iter().filter(|answer| answer.error() == "too_many_questions").count();
    assert_eq!(rationed, 300 - 3, "of the rest, who has only 300 proofs a minute");
    assert!(carol.0 == StatusCode::OK && carol.1 <= SOON, "{carol:?}");
    assert_eq!(world.calls(), 6);

    sleep(Duration::from_secs(2)).await;
    assert_eq!(site.log_in_from(ATTACKER, ALICE).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn many_signatures_of_one_client_have_thirty_noes_and_lock_nobody_out() {
    let (world, site) = one_node(|_| {}).await;
    world.devnet.fail(Fault::Delay(Duration::from_millis(100)));
    assert_eq!(site.log_in_from(ATTACKER, ALICE).await.0, StatusCode::OK);
    sleep(Duration::from_secs(2)).await;
    world.forget_calls();

    let (attack, alice, carol) =
        tokio::join!(site.attack(ATTACKER, NAMES / 3, 3), site.log_in_from(ATTACKER, ALICE), site.log_in_from(ELSEWHERE, CAROL));
    assert_eq!(count(&attack, StatusCode::UNAUTHORIZED), 30);
    assert_eq!(count(&attack, StatusCode::TOO_MANY_REQUESTS), attack.len() - 30);
    assert_limited(&attack, 2);
    assert!(alice.0 == StatusCode::OK && alice.1 <= SOON, "{alice:?}");
    assert!(carol.0 == StatusCode::OK && carol.1 <= SOON, "{carol:?}");
    assert!(world.calls() <= 33, "{}", world.calls());

    // Nobody is locked out afterwards, not even who comes from there for the first time.
    assert_eq!(site.log_in_from(ATTACKER, "nobody.near").await.0, StatusCode::TOO_MANY_REQUESTS);
    sleep(Duration::from_secs(3)).await;
    world.add_accounts(&["dave.near".to_owned()]);
    assert_eq!(site.log_in_from(ATTACKER, "dave.near").await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn many_signatures_from_behind_a_proxy_make_newcomers_wait_and_refuse_nobody() {
    let (world, site) = one_node(|_| {}).await;
    world.devnet.fail(Fault::Delay(Duration::from_millis(100)));
    assert_eq!(site.log_in_from(LOOPBACK, ALICE).await.0, StatusCode::OK);

    let began = Instant::now();
    let attack = site.attack(LOOPBACK, NAMES / 3, 3);
    let honest = async {
        let alice = site.log_in_from(LOOPBACK, ALICE).await;
        let mut carol = site.log_in_from(LOOPBACK, CAROL).await.0;
        while carol == StatusCode::SERVICE_UNAVAILABLE {
            sleep(Duration::from_secs(1)).await;
            carol = site.log_in_from(LOOPBACK, CAROL).await.0;
        }
        assert_eq!(carol, StatusCode::OK);
        (alice, began.elapsed())
    };
    let (attack, (alice, took)) = tokio::join!(attack, honest);
    assert!(alice.0 == StatusCode::OK && alice.1 <= SOON, "{alice:?}");
    assert!(took <= Duration::from_secs(8), "{took:?}");
    let (refused, put_off) = (count(&attack, StatusCode::UNAUTHORIZED), count(&attack, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(refused + put_off, attack.len());
    // No more at once than ever: 32, with 100 ms each.
    assert!(world.calls() <= 320 * (took.as_secs() + 1), "{}", world.calls());
}

fn under(body: &Value, account: &str) -> Value {
    let mut body = body.clone();
    body["accountId"] = account.into();
    body
}

#[tokio::test(start_paused = true)]
async fn contracts_made_to_be_slow_cost_a_few_calls_and_keep_nobody_else_waiting() {
    for address in [ATTACKER, LOOPBACK] {
        let (world, site) = one_node(|_| {}).await;
        let names: Vec<_> = (0..CONTRACTS).map(|number| format!("slow{number}.near")).collect();
        world.add_endless_contracts(&names);
        assert_eq!(site.post_from(address, &authorized(&site, OPEN).await).await.status, StatusCode::OK);

        let one = authorized(&site, "").await;
        let of_one_challenge: Vec<_> = names.iter().map(|name| under(&one, name)).collect();
        let attack = beside_honest_logins(&world, &site, address, &of_one_challenge).await;
        assert_eq!(count(&attack, StatusCode::UNAUTHORIZED), 3);
        assert_eq!(count(&attack, StatusCode::TOO_MANY_REQUESTS), CONTRACTS - 3);
        assert!(world.devnet.contract_calls() <= 4, "{}", world.devnet.contract_calls());

        let of_many = join_all(names.iter().map(|name| authorized(&site, name))).await;
        let attack = beside_honest_logins(&world, &site, address, &of_many).await;
        let (refused, calls) = (count(&attack, StatusCode::UNAUTHORIZED), world.devnet.contract_calls());
        if address == ATTACKER {
            assert!((3..=6).contains(&refused) && calls <= 7, "{refused} {calls}");
            assert_eq!(count(&attack, StatusCode::TOO_MANY_REQUESTS), CONTRACTS - refused);
        } else {
            // Eight at once for eight seconds, with 800 ms each.
            assert!((40..=88).contains(&refused) && calls <= 100, "{refused} {calls}");
            assert_eq!(count(&attack, StatusCode::SERVICE_UNAVAILABLE), CONTRACTS - refused);
        }
    }
}

/// Posts these bodies while others sign in, and sees to it that these need not wait.
async fn beside_honest_logins(world: &World, site: &Site, address: &str, bodies: &[Value]) -> Vec<Answer> {
    sleep(Duration::from_secs(2)).await;
    world.forget_calls();
    let attack = join_all(bodies.iter().map(|body| site.post_from(address, body)));
    let own = authorized(site, OPEN).await;
    let began = Instant::now();
    let owner = async { (site.post_from(address, &own).await.status, began.elapsed()) };
    let (alice, carol) = (site.log_in_from(address, ALICE), site.log_in_from(ELSEWHERE, CAROL));
    let (attack, owner, alice, carol) = tokio::join!(attack, owner, alice, carol);
    for (status, took) in [owner, alice, carol] {
        assert!(status == StatusCode::OK && took <= SOON, "{status} {took:?}");
    }
    assert_limited(&attack, 60);
    attack
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_leaves_its_place_to_the_next_one() {
    let (world, site) = one_node(|settings| settings.rations.at_once = 1).await;
    let accounts: Vec<_> = (0..6).map(|number| format!("account{number}.near")).collect();
    world.add_accounts(&accounts);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(siwn_server::serve(vec![listener], site.server.router.clone(), pending()));

    for accounts in accounts.chunks(2) {
        world.forget_calls();
        world.devnet.fail(Fault::Hang.on_query().times(1));
        let client = post(address, &json!({ "authToken": site.token_of(&accounts[0]).await })).await;
        while world.devnet.requests().query == 0 {
            tokio::task::yield_now().await;
        }
        // The only place is taken.
        let began = Instant::now();
        let next = site.log_in_from(ELSEWHERE, &accounts[1]);
        tokio::pin!(next);
        assert!(timeout(SOON, &mut next).await.is_err());
        drop(client);
        assert_eq!(next.await.0, StatusCode::OK);
        assert!(began.elapsed() < SOON * 2, "{:?}", began.elapsed());
        // Nor is the one that hung up kept out.
        assert_eq!(site.log_in_from(ELSEWHERE, &accounts[0]).await.0, StatusCode::OK);
    }
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn clients_that_hang_up_on_contracts_leave_their_places_too() {
    let (world, site) = one_node(|_| {}).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(siwn_server::serve(vec![listener], site.server.router.clone(), pending()));

    // More than there are places.
    world.devnet.fail(Fault::Hang.on_call());
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(post(address, &authorized(&site, PANICS).await).await);
    }
    while world.devnet.contract_calls() < 8 {
        tokio::task::yield_now().await;
    }
    let (began, own) = (Instant::now(), authorized(&site, OPEN).await);
    let owner = site.post_from(ELSEWHERE, &own);
    tokio::pin!(owner);
    assert!(timeout(SOON, &mut owner).await.is_err());
    world.devnet.recover();
    drop(clients);
    assert_eq!(owner.await.status, StatusCode::OK);
    assert!(began.elapsed() < SOON * 2, "{:?}", began.elapsed());
    server.abort();
}

/// A client that has sent its proof and waits.
async fn post(server: SocketAddr, body: &Value) -> TcpStream {
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "POST {VERIFY} HTTP/1.1\r\nhost: app.example\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    let mut client = TcpStream::connect(server).await.unwrap();
    client.write_all((head + &body).as_bytes()).await.unwrap();
    client
}
