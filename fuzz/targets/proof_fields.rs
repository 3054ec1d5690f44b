//! The fields of the general flow: no arrangement of them signs in.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use siwn::{
    Binding, Challenge, Generation, Issue, Message, Nonce, OwnChallenge, Proof, ProofFields, Recipient, Secret, Site, UnixMillis,
};
use siwn_fuzz::{fields, within_allowance};

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const GENERATION: Generation = Generation::from_bytes([5; 16]);

fn site() -> Site {
    let recipient: Recipient = "fuzz.example".parse().expect("a recipient");
    let message = Message::default_for(&recipient);
    let issue = Issue::new(&Secret::from_bytes([7; 32]), message, Duration::from_mins(5)).expect("an issue");
    Site::new(recipient, issue).public_url("https://fuzz.example".parse().expect("a URL"))
}

fuzz_target!(|input: &[u8]| {
    let Some([account_id, public_key, signature, nonce, message, recipient, callback_url, state]) = fields(input) else { return };
    let site = site();
    let own = Challenge::issue(&site, GENERATION, &Binding::unbound(), NOW, [1; 8]);
    // An empty field stands for one that is not sent, and for a nonce that cannot be read there is one of ours.
    let said = |text: &'static str, value| if value == text { None } else { Some(value) };
    let fields = ProofFields {
        account_id,
        public_key,
        signature,
        nonce: Nonce::from_base64(nonce).unwrap_or(own.nonce),
        message: said("", message),
        recipient: said("", recipient),
        callback_url: said("", callback_url),
        state: said("-", state),
    };
    let Ok(proof) = within_allowance(input.len(), || Proof::from_fields(fields)) else { return };
    assert_eq!(proof.account().as_str(), account_id);
    assert!(!proof.account().is_system());
    assert_eq!(proof.returned().state, fields.state);
    let judged = OwnChallenge::judge(&site, proof.returned(), GENERATION, &Binding::unbound(), NOW);
    assert!(fields.nonce == own.nonce || judged.is_err(), "a forged challenge");
    if let Ok(challenge) = judged {
        assert!(challenge.check(&site, proof).is_err(), "a forged signature");
    }
});
