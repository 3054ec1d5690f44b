//! `POST /api/auth/token` and the public keys.

use std::time::Duration;

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use http::{Method, StatusCode};
use serde_json::json;
use siwn::{Access, UnixMillis};
use siwn_server::{BuildError, SiteBuilder, Siwn};

use crate::support::{Server, own_page, request, sign_as};
use crate::{ISSUER, JWKS, RECIPIENT, TOKEN, access_token, after, ask, bearer, jwks, part, verify};

const LIFETIME: Duration = Duration::from_mins(5);

#[tokio::test]
async fn a_token_says_who_is_signed_in_and_others_can_tell() {
    let server = Server::new();
    let answer = ask(&server, &bearer(&server, "alice.near").await, &json!({})).await;
    assert_eq!((answer.status, &answer.headers[CACHE_CONTROL]), (StatusCode::OK, &"no-store".parse().unwrap()));
    let body = answer.json();
    let token = body["token"].as_str().unwrap();
    assert_eq!(
        body,
        json!({ "token": token, "tokenType": "Bearer", "audience": RECIPIENT, "expiresAt": "2025-10-09T08:58:20.000Z" })
    );
    let header = part(token, 0);
    assert_eq!(header, json!({ "alg": "ES256", "typ": "at+jwt", "kid": header["kid"] }));
    let claims = part(token, 1);
    let key = crate::support::key().public_key().to_string();
    assert_eq!(
        claims,
        json!({
            "iss": ISSUER, "aud": RECIPIENT, "sub": "alice.near", "client_id": RECIPIENT,
            "iat": 1_760_000_000, "exp": 1_760_000_300, "jti": claims["jti"], "key": key, "network": "mainnet",
        })
    );
    let verified = verify(&jwks(&server).await, token, after(LIFETIME / 2)).unwrap();
    assert_eq!((verified.account.as_str(), verified.key, verified.network.as_str()), ("alice.near", Some(key), "mainnet"));
    assert_eq!((verified.issued_at, verified.expires_at), (crate::NOW, after(LIFETIME)));
    assert_eq!(verified.id, claims["jti"]);
}

#[tokio::test]
async fn every_token_has_a_name_of_its_own() {
    let server = Server::new();
    let bearer = bearer(&server, "alice.near").await;
    let [first, second] = [access_token(&server, &bearer).await, access_token(&server, &bearer).await];
    assert_ne!(part(&first, 1)["jti"], part(&second, 1)["jti"]);
    assert_eq!(part(&first, 0)["kid"], part(&second, 0)["kid"], "and the same key");
}

#[tokio::test]
async fn the_keys_are_for_everybody_and_may_be_kept_for_five_minutes() {
    let server = Server::new();
    let well_known = server.get(JWKS, &[("origin", "https://anywhere.example")]).await;
    assert_eq!(well_known.status, StatusCode::OK);
    assert_eq!(well_known.headers[CACHE_CONTROL], "public, max-age=300");
    assert_eq!(well_known.headers[CONTENT_TYPE], "application/json");
    assert_eq!(well_known.headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(!well_known.headers.contains_key("access-control-allow-credentials"));
    let keys = well_known.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let key = &keys["keys"][0];
    let expected = json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": key["kid"], "x": key["x"], "y": key["y"],
    });
    assert_eq!(*key, expected, "and nothing private");
    assert_eq!(server.get("/api/auth/jwks.json", &[]).await.json(), keys);
    let post = server.send(request(Method::POST, JWKS, &[], "")).await;
    assert_eq!((post.status, post.error().as_str()), (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
}

#[tokio::test]
async fn nobody_gets_a_token_who_is_not_signed_in() {
    let server = Server::new();
    for authorization in ["", "Bearer siwn_x", "Basic YTpi", "Bearer "] {
        let answer = ask(&server, authorization, &json!({})).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "not_signed_in"), "{authorization}");
    }
    let bearer = bearer(&server, "alice.near").await;
    let token = access_token(&server, &bearer).await;
    let answer = ask(&server, &format!("Bearer {token}"), &json!({})).await;
    assert_eq!(answer.error(), "not_signed_in", "a token is no session");
    server.post("/api/auth/logout", &[("authorization", &bearer)], &json!({})).await;
    assert_eq!(ask(&server, &bearer, &json!({})).await.error(), "not_signed_in");
}

