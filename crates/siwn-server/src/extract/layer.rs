//! A layer for routes that are all for people who are signed in.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::response::{IntoResponse, Response};
use http::Request;
use tower::{Layer, Service};

use super::SignedIn;
use crate::siwn::Siwn;

/// Lets requests of people pass who are signed in, and answers all others as [`SignedIn`] does: 401, or the way to the login page.
///
/// Whoever passes stands in the request's extensions: `Extension<SignedIn>`, or just [`SignedIn`], in a handler.
///
/// ```
/// use axum::{Extension, Router, routing::get};
/// use siwn_server::{SignedIn, Siwn};
///
/// async fn report(Extension(user): Extension<SignedIn>) -> String {
///     format!("{}'s report", user.account())
/// }
///
/// let siwn = Siwn::builder("app.example").build()?;
/// let members = Router::new().route("/report", get(report)).route_layer(siwn.signed_in_layer());
/// let app: Router = Router::new().route("/", get(async || "everybody")).nest("/members", members).merge(siwn.routes());
/// # Ok::<(), siwn_server::BuildError>(())
/// ```
///
/// - With [`Router::route_layer`](axum::Router::route_layer) what is no route stays a 404; with [`Router::layer`](axum::Router::layer) the
///   fallback is protected too, and strangers are not told what is there. Either holds for what was added to the router before it.
/// - A request that changes something (no `GET`, `HEAD`, `OPTIONS` or `TRACE`), and one that opens a WebSocket, passes only from the site's
///   own pages, from those of allowed origins, and from programs. Others get 403, whoever is signed in.
/// - A browser sends no session with the question before a request from another origin (`OPTIONS`, CORS): whoever has pages of other
///   origins puts his CORS layer around this one, by adding it after.
#[derive(Clone, Debug)]
pub struct SignedInLayer(Siwn);

/// What [`SignedInLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct SignedInOnly<S> {
    siwn: Siwn,
    inner: S,
}

impl Siwn {
    /// A layer for routes that are all for people who are signed in.
    #[must_use]
    pub fn signed_in_layer(&self) -> SignedInLayer {
        SignedInLayer(self.clone())
    }
}

impl<S> Layer<S> for SignedInLayer {
    type Service = SignedInOnly<S>;

    fn layer(&self, inner: S) -> Self::Service {
        SignedInOnly { siwn: self.0.clone(), inner }
    }
}

impl<S, B> Service<Request<B>> for SignedInOnly<S>
where
    S: Service<Request<B>, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was found ready is the one to call.
        let later = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, later);
        let siwn = self.siwn.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match SignedIn::or_answer(&siwn, &parts).await {
                Ok(signed_in) => {
                    parts.extensions.insert(signed_in);
                    inner.call(Request::from_parts(parts, body)).await.map(IntoResponse::into_response)
                }
                Err(rejection) => Ok(rejection.into_response()),
            }
        })
    }
}
