//! A site, a chain that is told what to say, a clock that stands, and clients of every kind.

#![allow(dead_code, reason = "every test uses another part")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests too")]

mod audited;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use siwn::conformance::TestClock;
use siwn::{
    Access, AccessKeyAuthorization, Asker, Block, BoxFuture, Chain, ChainAnswer, ChainAsk, ChainError, ChainId, KeySigner, KeyType,
    Nonce, OffchainMessage, PinnedBlock, PrivateKey, Question, Resolution, Resolved, Standing, Timestamp, TokenRequest, UnixMillis,
};
use siwn_server::{Builder, Siwn, app};
use tower::ServiceExt as _;

#[allow(unused_imports, reason = "every test uses another part")]
pub(crate) use self::audited::Audited;

pub(crate) const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);

/// Says what it is told, or nothing, and counts how often it is asked.
pub(crate) struct TestChain {
    pub(crate) access: Mutex<Option<Access>>,
    pub(crate) asked: AtomicUsize,
}

impl Chain for TestChain {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let access = *self.access.lock().unwrap();
            let access = access.ok_or_else(|| ChainError::new("no node\nforged line", Some(Duration::from_secs(7))))?;
            let block = Block { height: 1, hash: [0; 32] };
            Ok(Standing { account: question.account.clone(), key: question.key.clone(), access, block })
        })
    }

    /// No account is a contract.
    fn resolve<'a>(&'a self, resolution: &'a Resolution, _: Asker) -> BoxFuture<'a, Result<Resolved, ChainError>> {
        Box::pin(async move {
            let block = PinnedBlock {
                block: Block { height: 1, hash: [0; 32] },
                timestamp: Timestamp::from_unix_nanos(NOW.get() * 1_000_000),
            };
            resolution.ask_all(block, |ask| {
                self.asked.fetch_add(1, Ordering::SeqCst);
                let access = *self.access.lock().unwrap();
                let access = access.ok_or_else(|| ChainError::new("no node", Some(Duration::from_secs(7))))?;
                Ok(if matches!(ask, ChainAsk::Key { .. }) { ChainAnswer::Access(access) } else { ChainAnswer::NoContract })
            })
        })
    }
}

pub(crate) struct Server {
    pub(crate) siwn: Siwn,
    pub(crate) router: Router,
    pub(crate) chain: Arc<TestChain>,
    pub(crate) clock: TestClock,
}

