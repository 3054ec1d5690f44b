//! Every vector of NEP-641 that another implementation made, and where our rule is another.

mod texts;

use serde::Deserialize;
use siwn::{
    AccessKeyAuthorization, AuthorizationError, ChainId, KeyType, OffchainMessage, PrivateKey, PublicKey, Rfc3339Error, Signature,
    SignatureError, Timestamp,
};

#[derive(Deserialize)]
struct File {
    vectors: Vec<Vector>,
}

#[derive(Clone, Deserialize)]
struct Vector {
    name: String,
    group: String,
    message: Option<Message>,
    canonical_hash_hex: Option<String>,
    timestamp_nanos: Option<String>,
    nep413: Option<Nep413>,
    signer_secret: Option<SignerSecret>,
    access_key: Option<String>,
    signature: Option<String>,
    signature_base64: Option<String>,
    public_key: Option<String>,
    proof: Option<String>,
    authorization: String,
    parses: Option<bool>,
    holds: Option<bool>,
    implicit_account: Option<String>,
}

#[derive(Clone, Deserialize)]
struct Message {
    chain_id: String,
    signer_id: String,
    #[serde(default)]
    path: Vec<String>,
    timestamp: String,
    payload: String,
}

#[derive(Clone, Deserialize)]
struct Nep413 {
    recipient: String,
    callback_url: Option<String>,
    tagged_borsh_hex: String,
    prehash_sha256_hex: String,
}

#[derive(Clone, Deserialize)]
struct SignerSecret {
    #[serde(rename = "type")]
    key_type: String,
    #[serde(alias = "secret_hex")]
    seed_hex: String,
}

impl Message {
    fn parsed(&self) -> OffchainMessage {
        OffchainMessage {
            chain_id: ChainId::new(self.chain_id.as_str()),
            signer_id: self.signer_id.parse().expect("an account"),
            path: self.path.iter().map(|account| account.parse().expect("an account")).collect(),
            timestamp: self.timestamp.parse().expect("a time"),
            payload: self.payload.clone(),
        }
    }
}

fn vectors() -> Vec<Vector> {
    let files = [include_str!("../vectors/nep641.json"), include_str!("../vectors/nep641-more.json")];
    let read = |file| serde_json::from_str::<File>(file).expect("the vector file is JSON of this shape").vectors;
    files.into_iter().flat_map(read).collect()
}

fn group(name: &'static str, least: usize) -> Vec<Vector> {
    let group: Vec<_> = vectors().into_iter().filter(|vector| vector.group == name).collect();
    assert!(group.len() >= least, "only {} vectors in {name}", group.len());
    group
}

fn named(name: &str) -> Vector {
    vectors().into_iter().find(|vector| vector.name == name).expect("a vector of this name")
}

fn parse(text: &str) -> Result<AccessKeyAuthorization, AuthorizationError> {
    text.parse()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal digits")).collect()
}

#[test]
fn every_message_hashes_and_maps_to_nep413_as_stated() {
    for vector in group("valid", 29) {
        let name = &vector.name;
        let (message, expected) = (vector.message.unwrap().parsed(), vector.nep413.unwrap());
        assert_eq!(message.timestamp.unix_nanos().to_string(), vector.timestamp_nanos.unwrap(), "{name}");
        let hash = hex(message.hash().as_bytes());
        assert_eq!(Some(&hash), vector.canonical_hash_hex.as_ref(), "{name}");
        let to_sign = message.nep413(expected.callback_url.as_deref());
        let payload = to_sign.payload();
        assert_eq!((payload.message, payload.recipient), (message.payload.as_str(), expected.recipient.as_str()), "{name}");
        assert_eq!(hex(payload.nonce.as_bytes()), hash, "{name}");
        assert_eq!(hex(&payload.to_bytes()), expected.tagged_borsh_hex, "{name}");
        assert_eq!(hex(payload.hash().as_bytes()), expected.prehash_sha256_hex, "{name}");
    }
}

#[test]
fn every_message_is_signed_and_printed_to_the_same_bytes() {
    for vector in group("valid", 29) {
        let name = &vector.name;
        let secret = vector.signer_secret.unwrap();
        let key_type = if secret.key_type == "ed25519" { KeyType::Ed25519 } else { KeyType::Secp256k1 };
        let key = PrivateKey::from_seed(key_type, unhex(&secret.seed_hex).try_into().unwrap()).unwrap();
        let callback_url = vector.nep413.unwrap().callback_url;
        let signed = AccessKeyAuthorization::sign(vector.message.unwrap().parsed(), callback_url, &key);
        assert_eq!(Some(signed.access_key().to_string()), vector.access_key, "{name}");
        assert_eq!(Some(signed.signature().to_near_text()), vector.signature, "{name}");
        assert_eq!(Some(signed.signature().to_string()), vector.signature_base64, "{name}");
        assert_eq!(signed.to_string(), vector.authorization, "{name}");
        assert_eq!(parse(&vector.authorization), Ok(signed), "{name}");
    }
}

