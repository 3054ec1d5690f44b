//! What the store knows of an account beside its sessions: cut-offs, a block, keys.

use std::collections::{BTreeSet, HashMap};

use crate::SessionId;
use crate::recipient::Recipient;
use crate::store::{KEYS_REMEMBERED, KeyMemory};

#[derive(Default)]
pub(super) struct Account {
    pub(super) sessions: BTreeSet<SessionId>,
    /// How many cut-offs there were. Each has its number.
    cut_offs: u64,
    everywhere: u64,
    at_site: HashMap<Recipient, u64>,
    pub(super) is_blocked: bool,
    /// The one that was used last is last.
    keys: Vec<String>,
}

impl Account {
    /// The last cut-off that a session at `recipient` must have been opened after.
    pub(super) fn cut_off_at(&self, recipient: &Recipient) -> u64 {
        self.at_site.get(recipient).copied().unwrap_or_default().max(self.everywhere)
    }

    /// The number of a new cut-off.
    pub(super) fn cut_off(&mut self, recipient: Option<&Recipient>) -> u64 {
        self.cut_offs += 1;
        match recipient {
            Some(recipient) => {
                self.at_site.insert(recipient.clone(), self.cut_offs);
            }
            None => self.everywhere = self.cut_offs,
        }
        self.cut_offs
    }

    pub(super) fn recall_key(&self, handle: &str) -> KeyMemory {
        if self.keys.is_empty() {
            KeyMemory::FirstOfAccount
        } else if self.keys.iter().any(|known| known == handle) {
            KeyMemory::Known
        } else {
            KeyMemory::New
        }
    }

    pub(super) fn remember_key(&mut self, handle: String) -> KeyMemory {
        let before = self.recall_key(&handle);
        self.keys.retain(|known| *known != handle);
        self.keys.push(handle);
        if self.keys.len() > KEYS_REMEMBERED {
            self.keys.remove(0);
        }
        before
    }

    /// Whether nothing is known that would have to be kept.
    pub(super) fn is_forgettable(&self) -> bool {
        self.sessions.is_empty() && self.keys.is_empty() && !self.is_blocked
    }
}
