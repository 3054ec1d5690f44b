//! Who may sign in, and who may go on.

use http::StatusCode;
use siwn::{Access, AccountRules};

use crate::support::Server;
use crate::{SESSION, bearer, sign_in};

fn rules(allow: &[&str], deny: &[&str]) -> AccountRules {
    let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
    AccountRules { allow: parse(allow), deny: parse(deny) }
}

#[tokio::test]
async fn only_who_is_let_in_signs_in() {
    let server = Server::with(|builder| builder.account_rules(rules(&["*.team.near"], &["mallory.team.near"])));
    assert_eq!(sign_in(&server, "alice.team.near").await.status, StatusCode::OK);
    for account in ["mallory.team.near", "team.near", "alice.near"] {
        let answer = sign_in(&server, account).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "account_not_allowed"), "{account}");
    }
}

#[tokio::test]
async fn who_does_not_own_an_account_does_not_learn_whether_it_is_let_in() {
    let server = Server::with(|builder| builder.account_rules(rules(&["alice.near"], &[])));
    server.set_access(Some(Access::NoKey));
    for account in ["alice.near", "bob.near"] {
        assert_eq!(sign_in(&server, account).await.error(), "key_not_found", "{account}");
    }
}

#[tokio::test]
async fn new_rules_hold_at_the_next_use_of_a_session() {
    let server = Server::new();
    let (alice, bob) = (bearer(&sign_in(&server, "alice.near").await), bearer(&sign_in(&server, "bob.near").await));
    server.siwn.set_account_rules(rules(&[], &["bob.near"]));
    assert_eq!(server.get(SESSION, &[("authorization", &alice)]).await.status, StatusCode::OK);
    let denied = server.get(SESSION, &[("authorization", &bob)]).await;
    assert_eq!((denied.status, denied.error().as_str()), (StatusCode::UNAUTHORIZED, "account_not_allowed"));
    assert_eq!(sign_in(&server, "bob.near").await.error(), "account_not_allowed");

    // A rule that was a mistake signs nobody out for good.
    server.siwn.set_account_rules(AccountRules::default());
    assert_eq!(server.get(SESSION, &[("authorization", &bob)]).await.status, StatusCode::OK);
}
