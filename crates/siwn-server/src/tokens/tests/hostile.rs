//! Tokens that are none, and tokens that are somebody else's. Each differs from a good one in one thing.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::*;
use crate::tokens::key::SigningKey;

/// A key, and the list of it alone.
struct Issuer {
    key: SigningKey,
    jwks: String,
}

impl Issuer {
    fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let jwks = json!({ "keys": [key.public()] }).to_string();
        Self { key, jwks }
    }

    fn header(&self) -> Value {
        json!({ "alg": "ES256", "typ": "at+jwt", "kid": self.key.id() })
    }

    /// Signed by the right key, whatever stands in it.
    fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        format!("{signed}.{}", encode(self.key.sign(signed.as_bytes()).unwrap()))
    }

    fn verify(&self, token: &str) -> Result<TokenClaims, TokenError> {
        verify(&self.jwks, token, NOW)
    }
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": RECIPIENT, "sub": "alice.near", "client_id": RECIPIENT, "jti": "x", "network": "mainnet",
        "iat": NOW.get() / 1000, "exp": NOW.get() / 1000 + 300,
    })
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// `object` with a member changed, or without it.
fn with(mut object: Value, member: &str, value: impl Into<Option<Value>>) -> String {
    match value.into() {
        Some(value) => object[member] = value,
        None => drop(object.as_object_mut().unwrap().remove(member)),
    }
    object.to_string()
}

#[test]
fn the_good_one_is_good() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.header().to_string(), &claims().to_string());
    assert_eq!(issuer.verify(&token).unwrap().account.as_str(), "alice.near");
    let more = issuer.sign(&issuer.header().to_string(), &with(claims(), "new", json!({ "a": [1] })));
    assert!(issuer.verify(&more).is_ok(), "what is signed may grow");
}

