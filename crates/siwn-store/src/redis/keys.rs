//! The names under which things are kept. What stands in braces chooses the slot.

use siwn::{AccountId, Counted, SessionId};

/// How many buckets there are. Never changes: rows would be looked for elsewhere.
pub(super) const BUCKETS: u8 = 64;

pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) const fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// A hash: the session, and later the mark that its challenge is spent.
    pub(super) fn row(&self, id: SessionId) -> String {
        format!("{}:{{{}}}:session:{id}", self.prefix, bucket_of(id))
    }

    /// A hash: which memory guards the rows of a bucket.
    pub(super) fn marker(&self, bucket: u8) -> String {
        format!("{}:{{{bucket}}}:marker", self.prefix)
    }

    /// A sorted set: the ids of an account's sessions, by when they were opened. A hint.
    pub(super) fn list(&self, account: &AccountId) -> String {
        self.of(account, "sessions")
    }

    /// A hash: an account's cut-offs, and whether it is blocked.
    pub(super) fn mark(&self, account: &AccountId) -> String {
        self.of(account, "mark")
    }

    /// A sorted set: the keys that an account signed in with, the last one last.
    pub(super) fn known(&self, account: &AccountId) -> String {
        self.of(account, "keys")
    }

    /// A string: when all that somebody took is free again.
    pub(super) fn limit(&self, counted: Counted<'_>) -> Option<String> {
        let (kind, whose) = match counted {
            Counted::Initiate(client) => ("initiate", client.to_string()),
            Counted::Verify(client) => ("verify", client.to_string()),
            Counted::Account(account) => ("account", account.to_string()),
            Counted::Sessions(account) => ("sessions", account.to_string()),
            _ => return None,
        };
        Some(format!("{}:{{{whose}}}:limit:{kind}", self.prefix))
    }

    /// A string: the server's secret, where the operator gave none.
    pub(super) fn secret(&self) -> String {
        format!("{}:{{secret}}:secret", self.prefix)
    }

    /// A string: the keys that tokens are signed with, sealed.
    pub(super) fn signing_keys(&self) -> String {
        format!("{}:{{signing-keys}}:signing-keys", self.prefix)
    }

    /// The pattern of all rows, and that of all lists.
    pub(super) fn patterns(&self) -> [String; 2] {
        [format!("{}:{{*}}:session:*", self.prefix), format!("{}:{{*}}:sessions", self.prefix)]
    }

    fn of(&self, account: &AccountId, what: &str) -> String {
        format!("{}:{{{account}}}:{what}", self.prefix)
    }
}

/// The bucket of a row: the last byte of an id is random.
pub(super) fn bucket_of(id: SessionId) -> u8 {
    id.as_bytes()[15] % BUCKETS
}