/// One answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(settings: impl FnOnce(Builder) -> Builder) -> Self {
        let chain = Arc::new(TestChain { access: Mutex::new(Some(Access::Full)), asked: AtomicUsize::new(0) });
        let clock = TestClock::at(NOW);
        let reads = clock.clone();
        let builder = Siwn::builder("app.example")
            .allow_origin("https://shop.example")
            .allow_callback_url("my-app://signed-in")
            .chain("mainnet", Arc::clone(&chain) as Arc<dyn Chain>)
            .clock(Arc::new(move || reads.now()));
        let siwn = settings(builder).build().unwrap();
        Self { router: app(&siwn), siwn, chain, clock }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        Self::answer(self.router.clone(), request).await
    }

    /// What another router answers.
    pub(crate) async fn answer(router: Router, request: Request<Body>) -> Answer {
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.send(request(Method::POST, path, headers, &body.to_string())).await
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, "")).await
    }

    /// A challenge for a caller with these headers.
    pub(crate) async fn challenge(&self, headers: &[(&str, &str)]) -> Answer {
        let answer = self.send(request(Method::POST, "/api/auth/initiate-login", headers, "")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer
    }

    /// A program's token for a fresh challenge.
    pub(crate) async fn token(&self) -> String {
        sign(&self.challenge(&[]).await.json(), &key())
    }

    /// How often the chain was asked.
    pub(crate) fn asked(&self) -> usize {
        self.chain.asked.load(Ordering::SeqCst)
    }

    pub(crate) fn set_access(&self, access: Option<Access>) {
        *self.chain.access.lock().unwrap() = access;
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    pub(crate) fn error(&self) -> String {
        let body = self.json();
        assert_eq!(body["success"], false, "{body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        assert!(body["requestId"].as_str().is_some_and(|id| id.len() == 16), "{body}");
        body["error"].as_str().unwrap().to_owned()
    }

    /// `name=value` of every cookie that it sets.
    pub(crate) fn cookies(&self) -> Vec<String> {
        let values = self.headers.get_all(SET_COOKIE).into_iter();
        values.map(|value| value.to_str().unwrap().split(';').next().unwrap().to_owned()).collect()
    }

    /// The whole answer as text, without what is new every time.
    pub(crate) fn transcript(&self) -> String {
        let mut text = format!("{}\n", self.status);
        let is_told = |(name, _): &(&http::HeaderName, _)| *name != CONTENT_LENGTH;
        let mut lines: Vec<_> =
            self.headers.iter().filter(is_told).map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        for line in lines {
            let line = match line.split_once("siwn-browser=").or_else(|| line.split_once("siwn=")) {
                Some((_, rest)) if !rest.starts_with(';') => {
                    let value = rest.split(';').next().unwrap();
                    line.replace(value, "[value]")
                }
                _ if line.starts_with("x-request-id: ") => "x-request-id: [id]".into(),
                _ => line,
            };
            writeln!(text, "{line}").unwrap();
        }
        let Ok(mut body) = serde_json::from_str::<Value>(&self.body) else { return format!("{text}\n{}", self.body) };
        for member in ["nonce", "state", "requestId", "token"] {
            if let Some(value) = body.get_mut(member) {
                *value = json!(format!("[{member}]"));
            }
        }
        if let Some(Value::String(payload)) = body.get_mut("payload")
            && let Some((head, tail)) = payload.split_once("Nonce: ")
        {
            *payload = format!("{head}Nonce: [nonce]{}", &tail[44..]);
        }
        if let Some(Value::String(url)) = body.get_mut("callbackUrl")
            && let Some((head, _)) = url.split_once("tx=")
        {
            *url = format!("{head}tx=[nonce]");
        }
        format!("{text}\n{}\n", serde_json::to_string_pretty(&body).unwrap())
    }
}

pub(crate) fn request(method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if !body.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        request = request.header(CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

pub(crate) fn key() -> PrivateKey {
    PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap()
}

pub(crate) fn other_key() -> PrivateKey {
    PrivateKey::from_seed(KeyType::Ed25519, [8; 32]).unwrap()
}

pub(crate) fn nonce_of(challenge: &Value) -> Nonce {
    let numbers: Vec<u64> = serde_json::from_value(challenge["nonce"].clone()).unwrap();
    Nonce::from_numbers(&numbers).unwrap()
}

/// The auth token of alice.near for a challenge, as a client makes it.
pub(crate) fn sign(challenge: &Value, key: &PrivateKey) -> String {
    sign_as("alice.near", challenge, key)
}

pub(crate) fn sign_as(account: &str, challenge: &Value, key: &PrivateKey) -> String {
    let text = |member: &str| challenge[member].as_str().map(str::to_owned);
    let request = TokenRequest {
        message: text("message").unwrap(),
        recipient: text("recipient").unwrap(),
        nonce: nonce_of(challenge),
        callback_url: text("callbackUrl"),
        state: text("state"),
    };
    let signer = KeySigner::new(account.parse().unwrap(), key.expose_text().parse().unwrap());
    let answer = signer.sign(request.payload());
    request.into_token(answer).unwrap().encode()
}

/// What a key of `account` authorizes for a challenge, a minute ago, as a client sends it.
pub(crate) fn authorize(account: &str, challenge: &Value, key: &PrivateKey) -> Value {
    let authorization = authorization(account, challenge, key);
    json!({ "accountId": account, "authorization": authorization, "nonce": challenge["nonce"], "state": challenge["state"] })
}

/// The authorization in it.
pub(crate) fn authorization(account: &str, challenge: &Value, key: &PrivateKey) -> String {
    let message = OffchainMessage {
        chain_id: ChainId::new(challenge["network"].as_str().unwrap()),
        signer_id: account.parse().unwrap(),
        path: Vec::new(),
        timestamp: Timestamp::from_unix_nanos((NOW.get() - 60_000) * 1_000_000),
        payload: challenge["payload"].as_str().unwrap().to_owned(),
    };
    AccessKeyAuthorization::sign(message, None, key).to_string()
}

/// The headers of this site's own page, with its cookies.
pub(crate) fn own_page(cookies: &str) -> Vec<(&str, &str)> {
    let mut headers = vec![("sec-fetch-site", "same-origin"), ("origin", "https://app.example")];
    if !cookies.is_empty() {
        headers.push((COOKIE.as_str(), cookies));
    }
    headers
}
