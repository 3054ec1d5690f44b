//! What goes wrong, as clients see it: one shape, a closed list of codes, a sentence that says what to do.
//!
//! ```json
//! {"success": false, "error": "challenge_expired", "message": "…", "requestId": "…"}
//! ```

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use siwn::{AccountRefusal, LoginError, Refusal, StoreError, Unavailable};

use crate::audit::Person;
use crate::request_id::RequestId;

/// How long a client waits before it asks again, where nobody knows better.
const DEFAULT_RETRY: Duration = Duration::from_secs(2);
/// The longest that a client is told to wait for a node.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// A request that was not granted.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    retry_after: Option<Duration>,
    /// For the log, never for the client.
    pub(crate) cause: Option<String>,
    /// What the application says to the client.
    reason: Option<Box<str>>,
    /// Whom the request was about, for the audit log.
    pub(crate) person: Option<Box<Person>>,
}

macro_rules! codes {
    ($($variant:ident, $status:ident, $text:literal, $message:literal;)*) => {
        /// Every code there is, with its status and its sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(crate) enum Code { $($variant),* }

        impl Code {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),*];

            /// The stable name.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }

            /// The HTTP status.
            pub(crate) const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),* }
            }

            /// What the client should do.
            pub(crate) const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),* }
            }

            fn named(name: &str) -> Option<Self> {
                [$(Self::$variant),*].into_iter().find(|code| code.as_str() == name)
            }
        }
    };
}

codes! {
    Malformed, BAD_REQUEST, "malformed", "the request cannot be read; send a JSON object as documented";
    ProofMalformed, BAD_REQUEST, "proof_malformed", "the account, key, signature or token cannot be read; send them as the wallet gave them";
    ProofUnsupported, BAD_REQUEST, "proof_unsupported", "this server does not take this kind of proof; sign the message with a key";
    CookieTwice, BAD_REQUEST, "cookie_twice", "a cookie was sent twice; delete this site's cookies and start over";
    CallbackUnknown, BAD_REQUEST, "callback_url_unknown", "this callback URL is not configured; leave it out, or ask the operator to add it";
    AudienceUnknown, BAD_REQUEST, "audience_unknown", "this audience is not configured; leave it out, or ask the operator to add it";
    AccountMalformed, BAD_REQUEST, "account_malformed", "the address names no account, or no key; write them as NEAR does";
    OriginalMissing, BAD_REQUEST, "original_missing", "the proxy must say which request this is about; have it send X-Forwarded-Method and X-Forwarded-Uri";
    NotSignedIn, UNAUTHORIZED, "not_signed_in", "nobody is signed in; sign in first";
    TokenRefused, UNAUTHORIZED, "token_refused", "the bearer token is not good here; have a new one signed for this site";
    ChallengeUnknown, UNAUTHORIZED, "challenge_unknown", "the challenge was not issued here or not to this client; start over";
    ChallengeExpired, UNAUTHORIZED, "challenge_expired", "the challenge expired; start over";
    ChallengeUsed, UNAUTHORIZED, "challenge_used", "the challenge was used before; start over";
    StateMismatch, UNAUTHORIZED, "state_mismatch", "the state is another challenge's; start over";
    RecipientMismatch, UNAUTHORIZED, "recipient_mismatch", "the signature is for another site; sign the message of this one";
    MessageMismatch, UNAUTHORIZED, "message_mismatch", "another message was signed; sign the message that initiate-login gave";
    CallbackNotAllowed, UNAUTHORIZED, "callback_url_not_allowed", "the signed callback URL is not allowed here; sign without one";
    SignatureInvalid, UNAUTHORIZED, "signature_invalid", "the signature does not hold; sign message, nonce and recipient exactly as initiate-login gave them";
    AuthorizationInvalid, UNAUTHORIZED, "authorization_invalid", "the authorization is not for this challenge, account and network; authorize the payload exactly as initiate-login gave it";
    ContractRefused, UNAUTHORIZED, "contract_refused", "the account's contract does not accept this; authorize with a wallet that controls the account";
    KeyNotFullAccess, UNAUTHORIZED, "key_not_full_access", "the key may only call contracts; sign with a full-access key";
    KeyNotFound, UNAUTHORIZED, "key_not_found", "the account does not have this key; sign with one of its full-access keys";
    AccountNotFound, UNAUTHORIZED, "account_not_found", "there is no such account on this network; choose another account or fund this one";
    AccountNotAllowed, UNAUTHORIZED, "account_not_allowed", "this account may not sign in here; choose another account, or ask the operator to let it in";
    KeyNew, UNAUTHORIZED, "key_new", "this account signed in here with other keys only; sign in with one of them, or ask the operator to accept this one";
    LoginRefused, UNAUTHORIZED, "login_refused", "the application does not let you in; its reason stands beside this";
    AccountBlocked, UNAUTHORIZED, "account_blocked", "this account may not sign in here; ask the operator";
    AdminTokenRefused, UNAUTHORIZED, "admin_token_refused", "this address is for the operator; send the token of the administration as a bearer token";
    OriginNotAllowed, FORBIDDEN, "origin_not_allowed", "this page may not sign people in here; ask the operator to allow its origin";
    HostNotAllowed, FORBIDDEN, "host_not_allowed", "this server answers to localhost, 127.0.0.1 and [::1] only";
    BrowserUnknown, FORBIDDEN, "browser_unknown", "the browser sent no cookie of initiate-login; allow cookies and start over";
    ProxyUnknown, FORBIDDEN, "proxy_unknown", "only reverse proxies may ask this; the operator names this one in trusted_proxies";
    NotFound, NOT_FOUND, "not_found", "there is nothing at this address";
    SessionUnknown, NOT_FOUND, "session_unknown", "you have no such session here; it may have ended already";
    MethodNotAllowed, METHOD_NOT_ALLOWED, "method_not_allowed", "this address takes another method";
    TimedOut, REQUEST_TIMEOUT, "timed_out", "the request took too long to arrive; send it again";
    TooLarge, PAYLOAD_TOO_LARGE, "too_large", "a request body has at most 64 KiB";
    NotJson, UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as application/json";
    SiteUnknown, MISDIRECTED_REQUEST, "site_unknown", "this server has no site of this name; open the site by its own address";
    TooManyQuestions, TOO_MANY_REQUESTS, "too_many_questions", "too many questions were asked about accounts; wait, and send the same request again";
    RateLimited, TOO_MANY_REQUESTS, "rate_limited", "too many requests; wait, and send the same request again";
    Internal, INTERNAL_SERVER_ERROR, "internal", "something failed here; tell the operator the request id";
    ChainUnavailable, SERVICE_UNAVAILABLE, "chain_unavailable", "NEAR cannot be asked right now; send the same request again in a moment";
    AdmissionUnavailable, SERVICE_UNAVAILABLE, "admission_unavailable", "whether you are let in cannot be asked right now; send the same request again in a moment";
    StoreUnavailable, SERVICE_UNAVAILABLE, "store_unavailable", "sessions cannot be stored right now; send the same request again in a moment";
    StartOver, SERVICE_UNAVAILABLE, "start_over", "whether you are signed in is not known; start over";
}

