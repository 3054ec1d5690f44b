//! The handle that an application keeps: its site or sites, with their logins and sessions.

use std::fmt;
use std::sync::Arc;

use siwn::{Chain, Store, UnixMillis};

use crate::client::TrustedProxies;
use crate::metrics::Metrics;
use crate::site::Sites;

/// Reads the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

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
}

/// Something that must work before requests are sent here, and how to find out. It answers from memory, and a reason names no secret.
pub(crate) struct ReadyCheck {
    pub(crate) name: &'static str,
    pub(crate) check: Box<dyn Fn() -> Result<(), String> + Send + Sync>,
}

impl Siwn {
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
