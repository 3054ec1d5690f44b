//! What the servers remember: the markers that guard the rows, and the generation that they amount to.
//!
//! Rows lie in buckets, each in one slot and so on one node. A bucket's marker holds a random generation, which node's memory it was made
//! in (its run, and its history of replication), and when it was last looked at. Whatever may have lost rows shows in the marker: a node
//! that was started again or promoted is another memory; one that was emptied has no marker; a slot that moved is somewhere else; a
//! clock that went back far may have let rows expire that guard again. Then the bucket's generation is made anew. The store's generation is
//! a hash of all of them. The script that spends a challenge compares its own bucket's marker, at once with the insert: a
//! process that has not noticed yet lets nobody in.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::future::try_join_all;
use redis::Value;
use sha2::{Digest as _, Sha256};
use siwn::{Generation, SessionId};

use super::deadline::Deadline;
use super::error::Fault;
use super::keys::{BUCKETS, Keys, bucket_of};
use super::link::Link;
use super::scripts::MARKER;

/// How far a node's clock may go back before its bucket's generation is made anew: less than rows outlive their challenges, even by the
/// time that passes between two looks.
pub(super) const CLOCK_PATIENCE: Duration = Duration::from_secs(3);
/// How often the markers are looked at.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What was found at the last look.
pub(super) struct Memory {
    pub(super) generation: Generation,
    markers: Vec<Vec<u8>>,
}

impl Memory {
    /// Looks at all markers, and makes those that are missing or outdated.
    pub(super) async fn look(link: &Link, keys: &Keys, deadline: Deadline) -> Result<Self, Fault> {
        let mut looks = Vec::new();
        for bucket in 0..BUCKETS {
            let look = MARKER.on([keys.marker(bucket)]).with(fresh()?).with(CLOCK_PATIENCE.as_millis().to_string());
            looks.push(async move {
                match link.run(&look, deadline).await? {
                    Value::BulkString(marker) => Ok(marker),
                    _ => Err(Fault::Answer("a look at a marker")),
                }
            });
        }
        let markers: Vec<Vec<u8>> = try_join_all(looks).await?;
        let mut hash = Sha256::new_with_prefix("siwn redis generation v1");
        for marker in &markers {
            hash.update((marker.len() as u64).to_be_bytes());
            hash.update(marker);
        }
        let hash: [u8; 32] = hash.finalize().into();
        let mut generation = [0; 16];
        generation.copy_from_slice(&hash[..16]);
        Ok(Self { generation: Generation::from_bytes(generation), markers })
    }

    /// The marker of the bucket that `id` is in.
    pub(super) fn marker_of(&self, id: SessionId) -> &[u8] {
        &self.markers[usize::from(bucket_of(id))]
    }
}

/// A generation for a bucket that has none.
fn fresh() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(Fault::Random)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes everything");
        text
    }))
}
