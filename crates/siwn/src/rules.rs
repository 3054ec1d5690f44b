//! Which accounts a site lets in.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{AccountId, AccountIdError};

/// Who may sign in: everybody, or whoever is on the list; and nobody whom the other list denies.
///
/// ```
/// use siwn::{AccountId, AccountRules};
///
/// let rules = AccountRules { allow: vec!["*.team.near".parse()?], deny: vec!["mallory.team.near".parse()?] };
/// let (alice, mallory): (AccountId, AccountId) = ("alice.team.near".parse()?, "mallory.team.near".parse()?);
/// assert!(rules.allow(&alice));
/// assert!(!rules.allow(&mallory));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountRules {
    /// Nobody else is let in. An empty list lets everybody in.
    pub allow: Vec<AccountPattern>,
    /// Nobody of these is let in, whatever the other list says.
    pub deny: Vec<AccountPattern>,
}

/// One account, as `alice.near`; or all accounts under a name, as `*.team.near`, at any depth and without `team.near` itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPattern {
    name: AccountId,
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Itself,
    Under,
}

/// The text is neither an account nor `*.` and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("is an account or *. and an account, as in alice.near or *.team.near: {0}")]
pub struct AccountPatternError(#[from] AccountIdError);

impl AccountRules {
    /// Whether `account` is let in.
    #[must_use]
    pub fn allow(&self, account: &AccountId) -> bool {
        let names = |list: &[AccountPattern]| list.iter().any(|pattern| pattern.names(account));
        !names(&self.deny) && (self.allow.is_empty() || names(&self.allow))
    }
}

impl AccountPattern {
    /// Whether the pattern names `account`.
    #[must_use]
    pub fn names(&self, account: &AccountId) -> bool {
        match self.reach {
            Reach::Itself => *account == self.name,
            Reach::Under => {
                let front = account.as_str().strip_suffix(self.name.as_str());
                front.is_some_and(|front| front.ends_with('.'))
            }
        }
    }
}

impl FromStr for AccountPattern {
    type Err = AccountPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix("*.") {
            Some(parent) => Ok(Self { name: parent.parse()?, reach: Reach::Under }),
            None => Ok(Self { name: text.parse()?, reach: Reach::Itself }),
        }
    }
}

impl fmt::Display for AccountPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.reach == Reach::Under { "*." } else { "" };
        write!(f, "{star}{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> AccountRules {
        let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        AccountRules { allow: parse(allow), deny: parse(deny) }
    }

    fn allows(rules: &AccountRules, account: &str) -> bool {
        rules.allow(&account.parse().unwrap())
    }

    #[test]
    fn without_rules_everybody_is_let_in() {
        assert!(allows(&AccountRules::default(), "alice.near"));
    }

    #[test]
    fn whoever_is_on_no_list_is_let_in_only_where_none_is_given() {
        assert!(!allows(&rules(&["alice.near"], &[]), "bob.near"));
        assert!(allows(&rules(&[], &["alice.near"]), "bob.near"));
    }

    #[test]
    fn deny_wins() {
        assert!(!allows(&rules(&["alice.near"], &["alice.near"]), "alice.near"));
        assert!(!allows(&rules(&["alice.team.near"], &["*.team.near"]), "alice.team.near"));
    }

    #[test]
    fn a_pattern_names_what_is_under_a_name_and_nothing_that_only_ends_like_it() {
        let rules = rules(&["*.team.near"], &[]);
        for account in ["a.team.near", "a.b.team.near"] {
            assert!(allows(&rules, account), "{account}");
        }
        for account in ["team.near", "evilteam.near", "a.evilteam.near", "team.near.evil.near", "near"] {
            assert!(!allows(&rules, account), "{account}");
        }
    }

    #[test]
    fn a_pattern_reads_back_and_nothing_else_is_one() {
        for text in ["alice.near", "*.team.near", "*.near"] {
            assert_eq!(text.parse::<AccountPattern>().unwrap().to_string(), text);
        }
        for text in ["", "*", "*.", "**.near", "*near", "*.*.near", "a*.near", "Alice.near", ".near", "*.team.near "] {
            assert!(text.parse::<AccountPattern>().is_err(), "{text}");
        }
    }
}
