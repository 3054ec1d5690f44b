//! The routes of people and of whoever runs the server.

use serde_json::{Value, json};

use super::operation::{Operation, SIGNED_IN, SITE, component};
use crate::problem::Code;

const CHALLENGE: &str =
    "Issues a challenge. Nothing is stored. A browser of this site is given its cookie, which verify-login wants to see.";

pub(super) fn all() -> Vec<Operation> {
    let mut all = vec![
        initiate("post", "initiateLogin", "Begin a login"),
        initiate("get", "initiateLoginByGet", "Begin a login, for clients that ask with GET"),
        verify(),
    ];
    all.extend(sessions());
    all.push(super::forward::operation());
    all.extend(tokens());
    all.extend(pages());
    all.extend(operations());
    all
}

const BODY: &[Code] = &[Code::Malformed, Code::TimedOut, Code::TooLarge, Code::NotJson];

fn at_site(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(method, path, id, summary).refuses(SITE)
}

fn initiate(method: &'static str, id: &'static str, summary: &'static str) -> Operation {
    at_site(method, "/api/auth/initiate-login", id, summary)
        .tagged("login")
        .described(CHALLENGE)
        .may_take("ChallengeWish")
        .answers(200, "A challenge.", "Challenge")
        .refuses(BODY)
        .refuses(&[Code::CookieTwice, Code::CallbackUnknown, Code::OriginNotAllowed])
        .refuses(&[Code::RateLimited, Code::Internal, Code::StoreUnavailable])
}

fn verify() -> Operation {
    let cookie = json!({
        "description": "The session; of a bearer token's the end of the cookie's that was there before.",
        "schema": { "type": "string" },
    });
    at_site("post", "/api/auth/verify-login", "verifyLogin", "End a login")
        .tagged("login")
        .described(
            "Judges a proof and opens a session, once per challenge. The session is a cookie, or a bearer token where that is asked \
             for and for pages of other sites.",
        )
        .takes("Proof")
        .answers(200, "Signed in.", "SignedIn")
        .with_header(200, "Set-Cookie", cookie)
        .refuses(BODY)
        .refuses(&[Code::ProofMalformed, Code::ProofUnsupported, Code::CookieTwice])
        .refuses(&[Code::OriginNotAllowed, Code::BrowserUnknown])
        .refuses(&[Code::ChallengeUnknown, Code::ChallengeExpired, Code::ChallengeUsed, Code::StateMismatch])
        .refuses(&[Code::RecipientMismatch, Code::MessageMismatch, Code::CallbackNotAllowed, Code::SignatureInvalid])
        .refuses(&[Code::AuthorizationInvalid, Code::ContractRefused])
        .refuses(&[Code::KeyNotFullAccess, Code::KeyNotFound, Code::AccountNotFound])
        .refuses(&[Code::AccountNotAllowed, Code::KeyNew, Code::LoginRefused, Code::AccountBlocked])
        .refuses(&[Code::RateLimited, Code::TooManyQuestions, Code::Internal])
        .refuses(&[Code::ChainUnavailable, Code::AdmissionUnavailable, Code::StoreUnavailable, Code::StartOver])
}

fn by_session() -> Value {
    json!([{ "cookie": [] }, { "bearer": [] }])
}

fn sessions() -> Vec<Operation> {
    let own =
        |method, path, id, summary| at_site(method, path, id, summary).tagged("session").secured(by_session()).refuses(SIGNED_IN);
    let id = json!({
        "name": "id", "in": "path", "required": true, "description": "As the list names it.",
        "schema": component("schemas", "SessionId"),
    });
    let cleared =
        json!({ "description": "The end of the cookie, where the session was this one.", "schema": { "type": "string" } });
    vec![
        own("get", "/api/auth/session", "session", "Who is signed in").answers(200, "Somebody is.", "Session"),
        own("get", "/api/auth/sessions", "sessions", "One's own sessions at this site")
            .described("The newest first, at most 1,000.")
            .answers(200, "All that are alive.", "Sessions")
            .refuses(&[Code::RateLimited]),
        own("delete", "/api/auth/sessions", "endOtherSessions", "End all of one's other sessions at this site")
            .answers_empty(204, "This one is the only one.")
            .refuses(&[Code::OriginNotAllowed, Code::RateLimited]),
        own("delete", "/api/auth/sessions/{id}", "endSession", "End one of one's own sessions")
            .with_parameter(id)
            .answers_empty(204, "It is over.")
            .with_header(204, "Set-Cookie", cleared)
            .refuses(&[Code::OriginNotAllowed, Code::SessionUnknown, Code::RateLimited]),
        at_site("post", "/api/auth/logout", "logout", "End the session")
            .tagged("session")
            .described("The session is over at once. Ending none is no fault.")
            .secured(json!([{ "cookie": [] }, { "bearer": [] }, {}]))
            .may_take("Nothing")
            .answers_empty(204, "Nobody is signed in any more; the cookie is cleared.")
            .with_header(204, "Set-Cookie", component("headers", "Set-Cookie"))
            .refuses(BODY)
            .refuses(&[Code::CookieTwice, Code::OriginNotAllowed, Code::StoreUnavailable]),
    ]
}

