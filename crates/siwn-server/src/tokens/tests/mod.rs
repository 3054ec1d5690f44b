//! Keys that change, on many processes, and tokens that are none.

mod hostile;
mod kinds;
mod rotation;
mod secrets;
mod stores;

use std::sync::LazyLock;
use std::time::Duration;

use siwn::{ClientLabel, Generation, MemoryStore, PublicKey, Secret, Session, SessionId, SessionRow, Store, UnixMillis};

use super::*;

const NOW: UnixMillis = UnixMillis::new(1_760_000_000_000);
const DAY: Duration = Duration::from_hours(24);
const ISSUER: &str = "https://app.example";
const RECIPIENT: &str = "app.example";

fn secret(byte: u8) -> Secret {
    Secret::from_bytes([byte; 32])
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new(Generation::from_bytes([1; 16]), 10, || NOW))
}

/// One process.
fn process(store: &Arc<dyn Store>, secrets: impl Into<Secrets>) -> Tokens {
    Tokens::new(Arc::clone(store), &secrets.into(), KEY_LIFETIME, "mainnet".into())
}

/// The site `app.example`.
fn site() -> Issuer<'static> {
    static SITE: LazyLock<(PublicUrl, Recipient)> = LazyLock::new(|| (ISSUER.parse().unwrap(), RECIPIENT.parse().unwrap()));
    Issuer { url: &SITE.0, recipient: &SITE.1 }
}

/// A session that lives for long.
fn session() -> Session {
    session_of("alice.near", Some(PublicKey::from_ed25519([7; 32])))
}

fn session_of(account: &str, key: Option<PublicKey>) -> Session {
    SessionRow {
        id: SessionId::from_bytes([1; 16]),
        secret_hash: [2; 32],
        recipient: RECIPIENT.parse().unwrap(),
        account: account.parse().unwrap(),
        key,
        client: ClientLabel::default(),
        created_at: NOW,
        expires_at: NOW + 10_000 * DAY,
        idle_lifetime: None,
        seen_at: NOW,
        checked_at: NOW,
    }
    .into()
}

async fn token(process: &Tokens, now: UnixMillis) -> String {
    process.access(site(), &session(), RECIPIENT, now).await.unwrap().token
}

fn verify(jwks: &str, token: &str, now: UnixMillis) -> Result<TokenClaims, TokenError> {
    AccessTokens::from_jwks(jwks, ISSUER, RECIPIENT).unwrap().verify(token, now)
}

/// The names of the keys in a list.
fn names(jwks: &str) -> Vec<String> {
    let jwks: serde_json::Value = serde_json::from_str(jwks).unwrap();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The name of the key that signed a token.
fn name(token: &str) -> String {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}
