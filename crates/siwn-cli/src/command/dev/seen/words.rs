//! Outcomes in words: which step of a login said no, what was expected, and what came.

use super::chain::Asked;
use super::proof::{Claim, Signed};
use super::visit::Visit;
use super::{Entry, Step, Told, Went};

const STEPS: [&str; 5] = ["The challenge", "The signature", "The chain", "The account", "The session"];

/// The request, without times and calls.
pub(super) fn entry(visit: &Visit, told: Option<&Told>, claim: Option<&Claim>, asked: &[Asked], account: Option<&str>) -> Entry {
    let outcome = told.map_or("answered", |told| told.outcome);
    let steps = match claim {
        Some(claim) if is_judged(outcome) => steps(outcome, told, claim, asked),
        _ => Vec::new(),
    };
    let why = match steps.iter().find(|step| step.went == Went::Bad) {
        Some(step) => step.what.clone(),
        None => why(visit, told, claim, asked, account),
    };
    Entry {
        method: visit.method.clone(),
        route: visit.route.clone(),
        from: visit.from(),
        outcome: outcome.to_owned(),
        request_id: told.map(|told| told.request_id.clone()).unwrap_or_default(),
        why,
        steps,
        ..Entry::default()
    }
}

/// Why a session was ended, by the reason in the audit log.
pub(super) fn of_end(reason: &str) -> &'static str {
    match reason {
        "key_not_found" => "the account does not have the key any more that opened it",
        "key_not_full_access" => "its key may only call contracts by now",
        "account_not_found" => "the account does not exist any more",
        "signed_in_anew" => "its browser signed in anew",
        _ => "see the reason beside this",
    }
}

/// Whether an outcome is a judgement of a login; the others are about the request.
fn is_judged(outcome: &str) -> bool {
    outcome == "ok" || step_of(outcome, false).is_some()
}

/// Which step, counted from 0, says so.
fn step_of(outcome: &str, was_asked: bool) -> Option<usize> {
    Some(match outcome {
        "challenge_unknown" | "challenge_expired" if was_asked => 4,
        "challenge_unknown" | "challenge_expired" | "state_mismatch" => 0,
        "authorization_invalid" if was_asked => 3,
        "recipient_mismatch"
        | "message_mismatch"
        | "callback_url_not_allowed"
        | "signature_invalid"
        | "authorization_invalid"
        | "proof_unsupported" => 1,
        "chain_unavailable" | "too_many_questions" => 2,
        "key_not_full_access"
        | "key_not_found"
        | "account_not_found"
        | "account_not_allowed"
        | "key_new"
        | "login_refused"
        | "contract_refused"
        | "admission_unavailable" => 3,
        "challenge_used" | "account_blocked" | "start_over" | "store_unavailable" => 4,
        _ => return None,
    })
}

fn steps(outcome: &str, told: Option<&Told>, claim: &Claim, asked: &[Asked]) -> Vec<Step> {
    let was_answered = asked.last().is_some_and(|asked| asked.is_answered);
    let ended = step_of(outcome, was_answered).unwrap_or(STEPS.len());
    let step = |(number, name): (usize, &'static str)| {
        let went = match number.cmp(&ended) {
            std::cmp::Ordering::Less => Went::Good,
            std::cmp::Ordering::Equal => Went::Bad,
            std::cmp::Ordering::Greater => Went::Open,
        };
        let what = match went {
            Went::Good => good(number, claim, asked),
            Went::Bad => bad(outcome, told, claim, asked),
            Went::Open => String::new(),
        };
        Step { name, went, what }
    };
    STEPS.into_iter().enumerate().map(step).collect()
}

fn good(number: usize, claim: &Claim, asked: &[Asked]) -> String {
    match number {
        0 => "is this server’s, in time, and was issued to this client".to_owned(),
        1 => match &claim.signed {
            Signed::Authorization => "is an authorization of just this challenge (NEP-641)".to_owned(),
            signed => format!("is good, for {}", callback(signed)),
        },
        2 => asked.last().map_or_else(|| "was not asked".to_owned(), |asked| format!("{}: {}", asked.question, asked.answer)),
        3 => format!("{} is let in", claim.account),
        _ => "the challenge is spent and a session is open, in one step".to_owned(),
    }
}

fn callback(signed: &Signed) -> String {
    match signed {
        Signed::With(None) => "callbackUrl None".to_owned(),
        Signed::With(Some(url)) => format!("callbackUrl {}", shortened(url)),
        Signed::Else => "a callbackUrl that the client names".to_owned(),
        Signed::Authorization | Signed::Unreadable(_) => "what was asked for".to_owned(),
    }
}

/// The id of a login fills a line and says nothing.
fn shortened(url: &str) -> String {
    url.split_once("?tx=").map_or_else(|| url.to_owned(), |(url, _)| format!("{url}?tx=…"))
}