#[test]
fn a_wallets_answer_makes_the_same_authorization() {
    for vector in group("valid", 29) {
        let key: PublicKey = vector.access_key.unwrap().parse().unwrap();
        let signature = Signature::from_base64(key.key_type(), &vector.signature_base64.unwrap()).unwrap();
        let (message, callback_url) = (vector.message.unwrap().parsed(), vector.nep413.unwrap().callback_url);
        let made = AccessKeyAuthorization::from_signed(message.clone(), callback_url, key.clone(), signature.clone()).unwrap();
        assert_eq!(made.to_string(), vector.authorization, "{}", vector.name);
        let other = AccessKeyAuthorization::from_signed(message, Some("https://another.example".into()), key, signature);
        assert_eq!(other, Err(SignatureError::DoesNotHold), "{}", vector.name);
    }
}

/// Vectors on which our rule is not their maker's: the name, and whether it parses here and holds here.
const OTHERWISE: [(&str, bool, bool); 4] = [
    // RFC 3339 has a T between date and time. Its note on a space is about what people read, and this is about what is signed.
    ("timestamp-space", false, false),
    // A second 60 has no nanosecond of its own in Unix time: whatever it were read as, another text would mean the same.
    ("timestamp-leap-second", false, false),
    // The specification wants all of NEAR's key types: ML-DSA-65 is one. This signature is of another type.
    ("key-ml-dsa-65", true, false),
    // The equation holds on chain, too. No signer makes an R of small order, and every signature of a login is judged alike.
    ("ed25519-neutral-r", true, false),
];

#[test]
fn every_authorization_gets_its_verdict() {
    let mut judged = 0;
    for vector in vectors() {
        let (Some(parses), Some(holds)) = (vector.parses, vector.holds) else { continue };
        let authorization = parse(&vector.authorization);
        let verdict = (authorization.is_ok(), authorization.is_ok_and(|it| it.check_signature().is_ok()));
        match OTHERWISE.iter().find(|(name, ..)| vector.name == *name) {
            None => assert_eq!(verdict, (parses, holds), "{}", vector.name),
            Some((name, ours_parses, ours_holds)) => {
                assert_ne!(verdict, (parses, holds), "{name}: no difference to explain");
                assert_eq!(verdict, (*ours_parses, *ours_holds), "{name}");
            }
        }
        judged += 1;
    }
    assert!(judged >= 57, "only {judged} vectors");
}

#[test]
fn every_access_key_has_its_implicit_account() {
    let mut compared = 0;
    for vector in vectors() {
        let (Some(expected), Ok(parsed)) = (&vector.implicit_account, parse(&vector.authorization)) else { continue };
        assert_eq!(parsed.access_key().implicit_account().unwrap().as_str(), expected, "{}", vector.name);
        compared += 1;
    }
    assert!(compared >= 30, "only {compared} accounts");
}

#[test]
fn a_time_that_has_no_nanosecond_is_refused_while_it_is_read() {
    for vector in group("out-of-range", 2) {
        assert_eq!(parse(&vector.authorization), Err(AuthorizationError::Timestamp(Rfc3339Error::Range)), "{}", vector.name);
    }
}

#[test]
fn a_signature_of_another_type_is_told_apart() {
    for name in ["curve-mismatch", "key-ml-dsa-65"] {
        let verdict = parse(&named(name).authorization).unwrap().check_signature();
        assert!(matches!(verdict, Err(SignatureError::OtherType { .. })), "{name}: {verdict:?}");
    }
}

#[test]
fn a_key_of_ml_dsa_65_authorizes_too() {
    let message = named("nep641-doc-hash").message.unwrap().parsed();
    let key = PrivateKey::from_seed(KeyType::MlDsa65, [7; 32]).unwrap();
    let signed = AccessKeyAuthorization::sign(message.clone(), None, &key);
    let read = parse(&signed.to_string()).unwrap();
    assert_eq!((read.check_signature(), &read), (Ok(()), &signed));
    let later = OffchainMessage { timestamp: Timestamp::from_unix_nanos(0), ..message };
    let other = AccessKeyAuthorization::from_signed(later, None, key.public_key(), signed.signature().clone());
    assert_eq!(other, Err(SignatureError::DoesNotHold));
}

#[test]
fn the_key_of_a_wallet_contract_signs_the_hash_itself() {
    for vector in group("contract", 2) {
        let message = vector.message.unwrap().parsed();
        assert_eq!(Some(hex(message.hash().as_bytes())), vector.canonical_hash_hex, "{}", vector.name);
        let (key, proof): (PublicKey, _) = (vector.public_key.unwrap().parse().unwrap(), vector.proof.unwrap());
        let proof = Signature::from_near_text(&proof).unwrap();
        assert_eq!(key.verify_off_chain(&message.hash(), &proof), Ok(()), "{}", vector.name);
        let private = PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap();
        assert_eq!(private.sign_off_chain(&message), proof, "{}", vector.name);
        assert!(matches!(parse(&vector.authorization), Err(AuthorizationError::Json(_))), "{}", vector.name);
    }
}
