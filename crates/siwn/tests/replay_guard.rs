//! Each token once: by what was signed, at every process, and never past what a store remembers.

#![expect(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/store.rs"]
#[expect(dead_code, reason = "no insert fails here")]
mod forgetful;

use std::sync::Arc;
use std::time::Duration;

use self::forgetful::TestStore;

use siwn::conformance::TestClock;
use siwn::{
    Access, AccessPolicy, AuthToken, Block, BoxFuture, Chain, ChainError, Generation, KeySigner, KeyType, MemoryStore, Nonce,
    NonceRule, Policy, PrivateKey, Question, ReplayGuard, SessionSecret, SpendError, SpendRefusal, Standing, Store, TokenRequest,
    UnixMillis, VerifiedToken,
};

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const AGE: Duration = Duration::from_mins(5);

/// Every key is every account's.
struct EveryKey;

impl Chain for EveryKey {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        let block = Block { height: 1, hash: [0; 32] };
        let standing = Standing { account: question.account.clone(), key: question.key.clone(), access: Access::Full, block };
        Box::pin(std::future::ready(Ok(standing)))
    }
}

fn token(kind: KeyType, account: &str, nonce: u8) -> AuthToken {
    let request = TokenRequest {
        message: "ship it".into(),
        recipient: "app.example".into(),
        nonce: Nonce::timestamp(NOW, [nonce; 16]),
        callback_url: None,
        state: None,
    };
    let signer = KeySigner::new(account.parse().unwrap(), PrivateKey::from_seed(kind, [1; 32]).unwrap());
    let answer = signer.sign(request.payload());
    request.into_token(answer).unwrap()
}

async fn verified_by(nonce: NonceRule, token: AuthToken) -> VerifiedToken {
    let signed = Policy::new("app.example", nonce).check(token, NOW).unwrap();
    signed.confirm(&EveryKey, AccessPolicy::default()).await.unwrap()
}

async fn verified(token: AuthToken) -> VerifiedToken {
    verified_by(NonceRule::timestamp(AGE), token).await
}

fn store(generation: u8, clock: &TestClock) -> Arc<dyn Store> {
    let clock = clock.clone();
    Arc::new(MemoryStore::new(Generation::from_bytes([generation; 16]), 100, move || clock.now()))
}

fn guard(store: &Arc<dyn Store>) -> ReplayGuard {
    ReplayGuard::new(Arc::clone(store), "app.example".parse().unwrap())
}

/// What becomes of the token at this guard, for a caller with secret number `caller`.
async fn spend(guard: &ReplayGuard, token: &VerifiedToken, caller: u8, now: UnixMillis) -> Result<(), SpendRefusal> {
    match guard.spend(token, SessionSecret::from_bytes([caller; 32]), now).await {
        Ok(()) => Ok(()),
        Err(SpendError::Refused(refusal)) => Err(refusal),
        Err(SpendError::Unavailable(error)) => unreachable!("the store is in memory: {error}"),
    }
}

#[tokio::test]
async fn a_token_is_spent_once_at_all_guards_of_a_store() {
    let store = store(1, &TestClock::at(NOW));
    let (one, other) = (guard(&store), guard(&store));
    let token_1 = verified(token(KeyType::Ed25519, "alice.near", 1)).await;
    assert_eq!(spend(&one, &token_1, 1, NOW).await, Ok(()));
    assert_eq!(spend(&one, &token_1, 2, NOW).await, Err(SpendRefusal::Spent));
    assert_eq!(spend(&other, &token_1, 3, NOW + AGE).await, Err(SpendRefusal::Spent));
    assert_eq!(spend(&other, &verified(token(KeyType::Ed25519, "alice.near", 2)).await, 4, NOW).await, Ok(()));
}

