use std::sync::Arc;

use actix_web::dev::ServiceResponse;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde_json::{Value, json};
use siwn::{Nonce, TokenRequest};
use siwn_chain::{RpcUrl, Settings};
use siwn_devnet::{Devnet, TestAccount};

use super::{now, routes, siwn};

/// What a program's wallet makes of a challenge.
fn signed(challenge: &Value, account: &TestAccount) -> String {
    let text = |member: &str| challenge[member].as_str().unwrap().to_owned();
    let numbers: Vec<u64> = serde_json::from_value(challenge["nonce"].clone()).unwrap();
    let request = TokenRequest {
        message: text("message"),
        recipient: text("recipient"),
        nonce: Nonce::from_numbers(&numbers).unwrap(),
        callback_url: None,
        state: Some(text("state")),
    };
    let answer = account.sign(&request.payload());
    request.into_token(answer).unwrap().encode()
}

async fn json_of(response: ServiceResponse) -> Value {
    serde_json::from_slice(&read_body(response).await).unwrap()
}

#[actix_web::test]
async fn a_program_signs_in_and_is_greeted_and_a_challenge_works_once() {
    let devnet = Devnet::new(Arc::new(now));
    let accounts = devnet.add_test_accounts([7; 32]);
    let node = devnet.listen().await.unwrap();
    let mut chain = Settings::new(devnet.network().chain_id().parse().unwrap());
    chain.endpoints = vec![node.url().parse::<RpcUrl>().unwrap().into()];
    let siwn = web::Data::new(siwn("localhost:3000".parse().unwrap(), chain).unwrap());
    let app = init_service(App::new().app_data(siwn).configure(routes)).await;

    let initiate = || TestRequest::post().uri("/api/auth/initiate-login");
    let challenge = json_of(call_service(&app, initiate().to_request()).await).await;
    let proof = json!({ "authToken": signed(&challenge, &accounts.alice) });
    let verify = || TestRequest::post().uri("/api/auth/verify-login").set_json(&proof).to_request();
    let opened = json_of(call_service(&app, verify()).await).await;
    assert_eq!(call_service(&app, verify()).await.status(), 401, "the challenge is spent");

    let me = |bearer: &str| TestRequest::get().uri("/me").insert_header(("authorization", format!("Bearer {bearer}"))).to_request();
    let greeting = read_body(call_service(&app, me(opened["token"].as_str().unwrap())).await).await;
    assert_eq!(greeting, "Hello, alice.test.near");
    assert_eq!(call_service(&app, me("siwn_junk")).await.status(), 401);

    let browser = initiate().insert_header(("origin", "http://localhost:3000")).to_request();
    assert_eq!(call_service(&app, browser).await.status(), 404);
}
