//! Every vector that other implementations made. `tests/vectors/README.md` says where each file comes from.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use siwn::{
    AccountId, AccountKind, AuthToken, KeySigner, Nonce, NonceRule, Payload, Policy, PrivateKey, PublicKey, Signature, TokenFields,
    TokenRequest, UnixMillis,
};

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).expect("the vector file is JSON of this shape")
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    description: String,
    input: Input,
    expected: Expected,
    valid: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    account_id: String,
    message: String,
    #[serde(rename = "nonce_hex")]
    nonce_hex: String,
    recipient: String,
    callback_url: Option<String>,
    state: Option<String>,
    public_key: String,
    signature: String,
    secret_key: Option<String>,
}

#[derive(Deserialize)]
struct Expected {
    hash_hex: Option<String>,
    signature_base64: Option<String>,
    near_sign_verify_token: Option<String>,
}

impl Input {
    fn fields(&self) -> Option<TokenFields> {
        Some(TokenFields {
            account_id: self.account_id.clone(),
            public_key: self.public_key.clone(),
            signature: self.signature.clone(),
            message: self.message.clone(),
            nonce: Nonce::from_hex(&self.nonce_hex).ok()?,
            recipient: self.recipient.clone(),
            callback_url: self.callback_url.clone(),
            state: self.state.clone(),
        })
    }

    /// The verdict of a server that expects just these parts.
    fn holds(&self) -> bool {
        let Some(fields) = self.fields() else { return false };
        let Ok(token) = fields.encode().parse::<AuthToken>() else { return false };
        let policy = Policy::new(self.recipient.as_str(), NonceRule::exactly(token.to_fields().nonce));
        policy.check(token, UnixMillis::new(0)).is_ok()
    }
}