fn bad(outcome: &str, told: Option<&Told>, claim: &Claim, asked: &[Asked]) -> String {
    let reason = told.and_then(|told| told.reason.as_deref()).unwrap_or_default();
    let key = claim.key.as_deref().unwrap_or("its key");
    let account = &claim.account;
    let chain = asked.last().map(|asked| asked.answer.clone()).unwrap_or_default();
    match outcome {
        "challenge_unknown" => {
            "The nonce is not of this server, or was issued to another browser, origin or program; a restart forgets all."
                .to_owned()
        }
        "challenge_expired" => format!("The challenge came too late: {reason}."),
        "state_mismatch" => "The state that came is not this challenge’s; expected its own, or none at all.".to_owned(),
        "signature_invalid" => match &claim.signed {
            Signed::With(Some(url)) => format!(
                "The signature is good, but for callbackUrl {}; expected None or this server’s own callback.",
                shortened(url)
            ),
            Signed::Unreadable(what) => format!("It cannot be read: {what}."),
            _ => format!(
                "The signature of {key} holds neither for callbackUrl None nor for this server’s own callback: another message, nonce \
                 or recipient was signed, or without NEP-413’s tag."
            ),
        },
        "key_not_found" => format!("The signature is good, for {}; but {chain}.", callback(&claim.signed)),
        "key_not_full_access" => {
            format!("The signature is good, for {}; but {chain}. Apps hold such keys.", callback(&claim.signed))
        }
        "account_not_found" => format!("The signature is good, for {}; but {chain}: {account}.", callback(&claim.signed)),
        "chain_unavailable" => format!(
            "The signature is good, for {}; but NEAR could not be asked: {reason}. Nothing is spent.",
            callback(&claim.signed)
        ),
        "challenge_used" => "All is good, but this challenge opened a session before: each is good for one.".to_owned(),
        _ if reason.is_empty() => outcome.replace('_', " "),
        _ => sentence(reason),
    }
}

fn why(visit: &Visit, told: Option<&Told>, claim: Option<&Claim>, asked: &[Asked], account: Option<&str>) -> String {
    let outcome = told.map_or("", |told| told.outcome);
    let reason = told.and_then(|told| told.reason.as_deref());
    let origin = visit.origin.as_deref().unwrap_or("none");
    let with_origin = match visit.origin {
        Some(_) if visit.fetch_site.as_deref() != Some("same-origin") => {
            format!(" Its origin {origin} is on this machine, so it may.")
        }
        _ => String::new(),
    };
    match (outcome, visit.route.as_str()) {
        ("ok", "/login") => "The login page.".to_owned(),
        ("ok", "/api/auth/callback") => "The page that reads a wallet’s answer behind the #, which no server sees.".to_owned(),
        ("ok", "/api/auth/initiate-login") => format!("A challenge, bound to {}.{with_origin}", bound(visit)),
        ("ok", "/api/auth/verify-login") => {
            let (who, how) = claim.map_or(("", String::new()), |claim| (claim.account.as_str(), callback(&claim.signed)));
            let chain = asked.last().map(|asked| asked.answer.as_str()).unwrap_or_default();
            format!("{who} is signed in: the signature is good, for {how}; {chain}.")
        }
        ("ok", "/api/auth/session") => format!("{} is signed in.", account.unwrap_or("Somebody")),
        ("ok", "/api/auth/logout") => "The session is over, and its cookie removed.".to_owned(),
        ("ok", _) => "Done.".to_owned(),
        ("preflight", _) => format!("A browser asks whether the page at {origin} may."),
        ("not_signed_in", _) if visit.has_bearer => "A bearer token came, and no session is alive under it.".to_owned(),
        ("not_signed_in", _) if visit.has_session_cookie => {
            "A session’s cookie came, and no session is alive under it: it was ended, is over, or is from before a restart.".to_owned()
        }
        ("not_signed_in", _) => "No cookie of a session came.".to_owned(),
        ("origin_not_allowed", _) => format!(
            "The page’s origin is {origin}, Sec-Fetch-Site {}. Expected: this server’s own, or plain http on localhost, 127.0.0.1 or [::1].",
            visit.fetch_site.as_deref().unwrap_or("none")
        ),
        ("browser_unknown", _) => {
            "The cookie siwn-browser did not come, which initiate-login sets: it was not asked, not with credentials, or by another name of this machine."
                .to_owned()
        }
        ("not_json", _) => format!("Content-Type is {}, expected application/json.", visit.content_type.as_deref().unwrap_or("missing")),
        ("host_not_allowed", _) => format!("The Host is {}, expected localhost, 127.0.0.1 or [::1].", visit.host),
        ("proof_malformed", _) => match claim.map(|claim| &claim.signed) {
            Some(Signed::Unreadable(what)) => format!("The proof cannot be read: {what}."),
            _ => sentence(reason.unwrap_or("the proof cannot be read")),
        },
        (_, _) => reason.map_or_else(|| sentence(&outcome.replace('_', " ")), sentence),
    }
}

/// What the challenge of this caller is bound to.
fn bound(visit: &Visit) -> String {
    match (visit.fetch_site.as_deref(), &visit.origin) {
        (Some("same-origin" | "same-site"), _) if visit.has_browser_cookie => "this browser’s cookie".to_owned(),
        (Some("same-origin" | "same-site"), _) => "this browser, by a cookie that it gets now".to_owned(),
        (_, Some(origin)) => format!("the origin {origin}"),
        (_, None) => "nobody: it is good from programs only".to_owned(),
    }
}

fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    characters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), characters.as_str()))
}
