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
mod core;
mod deadline;
mod error;
mod keys;
mod limits;
mod link;
mod memory;
mod rows;
mod scripts;
mod url;

use std::sync::{Arc, Mutex, PoisonError};

use ::redis::Value;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KEYS_REMEMBERED, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal,
    SealedKeys, SessionId, SessionRow, Store, StoreError,
};
use tokio::task::JoinHandle;

use self::core::{Core, keep_looking};
use self::deadline::Deadline;
use self::error::Fault;
pub use self::error::OpenError;
use self::keys::Keys;
use self::link::{Link, said};
use self::scripts::{REPLACE_SECRETS, SECRETS};
pub use self::url::{RedisUrl, RedisUrlError};
use crate::{Clock, KeptSecrets};

/// Sessions in a Redis.
///
/// Every call is answered within two seconds: with [`StoreError::Unavailable`] where nothing was done, with [`StoreError::Unknown`] where a
/// change may have been. While the server is out of reach, one task asks for it again now and then, and calls fail at once.
pub struct RedisStore {
    core: Arc<Core>,
    looking: Mutex<Option<JoinHandle<()>>>,
}

impl RedisStore {
    /// Opens the store. `clock` is a test's; without one, the server's clock counts.
    ///
    /// The server must be there, and must not throw keys away. A cluster shows by itself. Call it inside a Tokio runtime with time and I/O.
    pub async fn connect(url: &RedisUrl, clock: Option<Clock>) -> Result<Self, OpenError> {
        let link = Link::connect(url).await?;
        let keys = Keys::new(url.prefix.clone());
        forgets_nothing(&link).await?;
        let core = Core::new(link, keys, clock).await.map_err(|fault| match fault {
            Fault::Random(error) => OpenError::Random(error),
            fault => fault.into(),
        })?;
        let core = Arc::new(core);
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

impl Store for RedisStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(self.core.generation())
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
