//! Bodies of requests: whole, not too long, and in time.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use crate::http::error::ControlError;

/// How long a body may take.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// A body, or the status with which it is refused: 413 for one that is too long, 408 for one that does not end, 400 for one that
/// breaks off.
pub(crate) struct WholeBody(pub(crate) Result<Bytes, StatusCode>);

impl<S: Send + Sync> FromRequest<S> for WholeBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Self, Self::Rejection> {
        let body = tokio::time::timeout(LONGEST_WAIT, Bytes::from_request(request, state)).await;
        Ok(Self(match body {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(rejection)) => Err(rejection.status()),
            Err(_) => Err(StatusCode::REQUEST_TIMEOUT),
        }))
    }
}

/// What a body of JSON says.
pub(crate) fn read<T: DeserializeOwned>(WholeBody(body): WholeBody) -> Result<T, ControlError> {
    let body = body.map_err(|status| match status {
        StatusCode::PAYLOAD_TOO_LARGE => ControlError::TooLarge,
        StatusCode::REQUEST_TIMEOUT => ControlError::TooSlow,
        _ => ControlError::Body,
    })?;
    serde_json::from_slice(&body).map_err(|_| ControlError::Body)
}
