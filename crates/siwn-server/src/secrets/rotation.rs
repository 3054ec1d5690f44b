//! From one secret to the next, as texts: what lies in a file or in a store, and what takes its place.

use std::fmt::{self, Write as _};
use std::time::Duration;

use siwn::UnixMillis;
use thiserror::Error;
use zeroize::Zeroizing;

use super::{Secrets, SecretsError};
use crate::time::Rfc3339;

/// How long after its last challenge has expired a secret is kept, against clocks that differ.
const GUARD: Duration = Duration::from_secs(10);

/// A change of secrets: which one comes, from when on, and how long a challenge of the present one is good.
pub struct Rotation {
    /// 32 random bytes.
    pub next: [u8; 32],
    /// From then on they make the challenges.
    pub from: UnixMillis,
    /// The time.
    pub now: UnixMillis,
    /// How long a challenge is good.
    pub challenge_lifetime: Duration,
}

/// Why secrets cannot be changed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RotationError {
    /// What is there holds no secrets.
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    /// The change before is not over.
    #[error("a change is under way until {}", Rfc3339(*.until))]
    UnderWay {
        /// When it is.
        until: UnixMillis,
    },
    /// There are two, and nothing says which of them is the older.
    #[error("there are two secrets without a time, and which of them is over is not known")]
    Undated,
}

impl Rotation {
    /// What takes the place of `text`: the present secret, and the next one with its time.
    pub fn of(&self, text: &str) -> Result<Zeroizing<String>, RotationError> {
        let present = match text.parse::<Secrets>()?.change() {
            (1, _) => text.trim(),
            (_, None) => return Err(RotationError::Undated),
            (_, Some(from)) => {
                let until = self.end_of(from);
                if self.now < until {
                    return Err(RotationError::UnderWay { until });
                }
                let (_, second) = text.split_once(',').ok_or(SecretsError::Empty)?;
                second.split('@').next().unwrap_or_default().trim()
            }
        };
        let addition = self.addition();
        let present = present.trim_matches([',', ' ', '\n']);
        Ok(Zeroizing::new(format!("{present}{}\n", *addition)))
    }

    /// What is written behind the present secret.
    #[must_use]
    pub fn addition(&self) -> Zeroizing<String> {
        // Reserved at once: a text that grows leaves copies of itself behind.
        let mut text = Zeroizing::new(String::with_capacity(128));
        text.push(',');
        for byte in self.next {
            let _ = write!(text, "{byte:02x}");
        }
        let _ = write!(text, "@{}", Rfc3339(self.from));
        text
    }

    /// When the present secret is over.
    #[must_use]
    pub fn end(&self) -> UnixMillis {
        self.end_of(self.from)
    }

    fn end_of(&self, from: UnixMillis) -> UnixMillis {
        from + self.challenge_lifetime + GUARD
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rotation([redacted] from {})", Rfc3339(self.from))
    }
}

impl Drop for Rotation {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
    const LIFETIME: Duration = Duration::from_mins(5);

    fn rotation(byte: u8, now: UnixMillis) -> Rotation {
        Rotation { next: [byte; 32], from: now + Duration::from_mins(10), now, challenge_lifetime: LIFETIME }
    }

    fn hex(byte: u8) -> String {
        format!("{byte:02x}").repeat(32)
    }

    #[test]
    fn the_next_secret_stands_behind_the_present_one_with_its_time() {
        let text = rotation(2, NOW).of(&format!("{}\n", hex(1))).unwrap();
        assert_eq!(*text, format!("{},{}@2025-10-09T09:03:20.000Z\n", hex(1), hex(2)));
        assert_eq!(text.parse::<Secrets>().unwrap().change(), (2, Some(NOW + Duration::from_mins(10))));
    }

    #[test]
    fn the_one_after_that_waits_until_the_first_is_over() {
        let text = rotation(2, NOW).of(&hex(1)).unwrap();
        let over = NOW + Duration::from_mins(15) + GUARD;
        let early = UnixMillis::new(over.get() - 1);
        assert_eq!(rotation(3, early).of(&text), Err(RotationError::UnderWay { until: over }));
        let next = rotation(3, over).of(&text).unwrap();
        assert!(next.starts_with(&format!("{},{}@", hex(2), hex(3))), "{}", *next);
    }

    #[test]
    fn what_is_not_known_is_not_changed() {
        assert_eq!(rotation(3, NOW).of(&format!("{},{}", hex(1), hex(2))), Err(RotationError::Undated));
        assert_eq!(rotation(3, NOW).of(""), Err(RotationError::Secrets(SecretsError::Empty)));
    }
}