impl Problem {
    /// A problem that its code says all of.
    pub(crate) const fn new(code: Code) -> Self {
        Self { code, retry_after: None, cause: None, reason: None, person: None }
    }

    /// Somebody did it too often.
    pub(crate) fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(Code::RateLimited) }
    }

    /// Adds whom the request was about.
    pub(crate) fn about(self, person: Person) -> Self {
        Self { person: Some(Box::new(person)), ..self }
    }

    /// Adds what the operator should know. Foreign text in it is escaped when it is logged.
    pub(crate) fn because(self, cause: &dyn std::error::Error) -> Self {
        Self { cause: Some(chain_of(cause)), ..self }
    }
}

/// An error and its sources, on one line.
fn chain_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        // The core's codes are a part of ours; a test holds them against each other.
        let code = Code::named(error.code()).unwrap_or(Code::Internal);
        let retry_after = match &error {
            // A node that is shy of us is no reason to send people away for long.
            LoginError::Unavailable(Unavailable::Chain(error)) => error.retry_after().map(|after| after.min(LONGEST_RETRY)),
            LoginError::Unavailable(Unavailable::Limited { retry_after } | Unavailable::TooOften { retry_after }) => {
                Some(*retry_after)
            }
            _ => None,
        };
        let reason = match &error {
            LoginError::Refused(Refusal::Account(AccountRefusal::ByApplication { reason, .. })) => Some(reason.clone()),
            _ => None,
        };
        Self { retry_after, reason, ..Self::new(code).because(&error) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        LoginError::from(error).into()
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body<'a> {
    success: bool,
    /// A stable code.
    error: &'static str,
    /// What to do.
    message: &'static str,
    /// With `login_refused`: why, in words of the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Joins this answer and the server's log.
    request_id: &'a str,
}

impl Problem {
    /// The answer, for a request that has an id.
    pub(crate) fn into_response_of(self, id: &RequestId) -> Response {
        let Self { code, retry_after, reason, .. } = &self;
        let (error, message) = (code.as_str(), code.message());
        let body = Body { success: false, error, message, reason: reason.as_deref(), request_id: id.as_str() };
        let mut response = (code.status(), Json(body)).into_response();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(code.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            let seconds = retry_after.unwrap_or(DEFAULT_RETRY).as_millis().div_ceil(1000).max(1);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(u64::try_from(seconds).unwrap_or(u64::MAX)));
        }
        // For the layer that knows the request: it logs the problem, and answers anew with the request's id.
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.into_response_of(&RequestId::random())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fmt::Write as _;

    use siwn::ChainError;

    use super::*;

