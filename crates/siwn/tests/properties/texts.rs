//! Print → parse → print, for every type that has a text.

use std::fmt::Display;
use std::str::FromStr;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::string::string_regex;
use siwn::{
    AccessKeyAuthorization, AccountId, AccountKind, CallbackUrl, ChainId, KeyType, Nonce, OffchainMessage, Origin, PrivateKey,
    PublicKey, PublicUrl, SessionId, SessionToken, Signature, Timestamp,
};

const HOST: &str = "[a-z0-9]{1,12}(\\.[a-z0-9][a-z0-9-]{0,8}){0,3}(:[1-9][0-9]{3})?";

/// What is printed reads back to the same value and the same text.
fn reads_back<T: FromStr + Display + PartialEq>(value: &T) -> bool {
    let text = value.to_string();
    text.parse().is_ok_and(|again: T| again == *value && again.to_string() == text)
}

fn matching(regex: impl AsRef<str>) -> impl Strategy<Value = String> {
    string_regex(regex.as_ref()).expect("a regular expression")
}

fn accounts() -> impl Strategy<Value = String> {
    let named = "[a-z0-9]{2,10}([-_.][a-z0-9]{1,8}){0,5}";
    prop_oneof![named, "[0-9a-f]{64}", "0x[0-9a-f]{40}", "0s[0-9a-f]{40}", "0u[0-9abcdefghjkmnpqrstvwxyz]{52}"]
}

fn public_keys() -> impl Strategy<Value = PublicKey> {
    let ml_dsa_65 = vec(any::<u8>(), 1952).prop_map(|bytes| PublicKey::from_ml_dsa_65(bytes.try_into().expect("1,952 bytes")));
    let secp256k1 = vec(any::<u8>(), 64).prop_map(|bytes| PublicKey::from_secp256k1(bytes.try_into().expect("64 bytes")));
    prop_oneof![any::<[u8; 32]>().prop_map(PublicKey::from_ed25519), secp256k1, ml_dsa_65]
}

fn messages() -> impl Strategy<Value = OffchainMessage> {
    let account = || accounts().prop_filter_map("an account", |text| text.parse::<AccountId>().ok());
    let parts = (any::<String>(), account(), vec(account(), 0..4), any::<u64>(), any::<String>());
    parts.prop_map(|(chain_id, signer_id, path, nanos, payload)| {
        let (chain_id, timestamp) = (ChainId::new(chain_id), Timestamp::from_unix_nanos(nanos));
        OffchainMessage { chain_id, signer_id, path, timestamp, payload }
    })
}

fn signatures() -> impl Strategy<Value = Signature> {
    let of = |key_type: KeyType| {
        let bytes = vec(any::<u8>(), key_type.signature_length());
        bytes.prop_map(move |bytes| Signature::from_bytes(key_type, &bytes).expect("the type's length"))
    };
    prop_oneof![of(KeyType::Ed25519), of(KeyType::Secp256k1), of(KeyType::MlDsa65)]
}

