//! What every call to the server needs, and the calls on single sessions, keys and counts.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use redis::Value;
use siwn::{
    AccountId, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Renewal, SealedKeys, SessionId, SessionRow,
    StoreError,
};

use super::deadline::Deadline;
use super::error::Fault;
use super::keys::{Keys, bucket_of};
use super::link::Link;
use super::memory::{CLOCK_PATIENCE, LOOK_EVERY, Memory};
use super::rows::{self, Found, millis};
use super::scripts::{CLOSE, FIND, OPEN, REMEMBER, RENEW, REPLACE_SIGNING_KEYS};
use crate::Clock;

/// How long a walk over everything may take.
const WALK_PATIENCE: Duration = Duration::from_secs(30);
/// How many keys one step of it looks at.
const STEP: usize = 1000;

/// What every call needs.
pub(super) struct Core {
    pub(super) link: Link,
    pub(super) keys: Keys,
    /// None for the server's own.
    pub(super) clock: Option<Clock>,
    memory: RwLock<Arc<Memory>>,
    /// Held by whoever looks at the markers.
    looking: tokio::sync::Mutex<()>,
}

impl Core {
    /// Looks at the markers for the first time.
    pub(super) async fn new(link: Link, keys: Keys, clock: Option<Clock>) -> Result<Self, Fault> {
        let memory = Memory::look(&link, &keys, Deadline::of_a_call()).await?;
        Ok(Self { link, keys, clock, memory: RwLock::new(Arc::new(memory)), looking: tokio::sync::Mutex::default() })
    }

    pub(super) fn generation(&self) -> Generation {
        self.memory().generation
    }

    /// What the caller's clock says; empty where the server's counts.
    pub(super) fn now(&self) -> String {
        self.clock.as_ref().map_or_else(String::new, |clock| millis(clock()))
    }

    fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.memory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the markers.
    pub(super) async fn look(&self, deadline: Deadline) -> Result<(), Fault> {
        let _looking = self.looking.lock().await;
        let memory = Memory::look(&self.link, &self.keys, deadline).await?;
        *self.memory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(memory);
        Ok(())
    }

    pub(super) async fn open(&self, new: &NewSession) -> Result<Opening, StoreError> {
        let deadline = Deadline::of_a_call();
        // What is written here decides nothing.
        let Some(after) = self.enlist(new, deadline).await.map_err(Fault::of_a_question)? else { return Ok(Opening::Blocked) };
        let id = new.row().id;
        let memory = self.memory();
        let marker = if memory.generation == new.generation() { memory.marker_of(id) } else { &[] };
        let call = OPEN
            .on([self.keys.row(id), self.keys.marker(bucket_of(id))])
            .with(self.now())
            .with(marker)
            .with(CLOCK_PATIENCE.as_millis().to_string())
            .with(millis(new.challenge_expires_at()))
            .with(millis(new.kept_until()))
            .with(after)
            .with(new.row().secret_hash);
        let answer = self.link.run(&rows::with_row(call, new), deadline).await.map_err(Fault::of_a_change)?;
        let Value::BulkString(answer) = answer else { return Err(Fault::Answer("a login").of_a_question()) };
        Ok(match &answer[..] {
            b"opened" => Opening::Opened,
            b"spent" => Opening::AlreadySpent,
            b"expired" => Opening::ChallengeExpired,
            b"other generation" => {
                // So that the next challenge is a good one. Somebody else may be looking already.
                if self.looking.try_lock().is_ok() {
                    let _ = self.look(deadline).await;
                }
                Opening::OtherGeneration
            }
            _ => return Err(Fault::Answer("a login").of_a_question()),
        })
    }

    /// A row in time, whatever its account's mark says.
    pub(super) async fn look_up(&self, id: SessionId, deadline: Deadline) -> Result<Option<Found>, Fault> {
        rows::read(id, self.link.run(&FIND.on([self.keys.row(id)]).with(self.now()), deadline).await?)
    }

    pub(super) async fn find(&self, id: SessionId) -> Result<Option<SessionRow>, Fault> {
        let deadline = Deadline::of_a_call();
        let Some(found) = self.look_up(id, deadline).await? else { return Ok(None) };
        let mark = self.mark(&found.row.account, &found.row.recipient, deadline).await?;
        Ok(mark.lets(&found).then_some(found.row))
    }