    #[test]
    fn every_code_stands_in_the_documents() {
        let openapi: serde_json::Value = serde_json::from_str(include_str!("openapi.json")).unwrap();
        let documented = &openapi["components"]["schemas"]["Problem"]["properties"]["error"]["enum"];
        let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(documented, &serde_json::json!(names));
        let page = include_str!("../../../docs/errors.md");
        for code in Code::ALL {
            let (first, rest) = code.message().split_at(1);
            let row = format!("| {} | `{}` | {}{rest} |", code.status().as_u16(), code.as_str(), first.to_uppercase());
            assert!(page.contains(&row), "docs/errors.md has no row {row}");
        }
    }

    #[test]
    fn the_cores_codes_are_known() {
        use siwn::{AccountRefusal, ChallengeError, ProofError, Refusal, SignatureError};
        let account: siwn::AccountId = "alice.near".parse().unwrap();
        let ago = Duration::ZERO;
        let refusals: [Refusal; 17] = [
            AccountRefusal::NewKey(account.clone()).into(),
            AccountRefusal::ByApplication { account: account.clone(), reason: "x".into() }.into(),
            ChallengeError::NotOurs.into(),
            ChallengeError::Expired { ago }.into(),
            ChallengeError::Ahead { ahead: ago }.into(),
            ChallengeError::State.into(),
            ProofError::Recipient { found: siwn::Quoted::new("") }.into(),
            ProofError::Message { found: siwn::Quoted::new("") }.into(),
            ProofError::CallbackUrl { found: siwn::Quoted::new("") }.into(),
            ProofError::Signature(SignatureError::DoesNotHold).into(),
            AccountRefusal::FunctionCallKey(account.clone()).into(),
            AccountRefusal::NoKey(account.clone()).into(),
            AccountRefusal::NoAccount(account.clone()).into(),
            AccountRefusal::NotAllowed(account).into(),
            Refusal::Spent,
            Refusal::ExpiredMeanwhile,
            Refusal::Blocked,
        ];
        for refusal in refusals {
            let problem = Problem::from(LoginError::from(refusal));
            assert_eq!(problem.code.status(), StatusCode::UNAUTHORIZED, "{problem:?}");
        }
        let outages: [Unavailable; 3] =
            [ChainError::new("x", None).into(), StoreError::Full.into(), Unavailable::StartOver("x".into())];
        for outage in outages {
            let problem = Problem::from(LoginError::from(outage));
            assert_eq!(problem.code.status(), StatusCode::SERVICE_UNAVAILABLE, "{problem:?}");
        }
    }

    #[test]
    fn the_cores_codes_of_authorizations_are_known() {
        use siwn::{AccountRefusal, AuthorizationFault, AuthorizationRefusal, ProofError};
        let account: siwn::AccountId = "alice.near".parse().unwrap();
        let said = siwn::Quoted::new("words of a contract");
        for (fault, code) in [
            (AuthorizationFault::OtherPayload, Code::AuthorizationInvalid),
            (AuthorizationFault::Refused(said), Code::ContractRefused),
            (AuthorizationFault::Signature(siwn::SignatureError::DoesNotHold), Code::SignatureInvalid),
        ] {
            let refusal = AuthorizationRefusal { account: account.clone(), fault };
            let problem = Problem::from(LoginError::from(AccountRefusal::from(refusal)));
            assert_eq!((problem.code, problem.code.status()), (code, StatusCode::UNAUTHORIZED));
        }
        let problem = Problem::from(LoginError::from(ProofError::AuthorizationNotTaken));
        assert_eq!(problem.code, Code::ProofUnsupported);
    }

    #[test]
    fn a_ration_that_is_used_up_says_when_there_is_more() {
        let answer = |error: ChainError| Problem::from(LoginError::from(error)).into_response();
        let retry_after = |response: &Response| response.headers()[RETRY_AFTER].to_str().unwrap().to_owned();
        let limited = answer(ChainError::limited(Duration::from_millis(40_001)));
        assert_eq!((limited.status(), retry_after(&limited).as_str()), (StatusCode::TOO_MANY_REQUESTS, "41"));
        let shy = answer(ChainError::new("x", Some(Duration::from_secs(41))));
        assert_eq!((shy.status(), retry_after(&shy).as_str()), (StatusCode::SERVICE_UNAVAILABLE, "30"));
    }

    #[tokio::test]
    async fn every_problem_is_answered_as_written_down() {
        let mut text = String::new();
        for code in Code::ALL {
            let response = Problem::new(*code).into_response_of(&RequestId::fixed());
            writeln!(text, "{}", response.status()).unwrap();
            for (name, value) in response.headers() {
                writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
            }
            let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
            writeln!(text, "\n{}\n", std::str::from_utf8(&body).unwrap()).unwrap();
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_code_is_named_once_and_says_what_to_do() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(code.message().len() > 20, "{code:?}");
        }
    }
}
