//! Who sent a request, as far as the connection, trusted proxies and this server itself say.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use http::{Extensions, HeaderMap};

use crate::client::TrustedProxies;
use crate::request_id::RequestId;

/// Who sent a request.
#[derive(Clone, Debug)]
pub(crate) struct Requester {
    /// None on a route that is an application's own.
    pub(crate) id: Option<RequestId>,
    /// None where there is no connection.
    pub(crate) client: Option<IpAddr>,
}

impl Requester {
    /// The server itself.
    pub(crate) const fn server() -> Self {
        Self { id: None, client: None }
    }

    /// Whoever the request's layers have found out; else what the request says itself.
    pub(crate) fn of(proxies: &TrustedProxies, extensions: &Extensions, headers: &HeaderMap) -> Self {
        let known = extensions.get::<Self>().cloned();
        known.unwrap_or_else(|| {
            let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| *peer);
            Self { id: None, client: peer.map(|peer| proxies.client(peer, headers)) }
        })
    }
}
