//! `POST /api/auth/initiate-login`: a challenge for whoever asks. Nothing is stored.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use siwn::{Binding, Challenge, Site};

use crate::body;
use crate::caller::Caller;
use crate::extract::AtSite;
use crate::problem::{Code, Problem};
use crate::random::random;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wish {
    /// Whether the wallet will answer by redirect: then callbackUrl is the server's own.
    redirect: Option<bool>,
    /// A configured callback URL, to be signed.
    callback_url: Option<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    /// To be sent back; derived from the nonce.
    state: &'a str,
    /// To be signed.
    message: &'a str,
    /// To be signed.
    nonce: [u8; 32],
    /// To be signed.
    recipient: &'a str,
    /// mainnet, testnet or a chain id.
    network: &'a str,
    /// From then on it is refused.
    expires_at: Rfc3339,
    /// NEP-641: what an authorization is to authorize, in place of a signature.
    payload: String,
    /// To be signed, where it is present.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_url: Option<&'a str>,
}

pub(super) async fn handle(State(siwn): State<Siwn>, AtSite(site): AtSite, request: Request) -> Result<Response, Problem> {
    let headers = request.headers();
    site.door.initiate(siwn.0.trusted_proxies.rationed(request.extensions(), headers), siwn.now()).await?;
    let caller = Caller::of(headers, site.site())?;
    let cookies = site.cookies;
    // A browser's cookie is made when it has none, and prolonged but never changed: a second tab must live.
    let browser = match caller {
        Caller::OwnBrowser => Some(cookies.browser(headers)?.map_or_else(random, Ok)?),
        _ => None,
    };
    let bound_to = match (&caller, &browser) {
        (Caller::OtherSite(origin), _) => Binding::origin(origin),
        (_, Some(cookie)) => Binding::browser(cookie),
        (_, None) => Binding::unbound(),
    };
    let wish: Wish = body::json(request).await?.unwrap_or_default();

    let challenge = site.login.begin(&bound_to, siwn.now(), random()?)?;
    let callback_url = callback_url(site.site(), &challenge, &wish)?;
    let answer = Answer {
        state: &challenge.state,
        message: challenge.message.as_str(),
        nonce: *challenge.nonce.as_bytes(),
        recipient: challenge.recipient.as_str(),
        network: &siwn.0.network,
        expires_at: Rfc3339(challenge.expires_at),
        payload: challenge.payload(),
        callback_url,
    };
    let mut response = Json(answer).into_response();
    if let Some(cookie) = browser {
        response.headers_mut().append(SET_COOKIE, cookies.set_browser(&cookie));
    }
    Ok(response)
}

/// The callback URL that the wallet is to sign: the site's own for a redirect, or one that is configured.
fn callback_url<'a>(site: &'a Site, challenge: &'a Challenge, wish: &Wish) -> Result<Option<&'a str>, Problem> {
    if let Some(url) = &wish.callback_url {
        let configured = site.allowed_callback_url(url).ok_or(Problem::new(Code::CallbackUnknown))?;
        return Ok(Some(configured.as_str()));
    }
    let own = challenge.callback_url.as_ref().map(siwn::CallbackUrl::as_str);
    Ok(own.filter(|_| wish.redirect == Some(true)))
}
