//! `POST /api/auth/verify-login`: a proof for a session, once.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::{SET_COOKIE, USER_AGENT};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use siwn::{AuthToken, Client, ClientLabel, Nonce, OpenedSession, Proof, ProofFields};

use crate::body;
use crate::caller::Caller;
use crate::problem::{Code, Problem};
use crate::requester::Requester;
use crate::siwn::Siwn;
use crate::time::Rfc3339;

/// Three kinds of proof in one object; the first that is present counts, and what the others say is not even looked at. One that is
/// null is absent, an empty one is present.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    auth_token: Option<String>,
    authorization: Option<Value>,
    session: Option<SessionForm>,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

/// The fields of the general flow. Other members are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fields {
    account_id: String,
    public_key: String,
    signature: String,
    nonce: NonceText,
    message: Option<String>,
    recipient: Option<String>,
    callback_url: Option<String>,
    state: Option<String>,
}

/// What stands beside an authorization. Other members are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authorized {
    account_id: String,
    nonce: NonceText,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum NonceText {
    Numbers(Vec<u64>),
    Base64(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SessionForm {
    Cookie,
    Bearer,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    success: bool,
    account_id: &'a str,
    public_key: Option<String>,
    network: &'a str,
    expires_at: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

pub(super) async fn handle(State(siwn): State<Siwn>, request: Request) -> Result<Response, Problem> {
    let requester = Requester::of(&siwn.0.trusted_proxies, request.extensions(), request.headers());
    let mut form = SessionForm::Cookie;
    let outcome = verify(&siwn, request, &mut form).await;
    siwn.audit_login(&outcome, &requester);
    Ok(answer(&siwn, &outcome?, form))
}

async fn verify(siwn: &Siwn, request: Request, form: &mut SessionForm) -> Result<OpenedSession, Problem> {
    let address = siwn.0.trusted_proxies.rationed(request.extensions(), request.headers());
    siwn.0.door.verify(address, siwn.now()).await?;
    let caller = Caller::of(request.headers(), siwn.0.login.site())?;
    let bound_to = caller.binding(siwn.0.cookies, request.headers())?;
    let label = ClientLabel::new(request.headers().get(USER_AGENT).map_or(&[], HeaderValue::as_bytes));
    let client = Client { bound_to, address, label };
    let body: Body = body::json(request).await?.ok_or(Problem::new(Code::Malformed))?;
    // A page of another site could not send a cookie back.
    *form = if matches!(caller, Caller::OtherSite(_)) { SessionForm::Bearer } else { body.session.unwrap_or(SessionForm::Cookie) };
    siwn.finish(proof(body)?, &client).await
}

fn proof(body: Body) -> Result<Proof, Problem> {
    if let Some(token) = body.auth_token {
        let token: AuthToken = token.parse().map_err(|error| malformed(&error))?;
        return Ok(token.into());
    }
    let fields = Value::Object(body.fields);
    match body.authorization {
        Some(authorization) => authorized(authorization, fields),
        None => signed(fields),
    }
}

/// NEP-641: an authorization is a text, which only those can read whom it concerns. Its challenge stands beside it.
fn authorized(authorization: Value, fields: Value) -> Result<Proof, Problem> {
    let fields: Authorized = parse(fields)?;
    match authorization {
        Value::String(text) if !text.is_empty() => {
            let proof = Proof::from_authorization(&fields.account_id, text, fields.nonce.parse()?);
            Ok(proof.map_err(|error| malformed(&error))?.with_state(fields.state))
        }
        _ => Err(Problem::new(Code::ProofMalformed)),
    }
}

fn signed(fields: Value) -> Result<Proof, Problem> {
    let fields: Fields = parse(fields)?;
    Proof::from_fields(ProofFields {
        account_id: &fields.account_id,
        public_key: &fields.public_key,
        signature: &fields.signature,
        nonce: fields.nonce.parse()?,
        message: fields.message.as_deref(),
        recipient: fields.recipient.as_deref(),
        callback_url: fields.callback_url.as_deref(),
        state: fields.state.as_deref(),
    })
    .map_err(|error| malformed(&error))
}

fn parse<T: DeserializeOwned>(fields: Value) -> Result<T, Problem> {
    serde_json::from_value(fields).map_err(|_| Problem::new(Code::Malformed))
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
fn answer(siwn: &Siwn, signed_in: &OpenedSession, form: SessionForm) -> Response {
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
        response.headers_mut().append(SET_COOKIE, siwn.0.cookies.set_session(token, lifetime));
    }
    response
}
