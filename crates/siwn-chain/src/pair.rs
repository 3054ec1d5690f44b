//! An account and a key: what a question is about.

use siwn::{AccountId, PublicKey, Question};

/// An account and a key, owned.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    account: AccountId,
    key: PublicKey,
}

/// The same by the key's handle: a key itself may be of 1952 bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    account: AccountId,
    key: String,
}

impl Pair {
    pub(crate) const fn question(&self) -> Question<'_> {
        Question::new(&self.account, &self.key)
    }
}

impl From<Question<'_>> for Pair {
    fn from(Question { account, key, .. }: Question<'_>) -> Self {
        Self { account: account.clone(), key: key.clone() }
    }
}

impl From<Question<'_>> for Handle {
    fn from(Question { account, key, .. }: Question<'_>) -> Self {
        Self { account: account.clone(), key: key.handle() }
    }
}
