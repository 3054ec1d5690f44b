//! The code of docs/rust.md: it stands there as it stands here, and does what is said of it.

mod settings {
    use siwn_server::{BuildError, Secret, Siwn};

    fn siwn(secret: [u8; 32]) -> Result<Siwn, BuildError> {
        Siwn::builder("app.example").network("testnet").secret(Secret::from_bytes(secret)).build()
    }

    #[test]
    fn the_usual_settings_are_taken() {
        assert!(siwn([7; 32]).is_ok());
    }
}

mod sessions_that_outlive_the_process {
    use std::sync::Arc;

    use siwn_server::{Secret, Siwn};
    use siwn_store::SqliteStore;

    fn siwn(file: &str, secret: &str) -> Result<Siwn, Box<dyn std::error::Error>> {
        let store = SqliteStore::open(file)?;
        Ok(Siwn::builder("app.example").store(Arc::new(store)).secret(secret.parse::<Secret>()?).build()?)
    }

    #[test]
    fn a_file_is_made_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("siwn.db");
        for _ in 0..2 {
            assert!(siwn(file.to_str().unwrap(), &"07".repeat(32)).is_ok());
            assert!(file.is_file());
        }
    }
}

mod a_state_of_ones_own {
    use axum::extract::FromRef;
    use siwn_server::Siwn;

    #[derive(Clone)]
    struct App {
        siwn: Siwn,
        greeting: &'static str,
    }

    impl FromRef<App> for Siwn {
        fn from_ref(app: &App) -> Self {
            app.siwn.clone()
        }
    }

    #[tokio::test]
    async fn a_handler_takes_both() {
        use axum::{Router, extract::State, routing::get};
        use siwn_server::SignedIn;
        use siwn_server::test_util::{TestBrowser, TestNear};

        async fn me(State(app): State<App>, user: SignedIn) -> String {
            format!("{}, {}", app.greeting, user.account())
        }
        let near = TestNear::start().await;
        let siwn = near.builder("app.example").build().unwrap();
        let routes = Router::new().route("/me", get(me)).merge(siwn.routes());
        let mut browser = TestBrowser::new(routes.with_state(App { siwn, greeting: "Hello" }));
        browser.sign_in(&near.alice).await;
        assert_eq!(browser.get("/me").await.body(), "Hello, alice.test.near");
    }
}

mod who_is_signed_in {
    use axum::{Router, routing::get};
    use siwn_server::{SignedIn, Siwn};

    /// For people who are signed in.
    async fn mine(user: SignedIn) -> String {
        format!("the things of {}", user.account())
    }

    /// For everybody.
    async fn home(user: Option<SignedIn>) -> String {
        user.map_or_else(|| "Hello, stranger".to_owned(), |user| format!("Hello, {}", user.account()))
    }

    fn app(siwn: Siwn) -> Router {
        // All that is under /members, whatever its handlers ask for.
        let members = Router::new().route("/list", get(async || "the members")).route_layer(siwn.signed_in_layer());
        Router::new()
            .route("/", get(home))
            .route("/mine", get(mine))
            .nest("/members", members)
            .merge(siwn.routes())
            .with_state(siwn)
    }

    #[tokio::test]
    async fn strangers_see_one_page_and_people_all_of_them() {
        use siwn_server::test_util::{TestBrowser, TestNear};

        let near = TestNear::start().await;
        let mut browser = TestBrowser::new(app(near.builder("app.example").build().unwrap()));
        assert_eq!(browser.get("/").await.body(), "Hello, stranger");
        for path in ["/mine", "/members/list"] {
            assert_eq!(browser.get(path).await.status(), 303, "{path}");
        }
        browser.sign_in(&near.alice).await;
        for (path, expected) in
            [("/", "Hello, alice.test.near"), ("/mine", "the things of alice.test.near"), ("/members/list", "the members")]
        {
            assert_eq!(browser.get(path).await.body(), expected);
        }
    }
}

mod banning {
    use siwn_server::{AccountId, Siwn, StoreError};

    async fn ban(siwn: &Siwn, account: &AccountId) -> Result<(), StoreError> {
        // Written down before, so that no new session is opened meanwhile.
        siwn.end_sessions(account).await
    }

