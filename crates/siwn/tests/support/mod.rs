//! A site, a person with a key, a chain that says what the test wants, and a store that fails when told to.

mod chain;
mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use siwn::conformance::TestClock;
use siwn::{
    AccountId, AuthToken, Binding, CallbackUrl, Challenge, Issue, KeySigner, KeyType, Login, LoginError, Message, OpenedSession,
    PrivateKey, Proof, ProofFields, Secret, SessionSecret, Sessions, Site, TokenFields, TokenRequest, UnixMillis,
};

pub(crate) use chain::{TestChain, standing};
pub(crate) use store::{Fault, TestStore};

pub(crate) const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
pub(crate) const RECIPIENT: &str = "app.example";
pub(crate) const LIFETIME: Duration = Duration::from_mins(5);
pub(crate) const SESSION_LIFETIME: Duration = Duration::from_hours(1);

/// One site, and Alice, who signs in to it.
pub(crate) struct Stage {
    pub(crate) login: Login,
    pub(crate) chain: Arc<TestChain>,
    pub(crate) store: Arc<TestStore>,
    pub(crate) clock: TestClock,
    pub(crate) account: AccountId,
    pub(crate) key: PrivateKey,
    drawn: AtomicU8,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(|site| site)
    }

    /// A stage whose site `configure` completes.
    pub(crate) fn with(configure: impl FnOnce(Site) -> Site) -> Self {
        Self::over(TestStore::new, configure)
    }

    /// A stage whose store has room for `capacity` rows.
    pub(crate) fn with_room_for(capacity: usize) -> Self {
        Self::over(|clock| TestStore::with_capacity(clock, capacity), |site| site)
    }

    fn over(store: impl FnOnce(TestClock) -> TestStore, configure: impl FnOnce(Site) -> Site) -> Self {
        let clock = TestClock::at(NOW);
        let store = Arc::new(store(clock.clone()));
        let chain = Arc::new(TestChain::new());
        let login = Login::new(configure(site([7; 32])), chain.clone(), store.clone());
        let account = "alice.near".parse().expect("an account");
        let key = PrivateKey::from_seed(KeyType::Ed25519, [1; 32]).expect("a seed");
        Self { login, chain, store, clock, account, key, drawn: AtomicU8::new(0) }
    }

    pub(crate) fn begin(&self) -> Challenge {
        self.begin_for(&Binding::unbound())
    }

    pub(crate) fn begin_for(&self, binding: &Binding) -> Challenge {
        self.login.begin(binding, self.clock.now(), [self.draw(); 8]).expect("the store has a generation")
    }

    /// The token that Alice's wallet makes of a challenge.
    pub(crate) fn token(&self, challenge: &Challenge) -> AuthToken {
        self.token_with(challenge, None)
    }

    pub(crate) fn token_with(&self, challenge: &Challenge, callback_url: Option<&CallbackUrl>) -> AuthToken {
        self.sign(TokenRequest {
            message: challenge.message.to_string(),
            recipient: challenge.recipient.to_string(),
            nonce: challenge.nonce,
            callback_url: callback_url.map(ToString::to_string),
            state: None,
        })
    }

    pub(crate) fn sign(&self, request: TokenRequest) -> AuthToken {
        let key = self.key.expose_text().parse().expect("what was exposed");
        let signed = KeySigner::new(self.account.clone(), key).sign(request.payload());
        request.into_token(signed).expect("an honest signature")
    }

    pub(crate) async fn finish(&self, proof: impl Into<Proof>) -> Result<OpenedSession, LoginError> {
        self.finish_for(&Binding::unbound(), proof).await
    }

    pub(crate) async fn finish_for(&self, binding: &Binding, proof: impl Into<Proof>) -> Result<OpenedSession, LoginError> {
        let secret = SessionSecret::from_bytes([self.draw(); 32]);
        self.login.finish(proof.into(), &binding.clone().into(), self.clock.now(), secret).await
    }

    /// The code with which a proof is refused, and that nobody outside was asked.
    pub(crate) async fn refused_at_once(&self, proof: impl Into<Proof>) -> &'static str {
        let before = self.chain.calls();
        let error = self.finish(proof).await.expect_err("refused");
        assert_eq!(self.chain.calls(), before, "the chain was asked");
        assert!(matches!(error, LoginError::Refused(_)), "{error:?}");
        error.code()
    }

    pub(crate) fn sessions(&self) -> Sessions {
        Sessions::new(self.store.clone(), self.login.site().recipient().clone())
    }

    fn draw(&self) -> u8 {
        self.drawn.fetch_add(1, Ordering::Relaxed)
    }
}

/// The site of these tests, with keys from `secret`.
pub(crate) fn site(secret: [u8; 32]) -> Site {
    let recipient = RECIPIENT.parse().expect("a recipient");
    let issue = Issue::new(&Secret::from_bytes(secret), Message::default_for(&recipient), LIFETIME).expect("an issue");
    Site::new(recipient, issue).session_lifetime(SESSION_LIFETIME)
}

/// The token with some of its fields changed after it was signed.
pub(crate) fn tampered(token: &AuthToken, change: impl FnOnce(&mut TokenFields)) -> AuthToken {
    let mut fields = token.to_fields();
    change(&mut fields);
    fields.encode().parse().expect("still a token")
}

/// The same as the fields of the general flow, saying no more than is needed, and then what `say` adds.
pub(crate) fn fields(token: &AuthToken, say: impl for<'a> FnOnce(ProofFields<'a>) -> ProofFields<'a>) -> Proof {
    let TokenFields { account_id, public_key, signature, nonce, .. } = token.to_fields();
    let least = ProofFields {
        account_id: &account_id,
        public_key: &public_key,
        signature: &signature,
        nonce,
        message: None,
        recipient: None,
        callback_url: None,
        state: None,
    };
    Proof::from_fields(say(least)).expect("well-formed fields")
}
