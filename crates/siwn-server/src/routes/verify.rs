//! `POST /api/auth/verify-login`: a proof for a session, once.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{SET_COOKIE, USER_AGENT};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use siwn::{AuthToken, Client, ClientLabel, Nonce, OpenedSession, Proof, ProofFields, SessionToken};

use crate::body;
use crate::caller::Caller;
use crate::extract::AtSite;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::sign_in::NewSession;
use crate::site::Served;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

/// Three kinds of proof in one object; the first that is present counts, and what the others say is not even looked at. One that is
/// null is absent, an empty one is present. One that comes twice is malformed: whoever looked at the body on the way may have seen the other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    auth_token: Option<String>,
    authorization: Option<Value>,
    session: Option<SessionForm>,
    account_id: Option<Value>,
    public_key: Option<Value>,
    signature: Option<Value>,
    nonce: Option<Value>,
    message: Option<Value>,
    recipient: Option<Value>,
    callback_url: Option<Value>,
    state: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NonceText {
    Numbers(Vec<u64>),
    Base64(String),
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SessionForm {
    #[default]
    Cookie,
    Bearer,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer<'a> {
    success: bool,
    /// Who signed in.
    account_id: &'a str,
    /// With which key; null where the account's contract spoke for it.
    public_key: Option<String>,
    /// On which network.
    network: &'a str,
    /// When the session ends.
    expires_at: Rfc3339,
    /// The session's bearer token, where it is one. It is answered once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// How a client keeps its session, and the one that it kept so far.
#[derive(Default)]
struct Keeping {
    form: SessionForm,
    earlier: Option<SessionToken>,
}

pub(super) async fn handle(State(siwn): State<Siwn>, AtSite(site): AtSite, request: Request) -> Result<Response, Problem> {
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    let mut keeping = Keeping::default();
    let outcome = verify(&siwn, &site, request, &mut keeping).await;
    siwn.audit_login(&site, &outcome, &requester);
    let opened = outcome?.opened;
    let mut response = answer(&siwn, &site, &opened, keeping.form);
    if let Some(earlier) = keeping.earlier {
        siwn.replace(&site, &earlier, &requester).await;
        if keeping.form == SessionForm::Bearer {
            // One way at once: the cookie's session is over.
            response.headers_mut().append(SET_COOKIE, site.cookies.clear_session());
        }
    }
    Ok(response)
}

async fn verify(siwn: &Siwn, site: &Served, request: Request, keeping: &mut Keeping) -> Result<NewSession, Problem> {
    let address = siwn.0.trusted_proxies.rationed(request.extensions(), request.headers());
    site.door.verify(address, siwn.now()).await?;
    let caller = Caller::of(request.headers(), site.site())?;
    let bound_to = caller.binding(site.cookies, request.headers())?;
    let label = ClientLabel::new(request.headers().get(USER_AGENT).map_or(&[], HeaderValue::as_bytes));
    let client = Client { bound_to, address, label };
    // A page of another site has no cookies here.
    let has_cookies = !matches!(caller, Caller::OtherSite(_));
    if has_cookies {
        keeping.earlier = site.cookies.session(request.headers())?;
    }
    let body: Body = body::json(request).await?.ok_or(Problem::new(Code::Malformed))?;
    keeping.form = if has_cookies { body.session.unwrap_or_default() } else { SessionForm::Bearer };
    siwn.finish(site, proof(body)?, &client).await
}

fn proof(mut body: Body) -> Result<Proof, Problem> {
    if let Some(token) = body.auth_token.take() {
        let token: AuthToken = token.parse().map_err(|error| malformed(&error))?;
        return Ok(token.into());
    }
    match body.authorization.take() {
        Some(authorization) => authorized(authorization, body),
        None => signed(body),
    }
}

/// NEP-641: an authorization is a text, which only those can read whom it concerns. Its challenge stands beside it.
fn authorized(authorization: Value, body: Body) -> Result<Proof, Problem> {
    let (account_id, nonce) = (required::<String>(body.account_id)?, required::<NonceText>(body.nonce)?);
    let state = optional(body.state)?;
    match authorization {
        Value::String(text) if !text.is_empty() => {
            let proof = Proof::from_authorization(&account_id, text, nonce.parse()?);
            Ok(proof.map_err(|error| malformed(&error))?.with_state(state))
        }
        _ => Err(Problem::new(Code::ProofMalformed)),
    }
}

/// The fields of the general flow.
fn signed(body: Body) -> Result<Proof, Problem> {
    let (account_id, public_key, signature): (String, String, String) =
        (required(body.account_id)?, required(body.public_key)?, required(body.signature)?);
    let nonce: NonceText = required(body.nonce)?;
    let (message, recipient): (Option<String>, Option<String>) = (optional(body.message)?, optional(body.recipient)?);
    let (callback_url, state): (Option<String>, Option<String>) = (optional(body.callback_url)?, optional(body.state)?);
    Proof::from_fields(ProofFields {
        account_id: &account_id,
        public_key: &public_key,
        signature: &signature,
        nonce: nonce.parse()?,
        message: message.as_deref(),
        recipient: recipient.as_deref(),
        callback_url: callback_url.as_deref(),
        state: state.as_deref(),
    })
    .map_err(|error| malformed(&error))
}

fn required<T: DeserializeOwned>(member: Option<Value>) -> Result<T, Problem> {
    optional(member)?.ok_or(Problem::new(Code::Malformed))
}

fn optional<T: DeserializeOwned>(member: Option<Value>) -> Result<Option<T>, Problem> {
    member.map(serde_json::from_value).transpose().map_err(|_| Problem::new(Code::Malformed))
}

impl NonceText {
    fn parse(self) -> Result<Nonce, Problem> {
        let nonce = match self {
            Self::Numbers(numbers) => Nonce::from_numbers(&numbers),
            Self::Base64(text) => Nonce::from_base64(&text),
        };
        nonce.map_err(|error| malformed(&error))
    }
}

fn malformed(error: &dyn std::error::Error) -> Problem {
    Problem::new(Code::ProofMalformed).because(error)
}

/// The session, as a cookie or as a bearer token, and never both.
fn answer(siwn: &Siwn, site: &Served, signed_in: &OpenedSession, form: SessionForm) -> Response {
    let OpenedSession { session, token } = signed_in;
    let bearer = (form == SessionForm::Bearer).then(|| token.expose_bearer());
    let is_cookie = bearer.is_none();
    let answer = Answer {
        success: true,
        account_id: session.account.as_str(),
        public_key: session.key.as_ref().map(ToString::to_string),
        network: &siwn.0.network,
        expires_at: Rfc3339(session.expires_at),
        token: bearer,
    };
    let mut response = Json(answer).into_response();
    if is_cookie {
        let lifetime = session.expires_at.since(session.created_at);
        response.headers_mut().append(SET_COOKIE, site.cookies.set_session(token, lifetime));
    }
    response
}
