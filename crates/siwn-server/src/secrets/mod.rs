//! The secret that challenges are made with, and the one that takes its place.

mod rotation;

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use siwn::{Issue, Issues, Message, Secret, SecretError, SiteError, UnixMillis};
use thiserror::Error;

pub use rotation::{Rotation, RotationError};

use crate::time::Rfc3339;

/// One secret, or two of which both are taken back.
///
/// As text: 64 hexadecimal digits; a second one after a comma; and behind that, after `@`, the time from which the second one makes the
/// challenges, as in `0f…,f0…@2026-11-20T12:30:00Z`. Without a time the first one makes them.
///
/// Processes that share a site are never changed at the same moment. With a time that all of them know before it comes, a new secret is
/// taken back everywhere before it makes the first challenge anywhere.
#[derive(Debug)]
pub struct Secrets {
    first: Secret,
    second: Option<(Secret, Option<UnixMillis>)>,
}

/// Why a text holds no secrets. It does not quote them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecretsError {
    /// Nothing is there.
    #[error("there is no secret in it")]
    Empty,
    /// One of them is none.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// There are more than two.
    #[error("there are at most two secrets")]
    TooMany,
    /// The time is none.
    #[error("the time behind a secret is in UTC, as in 2026-11-20T12:30:00Z")]
    Time,
    /// The time stands behind the first one.
    #[error("only the second secret has a time: that from which it makes the challenges")]
    TimeOfFirst,
}

impl Secrets {
    /// One secret.
    #[must_use]
    pub const fn new(secret: Secret) -> Self {
        Self { first: secret, second: None }
    }

    /// Takes back challenges of `second` too.
    #[must_use]
    pub fn also_accepting(self, second: Secret) -> Self {
        Self { second: Some((second, None)), ..self }
    }

    /// Takes back challenges of `next` at once, and makes challenges with it from `time` on. The present one is taken back until the last
    /// challenge that was made with it before has expired.
    #[must_use]
    pub fn changing_to(self, next: Secret, time: UnixMillis) -> Self {
        Self { second: Some((next, Some(time))), ..self }
    }

    /// How many there are, and when the second one takes over.
    #[must_use]
    pub fn change(&self) -> (usize, Option<UnixMillis>) {
        match &self.second {
            None => (1, None),
            Some((_, time)) => (2, *time),
        }
    }

    /// The first one, and the second one with its time.
    pub(crate) fn both(&self) -> (&Secret, Option<(&Secret, Option<UnixMillis>)>) {
        (&self.first, self.second.as_ref().map(|(secret, time)| (secret, *time)))
    }

    pub(crate) fn issues(&self, message: &Message, lifetime: Duration) -> Result<Issues, SiteError> {
        let issue = |secret| Issue::new(secret, message.clone(), lifetime);
        let first = Issues::new(issue(&self.first)?);
        Ok(match &self.second {
            None => first,
            Some((second, None)) => first.also_accepting(issue(second)?),
            Some((second, Some(time))) => first.changing_to(issue(second)?, *time),
        })
    }
}

impl From<Secret> for Secrets {
    fn from(secret: Secret) -> Self {
        Self::new(secret)
    }
}

impl FromStr for Secrets {
    type Err = SecretsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut texts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        let first = texts.next().ok_or(SecretsError::Empty)?;
        if first.contains('@') {
            return Err(SecretsError::TimeOfFirst);
        }
        let secrets = Self::new(first.parse()?);
        let Some(second) = texts.next() else { return Ok(secrets) };
        if texts.next().is_some() {
            return Err(SecretsError::TooMany);
        }
        Ok(match second.split_once('@') {
            None => secrets.also_accepting(second.parse()?),
            Some((second, time)) => secrets.changing_to(second.trim().parse()?, parse_time(time.trim())?),
        })
    }
}

fn parse_time(text: &str) -> Result<UnixMillis, SecretsError> {
    let time: SystemTime = humantime::parse_rfc3339(text).map_err(|_| SecretsError::Time)?;
    Ok(time.into())
}

impl fmt::Display for Secrets {
    /// How many, and since when; never which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change() {
            (1, _) => f.write_str("given"),
            (_, None) => f.write_str("given, and a second one"),
            (_, Some(time)) => write!(f, "given, and a second one from {}", Rfc3339(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(byte: u8) -> String {
        format!("{byte:02x}").repeat(32)
    }

    #[test]
    fn one_secret_or_two_and_the_time_of_the_second_are_read() {
        let read = |text: String| text.parse::<Secrets>().unwrap().to_string();
        assert_eq!(read(hex(1)), "given");
        assert_eq!(read(format!("{}\n", hex(1))), "given");
        assert_eq!(read(format!("{}, {}", hex(1), hex(2))), "given, and a second one");
        let dated = format!("{},{}@2026-11-20T12:30:00Z\n", hex(1), hex(2));
        assert_eq!(read(dated), "given, and a second one from 2026-11-20T12:30:00.000Z");
    }

    #[test]
    fn what_is_none_is_refused_and_not_quoted() {
        let cases = [
            (String::new(), SecretsError::Empty),
            (" ,\n".into(), SecretsError::Empty),
            ("0f0f".into(), SecretsError::Secret(SecretError)),
            ([hex(1), hex(2), hex(3)].join(","), SecretsError::TooMany),
            (format!("{},{}@tomorrow", hex(1), hex(2)), SecretsError::Time),
            (format!("{}@2026-11-20T12:30:00Z", hex(1)), SecretsError::TimeOfFirst),
        ];
        for (text, error) in cases {
            let found = text.parse::<Secrets>().unwrap_err();
            assert_eq!(found, error);
            assert!(text.len() < 8 || !found.to_string().contains(text.trim()), "{found}");
        }
    }
}