    pub(super) async fn renew(&self, id: SessionId, renewal: Renewal) -> Result<(), Fault> {
        let deadline = Deadline::of_a_call();
        // A session that was cut off has a row still, which may move: nobody will see it.
        let time = |time: Option<_>| time.map_or_else(String::new, millis);
        let call = RENEW.on([self.keys.row(id)]).with(self.now()).with(time(renewal.seen_at)).with(time(renewal.checked_at));
        self.link.run(&call, deadline).await.map(drop)
    }

    pub(super) async fn close(&self, id: SessionId) -> Result<(), Fault> {
        let deadline = Deadline::of_a_call();
        let answer = self.link.run(&CLOSE.on([self.keys.row(id)]).with(self.now()).with("").with(""), deadline).await?;
        if let Value::BulkString(account) = answer
            && let Some(account) = String::from_utf8(account).ok().and_then(|account| account.parse().ok())
        {
            let mut command = redis::cmd("ZREM");
            command.arg(self.keys.list(&account)).arg(id.to_string());
            // The list is a hint: whoever reads it looks at the row.
            let _ = self.link.send(&command, deadline).await;
        }
        Ok(())
    }

    /// `limit` is empty where nothing is to be remembered.
    pub(super) async fn remember(&self, account: &AccountId, key: &PublicKey, limit: String) -> Result<KeyMemory, Fault> {
        let call = REMEMBER.on([self.keys.known(account)]).with(key.handle()).with(limit);
        // Once only: the second time a new key would be a known one.
        match self.link.run_once(&call, Deadline::of_a_call()).await? {
            Value::BulkString(answer) => match &answer[..] {
                b"first" => Ok(KeyMemory::FirstOfAccount),
                b"known" => Ok(KeyMemory::Known),
                b"new" => Ok(KeyMemory::New),
                _ => Err(Fault::Answer("a key")),
            },
            _ => Err(Fault::Answer("a key")),
        }
    }

    pub(super) async fn signing_keys(&self) -> Result<Option<SealedKeys>, Fault> {
        let mut command = redis::cmd("GET");
        command.arg(self.keys.signing_keys());
        match self.link.send(&command, Deadline::of_a_call()).await? {
            Value::Nil => Ok(None),
            Value::BulkString(text) => {
                let text = String::from_utf8(text).map_err(|_| Fault::Answer("the signing keys"))?;
                Ok(Some(SealedKeys::new(text)))
            }
            _ => Err(Fault::Answer("the signing keys")),
        }
    }

    pub(super) async fn replace_signing_keys(&self, old: Option<&SealedKeys>, new: &SealedKeys) -> Result<bool, Fault> {
        // No keys are an empty text.
        let old = old.map_or("", SealedKeys::as_str);
        let call = REPLACE_SIGNING_KEYS.on([self.keys.signing_keys()]).with(old).with(new.as_str());
        Ok(self.link.run(&call, Deadline::of_a_call()).await? == Value::Int(1))
    }

    pub(super) async fn counts(&self) -> Result<Counts, Fault> {
        let deadline = Deadline::after(WALK_PATIENCE);
        let [rows, lists] = self.keys.patterns();
        Ok(Counts { sessions: self.count(&rows, deadline).await?, accounts: self.count(&lists, deadline).await? })
    }

    async fn count(&self, pattern: &str, deadline: Deadline) -> Result<u64, Fault> {
        let scan = |cursor: &[u8]| {
            let mut command = redis::cmd("SCAN");
            command.arg(cursor).arg("MATCH").arg(pattern).arg("COUNT").arg(STEP);
            command
        };
        let mut count = 0;
        for (node, mut answer) in self.link.ask_all(&scan(b"0"), deadline).await? {
            loop {
                let Value::Array(parts) = answer else { return Err(Fault::Answer("a walk")) };
                let Ok([Value::BulkString(cursor), Value::Array(keys)]) = <[Value; 2]>::try_from(parts) else {
                    return Err(Fault::Answer("a walk"));
                };
                count += keys.len() as u64;
                if cursor == b"0" {
                    break;
                }
                answer = self.link.ask_one(node.as_ref(), &scan(&cursor), deadline).await?;
            }
        }
        Ok(count)
    }
}

/// Looks at the markers now and then, and whenever there is a new connection.
pub(super) async fn keep_looking(core: Arc<Core>) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = core.link.reconnected() => {}
        }
        // Where it fails, calls fail too, and the next time will do.
        let _ = core.look(Deadline::of_a_call()).await;
    }
}
