//! What each site is told: the server's own settings for its only site, or a table for each of several.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use siwn::{AccountPattern, AccountRules, CallbackUrl, Message, Origin, PublicUrl, Recipient, UnfundedAccounts};

use super::reader::{DAY, OneSite, Reader, read_file};
use super::setting::{Scope, settings};
use super::{SiteConfig, accounts};
use crate::pages::{LoginPage, Logo, SiteName, Template, Theme, WalletManifest, Website};
use crate::tokens::Audience;

/// All sites, where nothing is missing that a site needs.
pub(super) fn sites(reader: &mut Reader<'_>, listen: SocketAddr, dangerous_plain_http: bool) -> Option<Vec<SiteConfig>> {
    let sites = read(reader, listen, dangerous_plain_http)?;
    let is_origin = |audience: &Audience| sites.iter().any(|site| site.public_url.origin().as_str() == audience.as_str());
    if sites.iter().flat_map(|site| &site.token_audiences).any(is_origin) {
        reader.fault("token_audiences", "the origin of a site is the audience of identity tokens; name the API, as in api.example");
    }
    Some(sites)
}

fn read(reader: &mut Reader<'_>, listen: SocketAddr, dangerous_plain_http: bool) -> Option<Vec<SiteConfig>> {
    let tables = reader.sources.sites();
    if tables.is_empty() {
        let public_url = public_url(reader, listen, dangerous_plain_http);
        return site(reader, public_url).map(|site| vec![site]);
    }
    for setting in settings().iter().filter(|setting| setting.scope == Scope::Site) {
        if reader.get(setting.name).is_some() {
            reader.fault(setting.name, "where there are several sites, each has its own; say it in [[sites]]");
        }
    }
    let mut sites = Vec::new();
    for (number, given) in (1..).zip(tables) {
        reader.site = Some(OneSite { number, given });
        let public_url = own_public_url(reader, dangerous_plain_http);
        let site = site(reader, public_url);
        if let Some(site) = &site {
            tell_apart(reader, site, &sites);
        }
        sites.extend(site);
    }
    reader.site = None;
    (sites.len() == tables.len()).then_some(sites)
}

fn site(reader: &mut Reader<'_>, public_url: Option<PublicUrl>) -> Option<SiteConfig> {
    let recipient: Option<Recipient> =
        reader.required("recipient", "people sign in to somebody: the public host, as in app.example");
    let message = recipient.as_ref().and_then(|recipient| match reader.one("message", |text| Message::new(text, recipient)) {
        None if reader.get("message").is_some() => None,
        message => Some(message.unwrap_or_else(|| Message::default_for(recipient))),
    });
    let challenge_ttl = reader.duration("challenge_ttl", Duration::from_mins(5), Duration::from_secs(1)..=DAY);
    let session_ttl = reader.duration("session_ttl", 7 * DAY, Duration::from_secs(1)..=365 * DAY);
    let session_idle =
        reader.get("session_idle").map(|_| reader.duration("session_idle", session_ttl, Duration::from_secs(1)..=365 * DAY));
    let allowed_origins = reader.list("allowed_origins", str::parse::<Origin>);
    let callback_urls = reader.list("callback_urls", str::parse::<CallbackUrl>);
    let token_audiences = reader.list("token_audiences", str::parse::<Audience>);
    let login_page = login_page(reader);
    let unfunded_accounts = if reader.boolean("unfunded_accounts") { UnfundedAccounts::Accept } else { UnfundedAccounts::Refuse };
    let account_rules = account_rules(reader);
    let refuse_new_keys = reader.boolean("refuse_new_keys");
    Some(SiteConfig {
        recipient: recipient?,
        public_url: public_url?,
        message: message?,
        challenge_ttl,
        session_ttl,
        session_idle,
        allowed_origins,
        callback_urls,
        token_audiences,
        login_page,
        unfunded_accounts,
        account_rules,
        refuse_new_keys,
    })
}

