//! The pages of a login, their scripts, and the client for everybody else's pages.

mod asset;
mod callback;
mod language;
mod login;
mod manifest;
mod policy;
mod return_to;
mod settings;
mod template;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

pub use self::manifest::{ManifestError, WalletManifest};
pub use self::settings::{LoginPage, Website, WebsiteError};

use self::asset::Assets;
use self::language::Languages;
use crate::problem::{Code, Problem};
use crate::siwn::Siwn;

/// What the pages are made of.
pub(crate) struct Pages {
    settings: LoginPage,
    websites: Vec<Website>,
    /// Where the site is reached, without a slash at the end.
    public_url: String,
    assets: Assets,
    languages: Languages,
}

impl Pages {
    /// Pages of the site at `public_url`, on `network`.
    pub(crate) fn new(settings: LoginPage, public_url: &str, network: &str) -> Self {
        let websites = settings.websites(network);
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { settings, websites, public_url, assets: Assets::new(), languages: Languages::new() }
    }

    /// Whether there are wallets for the connector, and the connector.
    fn has_sandboxes(&self) -> bool {
        !self.settings.wallets.is_empty() && self.assets.has_connector()
    }

    /// The origin that people see in the address bar.
    fn origin(&self) -> &str {
        let host = self.public_url.find("://").map_or(0, |scheme| scheme + 3);
        let end = self.public_url[host..].find('/').map_or(self.public_url.len(), |slash| host + slash);
        &self.public_url[..end]
    }
}

impl Siwn {
    /// `/login`, the page that wallets' websites send people back to, and the scripts of both and of everybody else's pages.
    pub(crate) fn pages(&self) -> Router<Self> {
        let only_get = async || Problem::new(Code::MethodNotAllowed);
        Router::new()
            .route("/login", get(login::handle).fallback(only_get))
            .route("/api/auth/callback", get(callback::handle).fallback(only_get))
            .route("/api/auth/client.js", get(asset::client).fallback(only_get))
            .route("/api/auth/page/{name}", get(asset::of_page).fallback(only_get))
            .layer(from_fn_with_state(self.clone(), guard))
    }
}

/// On plain http the pages are for names of this machine only.
async fn guard(State(siwn): State<Siwn>, request: Request, next: Next) -> Response {
    match siwn.check_host(request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
