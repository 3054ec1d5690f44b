//! Every vector of NEP-641 that another implementation made, and where our rule is another.

use serde::Deserialize;
use serde_json::Value;
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
    let files = [include_str!("vectors/nep641.json"), include_str!("vectors/nep641-more.json")];
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
fn texts_that_mean_the_same_are_equal() {
    let least = parse(&named("unknown-field-in-extra").authorization).unwrap();
    for name in ["unknown-field-in-via", "timestamp-10-digits"] {
        assert_eq!(parse(&named(name).authorization).unwrap(), least, "{name}");
    }
    let text = named("nep641-doc-hash").authorization;
    let reference = parse(&text).unwrap();
    for (from, to) in [
        ("07:28:00.123456789Z", "09:28:00.123456789+02:00"),
        ("T07:28:00.123456789Z", "t07:28:00.1234567890z"),
        ("\"extra\":{}", "\"extra\":{\"callback_url\":null}"),
        ("{\"schema\":\"nep413\",\"extra\":{}}", "{\"extra\":{},\"schema\":\"nep413\"}"),
        ("Hello", "H\\u0065llo"),
        ("{\"msg\"", " {\n\"msg\""),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text);
        assert_eq!(parse(&other).as_ref(), Ok(&reference), "{to}");
    }
}

/// An array in an object's place would be a second text for the same: no serializer writes one.
#[test]
fn an_array_is_no_object() {
    let text = named("nep641-doc-hash").authorization;
    for (from, to) in [
        ("\"extra\":{}", "\"extra\":[]"),
        ("\"extra\":{}", "\"extra\":[null]"),
        ("{\"schema\":\"nep413\",\"extra\":{}}", "[\"nep413\",{}]"),
    ] {
        assert!(matches!(parse(&text.replace(from, to)), Err(AuthorizationError::Json(_))), "{to}");
    }
}

#[test]
fn what_is_said_twice_is_refused() {
    let text = named("nep641-doc-recipient").authorization;
    for member in [
        "msg",
        "via",
        "access_key",
        "signature",
        "chain_id",
        "signer_id",
        "path",
        "timestamp",
        "payload",
        "schema",
        "extra",
        "callback_url",
    ] {
        let json: Value = serde_json::from_str(&text).unwrap();
        let value = member_of(&json, member).unwrap();
        let twice = text.replacen(&format!("\"{member}\":"), &format!("\"{member}\":{value},\"{member}\":"), 1);
        assert_ne!(twice, text, "{member}");
        assert!(matches!(parse(&twice), Err(AuthorizationError::Json(_))), "{member}");
    }
}

fn member_of<'a>(json: &'a Value, name: &str) -> Option<&'a Value> {
    let object = json.as_object()?;
    object.get(name).or_else(|| object.values().find_map(|inner| member_of(inner, name)))
}

#[test]
fn what_is_not_of_the_standards_shape_is_refused() {
    let text = named("nep641-doc-hash").authorization;
    for (from, to) in [
        ("\"chain_id\":\"mainnet\",", ""),
        ("\"chain_id\":\"mainnet\"", "\"chain_id\":null"),
        ("\"extension.near\"", "null"),
        ("[\"wallet.near\"]", "null"),
        ("[\"wallet.near\"]", "\"wallet.near\""),
        ("[\"wallet.near\"]", "[null]"),
        ("[\"wallet.near\"]", "{\"0\":\"wallet.near\"}"),
        ("\"wallet.near\"", "\"Wallet.near\""),
        ("\"2026-08-05T07:28:00.123456789Z\"", "1785914880123456789"),
        ("\"2026-08-05T07:28:00.123456789Z\"", "null"),
        ("\"Hello, Near!\"", "1"),
        ("\"Hello, Near!\"", "null"),
        ("\"Hello, Near!\"", "\"\\ud83d\""),
        (",\"payload\":\"Hello, Near!\"", ""),
        ("\"extra\":{}", "\"extra\":{\"callback_url\":1}"),
        ("\"extra\":{}", "\"extra\":{\"callback_url\":[]}"),
        ("\"extra\":{}", "\"extra\":\"\""),
        (",\"extra\":{}", ""),
        ("\"schema\":\"nep413\",", ""),
        ("{\"schema\":\"nep413\",\"extra\":{}}", "\"nep413\""),
        ("{\"schema\":\"nep413\",\"extra\":{}}", "null"),
        ("\"access_key\":", "\"public_key\":"),
        ("\"access_key\":\"ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB\"", "\"access_key\":null"),
        ("{\"msg\"", "{\"version\":1,\"msg\""),
        ("{\"msg\"", "\u{feff}{\"msg\""),
        ("\"}", "\"} {}"),
        ("\"}", "\",}"),
        ("\"}", "\""),
    ] {
        let at = text.rfind(from).unwrap_or_else(|| panic!("no {from}"));
        let other = [&text[..at], to, &text[at + from.len()..]].concat();
        let verdict = parse(&other);
        assert!(matches!(verdict, Err(AuthorizationError::Json(_))), "{to}: {verdict:?}");
    }
}