fn tokens() -> Vec<Operation> {
    let keys = |path, id, description| {
        let kept = json!({
            "description": "How long it may be kept.", "required": true, "schema": { "const": "public, max-age=300" },
        });
        let everybody = json!({ "description": "For pages of any origin.", "required": true, "schema": { "const": "*" } });
        Operation::new("get", path, id, "The public keys of tokens")
            .tagged("tokens")
            .described(description)
            .answers(200, "A JSON Web Key Set (RFC 7517).", "Jwks")
            .with_header(200, "Cache-Control", kept)
            .with_header(200, "Access-Control-Allow-Origin", everybody)
            .refuses(&[Code::HostNotAllowed, Code::MethodNotAllowed, Code::Internal, Code::StoreUnavailable])
    };
    vec![
        at_site("post", "/api/auth/token", "token", "An access token for a service")
            .tagged("tokens")
            .described(
                "Makes a JWT that others verify by themselves, by the keys at `/.well-known/jwks.json` (RFC 9068, ES256). It is good for \
                 five minutes, and never for longer than the session; it is made only while the key that signed in is known to stand.",
            )
            .secured(by_session())
            .may_take("AccessTokenWish")
            .answers(200, "A token.", "AccessToken")
            .refuses(SIGNED_IN)
            .refuses(BODY)
            .refuses(&[Code::OriginNotAllowed, Code::AudienceUnknown, Code::RateLimited, Code::Internal]),
        keys(
            "/.well-known/jwks.json",
            "wellKnownJwks",
            "Keys stand here before they sign, and until their last token has expired. One list for all sites of a server.",
        ),
        keys("/api/auth/jwks.json", "jwks", "The same list, under the address that a proxy hands on anyway."),
    ]
}

fn pages() -> Vec<Operation> {
    let text = json!({ "type": "string" });
    let query = |name: &str, description: &str| json!({ "name": name, "in": "query", "description": description, "schema": { "type": "string" } });
    let page = |path, id, summary| {
        at_site("get", path, id, summary)
            .tagged("pages")
            .answers_as(200, "The page.", "text/html", &text)
            .refuses(&[Code::Internal])
    };
    let asset = |path, id, summary, example: &str| {
        let name = json!({ "name": "name", "in": "path", "required": true, "example": example, "schema": { "type": "string" } });
        at_site("get", path, id, summary).tagged("pages").with_parameter(name).answers_empty(304, "The browser has it.")
    };
    vec![
        page("/login", "loginPage", "The page on which a wallet is chosen")
            .with_parameter(query(
                "return_to",
                "Where to go on to: a path of the own origin, or a configured URL. Anything else is left out.",
            ))
            .with_parameter(query("lang", "In which language, where it is known.")),
        page("/api/auth/callback", "callbackPage", "The page that wallets' websites send people back to")
            .described("What a wallet answers stands behind the `#`, which no server sees."),
        at_site("get", "/api/auth/client.js", "client", "The browser client")
            .tagged("pages")
            .described("An ES module, for pages of any origin. A server that was built without it answers 404.")
            .answers_as(200, "The module.", "text/javascript", &text)
            .answers_empty(304, "The caller has it."),
        asset("/api/auth/page/{name}", "pageAsset", "A script, a style or the logo of the pages", "page.css")
            .described("For the pages of the own origin.")
            .answers_as(200, "It.", "text/css", &text),
        asset(
            "/api/auth/wallets/{name}",
            "walletScript",
            "The script of a wallet that runs in a sandbox of the login page",
            "a.js",
        )
        .described("As it lay in the folder of wallets when the server started. For the login page alone.")
        .answers_as(200, "The script.", "text/javascript", &text),
    ]
}

fn operations() -> Vec<Operation> {
    let operation = |path, id, summary| {
        Operation::new("get", path, id, summary).tagged("operations").refuses(&[Code::HostNotAllowed, Code::MethodNotAllowed])
    };
    let text = json!({ "type": "string" });
    vec![
        operation("/healthz", "healthz", "Whether the process lives").answers_as(
            200,
            "It does.",
            "text/plain",
            &json!({ "const": "ok\n" }),
        ),
        operation("/readyz", "readyz", "Whether logins can be answered").answers(200, "They can.", "Readiness").answers(
            503,
            "They cannot; the checks say why.",
            "Readiness",
        ),
        operation("/metrics", "metrics", "Counters and times").answers_as(
            200,
            "In OpenMetrics text.",
            "application/openmetrics-text",
            &text,
        ),
        operation("/api/openapi.json", "openapi", "This document").answers_as(
            200,
            "This document.",
            super::operation::JSON,
            &any_object(),
        ),
    ]
}

fn any_object() -> Value {
    json!({ "type": "object", "required": ["openapi", "info", "paths"] })
}
