//! The store of the configuration.

use std::path::Path;
use std::sync::Arc;

use siwn::{Generation, Limits, Store};
use siwn_server::Secrets;
use siwn_server::config::StoreUrl;
use siwn_store::sqlite::is_open_to_others;
use siwn_store::{KeptSecrets, PostgresStore, PostgresUrl, RedisStore, RedisUrl, SqliteStore};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::{input, runtime, store_advice};

/// A store that is open.
pub(crate) enum Opened {
    /// The server makes one for itself.
    Memory,
    Sqlite(Arc<SqliteStore>),
    Redis(Arc<RedisStore>),
    Postgres(Arc<PostgresStore>),
}

impl Opened {
    pub(crate) async fn open(url: &StoreUrl) -> Result<Self, Failure> {
        match url {
            StoreUrl::Sqlite(path) => sqlite(path).await,
            StoreUrl::Redis(url) => redis(url).await,
            StoreUrl::Postgres(url) => postgres(url).await,
            _ => Ok(Self::Memory),
        }
    }

    /// The store itself.
    pub(crate) fn port(&self) -> Option<Arc<dyn Store>> {
        match self {
            Self::Memory => None,
            Self::Sqlite(store) => Some(Arc::clone(store) as _),
            Self::Redis(store) => Some(Arc::clone(store) as _),
            Self::Postgres(store) => Some(Arc::clone(store) as _),
        }
    }

    /// The store as the keeper of the secrets of all processes that share it.
    pub(crate) fn keeper(&self) -> Option<Arc<dyn KeptSecrets>> {
        match self {
            Self::Memory => None,
            Self::Sqlite(store) => Some(Arc::clone(store) as _),
            Self::Redis(store) => Some(Arc::clone(store) as _),
            Self::Postgres(store) => Some(Arc::clone(store) as _),
        }
    }

    /// The secrets that it keeps.
    pub(crate) async fn secrets(&self) -> Result<Option<Secrets>, Failure> {
        let Some(keeper) = self.keeper() else { return Ok(None) };
        let kept = keeper.kept_secrets(&input::new_secret()?).await.map_err(|error| Failure::caused("store", &error))?;
        Zeroizing::new(kept).parse().map(Some).map_err(|error| Failure::caused("the secrets in the store", &error))
    }

    /// Who counts how often clients and accounts come, for all processes that share the store.
    pub(crate) fn limits(&self) -> Option<Arc<dyn Limits>> {
        match self {
            Self::Redis(store) => Some(Arc::clone(store) as _),
            _ => None,
        }
    }

    /// Finishes what is queued.
    pub(crate) async fn close(self) {
        match self {
            Self::Memory => {}
            Self::Sqlite(store) => store.shutdown().await,
            Self::Redis(store) => store.shutdown().await,
            Self::Postgres(store) => store.shutdown().await,
        }
    }
}

async fn sqlite(path: &Path) -> Result<Opened, Failure> {
    let (path, opened, generation) = (path.to_owned(), path.to_owned(), Generation::from_bytes(input::random()?));
    let opening = tokio::task::spawn_blocking(move || SqliteStore::open_file(&path, generation, runtime::clock()));
    match opening.await {
        Ok(Ok(store)) => {
            if is_open_to_others(&opened).unwrap_or(false) {
                tracing::warn!(file = %opened.display(), "others than its owner may use the store's file; chmod 600 ends that");
            }
            Ok(Opened::Sqlite(Arc::new(store)))
        }
        Ok(Err(error)) => {
            let name = format!("store sqlite:{}", opened.display());
            Err(Failure::caused(&name, &error).hint(store_advice::of_sqlite(&error)))
        }
        Err(error) => Err(Failure::caused("store", &error)),
    }
}

async fn redis(url: &RedisUrl) -> Result<Opened, Failure> {
    // The server's clock counts: it is one for all processes.
    let store = RedisStore::connect(url, None)
        .await
        .map_err(|error| Failure::caused(&format!("store {url}"), &error).hint(store_advice::of_redis(&error)))?;
    Ok(Opened::Redis(Arc::new(store)))
}

async fn postgres(url: &PostgresUrl) -> Result<Opened, Failure> {
    // The server's clock counts: it is one for all processes.
    let store = PostgresStore::connect(url, None)
        .await
        .map_err(|error| Failure::caused(&format!("store {url}"), &error).hint(store_advice::of_postgres(&error)))?;
    Ok(Opened::Postgres(Arc::new(store)))
}