    #[tokio::test]
    async fn who_is_banned_is_signed_out() {
        use siwn_server::test_util::{TestBrowser, TestNear};

        let near = TestNear::start().await;
        let siwn = near.builder("app.example").build().unwrap();
        let mut browser = TestBrowser::new(siwn.routes().with_state(siwn.clone()));
        browser.sign_in(&near.alice).await;
        assert_eq!(browser.get("/api/auth/session").await.status(), 200);
        ban(&siwn, &"alice.test.near".parse().unwrap()).await.unwrap();
        assert_eq!(browser.get("/api/auth/session").await.status(), 303);
    }
}

mod a_second_account {
    use axum::extract::State;
    use siwn_server::{Rejection, SignedIn, Siwn, TokenUse};

    async fn add_account(State(siwn): State<Siwn>, user: SignedIn, token: String) -> Result<String, Rejection> {
        let signed = siwn.verify_token(&token, TokenUse::Once, None).await?;
        if signed.message != format!("Add this account to that of {}", user.account()) {
            return Ok("this was signed for something else".to_owned());
        }
        Ok(format!("{} is another account of {}", signed.account.account(), user.account()))
    }

    #[tokio::test]
    async fn it_signs_for_the_first_one_and_for_nothing_else() {
        use std::time::Duration;

        use axum::body::Body;
        use axum::http::Request;
        use axum::{Router, routing::post};
        use siwn_server::test_util::{TestBrowser, TestNear};

        let near = TestNear::start().await;
        let siwn = near.builder("app.example").build().unwrap();
        let app = Router::new().route("/accounts", post(add_account)).merge(siwn.routes()).with_state(siwn);
        let mut browser = TestBrowser::new(app);
        browser.sign_in(&near.alice).await;
        near.pass(Duration::from_secs(1));
        for (message, expected) in [
            ("Add this account to that of alice.test.near", "bob.test.near is another account of alice.test.near"),
            ("Add this account to that of carol.test.near", "this was signed for something else"),
        ] {
            let token = near.token(&near.bob, "app.example", message);
            let answer = browser.send(Request::post("/accounts").body(Body::from(token)).unwrap()).await;
            assert_eq!(answer.body(), expected);
        }
    }
}

mod tokens_that_came_otherwise {
    use siwn_server::{Rejection, Siwn, TokenUse};

    async fn first_message(siwn: &Siwn, text: &str) -> Result<String, Rejection> {
        let token = siwn.verify_token(text, TokenUse::Once, None).await?;
        Ok(format!("{} signed: {}", token.account.account(), token.message))
    }

    #[tokio::test]
    async fn one_is_read_once_and_junk_never() {
        use std::time::Duration;

        use siwn_server::test_util::TestNear;

        let near = TestNear::start().await;
        let siwn = near.builder("app.example").build().unwrap();
        near.pass(Duration::from_secs(1));
        let token = near.token(&near.bob, "app.example", "hello");
        assert_eq!(first_message(&siwn, &token).await.unwrap(), "bob.test.near signed: hello");
        assert!(first_message(&siwn, &token).await.is_err());
        assert!(first_message(&siwn, "junk").await.is_err());
    }
}

mod tests_of_ones_own {
    use axum::{Router, routing::get};
    use siwn_server::test_util::{TestBrowser, TestNear};
    use siwn_server::{SignedIn, Siwn};

    fn app(siwn: Siwn) -> Router {
        Router::new().route("/me", get(async |user: SignedIn| user.account().to_string())).merge(siwn.routes()).with_state(siwn)
    }

    #[tokio::test]
    async fn alice_sees_her_name() {
        let near = TestNear::start().await;
        let mut browser = TestBrowser::new(app(near.builder("app.example").build().unwrap()));
        assert_eq!(browser.get("/me").await.status(), 303);
        browser.sign_in(&near.alice).await;
        assert_eq!(browser.get("/me").await.body(), "alice.test.near");
    }
}

mod by_hand {
    use siwn_server::{LoginPage, Siwn};

    fn siwn() -> Result<Siwn, Box<dyn std::error::Error>> {
        let wallet = "Test wallet=http://localhost:8080/_dev/wallet".parse()?;
        let builder = Siwn::builder("localhost:3000").network("siwn-devnet").rpc("http://localhost:8080/_devnet/rpc");
        Ok(builder.login_page(LoginPage::new().websites_only(vec![wallet])).build()?)
    }

    #[test]
    fn the_devnet_and_its_wallet_are_taken() {
        assert!(siwn().is_ok());
    }
}
