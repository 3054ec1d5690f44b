//! What a site is configured with: recipient, message, secret.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use siwn::{Binding, Challenge, Generation, Issue, Message, OwnChallenge, Recipient, Returned, Secret, Site, UnixMillis};
use siwn_fuzz::{fields, within_allowance};

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const GENERATION: Generation = Generation::from_bytes([5; 16]);

fuzz_target!(|input: &[u8]| {
    let Some([recipient, message, secret, lifetime]) = fields(input) else { return };
    let Ok(to) = within_allowance(input.len(), || recipient.parse::<Recipient>()) else { return };
    assert_eq!(to.as_str(), recipient);
    assert!(Message::default_for(&to).as_str().ends_with(recipient));
    let Ok(text) = within_allowance(input.len(), || Message::new(message, &to)) else { return };
    assert_eq!(text.as_str(), message);
    assert!(message.len() <= 400 && message.is_ascii() && message.contains(recipient));

    let secret = within_allowance(input.len(), || secret.parse::<Secret>()).unwrap_or_else(|_| Secret::from_bytes([7; 32]));
    let lifetime = Duration::from_millis(lifetime.parse().unwrap_or(300_000));
    let Ok(issue) = Issue::new(&secret, text, lifetime) else {
        assert!(lifetime < Duration::from_secs(1) || lifetime > Duration::from_hours(24));
        return;
    };
    let site = Site::new(to, issue);
    let challenge = Challenge::issue(&site, GENERATION, &Binding::unbound(), NOW, [1; 8]);
    let returned = Returned { nonce: &challenge.nonce, state: Some(&challenge.state) };
    assert!(OwnChallenge::judge(&site, returned, GENERATION, &Binding::unbound(), NOW).is_ok());
    assert!(OwnChallenge::judge(&site, returned, GENERATION, &Binding::unbound(), NOW + lifetime).is_err());
});
