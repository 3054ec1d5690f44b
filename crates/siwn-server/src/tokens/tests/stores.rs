//! Stores that lose their memory, and stores that cannot be asked.

use std::sync::Mutex;

use siwn::{AccountId, BoxFuture, Counts, KeyMemory, NewSession, Opening, Recipient, Renewal, SealedKeys, StoreError};

use super::*;

/// Keeps nothing but signing keys, and does as it is told.
#[derive(Default)]
struct Told {
    kept: Mutex<Option<SealedKeys>>,
    fault: Mutex<Option<Fault>>,
    reads: std::sync::atomic::AtomicUsize,
}

#[derive(Clone, Copy)]
enum Fault {
    OutOfReach,
    ReadOnly,
    AnswerLost,
}

impl Told {
    fn set(&self, fault: Option<Fault>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn fault(&self) -> Option<Fault> {
        *self.fault.lock().unwrap()
    }

    fn reads(&self) -> usize {
        self.reads.load(std::sync::atomic::Ordering::SeqCst)
    }
}

fn never<T>() -> BoxFuture<'static, Result<T, StoreError>> {
    Box::pin(async { Err(StoreError::Unavailable("only signing keys are kept here".into())) })
}

impl Store for Told {
    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.reads.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match self.fault() {
            Some(Fault::OutOfReach) => Box::pin(async {
                // Others come meanwhile.
                tokio::task::yield_now().await;
                never().await
            }),
            _ => Box::pin(async { Ok(self.kept.lock().unwrap().clone()) }),
        }
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move {
            if matches!(self.fault(), Some(Fault::OutOfReach | Fault::ReadOnly)) {
                return never().await;
            }
            let mut kept = self.kept.lock().unwrap();
            if kept.as_ref() == old {
                *kept = Some(new.clone());
            }
            match self.fault() {
                Some(Fault::AnswerLost) => Err(StoreError::Unknown("timed out".into())),
                _ => Ok(kept.as_ref() == Some(new)),
            }
        })
    }

    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(Generation::from_bytes([1; 16]))
    }

    fn open<'a>(&'a self, _: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        never()
    }

    fn find(&self, _: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        never()
    }

    fn renew(&self, _: SessionId, _: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        never()
    }

    fn close(&self, _: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        never()
    }

    fn sessions<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        never()
    }

    fn close_all<'a>(
        &'a self,
        _: &'a AccountId,
        _: Option<&'a Recipient>,
        _: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        never()
    }

    fn block<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        never()
    }

    fn unblock<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        never()
    }

    fn is_blocked<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        never()
    }

    fn recall_key<'a>(&'a self, _: &'a AccountId, _: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        never()
    }

    fn remember_key<'a>(&'a self, _: &'a AccountId, _: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        never()
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        never()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        never()
    }
}

fn told() -> (Arc<Told>, Tokens) {
    let told = Arc::new(Told::default());
    let tokens = process(&(Arc::clone(&told) as Arc<dyn Store>), secret(1));
    (told, tokens)
}

async fn is_signed(tokens: &Tokens, now: UnixMillis) -> bool {
    tokens.access(site(), &session(), RECIPIENT, now).await.is_ok()
}

#[tokio::test]
async fn the_store_is_asked_once_a_minute_for_signing_and_every_five_seconds_for_the_list() {
    let (store, tokens) = told();
    let at = |seconds| NOW + Duration::from_secs(seconds);
    token(&tokens, NOW).await;
    let first = store.reads();
    token(&tokens, at(59)).await;
    assert_eq!(store.reads(), first);
    token(&tokens, at(60)).await;
    assert_eq!(store.reads(), first + 1);
    tokens.jwks(at(64)).await.unwrap();
    assert_eq!(store.reads(), first + 1);
    tokens.jwks(at(65)).await.unwrap();
    assert_eq!(store.reads(), first + 2);
    token(&tokens, NOW).await;
    assert_eq!(store.reads(), first + 3, "the clock went back");
}

