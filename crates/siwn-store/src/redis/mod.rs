//! Redis or Valkey, alone or as a cluster: for as many machines as there are.
//!
//! A login is decided by one script on one key: it spends the challenge and opens the session at once, and expires by the server's own
//! clock. Before that, on the account's slot, the session is put on the account's list, and it is found out which cut-off it is opened
//! after. Each call touches one slot, so that a cluster works; calls share one connection to each node.
//!
//! What was answered is as safe as Redis keeps it. With `appendfsync everysec` the last second may be lost when the server is killed, with
//! neither file nor replica everything. Sessions that are lost are over. Challenges whose mark could be lost are refused: a start, a
//! promotion, `FLUSHALL`, a slot that moves, a clock that goes back far, each makes a new generation (people who are in the middle of
//! signing in start over), and the script that spends a challenge compares. A revocation that is lost with a failover would bring its
//! session back: use `min-replicas-to-write`, or another store, where that must not be.
//!
//! The server must not throw keys away: `maxmemory-policy noeviction` is a condition. It must be of version 6 or later, and let the user
//! call `EVAL`, `EVALSHA`, `SCAN`, `INFO` and `TIME` beside the commands of hashes, sorted sets and strings.

mod accounts;
mod alone;
mod deadline;
mod error;
mod keys;
mod limits;
mod link;
mod memory;
mod rows;
mod scripts;
mod url;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use ::redis::Value;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KEYS_REMEMBERED, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal,
    SealedKeys, SessionId, SessionRow, Store, StoreError,
};
use tokio::task::JoinHandle;

use self::deadline::Deadline;
use self::error::Fault;
pub use self::error::OpenError;
use self::keys::{Keys, bucket_of};
use self::link::{Link, said};
use self::memory::{CLOCK_PATIENCE, LOOK_EVERY, Memory};
use self::rows::{Found, millis};
use self::scripts::{CLOSE, FIND, OPEN, REMEMBER, RENEW, REPLACE_SECRETS, REPLACE_SIGNING_KEYS, SECRETS};
pub use self::url::{RedisUrl, RedisUrlError};
use crate::{Clock, KeptSecrets};

/// How long a walk over everything may take.
const WALK_PATIENCE: Duration = Duration::from_secs(30);
/// How many keys one step of it looks at.
const STEP: usize = 1000;

/// Sessions in a Redis.
///
/// Every call is answered within two seconds: with [`StoreError::Unavailable`] where nothing was done, with [`StoreError::Unknown`] where a
/// change may have been. While the server is out of reach, one task asks for it again now and then, and calls fail at once.
pub struct RedisStore {
    core: Arc<Core>,
    looking: Mutex<Option<JoinHandle<()>>>,
}

/// What every call needs.
struct Core {
    link: Link,
    keys: Keys,
    /// None for the server's own.
    clock: Option<Clock>,
    memory: RwLock<Arc<Memory>>,
    /// Held by whoever looks at the markers.
    looking: tokio::sync::Mutex<()>,
}

impl RedisStore {
    /// Opens the store. `clock` is a test's; without one, the server's clock counts.
    ///
    /// The server must be there, and must not throw keys away. A cluster shows by itself. Call it inside a Tokio runtime with time and I/O.
    pub async fn connect(url: &RedisUrl, clock: Option<Clock>) -> Result<Self, OpenError> {
        let link = Link::connect(url).await?;
        let keys = Keys::new(url.prefix.clone());
        forgets_nothing(&link).await?;
        let memory = Memory::look(&link, &keys, Deadline::of_a_call()).await.map_err(|fault| match fault {
            Fault::Random(error) => OpenError::Random(error),
            fault => fault.into(),
        })?;
        let core =
            Arc::new(Core { link, keys, clock, memory: RwLock::new(Arc::new(memory)), looking: tokio::sync::Mutex::default() });
        let looking = tokio::spawn(keep_looking(Arc::clone(&core)));
        Ok(Self { core, looking: Mutex::new(Some(looking)) })
    }

