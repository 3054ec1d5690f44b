//! Sign In With NEAR over HTTP, for an axum application or as a server of its own.
//!
//! ```
//! use axum::{Router, routing::get};
//! use siwn_server::{BuildError, SignedIn, Siwn};
//!
//! async fn me(user: SignedIn) -> String {
//!     format!("Hello, {}", user.account())
//! }
//!
//! fn app() -> Result<Router, BuildError> {
//!     let siwn = Siwn::builder("app.example").build()?;
//!     Ok(Router::new().route("/me", get(me)).merge(siwn.routes()).with_state(siwn))
//! }
//! # app().unwrap();
//! ```
//!
//! | Wanted | Item |
//! |---|---|
//! | the handle: whom people sign in to, which network, which store | [`Siwn::builder`] |
//! | the routes, to merge into one's own | [`Siwn::routes`]; [`app`] is all that a server of its own has |
//! | who is signed in | [`SignedIn`] in a handler; `Option<SignedIn>` on pages for everybody; [`Siwn::signed_in_layer`] for a subtree |
//! | the application's own word on each login | [`Builder::on_login`] |
//! | to end what is open, where the application bans somebody | [`Siwn::end_sessions`] |
//! | near-sign-verify's tokens, without a session | [`BearerToken`], [`ReusableToken`], [`Siwn::verify_token`] |
//! | access tokens, that this server made | [`AccessToken`]; elsewhere [`AccessTokens`], by the published keys |
//! | tests that sign people in without a network | `test_util`, of the feature `test-util` |
//! | a server's configuration, its sockets | `config`, of the feature `config`; [`serve`] |
//!
//! `SignedIn` needs `Siwn` in the router's state: as the state itself, or by `FromRef` of a state of one's own. Serve the router with
//! `into_make_service_with_connect_info::<SocketAddr>()`, for clients are told apart by address.
//!
//! | Feature | Brings |
//! |---|---|
//! | `rpc` (default) | NEAR's nodes over JSON-RPC |
//! | `config` | a configuration from a file and the environment |
//! | `redis`, `postgres` | these stores' addresses in it |
//! | `test-util` | a NEAR, wallets, browsers and a clock for tests |

mod admin;
mod answered;
mod audit;
mod body;
mod builder;
mod caller;
#[cfg(feature = "rpc")]
mod chain_metrics;
mod client;
#[cfg(feature = "config")]
pub mod config;
mod cookie;
mod door;
mod extract;
mod gate;
mod key_checks;
mod known_keys;
mod metrics;
mod observe;
#[cfg(test)]
mod openapi;
mod operations;
mod own_first;
mod pages;
mod problem;
mod random;
mod readiness;
mod recent;
mod request_id;
mod requester;
mod room;
mod routes;
mod secrets;
mod serve;
mod session_memory;
mod sign_in;
mod site;
mod siwn;
#[cfg(feature = "test-util")]
pub mod test_util;
mod time;
mod tokens;
mod watched_store;

pub use crate::admin::{AdminToken, AdminTokenError, admin};
pub use crate::answered::Answered;
pub use crate::audit::AuditLog;
pub use crate::builder::{BuildError, Builder, SiteBuilder};
pub use crate::client::{NetworkTextError, TrustedProxies};
pub use crate::door::Rates;
pub use crate::extract::{AccessToken, BearerToken, Rejection, ReusableToken, SignedIn, SignedInLayer, SignedInOnly, TokenUse};
pub use crate::gate::{LoginDenied, NewLogin};
pub use crate::key_checks::KeyChecks;
pub use crate::operations::{app, app_with};
pub use crate::pages::{
    LoginPage, Logo, LogoError, ManifestError, SiteName, SiteNameError, Template, TemplateError, Theme, ThemeError, WalletManifest,
    Website, WebsiteError, built_files,
};
pub use crate::secrets::{Rotation, RotationError, Secrets, SecretsError};
pub use crate::serve::serve;
pub use crate::siwn::Siwn;
pub use crate::time::Clock;
pub use crate::tokens::{AccessTokens, Audience, AudienceError, IdentityTokens, JwksError, TokenClaims, TokenError};
/// What signatures and settings of an application name; the rest is in the crate `siwn`.
pub use ::siwn::{
    AccountId, AccountPattern, AccountRules, Chain, ContractAccounts, PublicKey, Rate, Secret, Session, Store, StoreError,
    UnfundedAccounts, UnixMillis, VerifiedAccount, VerifiedToken,
};
