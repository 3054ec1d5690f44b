//! Private keys at rest: sealed under a key that only whoever has the server's secret can derive.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, RandomizedNonceKey};
use siwn::{Secret, UnixMillis};
use zeroize::Zeroizing;

use crate::problem::{Code, Problem};
use crate::secrets::Secrets;

/// What the secret is used for here.
const PURPOSE: &str = "siwn signing keys v1";

/// What opens keys: one seal for each secret.
pub(super) struct Seals {
    first: Seal,
    second: Option<(Seal, Option<UnixMillis>)>,
}

struct Seal(RandomizedNonceKey);

/// What was sealed, and whether it should be sealed anew: under the secret that is used now.
pub(super) struct Opened {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) is_outdated: bool,
}

impl Seals {
    pub(super) fn new(secrets: &Secrets) -> Self {
        let (first, second) = secrets.both();
        Self { first: Seal::of(first), second: second.map(|(secret, time)| (Seal::of(secret), time)) }
    }

    /// Seals `bytes`, which open only beside the same `label`.
    pub(super) fn seal(&self, bytes: &[u8], label: &str, now: UnixMillis) -> Result<Vec<u8>, Problem> {
        self.in_use(now).seal(bytes, label)
    }

    /// What is sealed in `sealed`; none where it was sealed with another secret, beside another label, or by nobody.
    pub(super) fn open(&self, sealed: &[u8], label: &str, now: UnixMillis) -> Option<Opened> {
        let in_use = self.in_use(now);
        let other = [Some(&self.first), self.second.as_ref().map(|(seal, _)| seal)];
        let other = other.into_iter().flatten().find(|seal| !std::ptr::eq(*seal, in_use));
        let opened = |seal: &Seal, is_outdated| seal.open(sealed, label).map(|bytes| Opened { bytes, is_outdated });
        opened(in_use, false).or_else(|| opened(other?, true))
    }

    /// The one that seals: that of the secret which makes challenges, so that every process can open what another one sealed.
    fn in_use(&self, now: UnixMillis) -> &Seal {
        match &self.second {
            Some((seal, Some(time))) if *time <= now => seal,
            _ => &self.first,
        }
    }
}

impl Seal {
    fn of(secret: &Secret) -> Self {
        let key = secret.derive(PURPOSE);
        Self(RandomizedNonceKey::new(&AES_256_GCM, key.expose_bytes()).expect("the key has 32 bytes"))
    }

    fn seal(&self, bytes: &[u8], label: &str) -> Result<Vec<u8>, Problem> {
        // With the room that the tag needs: a vector that grows leaves a copy of itself behind.
        let mut sealed = Vec::with_capacity(bytes.len() + AES_256_GCM.tag_len() + NONCE_LEN);
        sealed.extend_from_slice(bytes);
        let nonce = self.0.seal_in_place_append_tag(Aad::from(label), &mut sealed);
        let nonce = nonce.map_err(|error| Problem::new(Code::Internal).because(&error))?;
        sealed.splice(0..0, *nonce.as_ref());
        Ok(sealed)
    }

    fn open(&self, sealed: &[u8], label: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let length = self.0.open_in_place(nonce.into(), Aad::from(label), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

impl fmt::Debug for Seals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seals([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);

    fn secret(byte: u8) -> Secret {
        Secret::from_bytes([byte; 32])
    }

    fn opens(seals: &Seals, sealed: &[u8], now: UnixMillis) -> Option<bool> {
        seals.open(sealed, "label", now).map(|opened| {
            assert_eq!(*opened.bytes, b"a key");
            opened.is_outdated
        })
    }

    #[test]
    fn what_is_sealed_opens_under_the_same_secret_and_label_only() {
        let seals = Seals::new(&secret(1).into());
        let sealed = seals.seal(b"a key", "label", NOW).unwrap();
        assert_eq!(opens(&seals, &sealed, NOW), Some(false));
        assert_eq!(opens(&Seals::new(&secret(2).into()), &sealed, NOW), None);
        assert!(seals.open(&sealed, "another", NOW).is_none());
        assert!(!sealed.windows(5).any(|window| window == b"a key"));
        assert_ne!(seals.seal(b"a key", "label", NOW).unwrap(), sealed, "a nonce is used once");
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert_eq!(opens(&seals, &changed, NOW), None, "byte {place}");
            assert_eq!(opens(&seals, &sealed[..place], NOW), None, "{place} bytes");
        }
    }

    #[test]
    fn both_secrets_open_and_the_one_that_makes_challenges_seals() {
        let change = NOW + Duration::from_mins(10);
        let (old, new) = (Seals::new(&secret(1).into()), Seals::new(&secret(2).into()));
        let both = Seals::new(&Secrets::new(secret(1)).changing_to(secret(2), change));
        let [under_old, under_new] = [&old, &new].map(|seals| seals.seal(b"a key", "label", NOW).unwrap());
        for (now, is_changed) in [(NOW, false), (UnixMillis::new(change.get() - 1), false), (change, true)] {
            assert_eq!(opens(&both, &under_old, now), Some(is_changed));
            assert_eq!(opens(&both, &under_new, now), Some(!is_changed));
            let sealed = both.seal(b"a key", "label", now).unwrap();
            let by = if is_changed { &new } else { &old };
            assert_eq!(opens(by, &sealed, now), Some(false));
        }
        let undated = Seals::new(&Secrets::new(secret(1)).also_accepting(secret(2)));
        assert_eq!(opens(&undated, &under_new, change), Some(true), "the first one seals");
    }
}
