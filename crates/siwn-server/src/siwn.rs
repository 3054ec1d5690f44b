//! The handle that an application keeps: one site, its login and its sessions.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use siwn::{AccessPolicy, AccountRules, Chain, Login, Message, Sessions, SiteError, Store, UnixMillis};

use crate::audit::Audit;
use crate::client::TrustedProxies;
use crate::cookie::Cookies;
use crate::door::Door;
use crate::metrics::Metrics;
use crate::pages::Pages;
use crate::readiness::StoreState;
use crate::secrets::Secrets;

/// Reads the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// Sign In With NEAR for one site. Clones are the same.
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
    pub(crate) login: Login,
    pub(crate) message: Message,
    pub(crate) challenge_lifetime: Duration,
    pub(crate) door: Arc<Door>,
    pub(crate) audit: Audit,
    pub(crate) sessions: Sessions,
    pub(crate) chain: Arc<dyn Chain>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) network: String,
    pub(crate) access: AccessPolicy,
    pub(crate) clock: Clock,
    pub(crate) cookies: Cookies,
    pub(crate) pages: Pages,
    pub(crate) metrics: Metrics,
    pub(crate) ready: Vec<ReadyCheck>,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) is_stopping: AtomicBool,
    pub(crate) store_state: StoreState,
}

/// Something that must work before requests are sent here, and how to find out. It answers from memory; what it says, either way, names no
/// secret.
pub(crate) struct ReadyCheck {
    pub(crate) name: &'static str,
    pub(crate) check: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
}

impl Siwn {
    /// Makes challenges with these secrets from now on. Logins that are under way go on with those that they began with, as long as
    /// one of these is the same.
    pub fn set_secrets(&self, secrets: &Secrets) -> Result<(), SiteError> {
        self.0.login.site().reissue(secrets.issues(&self.0.message, self.0.challenge_lifetime)?);
        Ok(())
    }

    /// Lets these accounts in from now on: at their next login, and at the next use of their sessions.
    pub fn set_account_rules(&self, rules: AccountRules) {
        self.0.door.set_rules(rules);
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
        write!(f, "Siwn({})", self.0.login.site().recipient())
    }
}
