//! The handle that an application keeps: its site or sites, with their logins and sessions.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use siwn::{AccountId, AccountRules, Chain, Recipient, SiteError, Store, StoreError, UnixMillis};

use crate::answered::AnswerHook;
use crate::audit::{EndReason, Event, Person, Record};
use crate::client::TrustedProxies;
use crate::key_checks::KeyChecker;
use crate::metrics::Metrics;
use crate::readiness::{ReadyCheck, StoreState};
use crate::requester::Requester;
use crate::secrets::Secrets;
use crate::site::Sites;
use crate::time::Clock;
use crate::tokens::{Identities, Tokens};

/// Sign In With NEAR for one site, or for several. Clones are the same.
///
/// ```
/// use axum::{Router, routing::get};
/// use siwn_server::{SignedIn, Siwn};
///
/// async fn me(user: SignedIn) -> String {
///     format!("Hello, {}", user.account())
/// }
///
/// let siwn = Siwn::builder("app.example").build()?;
/// let app: Router = Router::new().route("/me", get(me)).merge(siwn.routes()).with_state(siwn);
/// # Ok::<(), siwn_server::BuildError>(())
/// ```
#[derive(Clone)]
pub struct Siwn(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) sites: Sites,
    pub(crate) chain: Arc<dyn Chain>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) network: String,
    pub(crate) clock: Clock,
    pub(crate) metrics: Metrics,
    pub(crate) ready: Vec<ReadyCheck>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) is_stopping: AtomicBool,
    pub(crate) key_checker: Arc<KeyChecker>,
    pub(crate) store_state: StoreState,
    pub(crate) tokens: Tokens,
    pub(crate) identities: Identities,
    pub(crate) on_answer: Option<AnswerHook>,
}

impl Siwn {
    /// Makes challenges with these secrets from now on, and seals the keys of tokens with them. Logins that are under way go on with those that they began with, as long as
    /// one of these is the same.
    pub fn set_secrets(&self, secrets: &Secrets) -> Result<(), SiteError> {
        let issues: Result<Vec<_>, _> =
            self.0.sites.iter().map(|site| secrets.issues(&site.message, site.challenge_lifetime)).collect();
        for (site, issues) in self.0.sites.iter().zip(issues?) {
            site.site().reissue(issues);
        }
        self.0.tokens.set_secrets(secrets);
        self.0.identities.forget();
        Ok(())
    }

    /// Lets these accounts in at every site from now on: at their next login, and at the next use of their sessions.
    pub fn set_account_rules(&self, rules: AccountRules) {
        let rules = Arc::new(rules);
        for site in self.0.sites.iter() {
            site.door.set_rules(Arc::clone(&rules));
        }
    }

    /// The same for the site of one recipient. Answers whether there is such a one.
    #[must_use]
    pub fn set_account_rules_at(&self, recipient: &Recipient, rules: AccountRules) -> bool {
        let site = self.0.sites.iter().find(|site| site.site().recipient() == recipient);
        site.map(|site| site.door.set_rules(Arc::new(rules))).is_some()
    }

    /// Ends all sessions of an account, at every site: for an application that lets somebody in no more. The account may sign in again,
    /// unless [`on_login`](crate::Builder::on_login) or the rules refuse it.
    ///
    /// The audit log has a line on it at each site, as where the operator does it.
    ///
    /// # Errors
    ///
    /// Where the store cannot be asked. Then sessions may go on: ask again.
    pub async fn end_sessions(&self, account: &AccountId) -> Result<(), StoreError> {
        self.0.store.close_all(account, None, None).await?;
        let person = Person::named(account.clone(), None);
        let record = Record { event: Event::Revocation, reason: Some(EndReason::ByOperator.as_str()), person: Some(person) };
        for site in self.0.sites.iter() {
            self.audit(site, &record, &Requester::server());
        }
        Ok(())
    }

    /// Whether the browser client is part of this build: it is, where npm had built it before.
    #[must_use]
    pub fn has_browser_client(&self) -> bool {
        self.0.sites.first.pages.has_client()
    }

    /// Says at `/readyz` that this process ends soon, so that nobody new is sent here. All else goes on.
    pub fn announce_stop(&self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.0.is_stopping.load(Ordering::Relaxed)
    }

    pub(crate) fn now(&self) -> UnixMillis {
        (self.0.clock)()
    }
}

impl fmt::Debug for Siwn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let recipients = self.0.sites.iter().map(|site| site.site().recipient().as_str());
        f.debug_tuple("Siwn").field(&recipients.collect::<Vec<_>>()).finish()
    }
}
