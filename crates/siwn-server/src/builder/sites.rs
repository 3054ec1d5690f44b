//! Several sites of one server: what tells them apart, and what they share.

use std::collections::BTreeSet;
use std::sync::Arc;

use siwn::PublicUrl;

use super::BuildError;
use crate::caller;
use crate::site::{Served, Sites, is_plain_path};

/// The sites, which something tells apart: the recipient for sessions, the address for requests.
pub(super) fn told_apart(sites: Vec<Arc<Served>>) -> Result<Sites, BuildError> {
    let mut sites = sites.into_iter();
    let first = sites.next().expect("a server is begun with a site");
    let sites = Sites { first, further: sites.collect() };
    for audience in sites.iter().flat_map(|site| &site.audiences) {
        if sites.iter().any(|site| site.public_url.origin().as_str() == audience.as_str()) {
            return Err(BuildError::AudienceOfIdentity(audience.to_string()));
        }
    }
    if sites.further.is_empty() {
        return Ok(sites);
    }
    let (mut recipients, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    for site in sites.iter() {
        let (recipient, address) = (site.site().recipient().to_string(), site.public_url.to_string());
        if !is_plain_path(site.public_url.path()) {
            return Err(BuildError::SitePath(address));
        }
        if !recipients.insert(recipient.clone()) {
            return Err(BuildError::SameSite { what: "recipient", text: recipient });
        }
        if !addresses.insert(address.clone()) {
            return Err(BuildError::SameSite { what: "address", text: address });
        }
    }
    Ok(sites)
}

/// Whether two addresses have one host name, and so one jar of cookies.
pub(super) fn same_host_name(one: &PublicUrl, other: &PublicUrl) -> bool {
    let name = |url: &PublicUrl| {
        let (_, host) = url.origin().as_str().split_once("://").expect("an origin has a scheme");
        caller::without_port(host).to_owned()
    };
    name(one) == name(other)
}