    /// Looks whether the server can be reached and throws nothing away, without writing anything: for an operator, before a start.
    pub async fn examine(url: &RedisUrl) -> Result<(), OpenError> {
        forgets_nothing(&Link::connect(url).await?).await
    }

    /// Ends the connections. Later calls are answered [`StoreError::Unavailable`].
    pub async fn shutdown(&self) {
        self.core.link.stop();
        let looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(looking) = looking {
            looking.abort();
            // It ends because it is told to.
            let _ = looking.await;
        }
    }
}

/// When the server loses its memory, it loses them too: the next process to start keeps others.
impl KeptSecrets for RedisStore {
    fn kept_secrets<'a>(&'a self, if_new: &'a str) -> BoxFuture<'a, Result<String, StoreError>> {
        let call = SECRETS.on([self.core.keys.secret()]).with(if_new);
        Box::pin(async move {
            let answer = self.core.link.run(&call, Deadline::of_a_call()).await.map_err(Fault::of_a_change)?;
            let Value::BulkString(secrets) = answer else { return Err(Fault::Answer("the secrets").of_a_question()) };
            String::from_utf8(secrets).map_err(|_| Fault::Answer("the secrets").of_a_question())
        })
    }

    fn replace_secrets<'a>(&'a self, old: &'a str, new: &'a str) -> BoxFuture<'a, Result<bool, StoreError>> {
        let call = REPLACE_SECRETS.on([self.core.keys.secret()]).with(old).with(new);
        Box::pin(async move {
            let answer = self.core.link.run(&call, Deadline::of_a_call()).await.map_err(Fault::of_a_change)?;
            Ok(answer == Value::Int(1))
        })
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        if let Some(looking) = self.looking.get_mut().unwrap_or_else(PoisonError::into_inner) {
            looking.abort();
        }
    }
}

/// Refuses a server that throws keys away when it is full, and one that does not say.
async fn forgets_nothing(link: &Link) -> Result<(), OpenError> {
    let info = link.ask_all(::redis::cmd("INFO").arg("memory"), Deadline::of_a_call()).await?;
    for (_, info) in info {
        match said(&info, "maxmemory_policy") {
            Some(policy) if policy == "noeviction" => {}
            Some(policy) => return Err(OpenError::Evicts { policy }),
            None => return Err(OpenError::Unsaid("maxmemory_policy")),
        }
    }
    Ok(())
}