proptest! {
    #[test]
    fn an_account_id_reads_back(text in accounts()) {
        let account: AccountId = text.parse().unwrap();
        prop_assert_eq!(account.to_string(), text);
        prop_assert!(reads_back(&account));
    }

    #[test]
    fn a_timestamp_reads_back(nanos in any::<u64>()) {
        prop_assert!(reads_back(&Timestamp::from_unix_nanos(nanos)));
    }

    #[test]
    fn an_access_key_authorization_reads_back(
        message in messages(), callback_url in any::<Option<String>>(), seed: [u8; 32], ml_dsa: bool
    ) {
        let key_type = if ml_dsa { KeyType::MlDsa65 } else { KeyType::Ed25519 };
        let signed = AccessKeyAuthorization::sign(message, callback_url, &PrivateKey::from_seed(key_type, seed).unwrap());
        prop_assert!(reads_back(&signed));
        prop_assert_eq!(signed.check_signature(), Ok(()));
    }

    #[test]
    fn two_messages_have_two_hashes(one in messages(), other in messages()) {
        prop_assert_eq!(one.hash() == other.hash(), one == other);
    }

    #[test]
    fn a_parent_is_an_account_too(text in "[a-z0-9]{1,3}(\\.[a-z0-9]{1,3}){1,3}") {
        let account: AccountId = text.parse().unwrap();
        let (_, rest) = text.split_once('.').unwrap();
        prop_assert_eq!(account.parent(), rest.parse().ok());
        prop_assert!(account.parent().is_none_or(|parent| reads_back(&parent) && parent.kind() == AccountKind::Named));
    }

    #[test]
    fn an_account_id_is_never_folded(text in "[ -~]{0,70}|.{0,20}") {
        if let Ok(account) = text.parse::<AccountId>() {
            prop_assert_eq!(account.as_str(), text);
        }
    }

    #[test]
    fn a_public_key_reads_back(key in public_keys()) {
        prop_assert!(reads_back(&key));
    }

    #[test]
    fn a_text_that_is_a_public_key_is_its_only_text(
        text in "(ed25519|secp256k1|ml-dsa-65|ED25519):1{0,3}[1-9A-HJ-NP-Za-km-z]{40,44}",
    ) {
        if let Ok(key) = text.parse::<PublicKey>() {
            prop_assert_eq!(key.to_string(), text);
        }
    }

    #[test]
    fn a_private_key_reads_back(seed: [u8; 32]) {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
            let Ok(key) = PrivateKey::from_seed(key_type, seed) else { continue };
            let again: PrivateKey = key.expose_text().parse().unwrap();
            prop_assert_eq!(again.expose_text(), key.expose_text());
            prop_assert_eq!(again.public_key(), key.public_key());
        }
    }

    #[test]
    fn a_signature_reads_back_in_both_texts(signature in signatures()) {
        let key_type = signature.key_type();
        let base64 = signature.to_string();
        let base58 = format!("{key_type}:{}", bs58::encode(signature.as_bytes()).into_string());
        prop_assert_eq!(Signature::from_base64(key_type, &base64), Ok(signature.clone()));
        for text in [&base64, &base58] {
            let again = Signature::from_text(key_type, text).unwrap();
            prop_assert_eq!(again.to_string(), base64.as_str());
        }
        prop_assert!(Signature::from_base64(key_type, &base58).is_err(), "a token has the base64 text only");
    }

    #[test]
    fn a_nonce_reads_back_in_every_form(bytes: [u8; 32]) {
        let nonce = Nonce::from_bytes(bytes);
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        prop_assert_eq!(Nonce::from_base64(&nonce.to_string()), Ok(nonce));
        prop_assert_eq!(Nonce::from_hex(&hex), Ok(nonce));
        prop_assert_eq!(Nonce::from_hex(&hex.to_uppercase()), Ok(nonce));
        prop_assert_eq!(Nonce::from_numbers(&bytes.map(u64::from)), Ok(nonce));
    }

    #[test]
    fn a_session_token_reads_back_in_both_forms(text in "[A-Za-z0-9_-]{64}") {
        let token: SessionToken = text.parse().unwrap();
        prop_assert_eq!(token.expose_text(), text.as_str());
        prop_assert_eq!(SessionToken::from_bearer(&token.expose_bearer()).unwrap().expose_text(), text);
    }

    #[test]
    fn a_session_id_reads_back(bytes: [u8; 16]) {
        let id = SessionId::from_bytes(bytes);
        prop_assert!(reads_back(&id));
        prop_assert_eq!(id.to_string().len(), 22);
    }

    #[test]
    fn an_origin_reads_back(text in matching(format!("https://{HOST}|http://localhost(:[1-9][0-9]{{3}})?"))) {
        let origin: Origin = text.parse().unwrap();
        prop_assert_eq!(origin.as_str(), text);
        prop_assert!(reads_back(&origin));
    }

    #[test]
    fn a_public_url_reads_back(text in matching(format!("https://{HOST}(/[a-zA-Z0-9._~-]{{0,8}}){{0,3}}/{{0,2}}"))) {
        let url: PublicUrl = text.parse().unwrap();
        prop_assert!(reads_back(&url));
        prop_assert_eq!(url.to_string(), text.trim_end_matches('/'));
    }

    #[test]
    fn a_callback_url_reads_back(
        text in matching(format!("https://{HOST}(/[ -~]{{0,20}})?|[a-z][a-z0-9+.-]{{0,8}}://[a-z0-9/?=&]{{0,20}}")),
    ) {
        if let Ok(url) = text.parse::<CallbackUrl>() {
            prop_assert_eq!(url.as_str(), text);
            prop_assert!(reads_back(&url));
        }
    }
}