#[test]
fn what_is_inside_of_the_shape_is_refused_by_its_name() {
    let text = named("nep641-doc-hash").authorization;
    let refused = |from: &str, to: &str| {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{to}");
        parse(&other).map_err(|error| error.to_string()).unwrap_err()
    };
    for (from, to) in [
        ("extension.near", ""),
        ("extension.near", "a"),
        ("extension.near", "ext\\u0435nsion.near"),
        ("extension.near", "extension.near "),
    ] {
        assert!(refused(from, to).starts_with("the signer's account id: "), "{to}");
    }
    for to in ["\"NEP413\"", "\"\"", "\"nep413 \"", "\"nep-413\""] {
        assert_eq!(refused("\"nep413\"", to), format!("the schema is {to}, expected \"nep413\""));
    }
    for to in ["2026-08-05 07:28:00Z", "2026-08-05T07:28:00", "2026-02-30T07:28:00Z", "+12026-08-05T07:28:00Z", ""] {
        assert!(refused("2026-08-05T07:28:00.123456789Z", to).starts_with("the timestamp: "), "{to}");
    }
    let key = "ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";
    for to in [
        "GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
        "ED25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
        "ed25519: GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
        "ed25519:1GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
        "ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuA",
        "secp256k1:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB",
        "ml-dsa-65-hash:FeZjwz1HMviq6fEc15qCPJ6RP2t4N2S4R1JiBiGDZAjW",
        "",
    ] {
        assert!(refused(key, to).starts_with("the access key: "), "{to}");
    }
    let signed = named("nep641-doc-hash");
    let (near, base64) = (signed.signature.unwrap(), signed.signature_base64.unwrap());
    for to in [&near["ed25519:".len()..], &near.replace("ed25519", "ED25519"), &near.replace("ed25519:", "ed25519:1"), &base64, ""]
    {
        assert!(refused(&near, to).starts_with("the signature: "), "{to}");
    }
}

/// NEP-641 denies unknown members at the top only: what is added further down has no meaning, and the signature holds.
#[test]
fn unknown_members_below_the_top_have_no_meaning() {
    let text = named("nep641-doc-hash").authorization;
    let reference = parse(&text).unwrap();
    for (from, to) in [
        ("{\"chain_id\"", "{\"version\":2,\"chain_id\""),
        ("{\"schema\"", "{\"callback_url\":\"https://evil.example\",\"schema\""),
        ("\"extra\":{}", "\"extra\":{\"callbackUrl\":\"https://evil.example\"}"),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{to}");
        assert_eq!(parse(&other).as_ref(), Ok(&reference), "{to}");
    }
    assert_eq!(reference.check_signature(), Ok(()));
}

#[test]
fn a_signature_is_for_every_part_of_its_message() {
    let text = named("nep641-doc-recipient").authorization;
    for (from, to) in [
        ("\"mainnet\"", "\"testnet\""),
        ("extension.near", "extensions.near"),
        ("\"wallet.near\",\"v1.signer\"", "\"v1.signer\",\"wallet.near\""),
        ("\"wallet.near\",\"v1.signer\"", "\"wallet.near\""),
        ("\"path\":[\"wallet.near\",\"v1.signer\"],", ""),
        ("00.123456789Z", "00.123456788Z"),
        ("07:28:00.123456789Z", "07:28:01.123456789Z"),
        ("07:28:00.123456789Z", "07:28:00.123456789-00:01"),
        ("Hello, Near!", "Hello, near!"),
        ("Hello, Near!", "Hello, Near! "),
        ("https://wallet.com/callback", "https://wallet.com/callback/"),
        ("\"https://wallet.com/callback\"", "\"\""),
        ("\"https://wallet.com/callback\"", "null"),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{to}");
        assert_eq!(parse(&other).unwrap().check_signature(), Err(SignatureError::DoesNotHold), "{to}");
    }
}

#[test]
fn foreign_text_in_an_error_is_escaped() {
    let error = parse("{\"\\u001b[31m\\n\":1}").unwrap_err().to_string();
    assert!(error.is_ascii() && !error.contains(['\u{1b}', '\n']), "{error}");
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
