//! A session's key, asked for again: a session lives no longer than the key that opened it.

use crate::session::Session;
use crate::{AccessPolicy, AccountRefusal, Chain, ChainError, Funding, Question, UnfundedAccounts, UnixMillis};

/// When the key of an account stood on chain that did not exist when it signed in.
pub(crate) const NEVER: UnixMillis = UnixMillis::new(0);

/// What the chain says of a session's key, later on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recheck {
    /// The key still opens the door, of an account that exists or of one that still does not.
    Stands(Funding),
    /// It does not any more: the session is over.
    Gone(AccountRefusal),
}

impl Session {
    /// Whether its key ever stood on chain, as far as the store knows: not while an account is let in that does not exist yet.
    #[must_use]
    pub fn key_stood(&self) -> bool {
        self.checked_at > NEVER
    }

    /// Asks the chain again on the server's own behalf. None where a contract opened the session: there is no key to ask for.
    ///
    /// An account that existed once and is missing now is not taken for one that does not exist yet.
    pub async fn recheck(&self, chain: &dyn Chain, policy: AccessPolicy) -> Result<Option<Recheck>, ChainError> {
        let Some(key) = &self.key else { return Ok(None) };
        let standing = chain.standing(Question::new(&self.account, key)).await?;
        if standing.account != self.account || standing.key != *key {
            return Err(ChainError::new("the answer is about another account or key", None));
        }
        let unfunded_accounts = if self.key_stood() { UnfundedAccounts::Refuse } else { policy.unfunded_accounts };
        let judged = AccessPolicy { unfunded_accounts, ..policy }.admit(&self.account, key, standing.access);
        Ok(Some(judged.map_or_else(Recheck::Gone, Recheck::Stands)))
    }
}
