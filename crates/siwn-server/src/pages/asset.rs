//! Scripts and styles: those that are part of the source, those that npm built, and those of the operator.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::settings::LoginPage;
use super::wallets::Script;
use crate::problem::{Code, Problem};

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

/// What every site hands out.
static OWN: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    SOURCE.iter().chain(BUILT).map(|(name, text)| Asset::text(name, Bytes::from_static(text.as_bytes()))).collect()
});

/// Everything that is handed out as it is.
pub(crate) struct Assets {
    /// The operator's theme, style and logo.
    of_operator: Vec<Asset>,
    /// The scripts of wallets.
    of_wallets: Vec<Asset>,
}

struct Asset {
    name: String,
    content_type: &'static str,
    plain: Encoded,
    /// Where that is shorter. Made once, at the start: whoever asks again and again costs no more than another.
    gzipped: Option<Encoded>,
}

/// The bytes of an asset in one encoding.
struct Encoded {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Assets {
    pub(super) fn new(settings: &LoginPage) -> Self {
        let theme = settings.theme.css().map(|css| Asset::text(THEME, css.into()));
        let style = settings.style.clone().map(|css| Asset::text(STYLE, css.into()));
        let logo = settings.logo.as_ref().map(|logo| Asset::new(LOGO, logo.bytes.clone(), logo.content_type));
        let script = |Script { name, bytes }: &Script| Asset::text(name, bytes.clone());
        Self {
            of_operator: [theme, style, logo].into_iter().flatten().collect(),
            of_wallets: settings.wallets.scripts().iter().map(script).collect(),
        }
    }

    /// The client: for pages of any origin, which may run it but learn nothing by it.
    pub(crate) fn client(&self, headers: &HeaderMap) -> Response {
        let Some(asset) = self.find(CLIENT) else { return missing() };
        let mut response = asset.answer(headers);
        for (name, value) in [(ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin")] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// A script, a style or the logo of the pages.
    pub(crate) fn of_page(&self, name: &str, headers: &HeaderMap) -> Response {
        let found = self.find(name).filter(|asset| asset.name != CLIENT);
        found.map_or_else(missing, |asset| asset.answer(headers))
    }

    /// The script of a wallet that runs in a sandbox of the page. Whatever stands in the query makes no difference.
    pub(crate) fn of_wallet(&self, name: &str, headers: &HeaderMap) -> Response {
        let found = self.of_wallets.iter().find(|asset| asset.name == name);
        found.map_or_else(missing, |asset| asset.answer(headers))
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
        OWN.iter().chain(&self.of_operator).find(|asset| asset.name == name)
    }
}

impl Asset {
    fn text(name: &str, bytes: Bytes) -> Self {
        let is_style = std::path::Path::new(name).extension().is_some_and(|extension| extension == "css");
        Self::new(name, bytes, if is_style { CSS } else { JAVASCRIPT })
    }

    fn new(name: &str, bytes: Bytes, content_type: &'static str) -> Self {
        let hash = BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(&bytes)[..18]);
        // RFC 9110, 8.8.3.3: one tag for each encoding.
        let encoded =
            |bytes, ending| Encoded { bytes, etag: HeaderValue::try_from(format!("\"{hash}{ending}\"")).expect("base64url") };
        let gzipped = gzip(&bytes).filter(|gzipped| gzipped.len() < bytes.len());
        Self {
            name: name.to_owned(),
            content_type,
            gzipped: gzipped.map(|bytes| encoded(bytes, "-gzip")),
            plain: encoded(bytes, ""),
        }
    }

    /// The asset, or that the browser has it already. It is asked for each time, so that after an update no page has old parts.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let gzipped = self.gzipped.as_ref().filter(|_| accepts_gzip(headers));
        let encoded = gzipped.unwrap_or(&self.plain);
        let mut response = if encoded.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(encoded.bytes.clone()).into_response()
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
        response.headers_mut().insert(ETAG, encoded.etag.clone());
        if gzipped.is_some() {
            response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        if self.gzipped.is_some() {
            response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }
}

impl Encoded {
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let texts = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
        texts.flat_map(|text| text.split(',')).any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == self.etag.as_bytes())
    }
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// RFC 9110, 12.5.3: what is named counts, and `*` for what is not; a weight of zero is a no.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let texts = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let codings: Vec<_> =
        texts.flat_map(|text| text.split(',')).map(|coding| coding.split_once(';').unwrap_or((coding, ""))).collect();
    let accepts = |wanted| {
        let mut named = codings.iter().filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        named.next().map(|(_, weight)| !is_zero(weight))
    };
    accepts("gzip").or_else(|| accepts("*")).unwrap_or(false)
}

fn is_zero(weight: &str) -> bool {
    let digits = weight.trim().strip_prefix(['q', 'Q']).and_then(|weight| weight.strip_prefix('='));
    digits.is_some_and(|digits| digits.trim_matches(['0', '.']).is_empty())
}

fn missing() -> Response {
    Problem::new(Code::NotFound).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_accepts_it() {
        let accepts = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            accepts_gzip(&headers)
        };
        let yes: [&[&str]; 7] = [
            &["gzip"],
            &["br, GZIP"],
            &["br", "gzip;q=0.5"],
            &["deflate, gzip ; q=1.000"],
            &["*"],
            &["br;q=1, *;q=0.1"],
            &["gzip, *;q=0"],
        ];
        for values in yes {
            assert!(accepts(values), "{values:?}");
        }
        let no: [&[&str]; 8] =
            [&[], &[""], &["identity"], &["br, gzipped"], &["gzip;q=0"], &["gzip; Q=0.000, *"], &["*;q=0"], &["*, gzip;q=0.0"]];
        for values in no {
            assert!(!accepts(values), "{values:?}");
        }
    }
}
