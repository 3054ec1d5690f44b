//! Configuration: layers, faults, warnings.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::time::Duration;

use siwn::{ContractAccounts, ResolutionLimits};
use siwn_server::config::{AuditTarget, Config, Fault, Sources, StoreUrl, settings};

fn environment(variables: &[(&str, &str)]) -> Vec<(String, String)> {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn faults(sources: &Sources) -> String {
    Config::load(sources).unwrap_err().iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_recipient_is_enough() {
    let config = Config::load(&Sources::new().environment(environment(&[("SIWN_RECIPIENT", "app.example")]))).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    let [site] = &config.sites[..] else { unreachable!() };
    assert_eq!(site.public_url.to_string(), "http://localhost:8080");
    assert_eq!(site.message.as_str(), "Sign in to app.example");
    assert_eq!((config.network.chain_id(), config.rpc.len(), config.secrets.is_none()), ("mainnet", 0, true));
    assert_eq!((config.rpc_timeout, config.key_cache), (Duration::from_secs(2), Duration::from_secs(30)));
    assert_eq!((site.challenge_ttl, site.session_ttl), (Duration::from_mins(5), Duration::from_hours(7 * 24)));
    assert_eq!(config.store, StoreUrl::Sqlite("siwn.db".into()));
}

#[test]
fn flags_go_over_variables_and_those_over_the_file() {
    let sources = Sources::new()
        .file("siwn.toml", "recipient = \"file.example\"\nsession_ttl = \"1h\"\nchallenge_ttl = \"1m\"\nunfunded_accounts = true")
        .environment(environment(&[("SIWN_RECIPIENT", "variable.example"), ("SIWN_SESSION_TTL", "2h"), ("PATH", "/bin")]))
        .flag("recipient", "flag.example".into());
    let config = Config::load(&sources).unwrap();
    let site = &config.sites[0];
    assert_eq!(site.recipient.as_str(), "flag.example");
    assert_eq!((site.session_ttl, site.challenge_ttl), (Duration::from_hours(2), Duration::from_mins(1)));
    assert_eq!(site.unfunded_accounts, siwn::UnfundedAccounts::Accept);
}

#[test]
fn lists_stand_in_the_file_or_between_commas() {
    let file =
        "recipient = \"r\"\nallowed_origins = [\"https://a.example\", \"https://b.example\"]\npublic_url = \"https://r.example\"";
    let config = Config::load(&Sources::new().file("siwn.toml", file)).unwrap();
    assert_eq!(config.sites[0].allowed_origins.len(), 2);
    let variables = environment(&[
        ("SIWN_RECIPIENT", "r"),
        ("SIWN_RPC", "https://a.example/key, https://b.example"),
        ("SIWN_SECRET", &["0f".repeat(32), "f0".repeat(32)].join(",")),
    ]);
    let config = Config::load(&Sources::new().environment(variables)).unwrap();
    let hosts: Vec<_> = config.rpc.iter().map(|endpoint| endpoint.url.host()).collect();
    assert_eq!(hosts, ["a.example", "b.example"]);
    assert_eq!(config.secrets.unwrap().change(), (2, None));
}

#[test]
fn all_faults_are_told_at_once_with_their_places() {
    let file = "listen = \"0.0.0.0:80\"\nrpc_tiemout = \"2s\"\nallowed_origins = [\"https://a.example/\", 7]\nchallenge_ttl = 300";
    let sources = Sources::new()
        .file("siwn.toml", file)
        .environment(environment(&[
            ("SIWN_SECRET", "abc"),
            ("SIWN_STORE", "mysql://me:secret@localhost"),
            ("SIWN_SESION_TTL", "7d"),
            ("SIWN_SESSION_TTL", "7"),
            ("SIWN_UNFUNDED_ACCOUNTS", "maybe"),
            ("SIWN_NETWORK", "localnet"),
        ]))
        .flag("callback_urls", "javascript://x,https://good.example".into())
        .flag("trusted_proxies", "10.0.0.0/33".into());
    insta::assert_snapshot!(faults(&sources));
}

const ENDPOINTS: &str = r#"
recipient = "r"
rpc_agreement = 2
rpc_hedge = false

[[rpc.endpoints]]
url = "https://rpc.example/hush"
headers = { authorization = "Bearer hush", x-api-key = "hush" }

[[rpc.endpoints]]
url = "https://spare.example"
priority = 7
"#;

#[test]
fn nodes_have_headers_and_priorities_in_the_file() {
    let config = Config::load(&Sources::new().file("siwn.toml", ENDPOINTS)).unwrap();
    let rpc: Vec<_> = config.rpc.iter().map(|node| (node.url.host(), node.priority, node.headers.len())).collect();
    assert_eq!(rpc, [("rpc.example".into(), 0, 2), ("spare.example".into(), 7, 0)]);
    assert_eq!((config.rpc_agreement, config.rpc_hedge), (2, false));
    assert!(!format!("{config:?}").contains("hush"));
    // A variable replaces them all.
    let variables = environment(&[("SIWN_RPC", "https://other.example"), ("SIWN_RPC_AGREEMENT", "1")]);
    let config = Config::load(&Sources::new().file("siwn.toml", ENDPOINTS).environment(variables)).unwrap();
    assert_eq!((config.rpc.len(), config.rpc_agreement), (1, 1));
}

#[test]
fn faults_of_nodes_are_told_by_their_number_and_not_quoted() {
    let file = r#"
recipient = "r"
rpc_agreement = 3
[[rpc.endpoints]]
url = "https://rpc.example"
headers = { host = "hush" }
priority = 256
[[rpc.endpoints]]
adress = "https://hush.example"
[[rpc.endpoints]]
url = "http://hush.example"
headers = { authorization = "hush\n" }
"#;
    let told = faults(&Sources::new().file("siwn.toml", file));
    assert!(!told.contains("hush"), "{told}");
    for expected in [
        "siwn.toml: rpc.endpoints, number 1: headers: this header is set by the client itself",
        "siwn.toml: rpc.endpoints, number 1: priority is a number from 0 to 255",
        "siwn.toml: rpc.endpoints, number 2: an endpoint has url, headers and priority, and nothing else",
        "siwn.toml: rpc.endpoints, number 2: url is missing",
        "siwn.toml: rpc.endpoints, number 3: url: plain http",
        "siwn.toml: rpc.endpoints, number 3: headers: a header's value",
    ] {
        assert!(told.contains(expected), "{expected} is not in\n{told}");
    }
    for rpc in ["[rpc]\nurl = \"x\"", "[rpc]\nendpoints = []", "rpc = { endpoints = [1] }"] {
        let told = faults(&Sources::new().file("siwn.toml", &format!("recipient = \"r\"\n{rpc}")));
        assert_eq!(told, "siwn.toml: rpc: is a list of addresses, or tables [[rpc.endpoints]]");
    }
}

#[test]
fn contracts_are_asked_within_limits_or_not_at_all() {
    let sources = |settings: &[(&'static str, &str)]| {
        let sources = Sources::new().flag("recipient", "r".into());
        settings.iter().fold(sources, |sources, (name, value)| sources.flag(name, (*value).into()))
    };
    let config = Config::load(&sources(&[])).unwrap();
    assert_eq!((config.contract_accounts, config.resolution_limits), (ContractAccounts::Ask, ResolutionLimits::default()));
    let settings = [("contract_accounts", "refuse"), ("resolve_depth", "2"), ("resolve_authorizations", "16")];
    let config = Config::load(&sources(&settings)).unwrap();
    assert_eq!(config.contract_accounts, ContractAccounts::Refuse);
    assert_eq!((config.resolution_limits.depth(), config.resolution_limits.authorizations()), (2, 16));
    for (setting, told) in [
        (("contract_accounts", "true"), "--contract-accounts: is allow or refuse"),
        (("resolve_depth", "5"), "--resolve-depth: authorizations are followed to a depth of at most 4"),
        (("resolve_authorizations", "17"), "--resolve-authorizations: an authorization has at most 16 sub-authorizations"),
        (("resolve_authorizations", "0"), "resolve_depth: a depth needs at least as many sub-authorizations"),
        (("resolve_depth", "-1"), "--resolve-depth: is a number"),
    ] {
        assert_eq!(faults(&sources(&[setting])), told);
    }
}

#[test]
fn no_more_nodes_can_agree_than_there_are() {
    let sources = |agreement: &str, rpc: &str| {
        let sources = Sources::new().flag("recipient", "r".into()).flag("rpc_agreement", agreement.into());
        if rpc.is_empty() { sources } else { sources.flag("rpc", rpc.into()) }
    };
    assert_eq!(Config::load(&sources("2", "")).unwrap().rpc_agreement, 2);
    let at_once = |number: &str| Sources::new().flag("recipient", "r".into()).flag("rpc_at_once", number.into());
    assert_eq!(Config::load(&at_once("1000")).unwrap().rpc_at_once, 1000);
    assert_eq!(faults(&at_once("0")), "--rpc-at-once: is a number from 1 to 1000");
    for (agreement, rpc) in [("3", ""), ("2", "https://a.example"), ("0", ""), ("-1", ""), ("two", "")] {
        assert!(faults(&sources(agreement, rpc)).contains("--rpc-agreement: is a number from 1 to"), "{agreement}");
    }
}

#[test]
fn several_sites_have_what_stands_beside_them_unless_they_say_otherwise() {
    let file = r#"
        session_ttl = "1d"

        [[sites]]
        recipient = "app.example"
        public_url = "https://app.example"
        allowed_origins = ["https://shop.example"]

        [[sites]]
        recipient = "wiki"
        public_url = "https://app.example/wiki"
        message = "Read the wiki"
        session_ttl = "1h"
        unfunded_accounts = true
    "#;
    let sources = Sources::new().file("siwn.toml", file).environment(environment(&[("SIWN_CHALLENGE_TTL", "1m")]));
    let sites = Config::load(&sources).unwrap().sites;
    let told: Vec<_> =
        sites.iter().map(|site| (site.recipient.as_str(), site.public_url.to_string(), site.message.as_str())).collect();
    let app = ("app.example", "https://app.example".to_owned(), "Sign in to app.example");
    assert_eq!(told, [app, ("wiki", "https://app.example/wiki".to_owned(), "Read the wiki")]);
    let lifetimes: Vec<_> = sites.iter().map(|site| (site.challenge_ttl, site.session_ttl)).collect();
    let minute = Duration::from_mins(1);
    assert_eq!(lifetimes, [(minute, Duration::from_hours(24)), (minute, Duration::from_hours(1))]);
    assert_eq!((sites[0].allowed_origins.len(), sites[1].allowed_origins.len()), (1, 0));
    assert_eq!(sites[1].unfunded_accounts, siwn::UnfundedAccounts::Accept);
}

#[test]
fn faults_of_several_sites_are_told_with_their_numbers() {
    let file = r#"
        session_ttl = "7"
        message = "Sign in to app.example"

        [[sites]]
        recipient = "app.example"
        public_url = "https://app.example/a//b"
        network = "testnet"
        recipent = "x"

        [[sites]]
        recipient = "app.example"
        public_url = "http://app.example"

        [[sites]]
        public_url = "https://app.example"
        message = 7

        [[sites]]
        recipient = "d"
    "#;
    insta::assert_snapshot!(faults(&Sources::new().file("siwn.toml", file)));
    assert_eq!(
        faults(&Sources::new().file("siwn.toml", "sites = [\"a\"]")),
        "siwn.toml: sites: each site is a table, [[sites]]\nrecipient: is missing: people sign in to somebody: the public host, as in app.example"
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let variables = environment(&[
        ("SIWN_RECIPIENT", "r"),
        ("SIWN_SERVICE_HOST", "10.0.0.1"),
        ("SIWN_PORT", "tcp://10.0.0.1:80"),
        ("SIWN_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("SIWN_PRIVATE_KEY", "x"),
        ("SIWN_MESSAGE", ""),
    ]);
    assert!(Config::load(&Sources::new().environment(variables)).is_ok());
}

#[test]
fn a_file_that_is_no_toml_is_told_by_its_line_and_not_quoted() {
    let text = faults(&Sources::new().file("siwn.toml", "recipient = \"r\"\nsecret = 0f0f0f0f\n"));
    // Nothing is called missing: it may stand in the file.
    assert_eq!(text.trim_end(), "siwn.toml: line 2: this is not TOML");
}

#[test]
fn a_secret_comes_from_one_place() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}\n", "0f".repeat(32))).unwrap();
    let path = file.path().to_str().unwrap();
    let base = || Sources::new().flag("recipient", "r".into()).flag("secret_file", path.into());
    assert_eq!(Config::load(&base()).unwrap().secrets.unwrap().change(), (1, None));
    let both = base().environment(environment(&[("SIWN_SECRET", &"0f".repeat(32))]));
    assert!(faults(&both).contains("given twice"));
    std::fs::write(file.path(), "").unwrap();
    assert!(faults(&base()).contains("there is no secret in it"));
}

#[test]
fn account_rules_come_from_lists_and_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "deny mallory.team.near\nallow bob.near\n").unwrap();
    let sources = Sources::new()
        .file("siwn.toml", "recipient = \"r\"\nallow_accounts = [\"*.team.near\"]")
        .flag("account_rules", file.path().to_str().unwrap().into());
    let rules = Config::load(&sources).unwrap().sites.remove(0).account_rules;
    let allows = |account: &str| rules.allow(&account.parse().unwrap());
    assert!(allows("alice.team.near") && allows("bob.near"));
    assert!(!allows("mallory.team.near") && !allows("carol.near"));

    std::fs::write(file.path(), "").unwrap();
    assert!(faults(&sources).contains("there is no rule in it"));
}

#[test]
fn limits_and_the_audit_log_are_set_or_turned_off() {
    let load = |values: &[(&'static str, &str)]| {
        let sources = Sources::new().flag("recipient", "r".into());
        Config::load(&values.iter().fold(sources, |sources, (name, value)| sources.flag(name, (*value).into())))
    };
    let config = load(&[("initiate_limit", "5/1s"), ("verify_limit", "off"), ("audit_log", "file:audit.log")]).unwrap();
    assert_eq!(config.rates.initiate.map(|rate| rate.to_string()).as_deref(), Some("5/1s"));
    assert_eq!(config.rates.verify, None);
    assert_eq!(config.rates.account.map(|rate| rate.to_string()).as_deref(), Some("60/1m"));
    assert_eq!(config.audit_log, AuditTarget::File("audit.log".into()));
    assert_eq!(load(&[]).unwrap().audit_log, AuditTarget::Off);
    for wrong in [("initiate_limit", "0/1s"), ("verify_limit", "none"), ("audit_log", "audit.log"), ("audit_log", "file:")] {
        assert_eq!(load(&[wrong]).unwrap_err().len(), 1, "{wrong:?}");
    }
}

#[test]
fn what_is_probably_not_meant_is_said() {
    let sources = Sources::new()
        .flag("recipient", "r".into())
        .flag("public_url", "http://dev.example".into())
        .flag("dangerous_plain_http", "true".into())
        .flag("dangerous_function_call_keys", "true".into())
        .flag("allowed_origins", "https://shop.example".into())
        .flag("store", "memory:".into());
    insta::assert_snapshot!(
        Config::load(&sources).unwrap().warnings().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    );
}

#[test]
fn a_proxy_on_this_machine_that_is_not_named_is_said() {
    let warnings = |proxies: &'static str| {
        let sources = Sources::new().flag("recipient", "r".into()).flag("public_url", "https://app.example".into());
        Config::load(&sources.flag("trusted_proxies", proxies.into())).unwrap().warnings()
    };
    let is_said = |proxies| warnings(proxies).iter().any(|warning| warning.place == "trusted_proxies");
    assert!(is_said("") && !is_said("127.0.0.1"));
}

#[test]
fn a_recipient_that_is_not_the_public_host_is_said() {
    let warned = |recipient: &'static str, url: &'static str| {
        let sources = Sources::new().flag("recipient", recipient.into()).flag("public_url", url.into());
        let warnings = Config::load(&sources).unwrap().warnings();
        warnings.into_iter().find(|warning| warning.place == "recipient").map(|warning| warning.problem)
    };
    let told = "people are at app.example and sign for \"https://app.example\"; best both are the same";
    assert_eq!(warned("https://app.example", "https://app.example").unwrap(), told);
    assert!(warned("app.exampel", "https://app.example:8443").is_some());
    for (recipient, url) in [
        ("app.example", "https://app.example"),
        ("app.example", "https://app.example:8443"),
        ("app.example:8443", "https://app.example:8443"),
        ("[2001:db8::1]", "https://[2001:db8::1]"),
        ("wiki.app.example", "https://app.example/wiki"),
        ("app.example", "http://localhost:8080"),
    ] {
        assert_eq!(warned(recipient, url), None, "{recipient} {url}");
    }
}

#[test]
fn the_administration_is_off_by_that_word_too() {
    let listening =
        |listen: &'static str| Config::load(&Sources::new().flag("recipient", "r".into()).flag("admin_listen", listen.into()));
    assert!(listening("off").unwrap().admin.is_none());
    let told = |listen| listening(listen).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(told("8081"), ["--admin-listen: is an address and a port, as in 127.0.0.1:8080 or [::1]:8080"]);
    assert_eq!(told("127.0.0.1:8081"), ["admin_token: is missing: whoever reaches the administration needs a token"]);
}

#[test]
fn an_idle_lifetime_that_ends_nothing_is_said() {
    let warned = |idle: &'static str| {
        let sources = Sources::new().flag("recipient", "r".into()).flag("public_url", "https://app.example".into());
        let sources = sources.flag("session_ttl", "1h".into()).flag("session_idle", idle.into());
        let warnings = Config::load(&sources).unwrap().warnings();
        warnings.into_iter().find(|warning| warning.place == "session_idle").map(|warning| warning.problem)
    };
    assert_eq!(warned("61m").unwrap(), "a session of r ends after 1h, before 61m without use");
    assert_eq!(warned("1h"), None);
}

