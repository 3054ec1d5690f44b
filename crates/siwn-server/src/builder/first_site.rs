//! The settings of a handle's first site: for most it is the only one.

use std::time::Duration;

use siwn::{AccountRules, UnfundedAccounts};

use super::{Builder, SiteBuilder};
use crate::pages::LoginPage;

impl Builder {
    /// Where the site is reached, as in `https://app.example`. Default: `https://` and the recipient.
    ///
    /// Plain http is for this machine only, as in `http://localhost:8080`; a recipient as in `localhost:8080` has it by default.
    #[must_use]
    pub fn public_url(self, url: impl Into<String>) -> Self {
        self.with_site(|site| site.public_url(url))
    }

    /// Lets the site be reached over plain http from other machines. Whoever is on the way can take every session.
    #[must_use]
    pub fn dangerous_plain_http(self) -> Self {
        self.with_site(SiteBuilder::dangerous_plain_http)
    }

    /// What people sign. ASCII, at most 400 bytes, and it names the recipient. Default: `Sign in to {recipient}`.
    #[must_use]
    pub fn message(self, message: impl Into<String>) -> Self {
        self.with_site(|site| site.message(message))
    }

    /// Allows pages of another origin to sign people in here.
    #[must_use]
    pub fn allow_origin(self, origin: impl Into<String>) -> Self {
        self.with_site(|site| site.allow_origin(origin))
    }

    /// Allows pages of every plain-http origin of this machine to sign people in here, and the login page to lead to them: for one
    /// person's development. Whatever else runs on the machine can then act for whoever is signed in.
    #[must_use]
    pub fn dangerous_local_origins(self) -> Self {
        self.with_site(SiteBuilder::dangerous_local_origins)
    }

    /// Allows a callback URL of somebody else's to be signed.
    #[must_use]
    pub fn allow_callback_url(self, url: impl Into<String>) -> Self {
        self.with_site(|site| site.allow_callback_url(url))
    }

    /// What the login page offers, and where it may lead. Default: the wallets' websites of the network.
    #[must_use]
    pub fn login_page(self, page: LoginPage) -> Self {
        self.with_site(|site| site.login_page(page))
    }

    /// Makes access tokens for this audience too, where a client asks for it: an API that verifies them by itself. Default: for the
    /// recipient only.
    #[must_use]
    pub fn token_audience(self, audience: impl Into<String>) -> Self {
        self.with_site(|site| site.token_audience(audience))
    }

    /// How long a challenge is good. Default: 5 minutes.
    #[must_use]
    pub fn challenge_lifetime(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.challenge_lifetime(lifetime))
    }

    /// How long a session lives. Default: 7 days.
    #[must_use]
    pub fn session_lifetime(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.session_lifetime(lifetime))
    }

    /// How long a session lives that is not used. Default: as long as one that is.
    #[must_use]
    pub fn session_idle(self, lifetime: Duration) -> Self {
        self.with_site(|site| site.session_idle(lifetime))
    }

    /// What to do with implicit accounts that do not exist yet. Default: refuse.
    #[must_use]
    pub fn unfunded_accounts(self, what: UnfundedAccounts) -> Self {
        self.with_site(|site| site.unfunded_accounts(what))
    }

    /// Lets keys in that may only call contracts. Any app that ever got such a key can then sign in as its owner.
    #[must_use]
    pub fn dangerous_function_call_keys(self) -> Self {
        self.with_site(SiteBuilder::dangerous_function_call_keys)
    }

    /// Who may sign in. Default: everybody. [`Siwn::set_account_rules`](crate::Siwn::set_account_rules) changes it.
    #[must_use]
    pub fn account_rules(self, rules: AccountRules) -> Self {
        self.with_site(|site| site.account_rules(rules))
    }

    /// Refuses keys of an account that has signed in before, but never with them. Default: they are let in.
    ///
    /// An owner who has changed his keys is refused too, until the operator accepts the new one.
    #[must_use]
    pub fn refuse_new_keys(self) -> Self {
        self.with_site(SiteBuilder::refuse_new_keys)
    }

    fn with_site(self, set: impl FnOnce(SiteBuilder) -> SiteBuilder) -> Self {
        Self { site: set(self.site), ..self }
    }
}
