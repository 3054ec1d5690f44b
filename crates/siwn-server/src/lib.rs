//! Sign In With NEAR over HTTP, for an axum application or as a server of its own.
//!
//! [`Siwn::builder`] makes the handle, [`Siwn::routes`] brings the routes, [`SignedIn`] and [`BearerToken`] protect the application's
//! own. [`app`] is all of it at once.

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

/// The examples of the guide, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/rust.md")]
struct Guide;

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
