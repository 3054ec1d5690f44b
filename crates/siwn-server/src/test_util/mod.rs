//! For the tests of an application: a NEAR of one's own with three people, a clock that stands, browsers that sign in.
//!
//! ```
//! use axum::{Router, routing::get};
//! use siwn_server::test_util::{TestBrowser, TestNear};
//! use siwn_server::{SignedIn, Siwn};
//!
//! fn my_app(siwn: Siwn) -> Router {
//!     Router::new().route("/me", get(async |user: SignedIn| user.account().to_string())).merge(siwn.routes()).with_state(siwn)
//! }
//!
//! # /*
//! #[tokio::test]
//! # */
//! async fn alice_sees_her_name() {
//!     let near = TestNear::start().await;
//!     let app = my_app(near.builder("app.example").build().unwrap());
//!     let mut browser = TestBrowser::new(app);
//!     assert_eq!(browser.get("/me").await.status(), 303, "to the login page");
//!     browser.sign_in(&near.alice).await;
//!     assert_eq!(browser.get("/me").await.body(), "alice.test.near");
//! }
//! # tokio::runtime::Runtime::new().unwrap().block_on(alice_sees_her_name());
//! ```
//!
//! Where the login itself is not what is tested, [`test_site`] needs no chain, and signs anybody in as anybody:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use siwn_server::test_util::{TestClock, test_site};
//!
//! let clock = TestClock::at(siwn_server::UnixMillis::new(1_790_000_000_000));
//! let siwn = test_site("app.example", &clock);
//! let alice = siwn.sign_in_as("alice.near").await;
//! // Send `Authorization: Bearer {alice}`, or `Cookie: {…}` of `siwn.cookie_as`.
//! assert!(alice.starts_with("siwn_"));
//! # });
//! ```

mod browser;
mod near;

use std::sync::Arc;

pub use siwn::conformance::TestClock;
use siwn::{
    Access, Binding, Block, BoxFuture, Chain, ChainError, KeySigner, KeyType, PrivateKey, Proof, Question, SessionSecret,
    SessionToken, Standing, TokenRequest,
};

pub use siwn_devnet::{Devnet, TestAccount};

pub use self::browser::TestBrowser;
pub use self::near::TestNear;
use crate::siwn::Siwn;

/// A chain on which every key is a full-access key of every account. For tests only: it lets everybody in as anybody.
#[derive(Clone, Copy, Debug)]
pub struct EveryKey;

impl Chain for EveryKey {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        let block = Block { height: 1, hash: [0; 32] };
        let standing = Standing { account: question.account.clone(), key: question.key.clone(), access: Access::Full, block };
        Box::pin(std::future::ready(Ok(standing)))
    }
}

/// A site on the chain of [`EveryKey`], with sessions in memory and this clock.
///
/// # Panics
///
/// Where `recipient` is none.
#[must_use]
pub fn test_site(recipient: &str, clock: &TestClock) -> Siwn {
    let clock = clock.clone();
    let builder = Siwn::builder(recipient).chain("test", Arc::new(EveryKey)).clock(Arc::new(move || clock.now()));
    builder.build().expect("a recipient that is a host is enough")
}

impl Siwn {
    /// Signs somebody in by a whole login, and gives the session's bearer token.
    ///
    /// # Panics
    ///
    /// Where `account` is none, or the site's chain or store says no.
    pub async fn sign_in_as(&self, account: &str) -> String {
        self.session_of(account).await.expose_bearer()
    }

    /// Signs somebody in by a whole login, and gives the session's cookie as a browser sends it: `name=value`.
    ///
    /// # Panics
    ///
    /// As [`sign_in_as`](Self::sign_in_as).
    pub async fn cookie_as(&self, account: &str) -> String {
        let token = self.session_of(account).await;
        let cookie = self.0.sites.first.cookies.set_session(&token, std::time::Duration::ZERO);
        let text = cookie.to_str().expect("a cookie of ours is ASCII");
        text.split(';').next().unwrap_or_default().to_owned()
    }

    /// How many keys are being asked for again now: what runs in the background is over when it is none.
    #[must_use]
    pub fn keys_being_checked(&self) -> usize {
        self.0.key_checker.asking()
    }

    async fn session_of(&self, account: &str) -> SessionToken {
        let random = crate::random::random::<32>().expect("the machine has random bytes");
        let key = PrivateKey::from_seed(KeyType::Ed25519, random).expect("any 32 bytes are an ed25519 key");
        let (head, _) = random.split_first_chunk().expect("32 bytes");
        let login = &self.0.sites.first.login;
        let challenge = login.begin(&Binding::unbound(), self.now(), *head).expect("the store knows its generation");
        let request = TokenRequest {
            message: challenge.message.to_string(),
            recipient: challenge.recipient.to_string(),
            nonce: challenge.nonce,
            callback_url: None,
            state: Some(challenge.state),
        };
        let signer = KeySigner::new(account.parse().expect("an account"), key);
        let answer = signer.sign(request.payload());
        let token = request.into_token(answer).expect("the key signed it");
        let secret = SessionSecret::from_bytes(crate::random::random().expect("the machine has random bytes"));
        login.finish(Proof::from(token), &Binding::unbound().into(), self.now(), secret).await.expect("the login succeeds").token
    }
}
