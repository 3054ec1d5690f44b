//! How one site is made, of the one or several that a server has.

use std::str::FromStr;
use std::time::Duration;

use siwn::{
    AccessPolicy, AccountRules, CallbackUrl, FunctionCallKeys, Message, Origin, PublicUrl, Recipient, Site, UnfundedAccounts,
    UrlError,
};

use super::BuildError;
use crate::caller::is_this_machine;
use crate::gate::NewKeys;
use crate::pages::LoginPage;
use crate::secrets::Secrets;
use crate::tokens::Audience;

const DEFAULT_CHALLENGE_LIFETIME: Duration = Duration::from_mins(5);

/// Settings of a site that is being made: what differs from site to site.
#[derive(Clone, Debug)]
pub struct SiteBuilder {
    recipient: String,
    message: Option<String>,
    public_url: Option<String>,
    plain_http: PlainHttp,
    origins: Vec<String>,
    local_origins: LocalOrigins,
    callback_urls: Vec<String>,
    challenge_lifetime: Duration,
    session_lifetime: Option<Duration>,
    session_idle: Option<Duration>,
    access: AccessPolicy,
    rules: AccountRules,
    new_keys: NewKeys,
    login_page: LoginPage,
    token_audiences: Vec<String>,
}

/// A site that is made.
pub(crate) struct Built {
    pub(crate) site: Site,
    pub(crate) public_url: PublicUrl,
    pub(crate) message: Message,
    pub(crate) audiences: Vec<Audience>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PlainHttp {
    LoopbackOnly,
    DangerouslyAnywhere,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LocalOrigins {
    OnlyListed,
    DangerouslyAll,
}

impl SiteBuilder {
    /// Begins a site that people know as `recipient`: best its public host, as in `app.example`.
    pub fn new(recipient: impl Into<String>) -> Self {
        Self {
            recipient: recipient.into(),
            message: None,
            public_url: None,
            plain_http: PlainHttp::LoopbackOnly,
            origins: Vec::new(),
            local_origins: LocalOrigins::OnlyListed,
            callback_urls: Vec::new(),
            challenge_lifetime: DEFAULT_CHALLENGE_LIFETIME,
            session_lifetime: None,
            session_idle: None,
            access: AccessPolicy::default(),
            rules: AccountRules::default(),
            new_keys: NewKeys::Accept,
            login_page: LoginPage::new(),
            token_audiences: Vec::new(),
        }
    }

    /// Where the site is reached, as in `https://app.example` or `https://example.org/app`. Default: `https://` and the recipient.
    ///
    /// Plain http is for this machine only, as in `http://localhost:8080`; a recipient as in `localhost:8080` has it by default.
    #[must_use]
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        self.public_url = Some(url.into());
        self
    }

    /// Lets the site be reached over plain http from other machines. Whoever is on the way can take every session.
    #[must_use]
    pub const fn dangerous_plain_http(mut self) -> Self {
        self.plain_http = PlainHttp::DangerouslyAnywhere;
        self
    }

    /// What people sign. ASCII, at most 400 bytes, and it names the recipient. Default: `Sign in to {recipient}`.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Allows pages of another origin to sign people in here.
    #[must_use]
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.push(origin.into());
        self
    }

    /// Allows pages of every plain-http origin of this machine to sign people in here, and the login page to lead to them: for one
    /// person's development. Whatever else runs on the machine can then act for whoever is signed in.
    #[must_use]
    pub fn dangerous_local_origins(mut self) -> Self {
        self.local_origins = LocalOrigins::DangerouslyAll;
        self.login_page = self.login_page.dangerous_local_returns();
        self
    }

    /// Allows a callback URL of somebody else's to be signed.
    #[must_use]
    pub fn allow_callback_url(mut self, url: impl Into<String>) -> Self {
        self.callback_urls.push(url.into());
        self
    }

    /// How long a challenge is good. Default: 5 minutes.
    #[must_use]
    pub const fn challenge_lifetime(mut self, lifetime: Duration) -> Self {
        self.challenge_lifetime = lifetime;
        self
    }