#[tokio::test]
async fn while_the_store_is_out_of_reach_known_keys_go_on_for_a_quarter_of_an_hour() {
    let (store, tokens) = told();
    let first = name(&token(&tokens, NOW).await);
    store.set(Some(Fault::OutOfReach));
    let reads = store.reads();
    let later = NOW + Duration::from_mins(2);
    for _ in 0..3 {
        assert_eq!(name(&token(&tokens, later).await), first);
    }
    assert_eq!(store.reads(), reads + 1, "and the store is left alone for a while");
    assert!(is_signed(&tokens, UnixMillis::new((NOW + keyring::LONGEST).get() - 1)).await);
    let problem = tokens.access(site(), &session(), RECIPIENT, NOW + keyring::LONGEST).await.err().unwrap();
    assert_eq!(problem.code, Code::StoreUnavailable);
    store.set(None);
    assert_eq!(name(&token(&tokens, NOW + keyring::LONGEST).await), first);
}

#[tokio::test]
async fn without_a_store_there_is_no_first_key() {
    let (store, tokens) = told();
    for fault in [Fault::OutOfReach, Fault::ReadOnly] {
        store.set(Some(fault));
        assert!(!is_signed(&tokens, NOW).await);
        assert_eq!(tokens.jwks(NOW).await.err().unwrap().code, Code::StoreUnavailable);
    }
    store.set(Some(Fault::AnswerLost));
    assert!(!is_signed(&tokens, NOW).await, "whether it is kept is not known");
    store.set(None);
    let jwks = tokens.jwks(NOW).await.unwrap();
    assert_eq!(names(&jwks).len(), 1, "it was kept");
}

#[tokio::test]
async fn of_many_who_ask_a_store_that_is_out_of_reach_one_waits_for_it() {
    let (store, tokens) = told();
    store.set(Some(Fault::OutOfReach));
    let all = tokio::join!(tokens.jwks(NOW), tokens.jwks(NOW), tokens.jwks(NOW), tokens.jwks(NOW));
    for answer in [all.0, all.1, all.2, all.3] {
        assert_eq!(answer.err().unwrap().code, Code::StoreUnavailable);
    }
    assert_eq!(store.reads(), 1);
    store.set(None);
    assert!(tokens.jwks(NOW).await.is_ok(), "and the next one asks again");
}

#[tokio::test]
async fn a_key_that_could_not_be_written_down_is_not_used() {
    let (store, tokens) = told();
    let first = name(&token(&tokens, NOW).await);
    store.set(Some(Fault::ReadOnly));
    let later = NOW + 2 * KEY_LIFETIME;
    assert_eq!(name(&token(&tokens, later).await), first);
    assert_eq!(names(&tokens.jwks(later).await.unwrap()), [first]);
}

#[tokio::test]
async fn what_the_store_lost_is_put_back_by_who_knows_it() {
    let (store, old) = told();
    let first = name(&token(&old, NOW).await);
    let backup = store.kept.lock().unwrap().clone();
    let due = NOW + 29 * DAY;
    let both = names(&old.jwks(due).await.unwrap());
    assert_eq!(both.len(), 2);
    let mut now = due;
    for lost in [None, backup] {
        *store.kept.lock().unwrap() = lost;
        let new = process(&(Arc::clone(&store) as Arc<dyn Store>), secret(1));
        let made = token(&new, now).await;
        now = now + Duration::from_mins(1);
        let known = names(&old.jwks(now).await.unwrap());
        assert!(both.iter().chain([&name(&made)]).all(|key| known.contains(key)), "{known:?}");
        assert_eq!(names(&new.jwks(now).await.unwrap()), known);
        assert!(verify(&old.jwks(now).await.unwrap(), &made, now).is_ok());
    }
    assert_eq!(both[0], first);
}

#[tokio::test]
async fn what_cannot_be_read_is_left_alone() {
    for text in ["", "{}", "[]", r#"{"version": 2, "keys": []}"#, r#"{"version": 1}"#] {
        let (store, tokens) = told();
        *store.kept.lock().unwrap() = Some(SealedKeys::new(text));
        let problem = tokens.jwks(NOW).await.err().unwrap();
        assert_eq!(problem.code, Code::StoreUnavailable, "{text}");
        assert!(problem.cause.is_some_and(|cause| cause.contains("signing keys")));
        assert_eq!(store.kept.lock().unwrap().as_ref().unwrap().as_str(), text);
    }
}
