use siwn_server::test_util::{TestBrowser, TestNear};

use super::{Users, app};

#[tokio::test]
async fn a_user_is_made_at_the_first_login_and_counted_at_each() {
    let (near, users) = (TestNear::start().await, Users::open(":memory:").unwrap());
    let mut browser = TestBrowser::new(app(near.builder("localhost:3000"), users).unwrap());
    for said in ["Hello, alice.test.near, for the 1. time", "Hello, alice.test.near, for the 2. time"] {
        browser.sign_in(&near.alice).await;
        assert_eq!(browser.get("/me").await.body(), said);
    }
}

#[tokio::test]
async fn who_is_banned_hears_why() {
    let (near, users) = (TestNear::start().await, Users::open(":memory:").unwrap());
    users.with(|database| database.execute("INSERT INTO user VALUES ('bob.test.near', 0, 'bills')", [])).unwrap();
    let mut browser = TestBrowser::new(app(near.builder("localhost:3000"), users).unwrap());
    let answer = browser.try_sign_in(&near.bob).await;
    assert!(answer.status() == 401 && answer.body().contains(r#""reason":"bills""#), "{answer:?}");
    browser.sign_in(&near.carol).await;
}

#[tokio::test]
async fn an_outage_of_the_users_is_no_refusal() {
    let (near, users) = (TestNear::start().await, Users::open(":memory:").unwrap());
    users.with(|database| database.execute("DROP TABLE user", [])).unwrap();
    let mut browser = TestBrowser::new(app(near.builder("localhost:3000"), users).unwrap());
    assert_eq!(browser.try_sign_in(&near.alice).await.status(), 503);
}
