//! Scripts and styles: those that are part of the source, those that npm built, and those of the operator.

use std::sync::{Arc, LazyLock};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::settings::LoginPage;
use super::wallets::Script;
use crate::problem::{Code, Problem};
use crate::site::Served;

const CLIENT: &str = "client.js";
const CONNECTOR: &str = "connector.js";
/// What `login_theme` says.
pub(super) const THEME: &str = "theme.css";
/// What `login_style` says.
pub(super) const STYLE: &str = "style.css";
pub(super) const LOGO: &str = "logo";
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// What npm built: none of it where there was no Node.
const BUILT: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/built.rs"));

macro_rules! of_source {
    ($($name:literal)*) => { &[$(($name, include_str!(concat!("files/", $name)))),*] };
}

const SOURCE: &[(&str, &str)] =
    of_source!["page.css" "callback.js" "connectors.js" "installed.js" "login.js" "paste.js" "server.js"];

/// The scripts that npm built before this server was built, and that it therefore hands out: `client.js` and `connector.js`, or none.
#[must_use]
pub fn built_files() -> &'static [&'static str] {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| BUILT.iter().map(|(name, _)| *name).collect());
    &NAMES
}

/// Everything that is handed out as it is.
pub(super) struct Assets {
    of_page: Vec<Asset>,
    /// The scripts of wallets.
    of_wallets: Vec<Asset>,
}

struct Asset {
    name: String,
    bytes: Bytes,
    content_type: &'static str,
    etag: HeaderValue,
}

impl Assets {
    pub(super) fn new(settings: &LoginPage) -> Self {
        let mut of_page: Vec<_> =
            SOURCE.iter().chain(BUILT).map(|(name, text)| Asset::text(name, Bytes::from_static(text.as_bytes()))).collect();
        of_page.extend(settings.theme.css().map(|css| Asset::text(THEME, css.into())));
        of_page.extend(settings.style.clone().map(|css| Asset::text(STYLE, css.into())));
        of_page.extend(settings.logo.as_ref().map(|logo| Asset::new(LOGO, logo.bytes.clone(), logo.content_type)));
        let script = |Script { name, bytes }: &Script| Asset::text(name, bytes.clone());
        Self { of_page, of_wallets: settings.wallets.scripts().iter().map(script).collect() }
    }

    /// Whether the client was built, without which the page asks no wallet that is installed.
    pub(super) fn has_client(&self) -> bool {
        self.find(CLIENT).is_some()
    }

    /// Whether the connector was built, without which no wallet runs in a sandbox.
    pub(super) fn has_connector(&self) -> bool {
        self.find(CONNECTOR).is_some()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn find(&self, name: &str) -> Option<&Asset> {
        self.of_page.iter().find(|asset| asset.name == name)
    }
}

impl Asset {
    fn text(name: &str, bytes: Bytes) -> Self {
        let is_style = std::path::Path::new(name).extension().is_some_and(|extension| extension == "css");
        Self::new(name, bytes, if is_style { CSS } else { JAVASCRIPT })
    }

    fn new(name: &str, bytes: Bytes, content_type: &'static str) -> Self {
        let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..18]));
        Self { name: name.to_owned(), bytes, content_type, etag: HeaderValue::try_from(etag).expect("base64url") }
    }

    /// The asset, or that the browser has it already. It is asked for each time, so that after an update no page has old parts.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = if self.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(self.bytes.clone()).into_response()
        };
        for (name, value) in [
            (CONTENT_TYPE, self.content_type),
            (CACHE_CONTROL, "public, no-cache"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            // A picture can be opened by itself, and an SVG can hold scripts.
            (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
            (CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response.headers_mut().insert(ETAG, self.etag.clone());
        response
    }

    fn is_known(&self, headers: &HeaderMap) -> bool {
        let texts = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(',')).any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.etag.as_bytes())
    }
}

/// The client: for pages of any origin, which may run it but learn nothing by it.
pub(super) async fn client(Extension(site): Extension<Arc<Served>>, headers: HeaderMap) -> Response {
    let Some(asset) = site.pages.assets.find(CLIENT) else { return missing() };
    let mut response = asset.answer(&headers);
    for (name, value) in [(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A script, a style or the logo of the pages.
pub(super) async fn of_page(Extension(site): Extension<Arc<Served>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = site.pages.assets.find(&name).filter(|asset| asset.name != CLIENT);
    found.map_or_else(missing, |asset| asset.answer(&headers))
}

/// The script of a wallet that runs in a sandbox of the page. Whatever stands in the query makes no difference.
pub(super) async fn of_wallet(Extension(site): Extension<Arc<Served>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = site.pages.assets.of_wallets.iter().find(|asset| asset.name == name);
    found.map_or_else(missing, |asset| asset.answer(&headers))
}

fn missing() -> Response {
    Problem::new(Code::NotFound).into_response()
}
