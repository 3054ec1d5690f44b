//! An application with a table of its own users: made at their first login, and asked at each whether they are let in.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::{Router, routing::get};
use rusqlite::Connection;
use siwn_server::{BuildError, Builder, LoginDenied, SignedIn, Siwn};

#[derive(Clone)]
struct Users(Arc<Mutex<Connection>>);

#[derive(Clone)]
struct App {
    siwn: Siwn,
    users: Users,
}

impl FromRef<App> for Siwn {
    fn from_ref(app: &App) -> Self {
        app.siwn.clone()
    }
}

impl Users {
    fn open(path: &str) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        database.execute_batch("CREATE TABLE IF NOT EXISTS user (account TEXT PRIMARY KEY, logins INTEGER, banned TEXT)")?;
        Ok(Self(Arc::new(Mutex::new(database))))
    }

    fn with<T>(&self, ask: impl FnOnce(&Connection) -> T) -> T {
        ask(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the user, or finds why he is not let in.
    fn sign_in(&self, account: &str) -> rusqlite::Result<Option<String>> {
        const SIGN_IN: &str = "INSERT INTO user VALUES (?1, 1, NULL)
            ON CONFLICT DO UPDATE SET logins = logins + (banned IS NULL) RETURNING banned";
        self.with(|database| database.query_row(SIGN_IN, [account], |row| row.get(0)))
    }

    fn logins(&self, account: &str) -> rusqlite::Result<i64> {
        self.with(|database| database.query_row("SELECT logins FROM user WHERE account = ?1", [account], |row| row.get(0)))
    }
}

async fn me(State(App { users, .. }): State<App>, user: SignedIn) -> Result<String, StatusCode> {
    let logins = users.logins(user.account().as_str()).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(format!("Hello, {}, for the {logins}. time", user.account()))
}

fn app(builder: Builder, users: Users) -> Result<Router, BuildError> {
    let at_login = users.clone();
    let builder = builder.on_login(move |login| {
        std::future::ready(match at_login.sign_in(login.account.as_str()) {
            Ok(None) => Ok(()),
            Ok(Some(reason)) => Err(LoginDenied::Refused { reason }),
            Err(error) => Err(LoginDenied::Unavailable(error.into())),
        })
    });
    let siwn = builder.build()?;
    Ok(Router::new().route("/me", get(me)).merge(siwn.routes()).with_state(App { siwn, users }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = std::env::args().nth(1).unwrap_or_else(|| "localhost:3000".to_owned());
    let app = app(Siwn::builder(&site), Users::open("users.db")?)?;
    let listener = tokio::net::TcpListener::bind(&site).await?;
    println!("http://{site}/me");
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
