//! What the server says of itself, as expressions that statements are made with.

use super::literal::millis;
use crate::Clock;

/// The store's time, as an expression.
pub(super) fn now(clock: Option<&Clock>) -> String {
    match clock {
        None => "floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint".into(),
        Some(clock) => format!("{}::bigint", millis(clock())),
    }
}

/// What the memory of spent challenges depends on: one run of the server, and the file that the table is in. Whatever may have lost rows,
/// such as a backup that was put back, a standby that took over, or a table that was made anew, is another one.
macro_rules! run {
    () => {
        "concat_ws(':', extract(epoch FROM pg_postmaster_start_time()), 'siwn.session'::regclass::oid, \
         pg_relation_filenode('siwn.session'))"
    };
}
pub(super) use run;
