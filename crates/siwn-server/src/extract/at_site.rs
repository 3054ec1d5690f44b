//! Which site a request is for.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::asked_for;
use crate::problem::Problem;
use crate::site::Served;
use crate::siwn::Siwn;

/// The site that a request of our own routes is for.
pub(crate) struct AtSite(pub(crate) Arc<Served>);

impl FromRequestParts<Siwn> for AtSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, siwn: &Siwn) -> Result<Self, Problem> {
        siwn.site_of(parts).map(Self)
    }
}

impl Siwn {
    /// The site that a request is for.
    pub(crate) fn site_of(&self, parts: &Parts) -> Result<Arc<Served>, Problem> {
        if let Some(site) = parts.extensions.get::<Arc<Served>>() {
            return Ok(Arc::clone(site));
        }
        let uri = asked_for(parts);
        self.0.sites.around(uri.path(), uri, &parts.headers).cloned()
    }
}
