//! Account names.

use std::fmt;
use std::str::FromStr;

use near_account_id::{AccountIdRef, AccountType, ParseErrorKind};
use thiserror::Error;

/// A valid NEAR account id: 2 to 64 bytes of `a-z 0-9 - _ .`, no separator at an end or beside another.
///
/// Parsed byte for byte, never folded: `Alice.near` is an error. Source: nomicon, "Accounts"; NEP-518, NEP-616.
///
/// ```
/// use siwn::{AccountId, AccountKind};
///
/// let account: AccountId = "alice.near".parse()?;
/// assert_eq!(account.kind(), AccountKind::Named);
/// # Ok::<(), siwn::AccountIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Box<str>);

/// What an account's name says of its origin. It never says which network the account lives on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountKind {
    /// A name that somebody registered.
    Named,
    /// 64 lower-case hexadecimal digits: an ed25519 key.
    NearImplicit,
    /// `0x` and 40 lower-case hexadecimal digits: an Ethereum address.
    EthImplicit,
    /// `0s` and 40 lower-case hexadecimal digits: a contract's initial state (NEP-616).
    Deterministic,
    /// `0u` and 52 characters of Crockford's base32.
    Universal,
}

/// Why a text is no account id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccountIdError {
    /// Fewer than 2 bytes.
    #[error("an account id has at least 2 characters")]
    TooShort,
    /// More than 64 bytes.
    #[error("an account id has at most 64 characters")]
    TooLong,
    /// A separator at an end, or two in a row.
    #[error("an account id has no separator at an end and no two in a row")]
    RedundantSeparator,
    /// A character that no account id has.
    #[error("an account id has only a-z, 0-9 and the separators - _ .")]
    InvalidCharacter,
}

impl AccountId {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The account's kind, told by its name.
    #[must_use]
    pub fn kind(&self) -> AccountKind {
        match self.parsed().get_account_type() {
            AccountType::NamedAccount => AccountKind::Named,
            AccountType::NearImplicitAccount => AccountKind::NearImplicit,
            AccountType::EthImplicitAccount => AccountKind::EthImplicit,
            AccountType::NearDeterministicAccount => AccountKind::Deterministic,
            AccountType::UniversalAccount => AccountKind::Universal,
        }
    }

    /// Whether this is `system`, which nobody owns and nobody signs for.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.parsed().is_system()
    }

    /// Whether the name has no parent: no dot, and not `system`.
    #[must_use]
    pub fn is_top_level(&self) -> bool {
        self.parsed().is_top_level()
    }

    /// The parent's name; `None` for a name without a dot, and where what follows the dot is too short to be a name.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').and_then(|(_, parent)| parent.parse().ok())
    }

    fn parsed(&self) -> &AccountIdRef {
        AccountIdRef::new(&*self.0).expect("only valid names are stored")
    }
}

impl FromStr for AccountId {
    type Err = AccountIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match AccountIdRef::new(text) {
            Ok(_) => Ok(Self(text.into())),
            Err(error) => Err(match error.kind() {
                ParseErrorKind::TooShort => AccountIdError::TooShort,
                ParseErrorKind::TooLong => AccountIdError::TooLong,
                ParseErrorKind::RedundantSeparator => AccountIdError::RedundantSeparator,
                // InvalidChar; a kind that is added later can only be one too.
                _ => AccountIdError::InvalidCharacter,
            }),
        }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({self})")
    }
}