fn nep413() -> Vec<Vector> {
    read(include_str!("vectors/nep413.json"))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

#[test]
fn the_worked_example_of_the_specification_hashes_as_stated() {
    let nonce = Nonce::from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f").unwrap();
    let payload = Payload { message: "hi", nonce: &nonce, recipient: "myapp.com", callback_url: Some("myapp.com/callback") };
    assert_eq!(hex(payload.hash().as_bytes()), "c9ce5de288f7de6d83e2303e56c7615949da83867ea33c0747ed45c47ef50148");
}

#[test]
fn every_nep413_vector_hashes_as_stated() {
    for vector in nep413() {
        let nonce = Nonce::from_hex(&vector.input.nonce_hex).ok();
        let hash = nonce.map(|nonce| {
            let payload = Payload {
                message: &vector.input.message,
                nonce: &nonce,
                recipient: &vector.input.recipient,
                callback_url: vector.input.callback_url.as_deref(),
            };
            hex(payload.hash().as_bytes())
        });
        assert_eq!(hash, vector.expected.hash_hex, "{}: {}", vector.id, vector.description);
    }
}

#[test]
fn every_nep413_vector_gets_its_verdict() {
    for vector in nep413() {
        assert_eq!(vector.input.holds(), vector.valid, "{}: {}", vector.id, vector.description);
    }
}

#[test]
fn every_vector_with_a_private_key_is_signed_to_the_same_bytes() {
    let mut signed = 0;
    for Vector { id, input, expected, valid, .. } in nep413() {
        let (Some(secret), true) = (&input.secret_key, valid) else { continue };
        let key: PrivateKey = secret.parse().unwrap();
        assert_eq!(key.public_key().to_string(), input.public_key, "{id}");
        let nonce = Nonce::from_hex(&input.nonce_hex).unwrap();
        let payload = Payload {
            message: &input.message,
            nonce: &nonce,
            recipient: &input.recipient,
            callback_url: input.callback_url.as_deref(),
        };
        assert_eq!(key.sign(&payload).to_string(), input.signature, "{id}");
        assert!(expected.signature_base64.is_none_or(|expected| expected == input.signature), "{id}");
        signed += 1;
    }
    assert!(signed >= 35, "only {signed} vectors have a private key");
}

#[test]
fn every_token_is_encoded_to_the_same_bytes() {
    let mut compared = 0;
    for Vector { id, input, expected, .. } in nep413() {
        let Some(theirs) = expected.near_sign_verify_token else { continue };
        assert_eq!(TokenFields::decode(&theirs).unwrap().encode(), theirs, "{id}");
        assert_eq!(theirs.parse::<AuthToken>().unwrap().encode(), theirs, "{id}");

        let Some(secret) = &input.secret_key else { continue };
        let signer = KeySigner::new(input.account_id.parse().unwrap(), secret.parse().unwrap());
        let request = TokenRequest {
            message: input.message.clone(),
            recipient: input.recipient.clone(),
            nonce: Nonce::from_hex(&input.nonce_hex).unwrap(),
            callback_url: input.callback_url.clone(),
            state: input.state.clone(),
        };
        let answer = signer.sign(request.payload());
        assert_eq!(request.into_token(answer).unwrap().encode(), theirs, "{id}");
        compared += 1;
    }
    assert!(compared >= 30, "only {compared} tokens");
}

#[derive(Deserialize)]
struct TokenVector {
    id: String,
    description: String,
    input: TokenInput,
    valid: bool,
}

#[derive(Deserialize)]
struct TokenInput {
    token: String,
    now_ms: u64,
    options: Options,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    expected_recipient: String,
    expected_message: Option<String>,
    expected_state: Option<String>,
    nonce_max_age: Option<Value>,
}

#[test]
fn every_auth_token_gets_its_verdict() {
    for TokenVector { id, description, input, valid } in read::<Vec<TokenVector>>(include_str!("vectors/auth-token.json")) {
        let Options { expected_recipient, expected_message, expected_state, nonce_max_age } = input.options;
        // The peer's default is 24 hours; its NaN is a type error here, so that the default stays.
        assert!(nonce_max_age.is_none_or(|age| age == "NaN"), "{id}: an option that this test does not know");
        let max_age = Duration::from_hours(24);
        let mut policy = Policy::new(expected_recipient, NonceRule::timestamp_with_skew(max_age, Duration::ZERO));
        if let Some(message) = expected_message {
            policy = policy.message(message);
        }
        if let Some(state) = expected_state {
            policy = policy.state(state);
        }
        let now = UnixMillis::new(input.now_ms);
        let accepted = input.token.parse::<AuthToken>().is_ok_and(|token| {
            assert_eq!(token.encode(), input.token, "{id}");
            policy.check(token, now).is_ok()
        });
        assert_eq!(accepted, valid, "{id}: {description}");
    }
}

#[derive(Deserialize)]
struct AccountVector {
    id: String,
    valid: bool,
    parent: Option<String>,
    system: Option<bool>,
    top_level: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[test]
fn every_account_id_gets_its_verdict_and_kind() {
    let file: Value = read(include_str!("vectors/account-id.json"));
    for vector in read::<Vec<AccountVector>>(&file["vectors"].to_string()) {
        let parsed = vector.id.parse::<AccountId>();
        assert_eq!(parsed.is_ok(), vector.valid, "{:?}", vector.id);
        let Ok(account) = parsed else { continue };
        let kind = match account.kind() {
            AccountKind::Named => "NamedAccount",
            AccountKind::NearImplicit => "NearImplicitAccount",
            AccountKind::EthImplicit => "EthImplicitAccount",
            AccountKind::Deterministic => "NearDeterministicAccount",
            AccountKind::Universal => "UniversalAccount",
            other => panic!("{other:?}"),
        };
        assert_eq!(Some(kind), vector.kind.as_deref(), "{account}");
        assert_eq!(account.parent().map(|parent| parent.to_string()), vector.parent, "{account}");
        assert_eq!((Some(account.is_system()), Some(account.is_top_level())), (vector.system, vector.top_level), "{account}");
        assert_eq!(account.as_str(), vector.id);
    }
}

#[derive(Deserialize)]
struct NearCryptoVector {
    message: String,
    nonce_hex: String,
    recipient: String,
    callback_url: Option<String>,
    prehash_hex: String,
    public_key: String,
    public_key_handle: String,
    signature_base64: String,
    signature_prefixed_base58: String,
}

#[test]
fn every_signature_of_near_crypto_holds_in_both_texts() {
    let file: Value = read(include_str!("vectors/near-crypto.json"));
    let mut types = std::collections::BTreeSet::new();
    for vector in read::<Vec<NearCryptoVector>>(&file["vectors"].to_string()) {
        let key: PublicKey = vector.public_key.parse().unwrap();
        assert_eq!((key.to_string(), key.handle()), (vector.public_key, vector.public_key_handle));
        let nonce = Nonce::from_hex(&vector.nonce_hex).unwrap();
        let payload = Payload {
            message: &vector.message,
            nonce: &nonce,
            recipient: &vector.recipient,
            callback_url: vector.callback_url.as_deref(),
        };
        assert_eq!(hex(payload.hash().as_bytes()), vector.prehash_hex);
        for text in [&vector.signature_base64, &vector.signature_prefixed_base58] {
            let signature = Signature::from_text(key.key_type(), text).unwrap();
            assert_eq!(signature.to_string(), vector.signature_base64);
            assert_eq!(key.verify(&payload.hash(), &signature), Ok(()));
        }
        types.insert(key.key_type().as_str());
    }
    assert_eq!(types.into_iter().collect::<Vec<_>>(), ["ed25519", "ml-dsa-65", "secp256k1"]);
}

#[test]
fn the_texts_and_handles_of_keys_are_those_of_near_crypto() {
    let file: Value = read(include_str!("vectors/keys.json"));
    for name in ["ed25519", "secp256k1", "ml-dsa-65 (seed 07*32)"] {
        let text = file[name]["public_key"].as_str().unwrap();
        let key: PublicKey = text.parse().unwrap();
        assert_eq!((key.to_string().as_str(), Some(key.handle().as_str())), (text, file[name]["handle"].as_str()));
    }
}

#[test]
fn other_spellings_of_a_key_are_refused() {
    let key = "BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL";
    for alias in
        [key.into(), format!("ED25519:{key}"), format!("ed25519:1{key}"), format!("ed25519: {key}"), format!("ed25519:{key}\n")]
    {
        assert!(alias.parse::<PublicKey>().is_err(), "{alias:?}");
    }
    assert!("ml-dsa-65-hash:FeZjwz1HMviq6fEc15qCPJ6RP2t4N2S4R1JiBiGDZAjW".parse::<PublicKey>().is_err());
}
