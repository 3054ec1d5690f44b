//! The auth token and the payload: our own Borsh against the crate's, and one text per token.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use borsh::BorshSerialize;
use proptest::prelude::*;
use siwn::{KeyType, Nonce, Payload, PrivateKey, TAG, TokenFields};

/// The token as near-sign-verify declares it.
#[derive(BorshSerialize)]
struct DerivedToken<'a> {
    account_id: &'a str,
    public_key: &'a str,
    signature: &'a str,
    message: &'a str,
    nonce: [u8; 32],
    recipient: &'a str,
    callback_url: Option<&'a str>,
    state: Option<&'a str>,
}

/// The payload as NEP-413 declares it.
#[derive(BorshSerialize)]
struct DerivedPayload<'a> {
    tag: u32,
    message: &'a str,
    nonce: [u8; 32],
    recipient: &'a str,
    callback_url: Option<&'a str>,
}

prop_compose! {
    fn fields()(
        [account_id, public_key, signature, message, recipient]: [String; 5],
        nonce: [u8; 32],
        callback_url: Option<String>,
        state: Option<String>,
    ) -> TokenFields {
        TokenFields { account_id, public_key, signature, message, nonce: Nonce::from_bytes(nonce), recipient, callback_url, state }
    }
}

fn derived(fields: &TokenFields) -> Vec<u8> {
    let token = DerivedToken {
        account_id: &fields.account_id,
        public_key: &fields.public_key,
        signature: &fields.signature,
        message: &fields.message,
        nonce: *fields.nonce.as_bytes(),
        recipient: &fields.recipient,
        callback_url: fields.callback_url.as_deref(),
        state: fields.state.as_deref(),
    };
    borsh::to_vec(&token).expect("writing to memory does not fail")
}

proptest! {
    #[test]
    fn a_token_reads_back(fields in fields()) {
        let text = fields.encode();
        let again = TokenFields::decode(&text).unwrap();
        prop_assert_eq!(&again, &fields);
        prop_assert_eq!(again.encode(), text);
    }

    #[test]
    fn a_token_is_the_borsh_of_its_fields(fields in fields()) {
        prop_assert_eq!(BASE64_STANDARD.decode(fields.encode()).unwrap(), derived(&fields));
    }

    #[test]
    fn a_payload_is_the_borsh_of_its_parts(message: String, nonce: [u8; 32], recipient: String, callback_url: Option<String>) {
        let callback_url = callback_url.as_deref();
        let nonce = Nonce::from_bytes(nonce);
        let ours = Payload { message: &message, nonce: &nonce, recipient: &recipient, callback_url }.to_bytes();
        let nonce = *nonce.as_bytes();
        let theirs = DerivedPayload { tag: TAG, message: &message, nonce, recipient: &recipient, callback_url };
        prop_assert_eq!(ours, borsh::to_vec(&theirs).unwrap());
    }

    #[test]
    fn a_changed_token_is_another_token_or_none(fields in fields(), at: prop::sample::Index, to: u8) {
        let mut bytes = derived(&fields);
        let at = at.index(bytes.len());
        bytes[at] ^= to | 1;
        let text = BASE64_STANDARD.encode(bytes);
        if let Ok(changed) = TokenFields::decode(&text) {
            prop_assert_ne!(&changed, &fields);
            prop_assert_eq!(changed.encode(), text);
        }
    }

    #[test]
    fn a_longer_or_shorter_token_is_none(fields in fields(), more: u8) {
        let mut bytes = derived(&fields);
        bytes.push(more);
        prop_assert!(TokenFields::decode(&BASE64_STANDARD.encode(&bytes)).is_err());
        bytes.truncate(bytes.len() - 2);
        prop_assert!(TokenFields::decode(&BASE64_STANDARD.encode(&bytes)).is_err());
    }

    #[test]
    fn a_signature_covers_every_part_of_the_payload(
        seed: [u8; 32],
        nonce: [u8; 32],
        message in ".{0,20}",
        recipient in ".{0,20}",
        more in ".",
    ) {
        let key = PrivateKey::from_seed(KeyType::Ed25519, seed).unwrap();
        let [nonce, other_nonce] = [nonce, { let mut other = nonce; other[31] ^= 1; other }].map(Nonce::from_bytes);
        let payload = Payload { message: &message, nonce: &nonce, recipient: &recipient, callback_url: None };
        let signature = key.sign(&payload);
        prop_assert_eq!(key.public_key().verify(&payload.hash(), &signature), Ok(()));
        let (longer_message, longer_recipient) = (message.clone() + &more, recipient.clone() + &more);
        for changed in [
            Payload { message: &longer_message, ..payload },
            Payload { recipient: &longer_recipient, ..payload },
            Payload { nonce: &other_nonce, ..payload },
            Payload { callback_url: Some(""), ..payload },
        ] {
            prop_assert!(key.public_key().verify(&changed.hash(), &signature).is_err());
        }
    }
}