/// Requests are told apart by address, sessions by recipient.
fn tell_apart(reader: &mut Reader<'_>, site: &SiteConfig, others: &[SiteConfig]) {
    if others.iter().any(|other| other.recipient == site.recipient) {
        reader.fault("recipient", "another site has this recipient; each has its own");
    }
    if others.iter().any(|other| other.public_url == site.public_url) {
        reader.fault("public_url", "another site has this address; each has its own");
    }
    if !crate::site::is_plain_path(site.public_url.path()) {
        reader.fault("public_url", "where there are several sites, a path has segments of letters, digits and -._~ only");
    }
}

/// The address of the only site, which on loopback need not be said.
fn public_url(reader: &mut Reader<'_>, listen: SocketAddr, dangerous_plain_http: bool) -> Option<PublicUrl> {
    if reader.get("public_url").is_some() {
        return read_public_url(reader, dangerous_plain_http);
    }
    if !listen.ip().is_loopback() {
        reader
            .fault("public_url", "is missing: who listens beyond this machine says where he is reached, as in https://app.example");
        return None;
    }
    let port = if listen.port() == 80 { String::new() } else { format!(":{}", listen.port()) };
    format!("http://localhost{port}").parse().map_err(|error: siwn::UrlError| reader.fault("public_url", error.to_string())).ok()
}

/// The address of one of several sites.
fn own_public_url(reader: &mut Reader<'_>, dangerous_plain_http: bool) -> Option<PublicUrl> {
    if reader.get("public_url").is_none() {
        reader.fault("public_url", "is missing: where there are several sites, each says where it is reached");
        return None;
    }
    read_public_url(reader, dangerous_plain_http)
}

fn read_public_url(reader: &mut Reader<'_>, dangerous_plain_http: bool) -> Option<PublicUrl> {
    let parse = if dangerous_plain_http { PublicUrl::dangerous_plain_http } else { str::parse };
    reader.one("public_url", parse)
}

fn login_page(reader: &mut Reader<'_>) -> LoginPage {
    let mut page = LoginPage::new();
    for url in reader.list("return_urls", str::parse::<CallbackUrl>) {
        page = page.return_url(url);
    }
    if reader.get("wallet_websites").is_some() {
        page = page.websites_only(reader.list("wallet_websites", str::parse::<Website>));
    }
    if let Some(wallets) = reader.one("wallets", |path| WalletManifest::read(Path::new(path))) {
        page = page.wallets(wallets);
    }
    looks(reader, page)
}

fn looks(reader: &mut Reader<'_>, mut page: LoginPage) -> LoginPage {
    if let Some(name) = reader.one("login_name", str::parse::<SiteName>) {
        page = page.name(name);
    }
    if let Some(logo) = reader.one("login_logo", |path| Logo::read(Path::new(path))) {
        page = page.logo(logo);
    }
    // A list in the file, or texts between commas.
    if let Some(given) = reader.get("login_theme") {
        match given.values.join(",").parse::<Theme>() {
            Ok(theme) => page = page.theme(theme),
            Err(error) => reader.fault("login_theme", error.to_string()),
        }
    }
    if let Some(style) = reader.one("login_style", read_file) {
        page = page.style(style);
    }
    let template = |path: &str| read_file(path)?.parse::<Template>().map_err(|error| error.to_string());
    match reader.one("login_template", template) {
        Some(template) => page.template(template),
        None => page,
    }
}

/// The lists of the configuration, and those of the file behind them.
fn account_rules(reader: &mut Reader<'_>) -> AccountRules {
    let mut rules = AccountRules {
        allow: reader.list("allow_accounts", str::parse::<AccountPattern>),
        deny: reader.list("deny_accounts", str::parse::<AccountPattern>),
    };
    if let Some(file) = reader.one("account_rules", |path| accounts::rules(&read_file(path)?)) {
        rules.allow.extend(file.allow);
        rules.deny.extend(file.deny);
    }
    rules
}
