//! Identity tokens for the application behind a proxy. One is handed on for a part of its minute: a page is a hundred requests, and each
//! signature costs more than all else that is said about one.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use siwn::{Session, UnixMillis};

use super::{Issuer, Tokens};
use crate::problem::{Code, Problem};
use crate::recent::Recent;

/// How long a token is handed on. What is left of its minute is the application's.
const KEPT: Duration = Duration::from_secs(20);
/// Tokens that are kept at once, in each of two halves.
const MOST: usize = 10_000;

/// The tokens that are handed on.
pub(crate) struct Identities(Mutex<Recent<HeaderValue>>);

impl Default for Identities {
    fn default() -> Self {
        Self(Mutex::new(none()))
    }
}

impl Identities {
    /// The token of a session that may be used now.
    pub(crate) async fn token(
        &self,
        tokens: &Tokens,
        issuer: Issuer<'_>,
        session: &Session,
        now: UnixMillis,
    ) -> Result<HeaderValue, Problem> {
        if let Some(token) = self.recent().find(session.id, now, KEPT) {
            return Ok(token.clone());
        }
        let token = tokens.identity(issuer, session, issuer.url.origin().as_str(), now).await?;
        let mut token = HeaderValue::try_from(token).map_err(|error| Problem::new(Code::Internal).because(&error))?;
        token.set_sensitive(true);
        self.recent().keep(session.id, token.clone(), now);
        Ok(token)
    }

    /// Forgets all of them: what signed them may not be known any more.
    pub(crate) fn forget(&self) {
        *self.recent() = none();
    }

    fn recent(&self) -> MutexGuard<'_, Recent<HeaderValue>> {
        // Every change is complete before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn none() -> Recent<HeaderValue> {
    Recent::new(KEPT, MOST)
}
