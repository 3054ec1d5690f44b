//! The challenge: what we did not issue, or not like this, is never ours.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use siwn::{Binding, Challenge, Generation, Issue, Message, Nonce, OwnChallenge, Recipient, Returned, Secret, Site, UnixMillis};
use siwn_fuzz::text;

const GENERATION: Generation = Generation::from_bytes([5; 16]);
const LIFETIME: u64 = 300_000;

fn site() -> Site {
    let recipient: Recipient = "fuzz.example".parse().expect("a recipient");
    let message = Message::default_for(&recipient);
    let issue = Issue::new(&Secret::from_bytes([7; 32]), message, Duration::from_millis(LIFETIME)).expect("an issue");
    Site::new(recipient, issue)
}

// 32 bytes of nonce, 8 of time, and the state.
fuzz_target!(|input: &[u8]| {
    let Some((bytes, rest)) = input.split_first_chunk::<32>() else { return };
    let Some((now, state)) = rest.split_first_chunk::<8>() else { return };
    let (now, state) = (UnixMillis::new(u64::from_be_bytes(*now)), text(state));
    let site = site();
    let unbound = Binding::unbound();
    let judge =
        |nonce: &Nonce, state, now| OwnChallenge::judge(&site, Returned { nonce, state }, GENERATION, &unbound, now).is_ok();

    assert!(!judge(&Nonce::from_bytes(*bytes), state, now), "a forged challenge");

    let own = Challenge::issue(&site, GENERATION, &unbound, now, [1; 8]);
    let mut changed = *own.nonce.as_bytes();
    changed.iter_mut().zip(bytes).for_each(|(byte, change)| *byte ^= change);
    if changed != *own.nonce.as_bytes() {
        assert!(!judge(&Nonce::from_bytes(changed), None, now), "a changed challenge");
    }
    // At the very end of time the expiry cannot lie ahead.
    let lives = own.expires_at > now;
    assert_eq!(judge(&own.nonce, None, now), lives);
    assert_eq!(judge(&own.nonce, state, now), lives && state.is_none_or(|state| state == own.state));
    assert!(!judge(&own.nonce, None, own.expires_at));
    let own = Returned { nonce: &own.nonce, state: None };
    assert!(OwnChallenge::judge(&site, own, GENERATION, &Binding::browser(bytes), now).is_err(), "another's challenge");
});
