//! What a server that runs takes over when it is told to reload, and what lies in a store that others change.

use std::sync::Arc;
use std::time::Duration;

use siwn_server::config::{Config, Fault, Sources};
use siwn_server::{AuditLog, Secrets, Siwn};
use siwn_store::KeptSecrets;
use tokio::signal::unix::Signal;
use zeroize::Zeroizing;

use crate::configuration::Settings;
use crate::input;
use crate::notify::Manager;

/// How often secrets that are kept in a store are read again: others may have changed them.
pub(crate) const KEPT_SECRETS: Duration = Duration::from_mins(1);

/// A server, and where its settings come from.
pub(crate) struct Reloader {
    pub(crate) siwn: Siwn,
    pub(crate) settings: Settings,
    /// What it was started with and does not take over.
    pub(crate) sources: Sources,
    pub(crate) audit_log: Option<AuditLog>,
    /// None where secrets are given, or gone with the process.
    pub(crate) keeper: Option<Arc<dyn KeptSecrets>>,
    pub(crate) manager: Manager,
}

impl Reloader {
    /// Reloads each time that somebody asks for it.
    pub(crate) async fn run(self, mut hangup: Signal) {
        let mut ticks = tokio::time::interval(KEPT_SECRETS);
        loop {
            tokio::select! {
                asked = hangup.recv() => {
                    if asked.is_none() {
                        return;
                    }
                    self.manager.reloading();
                    self.reload().await;
                    self.manager.ready();
                }
                _ = ticks.tick() => self.read_kept().await,
            }
        }
    }

    async fn reload(&self) {
        if let Some(log) = &self.audit_log {
            log.reopen();
        }
        let sources = match self.settings.sources() {
            Ok(sources) => sources,
            Err(faults) => return refuse(&faults),
        };
        let config = match Config::load(&sources) {
            Ok(config) => config,
            Err(faults) => return refuse(&faults),
        };
        for setting in self.sources.differing(&sources) {
            tracing::warn!(setting, "this setting has changed and needs a start");
        }
        let (mut allow, mut deny) = (0, 0);
        for site in config.sites {
            (allow, deny) = (allow + site.account_rules.allow.len(), deny + site.account_rules.deny.len());
            // A site that is not served yet is told as a change that needs a start.
            let _ = self.siwn.set_account_rules_at(&site.recipient, site.account_rules);
        }
        match config.secrets {
            Some(secrets) => self.set_secrets(&secrets),
            None => self.read_kept().await,
        }
        tracing::info!(allow, deny, "reloaded");
    }

    /// Takes over secrets that are kept in the store, if that is where they are.
    async fn read_kept(&self) {
        let Some(keeper) = &self.keeper else { return };
        let Ok(if_new) = input::new_secret() else { return };
        match keeper.kept_secrets(&if_new).await.map(Zeroizing::new) {
            Ok(text) => match text.parse::<Secrets>() {
                Ok(secrets) => self.set_secrets(&secrets),
                Err(error) => tracing::error!(%error, "the secrets in the store cannot be read: the old ones are kept"),
            },
            Err(error) => tracing::warn!(%error, "the secrets in the store cannot be read: the old ones are kept"),
        }
    }

    fn set_secrets(&self, secrets: &Secrets) {
        if let Err(error) = self.siwn.set_secrets(secrets) {
            tracing::error!(%error, "the secrets cannot be taken over: the old ones are kept");
        }
    }
}

/// Everything stays as it was.
fn refuse(faults: &[Fault]) {
    for fault in faults {
        tracing::error!(fault = fault.to_string(), "not reloaded: the old settings are kept");
    }
}
