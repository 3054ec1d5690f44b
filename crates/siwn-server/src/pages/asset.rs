//! Scripts and styles: those that are part of the source, and those that npm built.

use std::sync::{Arc, LazyLock};

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::problem::{Code, Problem};
use crate::site::Served;

const CLIENT: &str = "client.js";
const CONNECTOR: &str = "connector.js";
const STYLE: &str = "page.css";
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

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
pub(super) struct Assets(Vec<Asset>);

struct Asset {
    name: &'static str,
    text: &'static str,
    etag: HeaderValue,
}

impl Assets {
    pub(super) fn new() -> Self {
        Self(SOURCE.iter().chain(BUILT).map(|(name, text)| Asset::new(name, text)).collect())
    }

    /// Whether the client was built, without which the page asks no wallet that is installed.
    pub(super) fn has_client(&self) -> bool {
        self.find(CLIENT).is_some()
    }

    /// Whether the connector was built, without which no wallet runs in a sandbox.
    pub(super) fn has_connector(&self) -> bool {
        self.find(CONNECTOR).is_some()
    }

    fn find(&self, name: &str) -> Option<&Asset> {
        self.0.iter().find(|asset| asset.name == name)
    }
}

impl Asset {
    fn new(name: &'static str, text: &'static str) -> Self {
        let etag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..18]));
        Self { name, text, etag: HeaderValue::try_from(etag).expect("base64url") }
    }

    /// The asset, or that the browser has it already. It is asked for each time, so that after an update no page has old parts.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response =
            if self.is_known(headers) { StatusCode::NOT_MODIFIED.into_response() } else { self.text.into_response() };
        let content_type = if self.name == STYLE { "text/css; charset=utf-8" } else { "text/javascript; charset=utf-8" };
        for (name, value) in
            [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "public, no-cache"), (X_CONTENT_TYPE_OPTIONS, "nosniff")]
        {
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
    let Some(asset) = site.pages.assets.find(CLIENT) else { return Problem::new(Code::NotFound).into_response() };
    let mut response = asset.answer(&headers);
    for (name, value) in [(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// A script or style of the pages.
pub(super) async fn of_page(Extension(site): Extension<Arc<Served>>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let found = site.pages.assets.find(&name).filter(|asset| asset.name != CLIENT);
    let Some(asset) = found else { return Problem::new(Code::NotFound).into_response() };
    let mut response = asset.answer(&headers);
    response.headers_mut().insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    response
}
