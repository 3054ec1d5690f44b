//! Texts that are authorizations, and such that are none.

use serde_json::Value;
use siwn::{AuthorizationError, SignatureError};

use crate::{named, parse};

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