/// Looks at the markers now and then, and whenever there is a new connection.
async fn keep_looking(core: Arc<Core>) {
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

impl Core {
    /// What the caller's clock says; empty where the server's counts.
    fn now(&self) -> String {
        self.clock.as_ref().map_or_else(String::new, |clock| millis(clock()))
    }

    fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.memory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the markers.
    async fn look(&self, deadline: Deadline) -> Result<(), Fault> {
        let _looking = self.looking.lock().await;
        let memory = Memory::look(&self.link, &self.keys, deadline).await?;
        *self.memory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(memory);
        Ok(())
    }

    async fn open(&self, new: &NewSession) -> Result<Opening, StoreError> {
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
    async fn look_up(&self, id: SessionId, deadline: Deadline) -> Result<Option<Found>, Fault> {
        rows::read(id, self.link.run(&FIND.on([self.keys.row(id)]).with(self.now()), deadline).await?)
    }

    async fn find(&self, id: SessionId) -> Result<Option<SessionRow>, Fault> {
        let deadline = Deadline::of_a_call();
        let Some(found) = self.look_up(id, deadline).await? else { return Ok(None) };
        let mark = self.mark(&found.row.account, &found.row.recipient, deadline).await?;
        Ok(mark.lets(&found).then_some(found.row))
    }

    async fn renew(&self, id: SessionId, renewal: Renewal) -> Result<(), Fault> {
        let deadline = Deadline::of_a_call();
        // A session that was cut off has a row still, which may move: nobody will see it.
        let time = |time: Option<_>| time.map_or_else(String::new, millis);
        let call = RENEW.on([self.keys.row(id)]).with(self.now()).with(time(renewal.seen_at)).with(time(renewal.checked_at));
        self.link.run(&call, deadline).await.map(drop)
    }

    async fn close(&self, id: SessionId) -> Result<(), Fault> {
        let deadline = Deadline::of_a_call();
        let answer = self.link.run(&CLOSE.on([self.keys.row(id)]).with(self.now()).with("").with(""), deadline).await?;
        if let Value::BulkString(account) = answer
            && let Some(account) = String::from_utf8(account).ok().and_then(|account| account.parse().ok())
        {
            let mut command = ::redis::cmd("ZREM");
            command.arg(self.keys.list(&account)).arg(id.to_string());
            // The list is a hint: whoever reads it looks at the row.
            let _ = self.link.send(&command, deadline).await;
        }
        Ok(())
    }

    /// `limit` is empty where nothing is to be remembered.
    async fn remember(&self, account: &AccountId, key: &PublicKey, limit: String) -> Result<KeyMemory, Fault> {
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

    async fn signing_keys(&self) -> Result<Option<SealedKeys>, Fault> {
        let mut command = ::redis::cmd("GET");
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

    async fn replace_signing_keys(&self, old: Option<&SealedKeys>, new: &SealedKeys) -> Result<bool, Fault> {
        // No keys are an empty text.
        let old = old.map_or("", SealedKeys::as_str);
        let call = REPLACE_SIGNING_KEYS.on([self.keys.signing_keys()]).with(old).with(new.as_str());
        Ok(self.link.run(&call, Deadline::of_a_call()).await? == Value::Int(1))
    }

    async fn counts(&self) -> Result<Counts, Fault> {
        let deadline = Deadline::after(WALK_PATIENCE);
        let [rows, lists] = self.keys.patterns();
        Ok(Counts { sessions: self.count(&rows, deadline).await?, accounts: self.count(&lists, deadline).await? })
    }

    async fn count(&self, pattern: &str, deadline: Deadline) -> Result<u64, Fault> {
        let scan = |cursor: &[u8]| {
            let mut command = ::redis::cmd("SCAN");
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

impl Store for RedisStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(self.core.memory().generation)
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        Box::pin(self.core.open(session))
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(async move { self.core.find(id).await.map_err(Fault::of_a_question) })
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.core.renew(id, renewal).await.map_err(Fault::of_a_change) })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.core.close(id).await.map_err(Fault::of_a_change) })
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        Box::pin(async { self.core.sessions(account, Deadline::of_a_call()).await.map_err(Fault::of_a_question) })
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(
            async move { self.core.close_all(account, recipient, spared, Deadline::of_a_call()).await.map_err(Fault::of_a_change) },
        )
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.core.block(account, Deadline::of_a_call()).await.map_err(Fault::of_a_change) })
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.core.unblock(account, Deadline::of_a_call()).await.map_err(Fault::of_a_change) })
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async { self.core.is_blocked(account, Deadline::of_a_call()).await.map_err(Fault::of_a_question) })
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(async { self.core.remember(account, key, String::new()).await.map_err(Fault::of_a_question) })
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(async { self.core.remember(account, key, KEYS_REMEMBERED.to_string()).await.map_err(Fault::of_a_change) })
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        Box::pin(async { self.core.signing_keys().await.map_err(Fault::of_a_question) })
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { self.core.replace_signing_keys(old, new).await.map_err(Fault::of_a_change) })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        Box::pin(async { self.core.counts().await.map_err(Fault::of_a_question) })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { self.core.look(Deadline::of_a_call()).await.map_err(Fault::of_a_question) })
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedisStore").finish_non_exhaustive()
    }
}
