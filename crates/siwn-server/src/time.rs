//! The clock, and times in answers: RFC 3339 in UTC, with milliseconds.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Serialize, Serializer};
use siwn::UnixMillis;

/// The last millisecond that has four digits for its year.
const LAST: u64 = 253_402_300_799_999;

/// Reads the time.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

pub(crate) struct Rfc3339(pub(crate) UnixMillis);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = UNIX_EPOCH + Duration::from_millis(self.0.get().min(LAST));
        humantime::format_rfc3339_millis(time).fmt(f)
    }
}

impl Serialize for Rfc3339 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Rfc3339 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Rfc3339".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_can_be_written() {
        let text = |millis| serde_json::to_string(&Rfc3339(UnixMillis::new(millis))).unwrap();
        assert_eq!(text(1_760_000_000_123), "\"2025-10-09T08:53:20.123Z\"");
        assert_eq!(text(u64::MAX), "\"9999-12-31T23:59:59.999Z\"");
    }
}