#[test]
fn plain_http_elsewhere_is_refused_without_the_dangerous_setting() {
    let sources = Sources::new().flag("recipient", "r".into()).flag("public_url", "http://dev.example".into());
    assert!(faults(&sources).contains("plain http"));
}

#[test]
fn the_login_page_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wallets.json");
    let wallet = r#"{"wallets": [{"id": "w", "name": "W", "version": "1", "type": "sandbox", "executor": "/w.js",
        "features": {"signMessage": true}, "permissions": {}}]}"#;
    std::fs::write(&file, wallet).unwrap();
    let with = |websites: &'static str, wallets: String| {
        let sources = Sources::new().flag("recipient", "r".into()).flag("return_urls", "https://a.example/b".into());
        sources.flag("wallet_websites", websites.into()).flag("wallets", wallets)
    };
    let config = Config::load(&with("Mine=https://w.example/s", file.to_str().unwrap().into())).unwrap();
    let page = &config.sites[0].login_page;
    assert_eq!(page.return_urls()[0].as_str(), "https://a.example/b");
    assert_eq!(page.websites("mainnet")[0].to_string(), "Mine=https://w.example/s");
    assert_eq!(page.wallet_names().collect::<Vec<_>>(), ["W"]);
    let told = faults(&with("https://w.example", "/nowhere".into()));
    assert!(told.contains("NAME=URL") && told.contains("the file cannot be read"), "{told}");
}

