//! Keys at rest, and secrets that change.

use super::*;

/// What the store keeps.
async fn kept(store: &Arc<dyn Store>) -> String {
    store.signing_keys().await.unwrap().unwrap().as_str().to_owned()
}

#[tokio::test]
async fn what_is_kept_holds_no_private_key() {
    use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine as _};
    let store = memory();
    let tokens = process(&store, secret(1));
    tokens.jwks(NOW).await.unwrap();
    let text = kept(&store).await;
    let ring = ring::Ring::open(Some(&siwn::SealedKeys::new(text.as_str())), &Seals::new(&secret(1).into()), NOW).unwrap();
    let private = ring.signing(NOW).expose_pkcs8().unwrap();
    // Where the private number stands in it, behind its tag and length (RFC 5208, RFC 5915).
    assert_eq!(private[34..36], [4, 32]);
    let number = &private[36..68];
    for form in [BASE64_URL_SAFE_NO_PAD.encode(number), BASE64_STANDARD_NO_PAD.encode(number)] {
        assert!(!text.contains(&form));
    }
    let jwks = tokens.jwks(NOW).await.unwrap();
    assert!(!jwks.contains("\"d\"") && !jwks.contains(&BASE64_URL_SAFE_NO_PAD.encode(number)));
}

#[tokio::test]
async fn keys_go_over_to_the_next_secret_and_no_token_is_refused() {
    let store = memory();
    let change = NOW + Duration::from_mins(10);
    let both = || Secrets::new(secret(1)).changing_to(secret(2), change);
    let (first, second) = (process(&store, secret(1)), process(&store, both()));
    let before = token(&first, NOW).await;
    let sealed = kept(&store).await;
    assert_eq!(name(&token(&second, NOW).await), name(&before));
    assert_eq!(kept(&store).await, sealed, "the present secret seals still");
    first.set_secrets(&both());
    assert_eq!(name(&token(&first, change).await), name(&before));
    assert_ne!(kept(&store).await, sealed, "sealed anew");
    let after = process(&store, secret(2));
    assert_eq!(name(&token(&after, change).await), name(&before));
    assert_eq!(names(&after.jwks(change).await.unwrap()), [name(&before)]);
}

#[tokio::test]
async fn a_key_of_another_secret_is_left_alone_and_a_new_one_made() {
    let store = memory();
    let (ours, theirs) = (process(&store, secret(1)), process(&store, secret(2)));
    let [our, their] = [token(&ours, NOW).await, token(&theirs, NOW).await];
    assert_ne!(name(&our), name(&their));
    assert_eq!(names(&theirs.jwks(NOW).await.unwrap()), [name(&their)], "nobody publishes what he cannot open");
    let mut time = NOW;
    while time < NOW + 100 * DAY {
        for tokens in [&ours, &theirs] {
            let token = token(tokens, time).await;
            assert!(verify(&tokens.jwks(time).await.unwrap(), &token, time).is_ok());
        }
        time = time + DAY / 4;
    }
    assert!(kept(&store).await.matches("kid").count() <= 8);
    let late = NOW + 400 * DAY;
    ours.jwks(late).await.unwrap();
    assert!(kept(&store).await.matches("kid").count() <= 3, "what nobody uses any more is thrown away in the end");
}

#[tokio::test]
async fn another_secret_without_the_old_one_ends_the_old_keys_at_once() {
    let store = memory();
    let tokens = process(&store, secret(1));
    let before = token(&tokens, NOW).await;
    tokens.set_secrets(&secret(2).into());
    let after = token(&tokens, NOW).await;
    assert_ne!(name(&after), name(&before));
    assert_eq!(verify(&tokens.jwks(NOW).await.unwrap(), &before, NOW), Err(TokenError::UnknownKey));
}

#[tokio::test]
async fn who_can_write_to_the_store_can_neither_add_a_key_nor_change_a_ones_time() {
    let store = memory();
    let tokens = process(&store, secret(1));
    let own = name(&token(&tokens, NOW).await);
    let mut document: serde_json::Value = serde_json::from_str(&kept(&store).await).unwrap();
    let earlier = document["keys"][0]["signs_from"].as_u64().unwrap() - 1000;
    document["keys"][0]["signs_from"] = earlier.into();
    document["keys"].as_array_mut().unwrap().push(serde_json::json!({ "kid": "theirs", "signs_from": 0, "sealed": "AAAA" }));
    let store = memory();
    store.replace_signing_keys(None, &siwn::SealedKeys::new(document.to_string())).await.unwrap();
    let published = names(&process(&store, secret(1)).jwks(NOW).await.unwrap());
    assert!(published.len() == 1 && published[0] != own && published[0] != "theirs", "{published:?}");
}
