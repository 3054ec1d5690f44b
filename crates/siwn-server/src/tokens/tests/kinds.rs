//! Two kinds of tokens, and neither passes for the other.

use proptest::prelude::*;
use siwn::AccountId;

use super::*;

fn verifies(jwks: &str, kind: Kind, token: &str, audience: &str) -> Result<TokenClaims, TokenError> {
    match kind {
        Kind::Access => AccessTokens::from_jwks(jwks, ISSUER, audience).unwrap().verify(token, NOW),
        Kind::Identity => IdentityTokens::from_jwks(jwks, ISSUER, audience).unwrap().verify(token, NOW),
    }
}

fn account() -> impl Strategy<Value = AccountId> {
    "[a-z0-9]{1,8}([-_.][a-z0-9]{1,8}){0,4}".prop_filter_map("an account", |text| text.parse().ok())
}

fn key() -> impl Strategy<Value = Option<PublicKey>> {
    let ed25519 = any::<[u8; 32]>().prop_map(|bytes| Some(PublicKey::from_ed25519(bytes)));
    prop_oneof![Just(None), ed25519]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_identity_token_never_passes_as_an_access_token_nor_the_other_way(
        account in account(),
        key in key(),
        audience in "[!-~&&[^\"\\\\]]{1,64}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (site, session) = (site(), session_of(account.as_str(), key.clone()));
        let tokens = process(&memory(), secret(1));
        let [jwks, access, identity] = runtime.block_on(async {
            let jwks = tokens.jwks(NOW).await.unwrap();
            let access = tokens.access(site, &session, &audience, NOW).await.unwrap().token;
            [jwks, access, tokens.identity(site, &session, &audience, NOW).await.unwrap()]
        });
        for (kind, own, other) in [(Kind::Access, &access, &identity), (Kind::Identity, &identity, &access)] {
            let claims = verifies(&jwks, kind, own, &audience).unwrap();
            prop_assert_eq!((&claims.account, &claims.key), (&account, &key.as_ref().map(PublicKey::handle)));
            prop_assert_eq!(verifies(&jwks, kind, other, &audience), Err(TokenError::Kind));
        }
    }
}

#[tokio::test]
async fn an_identity_token_lives_for_a_minute_and_never_past_the_session() {
    let tokens = process(&memory(), secret(1));
    let jwks = tokens.jwks(NOW).await.unwrap();
    let origin = "https://app.example";
    let token = tokens.identity(site(), &session(), origin, NOW).await.unwrap();
    let claims = verifies(&jwks, Kind::Identity, &token, origin).unwrap();
    assert_eq!((claims.issued_at, claims.expires_at), (NOW, NOW + Duration::from_mins(1)));
    let mut short = session();
    short.expires_at = NOW + Duration::from_millis(20_500);
    let token = tokens.identity(site(), &short, origin, NOW).await.unwrap();
    assert_eq!(verifies(&jwks, Kind::Identity, &token, origin).unwrap().expires_at, NOW + Duration::from_secs(20));
    short.expires_at = NOW + Duration::from_millis(999);
    assert_eq!(tokens.identity(site(), &short, origin, NOW).await.unwrap_err().code, Code::NotSignedIn);
}

#[tokio::test]
async fn a_long_key_goes_into_a_token_as_its_handle() {
    let key = PublicKey::from_ml_dsa_65([7; 1952]);
    let tokens = process(&memory(), secret(1));
    let session = session_of("alice.near", Some(key.clone()));
    let token = tokens.access(site(), &session, RECIPIENT, NOW).await.unwrap().token;
    let claims = verify(&tokens.jwks(NOW).await.unwrap(), &token, NOW).unwrap();
    assert_eq!(claims.key, Some(key.handle()));
    assert!(claims.key.unwrap().starts_with("ml-dsa-65-hash:") && token.len() < 1000);
}