#[test]
fn a_header_is_ours_or_none() {
    let issuer = Issuer::new();
    let id = issuer.key.id();
    for (header, expected) in [
        (with(issuer.header(), "alg", json!("none")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("NONE")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("es256")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("ES384")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("RS256")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("HS256")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!("")), TokenError::Algorithm),
        (with(issuer.header(), "alg", json!(["ES256"])), TokenError::Header),
        (with(issuer.header(), "alg", None), TokenError::Header),
        (with(issuer.header(), "typ", json!("siwn-id+jwt")), TokenError::Kind),
        (with(issuer.header(), "typ", json!("JWT")), TokenError::Kind),
        (with(issuer.header(), "typ", json!("application/at+jwt")), TokenError::Kind),
        (with(issuer.header(), "typ", json!("AT+JWT")), TokenError::Kind),
        (with(issuer.header(), "typ", json!("")), TokenError::Kind),
        (with(issuer.header(), "typ", None), TokenError::Header),
        (with(issuer.header(), "kid", json!("other")), TokenError::UnknownKey),
        (with(issuer.header(), "kid", json!("")), TokenError::UnknownKey),
        (with(issuer.header(), "kid", json!("../../etc/passwd")), TokenError::UnknownKey),
        (with(issuer.header(), "kid", None), TokenError::Header),
        (with(issuer.header(), "crit", json!(["exp"])), TokenError::Header),
        (with(issuer.header(), "crit", json!([])), TokenError::Header),
        (with(issuer.header(), "b64", json!(false)), TokenError::Header),
        (with(issuer.header(), "jwk", json!(issuer.key.public())), TokenError::Header),
        (with(issuer.header(), "jku", json!("https://evil.example/jwks.json")), TokenError::Header),
        (with(issuer.header(), "x5u", json!("https://evil.example")), TokenError::Header),
        (with(issuer.header(), "zip", json!("DEF")), TokenError::Header),
        (format!(r#"{{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"{id}"}}"#), TokenError::Header),
        (format!(r#"{{"alg":"ES256","typ":"JWT","typ":"at+jwt","kid":"{id}"}}"#), TokenError::Header),
        (format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"x","kid":"{id}"}}"#), TokenError::Header),
        (format!(r#"["ES256","at+jwt","{id}"]"#), TokenError::Header),
        (format!("{} ", "null"), TokenError::Header),
        (format!("{}{{}}", issuer.header()), TokenError::Header),
        (format!("\u{feff}{}", issuer.header()), TokenError::Header),
        (String::new(), TokenError::Header),
    ] {
        assert_eq!(issuer.verify(&issuer.sign(&header, &claims().to_string())), Err(expected), "{header}");
    }
}

#[test]
fn claims_are_for_us_and_in_time() {
    let issuer = Issuer::new();
    let now = NOW.get() / 1000;
    for (claims, expected) in [
        (with(claims(), "iss", json!("https://app.example/")), TokenError::Issuer),
        (with(claims(), "iss", json!("https://shop.example")), TokenError::Issuer),
        (with(claims(), "iss", None), TokenError::Claims),
        (with(claims(), "aud", json!("shop.example")), TokenError::Audience),
        (with(claims(), "aud", json!("https://app.example")), TokenError::Audience),
        (with(claims(), "aud", json!("")), TokenError::Audience),
        (with(claims(), "aud", json!([RECIPIENT])), TokenError::Claims),
        (with(claims(), "aud", None), TokenError::Claims),
        (with(claims(), "exp", json!(now)), TokenError::Expired),
        (with(claims(), "exp", json!(0)), TokenError::Expired),
        (with(claims(), "exp", json!(-1)), TokenError::Claims),
        (with(claims(), "exp", json!(1e99)), TokenError::Claims),
        (with(claims(), "exp", json!("9999999999")), TokenError::Claims),
        (with(claims(), "exp", json!(null)), TokenError::Claims),
        (with(claims(), "exp", None), TokenError::Claims),
        (with(claims(), "iat", json!(now + 11)), TokenError::Ahead),
        (with(claims(), "iat", None), TokenError::Claims),
        (with(claims(), "sub", json!("Alice.near")), TokenError::Claims),
        (with(claims(), "sub", json!("alice.near\u{0}")), TokenError::Claims),
        (with(claims(), "sub", json!("")), TokenError::Claims),
        (with(claims(), "sub", None), TokenError::Claims),
        (with(claims(), "network", None), TokenError::Claims),
        (claims().to_string().replacen('{', r#"{"sub":"bob.near","#, 1), TokenError::Claims),
        (claims().to_string().replacen('{', r#"{"exp":9999999999,"#, 1), TokenError::Claims),
        ("[]".into(), TokenError::Claims),
        (String::new(), TokenError::Claims),
    ] {
        assert_eq!(issuer.verify(&issuer.sign(&issuer.header().to_string(), &claims)), Err(expected), "{claims}");
    }
    let header = issuer.header().to_string();
    for good in [with(claims(), "iat", json!(now + 10)), with(claims(), "exp", json!(u64::MAX)), with(claims(), "key", json!(null))]
    {
        assert!(issuer.verify(&issuer.sign(&header, &good)).is_ok(), "{good}");
    }
}

#[test]
fn a_token_expires_to_the_second() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.header().to_string(), &claims().to_string());
    let end = NOW + Duration::from_mins(5);
    assert!(verify(&issuer.jwks, &token, UnixMillis::new(end.get() - 1)).is_ok());
    assert_eq!(verify(&issuer.jwks, &token, end), Err(TokenError::Expired));
    let made = UnixMillis::new(NOW.get() - 10_000);
    assert!(verify(&issuer.jwks, &token, made).is_ok(), "a clock that is behind");
    assert_eq!(verify(&issuer.jwks, &token, UnixMillis::new(made.get() - 1)), Err(TokenError::Ahead));
}

#[test]
fn a_signature_of_another_kind_is_none() {
    let issuer = Issuer::new();
    let body = |header: &Value| format!("{}.{}", encode(header.to_string()), encode(claims().to_string()));
    let public: Value = serde_json::to_value(issuer.key.public()).unwrap();
    let with_public_key = |alg: &str| {
        let body = body(&json!({ "alg": alg, "typ": "at+jwt", "kid": issuer.key.id() }));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public["x"].as_str().unwrap().as_bytes()), body.as_bytes());
        format!("{body}.{}", encode(tag))
    };
    assert_eq!(issuer.verify(&with_public_key("HS256")), Err(TokenError::Algorithm));
    assert_eq!(issuer.verify(&with_public_key("ES256")), Err(TokenError::Signature));
    let signed = body(&issuer.header());
    let signature = issuer.key.sign(signed.as_bytes()).unwrap().as_ref().to_vec();
    let mut changed = signature.clone();
    changed[63] ^= 1;
    let others = Issuer::new().key.sign(signed.as_bytes()).unwrap().as_ref().to_vec();
    for bad in [vec![], vec![0; 64], vec![0xff; 64], signature[..63].to_vec(), [&signature[..], &[0]].concat(), changed, others] {
        assert_eq!(issuer.verify(&format!("{signed}.{}", encode(&bad))), Err(TokenError::Signature), "{bad:?}");
    }
}

#[test]
fn what_is_changed_after_signing_is_refused() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.header().to_string(), &claims().to_string());
    let parts: Vec<_> = token.split('.').collect();
    let bob = encode(with(claims(), "sub", json!("bob.near")));
    assert_eq!(issuer.verify(&format!("{}.{bob}.{}", parts[0], parts[2])), Err(TokenError::Signature));
    for place in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
        assert!(issuer.verify(std::str::from_utf8(&bytes).unwrap()).is_err(), "{place}");
    }
}

#[test]
fn a_text_of_another_shape_is_no_token() {
    let issuer = Issuer::new();
    let token = issuer.sign(&issuer.header().to_string(), &claims().to_string());
    let parts: Vec<_> = token.split('.').collect();
    let padded = BASE64_URL_SAFE.encode(issuer.header().to_string());
    let standard = BASE64_STANDARD.encode(BASE64_URL_SAFE_NO_PAD.decode(parts[1]).unwrap());
    for text in [
        String::new(),
        ".".into(),
        "..".into(),
        parts[0].into(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.{}", parts[2]),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        format!("{padded}=.{}.{}", parts[1], parts[2]),
        format!("{}.{standard}=.{}", parts[0], parts[2]),
        "siwn_AAAA".into(),
        "x".repeat(4097),
        format!("{token}{}", "A".repeat(4096)),
    ] {
        assert!(issuer.verify(&text).is_err(), "{text:?}");
    }
    let huge = issuer.sign(&issuer.header().to_string(), &with(claims(), "pad", json!("x".repeat(4000))));
    assert_eq!(issuer.verify(&huge), Err(TokenError::Malformed), "longer than any of ours");
}

#[test]
fn a_list_of_keys_may_hold_others_and_is_never_more_than_that() {
    let issuer = Issuer::new();
    let public: Value = serde_json::to_value(issuer.key.public()).unwrap();
    let token = issuer.sign(&issuer.header().to_string(), &claims().to_string());
    let other = |member: &str, value: Value| {
        let mut key = public.clone();
        key[member] = value;
        key
    };
    let rsa = json!({ "kty": "RSA", "kid": "r", "n": "AQAB", "e": "AQAB" });
    let symmetric = json!({ "kty": "oct", "kid": issuer.key.id(), "k": "AAAA" });
    let jwks = json!({ "keys": [rsa, symmetric, public], "more": 1 }).to_string();
    assert!(verify(&jwks, &token, NOW).is_ok());
    for key in [
        other("kty", json!("RSA")),
        other("crv", json!("P-384")),
        other("alg", json!("ES384")),
        other("kid", json!("other")),
        other("kid", json!(null)),
        other("x", public["y"].clone()),
        other("x", json!("")),
        other("y", json!("not base64!")),
        other("y", json!(null)),
    ] {
        let jwks = json!({ "keys": [key] }).to_string();
        assert_eq!(verify(&jwks, &token, NOW), Err(TokenError::UnknownKey), "{jwks}");
    }
    for text in ["", "{}", "[]", "null", r#"{"keys": {}}"#, r#"{"keys": [1]}"#] {
        assert!(AccessTokens::from_jwks(text, ISSUER, RECIPIENT).is_err(), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_a_verifier_panic(text in "\\PC{0,80}", parts in proptest::collection::vec("[A-Za-z0-9_=-]{0,40}", 0..5)) {
        let issuer = Issuer::new();
        for text in [text.clone(), parts.join("."), format!("{}.{text}.{text}", encode(issuer.header().to_string()))] {
            proptest::prop_assert!(issuer.verify(&text).is_err());
        }
        let signed = issuer.sign(&text, &text);
        proptest::prop_assert!(issuer.verify(&signed).is_err());
        let claims = issuer.sign(&issuer.header().to_string(), &text);
        proptest::prop_assert_eq!(issuer.verify(&claims), Err(TokenError::Claims));
        let _ = AccessTokens::from_jwks(&text, ISSUER, RECIPIENT);
    }
}
