//! Identity tokens for the application behind a proxy. One is handed on for a part of its minute: a page is a hundred requests, and each
//! signature costs more than all else that is said about one.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use siwn::{Session, SessionId, UnixMillis};

use super::{Issuer, Tokens};
use crate::problem::{Code, Problem};

/// How long a token is handed on. What is left of its minute is the application's.
const KEPT: Duration = Duration::from_secs(20);
/// Tokens that are kept at once, in each of two halves.
const MOST: usize = 10_000;

/// The tokens that are handed on.
#[derive(Default)]
pub(crate) struct Identities(Mutex<Halves>);

/// The younger half takes what is new; the older one is dropped whole when all of it is too old.
#[derive(Default)]
struct Halves {
    young: HashMap<SessionId, Kept>,
    old: HashMap<SessionId, Kept>,
    turned_at: Option<UnixMillis>,
}

struct Kept {
    token: HeaderValue,
    made_at: UnixMillis,
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
        if let Some(token) = self.halves().find(session.id, now) {
            return Ok(token);
        }
        let token = tokens.identity(issuer, session, issuer.url.origin().as_str(), now).await?;
        let mut token = HeaderValue::try_from(token).map_err(|error| Problem::new(Code::Internal).because(&error))?;
        token.set_sensitive(true);
        self.halves().keep(session.id, Kept { token: token.clone(), made_at: now });
        Ok(token)
    }

    /// Forgets all of them: what signed them may not be known any more.
    pub(crate) fn forget(&self) {
        *self.halves() = Halves::default();
    }

    fn halves(&self) -> MutexGuard<'_, Halves> {
        // Every change is complete before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Halves {
    fn find(&self, id: SessionId, now: UnixMillis) -> Option<HeaderValue> {
        let kept = self.young.get(&id).or_else(|| self.old.get(&id))?;
        (now >= kept.made_at && now.since(kept.made_at) < KEPT).then(|| kept.token.clone())
    }

    fn keep(&mut self, id: SessionId, kept: Kept) {
        if self.turned_at.is_none_or(|turned| kept.made_at < turned || kept.made_at.since(turned) >= KEPT) {
            (self.old, self.turned_at) = (std::mem::take(&mut self.young), Some(kept.made_at));
        }
        // What does not fit is made anew.
        if self.young.len() < MOST {
            self.young.insert(id, kept);
        }
    }
}
