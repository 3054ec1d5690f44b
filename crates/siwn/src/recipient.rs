//! Whom people sign in to, and what they are asked to sign: the words of a site that stand in every payload.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest recipient, in bytes. Wallets show about 64.
const LONGEST_RECIPIENT: usize = 253;
/// The longest message, in bytes: what the smallest wallets show.
const LONGEST_MESSAGE: usize = 400;

/// Whom people sign in to: the `recipient` of every payload, and the site's name. Best the public host.
///
/// 1 to 253 printable ASCII characters without spaces.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient(Box<str>);

/// What people are asked to sign: ASCII, at most 400 bytes, and naming the recipient.
///
/// Some wallets show the message and nothing else: it is the only place where a person can see for whom he signs.
#[derive(Clone, PartialEq, Eq)]
pub struct Message(Box<str>);

/// Why a site cannot be configured like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SiteError {
    /// The recipient.
    #[error("a recipient has 1 to {LONGEST_RECIPIENT} printable ASCII characters and no spaces")]
    Recipient,
    /// The message is too long.
    #[error("a message has at most {LONGEST_MESSAGE} bytes, this one has {0}")]
    MessageTooLong(usize),
    /// The message has characters that wallets do not show.
    #[error("a message has printable ASCII characters and line feeds only")]
    MessageNotAscii,
    /// The message does not say for whom it is.
    #[error("a message names the recipient")]
    MessageWithoutRecipient,
    /// The challenge's lifetime.
    #[error("a challenge lives for 1 second to 24 hours")]
    Lifetime,
}

impl Recipient {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = SiteError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = (1..=LONGEST_RECIPIENT).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if good { Ok(Self(text.into())) } else { Err(SiteError::Recipient) }
    }
}

impl Message {
    /// The message `text` for `recipient`.
    pub fn new(text: &str, recipient: &Recipient) -> Result<Self, SiteError> {
        if text.len() > LONGEST_MESSAGE {
            return Err(SiteError::MessageTooLong(text.len()));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ' || byte == b'\n') {
            return Err(SiteError::MessageNotAscii);
        }
        if !text.contains(recipient.as_str()) {
            return Err(SiteError::MessageWithoutRecipient);
        }
        Ok(Self(text.into()))
    }

    /// `Sign in to {recipient}`.
    #[must_use]
    pub fn default_for(recipient: &Recipient) -> Self {
        Self(format!("Sign in to {recipient}").into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?})", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_printable_and_short() {
        assert_eq!("app.example".parse::<Recipient>().unwrap().as_str(), "app.example");
        for bad in ["", "app example", "app.example\n", "äpp.example", &"x".repeat(254)] {
            assert_eq!(bad.parse::<Recipient>(), Err(SiteError::Recipient), "{bad}");
        }
    }

    #[test]
    fn a_message_is_ascii_short_and_names_the_recipient() {
        let recipient: Recipient = "app.example".parse().unwrap();
        assert_eq!(Message::default_for(&recipient).as_str(), "Sign in to app.example");
        for (bad, why) in [
            ("Sign in", SiteError::MessageWithoutRecipient),
            ("Sign in to äpp, app.example", SiteError::MessageNotAscii),
            ("app.example\r", SiteError::MessageNotAscii),
            (&"app.example".repeat(40), SiteError::MessageTooLong(440)),
        ] {
            assert_eq!(Message::new(bad, &recipient), Err(why), "{bad}");
        }
        assert!(Message::new(&format!("{:<400}", "app.example"), &recipient).is_ok());
    }
}