    /// How long a session lives. Default: 7 days.
    #[must_use]
    pub const fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.session_lifetime = Some(lifetime);
        self
    }

    /// How long a session lives that is not used. Default: as long as one that is.
    #[must_use]
    pub const fn session_idle(mut self, lifetime: Duration) -> Self {
        self.session_idle = Some(lifetime);
        self
    }

    /// What to do with implicit accounts that do not exist yet. Default: refuse.
    #[must_use]
    pub const fn unfunded_accounts(mut self, what: UnfundedAccounts) -> Self {
        self.access.unfunded_accounts = what;
        self
    }

    /// Lets keys in that may only call contracts. Any app that ever got such a key can then sign in as its owner.
    #[must_use]
    pub const fn dangerous_function_call_keys(mut self) -> Self {
        self.access.function_call_keys = FunctionCallKeys::DangerouslyAccept;
        self
    }

    /// Who may sign in. Default: everybody. [`Siwn::set_account_rules`](crate::Siwn::set_account_rules) changes it.
    #[must_use]
    pub fn account_rules(mut self, rules: AccountRules) -> Self {
        self.rules = rules;
        self
    }

    /// Refuses keys of an account that has signed in before, but never with them. Default: they are let in.
    ///
    /// An owner who has changed his keys is refused too, until the operator accepts the new one.
    #[must_use]
    pub const fn refuse_new_keys(mut self) -> Self {
        self.new_keys = NewKeys::Refuse;
        self
    }

    /// What the login page offers, and where it may lead. Default: the wallets' websites of the network, and paths of the own origin.
    #[must_use]
    pub fn login_page(mut self, page: LoginPage) -> Self {
        self.login_page = match self.local_origins {
            LocalOrigins::OnlyListed => page,
            LocalOrigins::DangerouslyAll => page.dangerous_local_returns(),
        };
        self
    }

    /// Makes access tokens for this audience too, where a client asks for it: an API that verifies them by itself. Default: for the
    /// recipient only.
    #[must_use]
    pub fn token_audience(mut self, audience: impl Into<String>) -> Self {
        self.token_audiences.push(audience.into());
        self
    }

    pub(crate) fn login_page_in_use(&self) -> LoginPage {
        self.login_page.clone()
    }

    pub(crate) const fn new_keys(&self) -> NewKeys {
        self.new_keys
    }

    pub(crate) const fn rules(&self) -> &AccountRules {
        &self.rules
    }

    pub(crate) const fn challenge_lifetime_in_use(&self) -> Duration {
        self.challenge_lifetime
    }

    pub(crate) fn recipient(&self) -> &str {
        &self.recipient
    }

    pub(crate) const fn access(&self) -> AccessPolicy {
        self.access
    }

    /// The site, with challenges made with `secrets`.
    pub(crate) fn build(&self, secrets: &Secrets) -> Result<Built, BuildError> {
        let recipient: Recipient = self.recipient.parse()?;
        let message = match &self.message {
            Some(text) => Message::new(text, &recipient)?,
            None => Message::default_for(&recipient),
        };
        let issues = secrets.issues(&message, self.challenge_lifetime)?;
        let public_url = match &self.public_url {
            Some(text) => self.parse_public_url(text)?,
            None => parse("public URL", &default_url(recipient.as_str()))?,
        };
        let origins = self.origins.iter().map(|text| parse::<Origin>("allowed origin", text)).collect::<Result<_, _>>()?;
        let callback_urls =
            self.callback_urls.iter().map(|text| parse::<CallbackUrl>("callback URL", text)).collect::<Result<_, _>>()?;

        let mut site = Site::new(recipient, issues)
            .public_url(public_url.clone())
            .origins(origins)
            .callback_urls(callback_urls)
            .access(self.access);
        if self.local_origins == LocalOrigins::DangerouslyAll {
            site = site.dangerous_local_origins();
        }
        if let Some(lifetime) = self.session_lifetime {
            site = site.session_lifetime(lifetime);
        }
        if let Some(lifetime) = self.session_idle {
            site = site.idle_lifetime(lifetime);
        }
        let audience = |text: &String| text.parse().map_err(|source| BuildError::Audience { text: text.clone(), source });
        let audiences = self.token_audiences.iter().map(audience).collect::<Result<_, _>>()?;
        Ok(Built { site, public_url, message, audiences })
    }

    fn parse_public_url(&self, text: &str) -> Result<PublicUrl, BuildError> {
        let parsed = match self.plain_http {
            PlainHttp::LoopbackOnly => text.parse(),
            PlainHttp::DangerouslyAnywhere => PublicUrl::dangerous_plain_http(text),
        };
        parsed.map_err(|source| BuildError::Url { setting: "public URL", text: text.into(), source })
    }
}

/// Where a site is reached that is known as `recipient`. Nobody has a certificate for a name of this machine.
fn default_url(recipient: &str) -> String {
    let scheme = if is_this_machine(recipient) { "http" } else { "https" };
    format!("{scheme}://{recipient}")
}

fn parse<T: FromStr<Err = UrlError>>(setting: &'static str, text: &str) -> Result<T, BuildError> {
    text.parse().map_err(|source| BuildError::Url { setting, text: text.into(), source })
}
