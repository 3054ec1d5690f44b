//! A login in actix-web, by the core crates: for programs and mobile applications, with sessions as bearer tokens.
//!
//! A browser's login is bound to the browser, by cookies and origins. That is what `siwn-server` does; here browsers are shown nothing.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actix_web::error::{ErrorBadRequest, ErrorServiceUnavailable, ErrorUnauthorized};
use actix_web::{App, HttpRequest, HttpServer, Result, guard, web};
use serde_json::{Value, json};
use siwn::{AuthToken, Binding, Generation, Issue, Login, LoginError, MemoryStore, Message, Recipient, Secret, SessionSecret};
use siwn::{SessionToken, Sessions, Site, UnixMillis};
use siwn_chain::{Network, RpcChain, Settings};

struct Siwn {
    login: Login,
    sessions: Sessions,
}

fn now() -> UnixMillis {
    SystemTime::now().into()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has random bytes");
    bytes
}

fn siwn(recipient: Recipient, chain: Settings) -> Result<Siwn, Box<dyn std::error::Error>> {
    let store = Arc::new(MemoryStore::new(Generation::from_bytes(random()), 100_000, now));
    let issue = Issue::new(&Secret::from_bytes(random()), Message::default_for(&recipient), Duration::from_mins(5))?;
    // An hour, because nobody asks for the key again meanwhile.
    let site = Site::new(recipient.clone(), issue).session_lifetime(Duration::from_hours(1));
    let chain = Arc::new(RpcChain::new(chain, Arc::new(now))?);
    Ok(Siwn { login: Login::new(site, chain, store.clone()), sessions: Sessions::new(store, recipient) })
}

async fn initiate(siwn: web::Data<Siwn>) -> Result<web::Json<Value>> {
    let new = siwn.login.begin(&Binding::unbound(), now(), random()).map_err(ErrorServiceUnavailable)?;
    let (message, recipient, nonce) = (new.message.as_str(), new.recipient.as_str(), new.nonce.as_bytes());
    Ok(web::Json(json!({ "message": message, "recipient": recipient, "nonce": nonce, "state": new.state })))
}

async fn verify(siwn: web::Data<Siwn>, body: web::Json<Value>) -> Result<web::Json<Value>> {
    let token: AuthToken = body["authToken"].as_str().unwrap_or_default().parse().map_err(|_| ErrorBadRequest("no token"))?;
    let opened = siwn.login.finish(token.into(), &Binding::unbound().into(), now(), SessionSecret::from_bytes(random())).await;
    let opened = opened.map_err(|error| match error {
        LoginError::Refused(_) => ErrorUnauthorized(error.code()),
        LoginError::Unavailable(_) => ErrorServiceUnavailable(error.code()),
    })?;
    Ok(web::Json(json!({ "token": opened.token.expose_bearer() })))
}

async fn me(siwn: web::Data<Siwn>, request: HttpRequest) -> Result<String> {
    let bearer = request.headers().get("authorization").and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = bearer.and_then(|text| SessionToken::from_bearer(text).ok()).ok_or_else(|| ErrorUnauthorized("sign in first"))?;
    let session = siwn.sessions.find(&token, now()).await.map_err(|_| ErrorServiceUnavailable("come again"))?;
    Ok(format!("Hello, {}", session.ok_or_else(|| ErrorUnauthorized("sign in again"))?.account))
}

fn routes(app: &mut web::ServiceConfig) {
    let is_program = |header| guard::fn_guard(move |request| !request.head().headers().contains_key(header));
    let scope = web::scope("/api/auth").guard(is_program("origin")).guard(is_program("sec-fetch-site"));
    app.service(scope.route("/initiate-login", web::post().to(initiate)).route("/verify-login", web::post().to(verify)));
    app.route("/me", web::get().to(me));
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = std::env::args().nth(1).unwrap_or_else(|| "localhost:3000".to_owned());
    let siwn = web::Data::new(siwn(site.parse()?, Settings::new(Network::Mainnet))?);
    let server = HttpServer::new(move || App::new().app_data(siwn.clone()).configure(routes)).bind(&site)?;
    println!("http://{site}/me");
    Ok(server.run().await?)
}

#[cfg(test)]
mod tests;
