//! The URL of a Redis.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo as _};
use thiserror::Error;

/// What keys begin with.
const DEFAULT_PREFIX: &str = "siwn";

/// Where a Redis is, and who asks: `rediss://user:password@host:6379/0?ca=/etc/redis-ca.pem&prefix=siwn`.
///
/// `redis` is plain, `rediss` TLS; user and password are percent-encoded. Of a cluster, one node is enough to find the others; several,
/// with commas between them, are asked in turn: `redis://one:6379,two:6379`. `ca` names a file of the authorities that may vouch for the
/// server, in place of the public ones. `prefix` is what keys begin with, for one Redis that several share: letters, digits, `.`, `_`, `-`
/// and `:`; default `siwn`.
///
/// Neither `Debug` nor `Display` shows the password or the parameters.
#[derive(Clone)]
pub struct RedisUrl {
    pub(super) nodes: Vec<ConnectionInfo>,
    pub(super) authorities: Option<PathBuf>,
    pub(super) prefix: String,
}

/// The text is no URL of a Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedisUrlError {
    /// It is no such URL at all.
    #[error("is redis://USER:PASSWORD@HOST:PORT/DATABASE or rediss://…, with what is special in them percent-encoded")]
    Malformed,
    /// A parameter that is unknown here, or a value that it does not have.
    #[error("takes the parameters ca=FILE, with rediss:// only, and prefix=NAME of letters, digits and . _ - :")]
    Parameter,
}

impl RedisUrl {
    pub(super) fn is_tls(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.addr(), ConnectionAddr::TcpTls { .. }))
    }
}

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use RedisUrlError::{Malformed, Parameter};
        let (address, parameters) = text.split_once('?').unwrap_or((text, ""));
        // A fragment could switch checks off.
        if text.contains('#') {
            return Err(Malformed);
        }
        let (scheme, rest) = address.split_once("://").ok_or(Malformed)?;
        if !["redis", "rediss"].contains(&scheme) {
            return Err(Malformed);
        }
        let (user, rest) = rest.rsplit_once('@').map_or((String::new(), rest), |(user, rest)| (format!("{user}@"), rest));
        let (hosts, database) = rest.split_once('/').unwrap_or((rest, ""));
        let node = |host: &str| format!("{scheme}://{user}{host}/{database}").into_connection_info().map_err(|_| Malformed);
        let nodes = hosts.split(',').map(node).collect::<Result<_, _>>()?;

        let mut url = Self { nodes, authorities: None, prefix: DEFAULT_PREFIX.to_owned() };
        for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').ok_or(Parameter)? {
                ("ca", path) if !path.is_empty() && url.is_tls() => url.authorities = Some(path.into()),
                ("prefix", prefix) if is_prefix(prefix) => prefix.clone_into(&mut url.prefix),
                _ => return Err(Parameter),
            }
        }
        Ok(url)
    }
}

/// Nothing that means something in a pattern or in the choice of a slot.
fn is_prefix(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte))
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_tls() { "rediss://" } else { "redis://" })?;
        for (number, node) in self.nodes.iter().enumerate() {
            write!(f, "{}{}", if number == 0 { "" } else { "," }, node.addr())?;
        }
        let database = self.nodes.first().map_or(0, |node| node.redis_settings().db());
        if database == 0 { Ok(()) } else { write!(f, "/{database}") }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        let node = |node: &ConnectionInfo| {
            let settings = node.redis_settings();
            let text = |text: Option<&str>| text.map(ToOwned::to_owned);
            (node.addr().clone(), settings.db(), text(settings.username()), text(settings.password()))
        };
        self.nodes.iter().map(node).eq(other.nodes.iter().map(node))
            && (&self.authorities, &self.prefix) == (&other.authorities, &other.prefix)
    }
}

impl Eq for RedisUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> RedisUrl {
        text.parse().unwrap()
    }

    #[test]
    fn neither_form_shows_the_password_or_the_parameters() {
        let url = parsed("rediss://me:s%2Becret@redis.example:6390/2?ca=/hidden/ca.pem&prefix=hidden");
        assert_eq!(url.to_string(), "rediss://redis.example:6390/2");
        assert_eq!(format!("{url:?}"), "RedisUrl(rediss://redis.example:6390/2)");
        assert_eq!(url.nodes[0].redis_settings().password(), Some("s+ecret"));
        assert_eq!((url.prefix.as_str(), url.authorities), ("hidden", Some("/hidden/ca.pem".into())));
    }

    #[test]
    fn several_nodes_share_user_and_password() {
        let url = parsed("redis://:secret@one:7000,two:7001,[::1]:7002/");
        assert_eq!(url.to_string(), "redis://one:7000,two:7001,::1:7002");
        assert!(url.nodes.iter().all(|node| node.redis_settings().password() == Some("secret")));
        assert_eq!(url.prefix, "siwn");
    }

    #[test]
    fn what_is_no_such_url_is_refused_without_a_word_of_it() {
        use RedisUrlError::{Malformed, Parameter};
        let cases = [
            ("", Malformed),
            ("redis:secret", Malformed),
            ("redis://", Malformed),
            ("http://secret@host", Malformed),
            ("redis://me:secret@host:port", Malformed),
            ("redis://host/secret", Malformed),
            ("redis://host,/0", Malformed),
            ("rediss://me:secret@host#insecure", Malformed),
            ("redis://me:secret@host?ca=/file", Parameter),
            ("rediss://me:secret@host?ca=", Parameter),
            ("redis://me:secret@host?prefix=a{b}", Parameter),
            ("redis://me:secret@host?protocol=resp3", Parameter),
            ("redis://me:secret@host?secret", Parameter),
        ];
        for (text, expected) in cases {
            let error = text.parse::<RedisUrl>().unwrap_err();
            assert_eq!(error, expected, "{text}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }
}
