//! Which site a request is for: told by its host and its path, never by what it carries.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::header::HOST;
use http::{HeaderMap, HeaderName, Uri};
use siwn::{AccessPolicy, Login, Message, PublicUrl, ReplayGuard, Sessions, Site};

use crate::audit::Audit;
use crate::caller;
use crate::cookie::Cookies;
use crate::door::Door;
use crate::known_keys::KnownKeys;
use crate::pages::Pages;
use crate::problem::{Code, Problem};
use crate::tokens::{Audience, Issuer};

const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// A site as it is served: its login, its sessions, its cookies.
pub(crate) struct Served {
    pub(crate) login: Login,
    pub(crate) sessions: Sessions,
    pub(crate) tokens: ReplayGuard,
    /// The same sessions, as proxies ask for them: from memory where they were looked up a moment ago.
    pub(crate) forwarded: Sessions,
    pub(crate) door: Arc<Door>,
    pub(crate) keys: Arc<KnownKeys>,
    pub(crate) audit: Audit,
    pub(crate) message: Message,
    pub(crate) challenge_lifetime: Duration,
    pub(crate) cookies: Cookies,
    pub(crate) pages: Pages,
    pub(crate) access: AccessPolicy,
    pub(crate) public_url: PublicUrl,
    pub(crate) audiences: Vec<Audience>,
}

/// The sites of a server: one, which answers to every name, or several, each of which answers to its own.
pub(crate) struct Sites {
    pub(crate) first: Arc<Served>,
    pub(crate) further: Vec<Arc<Served>>,
}

impl Served {
    pub(crate) const fn site(&self) -> &Site {
        self.login.site()
    }

    /// On plain http a page of another name could be pointed here.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        match self.site().plain_origin() {
            Some(own) => caller::check_plain_host(headers, &[own]),
            None => Ok(()),
        }
    }

    /// Who makes its tokens.
    pub(crate) const fn issuer(&self) -> Issuer<'_> {
        Issuer { url: &self.public_url, recipient: self.site().recipient() }
    }

    /// The audience of that name, if access tokens may be for it.
    pub(crate) fn audience(&self, wanted: &str) -> Option<&str> {
        let own = self.site().recipient().as_str();
        [own].into_iter().chain(self.audiences.iter().map(Audience::as_str)).find(|audience| *audience == wanted)
    }

    fn is_at(&self, host: &str) -> bool {
        let (scheme, own) = self.public_url.origin().as_str().split_once("://").expect("an origin has a scheme");
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        // A public URL does not name the default port.
        host.strip_suffix(default_port).unwrap_or(host).eq_ignore_ascii_case(own)
    }

    /// Whether a path lies under the site's own.
    fn covers(&self, path: &str) -> bool {
        path.strip_prefix(self.public_url.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Sites {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Served>> {
        [&self.first].into_iter().chain(&self.further)
    }

    /// The paths under which the sites' routes stand. A site that is the only one has them at the root, whatever a proxy took away.
    pub(crate) fn paths(&self) -> BTreeSet<&str> {
        if self.further.is_empty() { [""].into() } else { self.iter().map(|site| site.public_url.path()).collect() }
    }

    /// The site whose routes stand under just this path at the request's host.
    pub(crate) fn at(&self, path: &str, uri: &Uri, headers: &HeaderMap) -> Result<&Arc<Served>, Problem> {
        self.of(uri, headers, |site| site.public_url.path() == path)
    }

    /// The site that a path of an application's lies under at the request's host, in whichever way it is written.
    pub(crate) fn around(&self, path: &str, uri: &Uri, headers: &HeaderMap) -> Result<&Arc<Served>, Problem> {
        let path = plainly_written(path);
        self.of(uri, headers, |site| site.covers(&path))
    }

    /// The site that a proxy asks for which is trusted: its routes stand under just this path, at the host that the proxy was asked for.
    ///
    /// That is the request's own host, or where that is no site's the one that the proxy names. Two that differ are an attempt to be taken
    /// for a visitor of another site. A server with one site answers for that site's host only, too: what stands at another is not its.
    pub(crate) fn behind_proxy(&self, path: &str, uri: &Uri, headers: &HeaderMap) -> Result<&Arc<Served>, Problem> {
        let unknown = || Problem::new(Code::SiteUnknown);
        let named = caller::single(headers, &X_FORWARDED_HOST).map_err(|caller::Repeated| unknown())?;
        let own = host(uri, headers).filter(|host| self.iter().any(|site| site.is_at(host)));
        let host = own.or(named).ok_or_else(unknown)?;
        let is_alone = self.further.is_empty();
        let mut at_host = self.iter().filter(|site| site.is_at(host) && named.is_none_or(|named| site.is_at(named))).peekable();
        at_host.peek().ok_or_else(unknown)?;
        at_host.find(|site| is_alone || site.public_url.path() == path).ok_or(Problem::new(Code::NotFound))
    }

    fn of(&self, uri: &Uri, headers: &HeaderMap, is_there: impl Fn(&Served) -> bool) -> Result<&Arc<Served>, Problem> {
        if self.further.is_empty() {
            return Ok(&self.first);
        }
        let host = host(uri, headers).unwrap_or_default();
        let mut at_host = self.iter().filter(|site| site.is_at(host)).peekable();
        if at_host.peek().is_none() {
            return Err(Problem::new(Code::SiteUnknown));
        }
        let longest = at_host.filter(|site| is_there(site)).max_by_key(|site| site.public_url.path().len());
        longest.ok_or(Problem::new(Code::NotFound))
    }

    /// Where a site is reached over plain http, every address of the server is for names of this machine and of the sites only.
    pub(crate) fn check_host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        if self.iter().all(|site| site.site().plain_origin().is_none()) {
            return Ok(());
        }
        let own: Vec<_> = self.iter().map(|site| site.public_url.origin()).collect();
        caller::check_plain_host(headers, &own)
    }
}

/// Whether no segment of a path means anything but itself, to a router, a browser or a proxy.
pub(crate) fn is_plain_path(path: &str) -> bool {
    let good = |segment: &str| !["", ".", ".."].contains(&segment) && segment.bytes().all(is_plain);
    path.split('/').skip(1).all(good)
}

/// Whether a character of a path never needs to be escaped (RFC 3986, section 2.3).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// A path without escapes of what needs none: both ways of writing it mean the same to an application that reads its parts (RFC 3986,
/// section 6.2.2.2).
fn plainly_written(path: &str) -> Cow<'_, str> {
    let mut parts = path.split('%');
    let begin = parts.next().unwrap_or_default();
    let escaped = |part: &str| {
        let byte = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        Some(format!("{}{}", char::from(byte), &part[2..])).filter(|_| is_plain(byte))
    };
    let mut plain = Cow::Borrowed(begin);
    for part in parts {
        plain.to_mut().push_str(&escaped(part).unwrap_or_else(|| format!("%{part}")));
    }
    plain
}

/// The host that a request names. An address in the request's line counts before the header (RFC 9112, section 3.2.2).
fn host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    match uri.authority() {
        Some(authority) => Some(authority.as_str()),
        None => caller::single(headers, &HOST).ok().flatten(),
    }
}
