use siwn_server::test_util::{TestBrowser, TestNear};

use super::app;

#[tokio::test]
async fn people_sign_in_and_are_greeted() {
    let near = TestNear::start().await;
    let mut browser = TestBrowser::new(app(near.builder("localhost:3000").build().unwrap()));
    let answer = browser.get("/me").await;
    assert_eq!(answer.headers()["location"], "http://localhost:3000/login?return_to=%2Fme");
    browser.sign_in(&near.alice).await;
    assert_eq!(browser.get("/me").await.body(), "Hello, alice.test.near");
}

#[tokio::test]
async fn the_login_page_stands_beside_it() {
    let near = TestNear::start().await;
    let mut browser = TestBrowser::new(app(near.builder("localhost:3000").build().unwrap()));
    let page = browser.get("/login?return_to=%2Fme").await;
    assert!(page.status() == 200 && page.body().contains("Sign in to localhost:3000"), "{page:?}");
}
