//! Methods, as far as requests are counted and faults chosen by them.

/// How many requests reached the node, answered or not, by method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// `status`.
    pub status: u64,
    /// `block`.
    pub block: u64,
    /// `query`, its `EXPERIMENTAL_` twins included; each entry of a batch counts.
    pub query: u64,
    /// Everything else, what is no request included.
    pub other: u64,
}

impl Requests {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.status + self.block + self.query + self.other
    }

    pub(crate) const fn count(&mut self, method: Method) {
        match method {
            Method::Status => self.status += 1,
            Method::Block => self.block += 1,
            Method::Query | Method::View | Method::Call => self.query += 1,
            Method::Other => self.other += 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Status,
    Block,
    /// Both of the next two; no request is of this one.
    Query,
    /// A query of an account or a key.
    View,
    /// A query that calls a contract.
    Call,
    Other,
}

impl Method {
    pub(crate) fn includes(self, other: Self) -> bool {
        self == other || self == Self::Query && matches!(other, Self::View | Self::Call)
    }
}

/// A query's request type, by the name of its method of its own.
pub(crate) fn experimental(method: &str) -> Option<&'static str> {
    match method {
        "EXPERIMENTAL_view_account" => Some("view_account"),
        "EXPERIMENTAL_view_access_key" => Some("view_access_key"),
        "EXPERIMENTAL_view_access_key_list" => Some("view_access_key_list"),
        "EXPERIMENTAL_call_function" => Some("call_function"),
        _ => None,
    }
}