#[tokio::test]
async fn what_is_outside_of_the_signature_makes_no_other_token() {
    let guard = guard(&store(1, &TestClock::at(NOW)));
    let first = token(KeyType::Secp256k1, "alice.near", 1);
    assert_eq!(spend(&guard, &verified(first.clone()).await, 1, NOW).await, Ok(()));

    let mut fields = first.to_fields();
    fields.account_id = "bob.near".into();
    fields.state = Some("another".into());
    // The last byte of the signature says nothing: any of four values will do.
    fields.signature = (0..4u8)
        .map(|v| {
            let mut bytes = base64_bytes(&fields.signature);
            bytes[64] = v;
            base64_text(&bytes)
        })
        .find(|text| *text != fields.signature)
        .unwrap();
    let copy: AuthToken = fields.encode().parse().unwrap();
    assert_ne!(copy.encode(), first.encode());
    assert_eq!(spend(&guard, &verified(copy).await, 2, NOW).await, Err(SpendRefusal::Spent));
}

#[tokio::test]
async fn another_key_spends_nobody_elses_token() {
    let guard = guard(&store(1, &TestClock::at(NOW)));
    for kind in [KeyType::Ed25519, KeyType::Secp256k1] {
        assert_eq!(spend(&guard, &verified(token(kind, "alice.near", 1)).await, 1, NOW).await, Ok(()));
    }
}

#[tokio::test]
async fn what_is_older_than_a_stores_memory_is_refused() {
    let clock = TestClock::at(NOW);
    let token = verified(token(KeyType::Ed25519, "alice.near", 1)).await;
    assert_eq!(spend(&guard(&store(1, &clock)), &token, 1, NOW).await, Ok(()));
    // The process starts again, and its store with it.
    let later = NOW + Duration::from_millis(1);
    clock.set(later);
    assert_eq!(spend(&guard(&store(2, &clock)), &token, 2, later).await, Err(SpendRefusal::Forgotten));
}

#[tokio::test]
async fn a_guard_that_has_spent_nothing_yet_sees_that_its_store_began_anew() {
    let clock = TestClock::at(NOW);
    let forgetful = Arc::new(TestStore::new(clock.clone()));
    let store: Arc<dyn Store> = forgetful.clone();
    let (one, other) = (guard(&store), guard(&store));
    let spent = verified(token(KeyType::Ed25519, "alice.near", 1)).await;
    assert_eq!(spend(&one, &spent, 1, NOW).await, Ok(()));
    forgetful.restarts();
    let later = NOW + Duration::from_secs(1);
    clock.set(later);
    for guard in [&one, &other] {
        assert_eq!(spend(guard, &spent, 2, later).await, Err(SpendRefusal::Forgotten));
    }
}

#[tokio::test]
async fn a_token_past_its_end_is_refused_by_the_stores_clock() {
    let clock = TestClock::at(NOW);
    let guard = guard(&store(1, &clock));
    let token = verified(token(KeyType::Ed25519, "alice.near", 1)).await;
    clock.set(NOW + AGE + Duration::from_millis(1));
    assert_eq!(spend(&guard, &token, 1, NOW + AGE).await, Err(SpendRefusal::Expired));
    clock.set(NOW + AGE);
    assert_eq!(spend(&guard, &token, 1, NOW + AGE).await, Ok(()));
}

#[tokio::test]
async fn a_blocked_account_spends_nothing() {
    let store = store(1, &TestClock::at(NOW));
    let (guard, token) = (guard(&store), verified(token(KeyType::Ed25519, "alice.near", 1)).await);
    let alice = "alice.near".parse().unwrap();
    store.block(&alice).await.unwrap();
    assert_eq!(spend(&guard, &token, 1, NOW).await, Err(SpendRefusal::Blocked(alice.clone())));
    store.unblock(&alice).await.unwrap();
    assert_eq!(spend(&guard, &token, 1, NOW).await, Ok(()));
}

#[tokio::test]
async fn where_a_nonce_has_no_time_nothing_can_be_spent() {
    let guard = guard(&store(1, &TestClock::at(NOW)));
    let token = verified_by(NonceRule::by(|_| true), token(KeyType::Ed25519, "alice.near", 1)).await;
    assert_eq!(spend(&guard, &token, 1, NOW).await, Err(SpendRefusal::NoTime));
}

fn base64_bytes(text: &str) -> Vec<u8> {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    BASE64_STANDARD.decode(text.rsplit(':').next().unwrap()).unwrap()
}

fn base64_text(bytes: &[u8]) -> String {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    BASE64_STANDARD.encode(bytes)
}
