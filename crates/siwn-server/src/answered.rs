//! What became of a request, and why: for whoever develops against a server of his own.

/// Takes what is told.
pub(crate) type AnswerHook = Box<dyn Fn(&Answered<'_>) + Send + Sync>;

/// A request that was answered, told by [`Builder::on_answer`](crate::Builder::on_answer). It holds no secret: neither a token nor a
/// cookie, nor a signature.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Answered<'a> {
    /// The request's id, as in `X-Request-Id`.
    pub request_id: &'a str,
    /// The method, or `other`.
    pub method: &'static str,
    /// The route, as in `/api/auth/verify-login`, or `other`.
    pub route: &'static str,
    /// The status of the answer.
    pub status: u16,
    /// `ok`, `preflight`, or the code of the error.
    pub outcome: &'static str,
    /// Why it was not granted, in words that the client does not get. They can hold text of callers and nodes as it came.
    pub reason: Option<&'a str>,
}