#[test]
fn every_setting_stands_in_the_reference() {
    let reference = include_str!("../../../docs/configuration.md");
    for setting in settings() {
        let row = format!("| `{}` | `SIWN_{}` |", setting.name, setting.name.to_uppercase());
        assert!(reference.contains(&row), "docs/configuration.md has no row {row}");
        assert!(reference.contains(setting.help), "docs/configuration.md does not say of {}: {}", setting.name, setting.help);
    }
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_is_named_by_its_url_and_shows_no_password() {
    let with = |url: &str| {
        let variables = [("SIWN_RECIPIENT", "app.example"), ("SIWN_STORE", url)];
        Config::load(&Sources::new().environment(environment(&variables)))
    };
    let config = with("rediss://me:hidden@one:6379,two:6380/?ca=/hidden/ca.pem&prefix=login").unwrap();
    assert_eq!(config.store.to_string(), "rediss://one:6379,two:6380");
    assert!(!format!("{config:?}").contains("hidden"), "{config:?}");
    for bad in ["redis:hidden", "redis://me:hidden@host?ca=/hidden", "rediss://me:hidden@host#insecure"] {
        let faults = with(bad).unwrap_err();
        assert_eq!(faults[0].place, "SIWN_STORE");
        assert!(faults.len() == 1 && !faults[0].to_string().contains("hidden"), "{faults:?}");
    }
}
