//! One operation: what it takes, what it answers, with which codes it says no.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::problem::Code;

pub(super) const JSON: &str = "application/json";
const TOO_LARGE_HEAD: &str = "431";
/// Refusals with so many codes or fewer are shared by all operations that have just these.
const SHARED: usize = 6;

/// What every route of a site may say.
pub(super) const SITE: &[Code] = &[Code::HostNotAllowed, Code::NotFound, Code::MethodNotAllowed, Code::SiteUnknown];

/// What is said to whoever must be signed in.
pub(super) const SIGNED_IN: &[Code] = &[
    Code::Malformed,
    Code::CookieTwice,
    Code::NotSignedIn,
    Code::AccountNotAllowed,
    Code::ChainUnavailable,
    Code::StoreUnavailable,
];

/// What a route does with one method.
pub(super) struct Operation {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: Option<&'static str>,
    security: Option<Value>,
    parameters: Vec<Value>,
    body: Option<Value>,
    answers: BTreeMap<u16, Value>,
    pub(super) codes: Vec<Code>,
}

impl Operation {
    pub(super) fn new(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            tag: "",
            summary,
            description: None,
            security: None,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            codes: Vec::new(),
        }
    }

    pub(super) fn tagged(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    pub(super) fn described(self, description: &'static str) -> Self {
        Self { description: Some(description), ..self }
    }

    pub(super) fn secured(self, schemes: Value) -> Self {
        Self { security: Some(schemes), ..self }
    }

    pub(super) fn with_parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    /// A body that must be there.
    pub(super) fn takes(self, schema: &str) -> Self {
        self.body(true, schema)
    }

    /// A body that may be left out.
    pub(super) fn may_take(self, schema: &str) -> Self {
        self.body(false, schema)
    }

    fn body(self, required: bool, schema: &str) -> Self {
        let body = json!({ "required": required, "content": { JSON: { "schema": component("schemas", schema) } } });
        Self { body: Some(body), ..self }
    }

    /// An answer in JSON.
    pub(super) fn answers(self, status: u16, description: &str, schema: &str) -> Self {
        self.answers_as(status, description, JSON, &component("schemas", schema))
    }

    /// An answer of another type.
    pub(super) fn answers_as(self, status: u16, description: &str, content_type: &str, schema: &Value) -> Self {
        self.answer(status, json!({ "description": description, "content": { content_type: { "schema": schema } } }))
    }

    /// An answer without a body.
    pub(super) fn answers_empty(self, status: u16, description: &str) -> Self {
        self.answer(status, json!({ "description": description }))
    }

    fn answer(mut self, status: u16, mut answer: Value) -> Self {
        answer["headers"] = headers(&["X-Request-Id"]);
        self.answers.insert(status, answer);
        self
    }

    /// A header of an answer that was described before.
    pub(super) fn with_header(mut self, status: u16, name: &str, header: Value) -> Self {
        let answer = self.answers.get_mut(&status).expect("an answer is described before its headers");
        answer["headers"][name] = header;
        self
    }

    pub(super) fn refuses(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// What stands in the document; refusals that others share go to `shared`.
    pub(super) fn to_json(&self, shared: &mut Map<String, Value>) -> Value {
        let mut operation = json!({ "operationId": self.id, "summary": self.summary, "tags": [self.tag] });
        let mut responses: Map<String, Value> =
            self.answers.iter().map(|(status, answer)| (status.to_string(), answer.clone())).collect();
        for (status, codes) in by_status(&self.codes) {
            assert!(!self.answers.contains_key(&status.as_u16()), "{} answers {status} in two shapes", self.id);
            let mut refusal = refusal(status, &codes);
            if codes.len() <= SHARED {
                let name = codes.join(".");
                let reference = component("responses", &name);
                shared.insert(name, std::mem::replace(&mut refusal, reference));
            }
            responses.insert(status.as_str().to_owned(), refusal);
        }
        // Whoever reads HTTP says so, before any route is found.
        let too_large = json!({ "description": "The head of the request is larger than 32 KiB, or has more than 100 headers. There is no body." });
        responses.insert(TOO_LARGE_HEAD.into(), component("responses", "head_too_large"));
        shared.insert("head_too_large".into(), too_large);
        operation["responses"] = responses.into();
        if let Some(description) = self.description {
            operation["description"] = description.into();
        }
        if let Some(security) = &self.security {
            operation["security"] = security.clone();
        }
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.clone().into();
        }
        if let Some(body) = &self.body {
            operation["requestBody"] = body.clone();
        }
        operation
    }
}

pub(super) fn component(kind: &str, name: &str) -> Value {
    json!({ "$ref": format!("#/components/{kind}/{name}") })
}

fn headers(names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), component("headers", name))).collect::<Map<_, _>>().into()
}

/// The codes in the order of the list of all, by their status.
fn by_status(codes: &[Code]) -> BTreeMap<StatusCode, Vec<&'static str>> {
    let mut statuses: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        statuses.entry(code.status()).or_default().push(code.as_str());
    }
    statuses
}

fn refusal(status: StatusCode, codes: &[&str]) -> Value {
    let mut names = vec!["X-Request-Id"];
    if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        names.push("Retry-After");
    }
    if codes.contains(&Code::AdminTokenRefused.as_str()) {
        names.push("WWW-Authenticate");
    }
    let mut schema = component("schemas", "Problem");
    schema["properties"] = json!({ "error": { "enum": codes } });
    let description = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    json!({ "description": description, "headers": headers(&names), "content": { JSON: { "schema": schema } } })
}
