//! What wallets show for a payload that is JSON.

use serde::Serialize;

/// A payload that says for whom it is and what it does, so that wallets can show it (NEP-641, `JsonPayload`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonPayload<'a> {
    /// For whom: the site.
    pub domain: &'a str,
    /// What it does, in a word.
    pub action: &'a str,
    /// The text that people read.
    pub msg: &'a str,
}

impl JsonPayload<'_> {
    /// JSON, indented by two spaces: these bytes are what is signed.
    ///
    /// ```
    /// let payload = siwn::JsonPayload { domain: "app.example", action: "Login", msg: "Sign in" };
    /// assert_eq!(payload.to_json(), "{\n  \"domain\": \"app.example\",\n  \"action\": \"Login\",\n  \"msg\": \"Sign in\"\n}");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { domain, action, msg } = self;
        serde_json::to_string_pretty(&Members { domain, action, msg }).expect("three texts are JSON")
    }
}

#[derive(Serialize)]
struct Members<'a> {
    domain: &'a str,
    action: &'a str,
    msg: &'a str,
}
