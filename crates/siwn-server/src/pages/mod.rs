//! The pages of a login, their scripts, and the client for everybody else's pages.

mod asset;
mod callback;
mod document;
mod frame;
mod language;
mod login;
mod logo;
mod policy;
pub(crate) mod return_to;
mod settings;
mod site_name;
mod template;
mod theme;
mod wallets;

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use siwn::PublicUrl;

pub use self::asset::built_files;
pub use self::frame::{Template, TemplateError};
pub use self::logo::{Logo, LogoError};
pub use self::settings::{LoginPage, Website, WebsiteError};
pub use self::site_name::{SiteName, SiteNameError};
pub use self::theme::{Theme, ThemeError};
pub use self::wallets::{ManifestError, WalletManifest};

use self::asset::Assets;
use self::language::Languages;
use crate::problem::{Code, Problem};
use crate::site::Served;
use crate::siwn::Siwn;

/// What the pages are made of.
pub(crate) struct Pages {
    settings: LoginPage,
    websites: Vec<Website>,
    /// The wallets for the sandbox, as the page gets them.
    manifest: serde_json::Value,
    network: String,
    /// What people see in the address bar.
    origin: String,
    /// Where the site is reached.
    public_url: String,
    assets: Assets,
    languages: Languages,
}

impl Pages {
    /// Pages of the site at `public_url`, on `network`.
    pub(crate) fn new(settings: LoginPage, public_url: &PublicUrl, network: &str) -> Self {
        let settings = settings.of_network(network);
        Self {
            websites: settings.websites(network),
            manifest: settings.wallets.for_page(&format!("{}/api/auth/wallets/", public_url.path())),
            assets: Assets::new(&settings),
            settings,
            network: network.to_owned(),
            origin: public_url.origin().to_string(),
            public_url: public_url.to_string(),
            languages: Languages::new(),
        }
    }

    /// Whether npm had built the client.
    pub(crate) fn has_client(&self) -> bool {
        self.assets.has_client()
    }

    /// Whether there are wallets for the connector, and the connector.
    fn has_sandboxes(&self) -> bool {
        !self.settings.wallets.is_empty() && self.assets.has_connector()
    }
}

/// `/login`, the page that wallets' websites send people back to, and the scripts of both and of everybody else's pages.
pub(crate) fn routes(path: &str) -> Router<Siwn> {
    let only_get = async || Problem::new(Code::MethodNotAllowed);
    let at = |route: &str| format!("{path}{route}");
    Router::new()
        .route(&at("/login"), get(login::handle).fallback(only_get))
        .route(&at("/api/auth/callback"), get(callback::handle).fallback(only_get))
        .route(&at("/api/auth/client.js"), get(asset::client).fallback(only_get))
        .route(&at("/api/auth/page/{name}"), get(asset::of_page).fallback(only_get))
        .route(&at("/api/auth/wallets/{name}"), get(asset::of_wallet).fallback(only_get))
        .layer(from_fn(guard))
}

/// On plain http the pages are for names of this machine only.
async fn guard(Extension(site): Extension<Arc<Served>>, request: Request, next: Next) -> Response {
    match site.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
