//! A site: everything of a login that comes from configuration and never from a request.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use crate::issue::Issues;
use crate::nep641::AuthorizationPolicy;
use crate::recipient::Recipient;
use crate::verified::AccessPolicy;
use crate::web::{CallbackUrl, Origin, PublicUrl};

const DEFAULT_SESSION_LIFETIME: Duration = Duration::from_hours(7 * 24);

/// One site that people sign in to.
///
/// ```
/// use std::time::Duration;
/// use siwn::{Issue, Message, Recipient, Secret, Site};
///
/// let recipient: Recipient = "app.example".parse()?;
/// let secret = Secret::from_bytes([7; 32]); // 32 random bytes that outlive the process
/// let issue = Issue::new(&secret, Message::default_for(&recipient), Duration::from_secs(300))?;
/// let site = Site::new(recipient, issue);
/// # let _ = site;
/// # Ok::<(), siwn::SiteError>(())
/// ```
#[derive(Debug)]
pub struct Site {
    pub(crate) recipient: Recipient,
    issues: RwLock<Issues>,
    pub(crate) public_url: Option<PublicUrl>,
    pub(crate) origins: Vec<Origin>,
    local_origins: LocalOrigins,
    pub(crate) callback_urls: Vec<CallbackUrl>,
    pub(crate) session_lifetime: Duration,
    pub(crate) idle_lifetime: Option<Duration>,
    pub(crate) access: AccessPolicy,
    pub(crate) authorizations: Option<AuthorizationPolicy>,
}

/// Which pages on this machine may sign people in, beside those that are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalOrigins {
    OnlyListed,
    All,
}

impl Site {
    /// A site whose challenges are made with `issues`, which may be one [`Issue`](crate::Issue); sessions live for seven days;
    /// full-access keys of existing accounts only.
    #[must_use]
    pub fn new(recipient: Recipient, issues: impl Into<Issues>) -> Self {
        Self {
            recipient,
            issues: RwLock::new(issues.into()),
            public_url: None,
            origins: Vec::new(),
            local_origins: LocalOrigins::OnlyListed,
            callback_urls: Vec::new(),
            session_lifetime: DEFAULT_SESSION_LIFETIME,
            idle_lifetime: None,
            access: AccessPolicy {
                unfunded_accounts: crate::UnfundedAccounts::Refuse,
                function_call_keys: crate::FunctionCallKeys::Refuse,
            },
            authorizations: None,
        }
    }

    /// Where the site is reached; needed for wallets that answer by redirect.
    #[must_use]
    pub fn public_url(self, url: PublicUrl) -> Self {
        Self { public_url: Some(url), ..self }
    }

    /// Other origins whose pages may sign people in here.
    #[must_use]
    pub fn origins(self, origins: Vec<Origin>) -> Self {
        Self { origins, ..self }
    }

    /// Whatever runs on this machine may sign people in here: every plain-http origin of `localhost`, `127.0.0.1` and `[::1]`, on any
    /// port. For a server that one person develops against, and no other.
    #[must_use]
    pub fn dangerous_local_origins(self) -> Self {
        Self { local_origins: LocalOrigins::All, ..self }
    }

    /// Callback URLs of others that may be part of what is signed.
    #[must_use]
    pub fn callback_urls(self, urls: Vec<CallbackUrl>) -> Self {
        Self { callback_urls: urls, ..self }
    }

    /// How long a session lives, at most.
    #[must_use]
    pub fn session_lifetime(self, lifetime: Duration) -> Self {
        Self { session_lifetime: lifetime, ..self }
    }

    /// How long a session lives that is not used, in whole milliseconds. Default: as long as any other.
    #[must_use]
    pub const fn idle_lifetime(mut self, lifetime: Duration) -> Self {
        self.idle_lifetime = Some(lifetime);
        self
    }

    /// Which standings open the door.
    #[must_use]
    pub fn access(self, access: AccessPolicy) -> Self {
        Self { access, ..self }
    }

    /// Takes authorizations (NEP-641), and with them accounts that are contracts. Without it a site takes signatures only.
    #[must_use]
    pub fn authorizations(self, policy: AuthorizationPolicy) -> Self {
        Self { authorizations: Some(policy), ..self }
    }

    /// Whom people sign in to.
    #[must_use]
    pub const fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Whether a page of `origin` may sign people in here: the site's own, or one of the allowed.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        let is_listed = self.own_origin().into_iter().chain(&self.origins).any(|allowed| allowed.as_str() == origin);
        // Plain http is parsed for names of this machine only.
        let is_local = || origin.parse::<Origin>().is_ok_and(|origin| origin.is_plain_http());
        is_listed || (self.local_origins == LocalOrigins::All && is_local())
    }

    /// Whether `origin` is the site's own.
    #[must_use]
    pub fn is_own_origin(&self, origin: &Origin) -> bool {
        self.own_origin() == Some(origin)
    }

    /// The site's own origin, where it is reached over plain http.
    #[must_use]
    pub fn plain_origin(&self) -> Option<&Origin> {
        self.own_origin().filter(|own| own.is_plain_http())
    }

    /// The configured callback URL of exactly this text.
    #[must_use]
    pub fn allowed_callback_url(&self, text: &str) -> Option<&CallbackUrl> {
        self.callback_urls.iter().find(|url| url.as_str() == text)
    }

    fn own_origin(&self) -> Option<&Origin> {
        self.public_url.as_ref().map(PublicUrl::origin)
    }

    /// Makes challenges with other issues from now on. What is under way goes by those that it began with.
    pub fn reissue(&self, issues: Issues) {
        *self.issues.write().unwrap_or_else(PoisonError::into_inner) = issues;
    }

    pub(crate) fn issues(&self) -> Issues {
        self.issues.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_may_only_where_that_is_said() {
        let recipient: Recipient = "app.example".parse().unwrap();
        let issue =
            crate::Issue::new(&crate::Secret::from_bytes([7; 32]), crate::Message::default_for(&recipient), Duration::from_mins(1));
        let site = Site::new(recipient, issue.unwrap());
        let local = ["http://localhost", "http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:8080"];
        assert!(!local.iter().any(|origin| site.allows_origin(origin)));
        let site = site.dangerous_local_origins();
        assert!(local.iter().all(|origin| site.allows_origin(origin)));
        for other in [
            "",
            "null",
            "https://localhost:5173",
            "http://localhost:5173/",
            "http://localhost.app.example",
            "http://127.0.0.1.app.example:5173",
            "http://app.example",
            "http://LOCALHOST:5173",
        ] {
            assert!(!site.allows_origin(other), "{other}");
        }
    }
}
