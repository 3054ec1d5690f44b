//! The compact form of a signed token (RFC 7515, section 7.1), for the one algorithm that there is here.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde::Serialize;

use super::claims::{Claims, Kind};
use super::key::{ALGORITHM, SigningKey};
use crate::problem::Problem;

#[derive(Serialize)]
struct Header<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// A token of these claims.
pub(super) fn sign(key: &SigningKey, kind: Kind, claims: &Claims<'_>) -> Result<String, Problem> {
    let header = Header { alg: ALGORITHM, typ: kind.name(), kid: key.id() };
    let mut token = part(&header);
    token.push('.');
    token.push_str(&part(claims));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

fn part(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("texts and numbers are JSON");
    BASE64_URL_SAFE_NO_PAD.encode(json)
}