#[tokio::test]
async fn the_rules_for_pages_hold() {
    let server = Server::new();
    let challenge = server.challenge(&own_page("")).await;
    let browser = challenge.cookies().remove(0);
    let proof = json!({ "authToken": sign_as("alice.near", &challenge.json(), &crate::key()) });
    let session = server.post("/api/auth/verify-login", &own_page(&browser), &proof).await.cookies().remove(0);
    let with = async |headers: &[(&str, &str)]| {
        let headers = [headers, &[("cookie", session.as_str())]].concat();
        server.post(TOKEN, &headers, &json!({})).await.status
    };
    assert_eq!(with(&own_page("")).await, StatusCode::OK);
    assert_eq!(with(&[("sec-fetch-site", "same-origin")]).await, StatusCode::OK);
    for headers in [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")][..],
        &[("sec-fetch-site", "same-site"), ("origin", "https://evil.app.example")],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
    ] {
        assert_eq!(with(headers).await, StatusCode::FORBIDDEN, "{headers:?}");
    }
    let get = server.get(TOKEN, &[("cookie", &session)]).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_token_is_for_the_recipient_or_for_an_audience_that_is_configured() {
    let server = Server::with(|builder| builder.token_audience("https://api.example").token_audience("reports"));
    let bearer = bearer(&server, "alice.near").await;
    for (wish, audience) in [
        (json!({}), RECIPIENT),
        (json!({ "audience": null }), RECIPIENT),
        (json!({ "audience": RECIPIENT, "other": 1 }), RECIPIENT),
        (json!({ "audience": "https://api.example" }), "https://api.example"),
        (json!({ "audience": "reports" }), "reports"),
    ] {
        let answer = ask(&server, &bearer, &wish).await.json();
        assert_eq!(answer["audience"], audience, "{wish}");
        assert_eq!(part(answer["token"].as_str().unwrap(), 1)["aud"], audience, "{wish}");
    }
    for unknown in ["", "https://api.example/", "REPORTS", "evil.example", "https://app.example"] {
        let answer = ask(&server, &bearer, &json!({ "audience": unknown })).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "audience_unknown"), "{unknown:?}");
    }
    for bad in [json!({ "audience": 1 }), json!({ "audience": ["reports"] }), json!([])] {
        let answer = ask(&server, &bearer, &bad).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::BAD_REQUEST, "malformed"), "{bad}");
    }
    let empty = server.send(request(Method::POST, TOKEN, &[("authorization", &bearer)], "")).await;
    assert_eq!(empty.status, StatusCode::OK, "an empty body is no body");
}

#[test]
fn an_audience_is_neither_nonsense_nor_the_origin_of_a_site() {
    let build = |audience: &str| Siwn::builder("app.example").token_audience(audience).build().unwrap_err();
    assert!(matches!(build("two words"), BuildError::Audience { .. }));
    assert!(matches!(build("https://app.example"), BuildError::AudienceOfIdentity(_)));
    let two = SiteBuilder::new("shop.example").token_audience("https://app.example");
    assert!(matches!(Siwn::builder("app.example").site(two).build().unwrap_err(), BuildError::AudienceOfIdentity(_)));
}

#[tokio::test]
async fn a_token_does_not_outlive_the_session() {
    let hour = Duration::from_hours(1);
    let server = Server::with(|builder| builder.session_lifetime(hour));
    let bearer = bearer(&server, "alice.near").await;
    for left in [120_000, 999, 1] {
        server.clock.set(UnixMillis::new(after(hour).get() - left));
        assert_eq!(part(&access_token(&server, &bearer).await, 1)["exp"], after(hour).get() / 1000, "{left}");
    }
    let server = Server::with(|builder| builder.session_lifetime(Duration::from_millis(1500)));
    let session = crate::bearer(&server, "alice.near").await;
    server.clock.set(UnixMillis::new(crate::NOW.get() + 1200));
    let answer = ask(&server, &session, &json!({})).await;
    assert_eq!(answer.error(), "not_signed_in", "less than a second is left, which is none of a token's");
}

#[tokio::test]
async fn a_token_does_not_outlive_a_session_that_is_not_used() {
    let server = Server::with(|builder| builder.session_idle(Duration::from_mins(3)));
    let bearer = bearer(&server, "alice.near").await;
    assert_eq!(part(&access_token(&server, &bearer).await, 1)["exp"], after(Duration::from_mins(3)).get() / 1000);
}

#[tokio::test]
async fn a_token_is_made_only_while_the_key_is_known_to_stand() {
    let stale = Duration::from_mins(20);
    let server = Server::new();
    let bearer = bearer(&server, "alice.near").await;
    server.set_access(None);
    server.clock.set(UnixMillis::new(after(stale).get() - 1));
    assert_eq!(ask(&server, &bearer, &json!({})).await.status, StatusCode::OK);
    while server.siwn.keys_being_checked() > 0 {
        tokio::task::yield_now().await;
    }
    // Past the pause that follows a question that nobody answered, and then within the next one.
    for later in [Duration::from_secs(10), Duration::from_secs(11)] {
        server.clock.set(after(stale + later));
        let session = server.get("/api/auth/session", &[("authorization", &bearer)]).await;
        assert_eq!(session.status, StatusCode::OK, "a session has grace");
        let answer = ask(&server, &bearer, &json!({})).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
        assert!(answer.headers.contains_key("retry-after"));
    }
    server.set_access(Some(Access::Full));
    server.clock.set(after(stale + Duration::from_mins(1)));
    assert_eq!(ask(&server, &bearer, &json!({})).await.status, StatusCode::OK, "somebody can be asked again");
    server.set_access(Some(Access::NoKey));
    server.clock.set(after(stale + stale + Duration::from_mins(1)));
    assert_eq!(ask(&server, &bearer, &json!({})).await.error(), "not_signed_in");
}

#[tokio::test]
async fn each_site_makes_its_own_tokens_with_the_keys_of_all() {
    let server = Server::with(|builder| {
        builder
            .site(SiteBuilder::new("shop.example").token_audience("shop-api"))
            .site(SiteBuilder::new("wiki").public_url("https://app.example/wiki"))
    });
    for (host, path, issuer, recipient) in [
        ("app.example", "", "https://app.example", "app.example"),
        ("shop.example", "", "https://shop.example", "shop.example"),
        ("app.example", "/wiki", "https://app.example/wiki", "wiki"),
    ] {
        let at = |route: &str| format!("{path}/api/auth/{route}");
        let challenge = server.post(&at("initiate-login"), &[("host", host)], &json!({})).await.json();
        let proof = json!({ "authToken": sign_as("alice.near", &challenge, &crate::key()), "session": "bearer" });
        let session = server.post(&at("verify-login"), &[("host", host)], &proof).await.json();
        let bearer = format!("Bearer {}", session["token"].as_str().unwrap());
        let headers = [("host", host), ("authorization", bearer.as_str())];
        let answer = server.post(&at("token"), &headers, &json!({})).await.json();
        let claims = part(answer["token"].as_str().unwrap(), 1);
        assert_eq!([&claims["iss"], &claims["aud"], &claims["client_id"]], [issuer, recipient, recipient]);
        let wish = server.post(&at("token"), &headers, &json!({ "audience": "shop-api" })).await;
        assert_eq!(wish.status == StatusCode::OK, host == "shop.example", "an audience is one site's");
        let keys = server.get(&at("jwks.json"), &[("host", host)]).await.json();
        assert_eq!(keys, server.get(JWKS, &[("host", host)]).await.json());
    }
}
