//! More logins than a node answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use super::*;

const LOGINS: usize = 1000;
const PER_SECOND: usize = 50;

/// A node that answers so many requests in each second, and asks for less after these.
fn limited(retry_after: Option<u64>) -> Script {
    let counted = Mutex::new((0, 0));
    script(move |request| {
        let mut counted = counted.lock().unwrap();
        let second = request.since.elapsed().as_secs();
        if counted.0 != second {
            *counted = (second, 0);
        }
        counted.1 += 1;
        if counted.1 > PER_SECOND { Answer::limited(retry_after) } else { request.honest() }
    })
}

#[tokio::test(start_paused = true)]
async fn a_thousand_logins_over_a_node_of_fifty_requests_a_second_end_in_order_and_without_a_storm() {
    for retry_after in [Some(1), None] {
        let nodes = Nodes::new(vec![limited(retry_after)]);
        let chain = nodes.chain(|_| {});
        let ended = AtomicUsize::new(0);
        let accounts: Vec<_> = (0..LOGINS).map(|number| format!("account{number}.near")).collect();
        let log_in = async |account: &String| {
            let answer = ask(&chain, account).await;
            (answer, ended.fetch_add(1, Ordering::SeqCst))
        };
        let answers = join_all(accounts.iter().map(log_in)).await;

        // Everybody within the time of a look-up; nobody is refused.
        assert!(nodes.since.elapsed() <= Duration::from_millis(4100), "{:?}", nodes.since.elapsed());
        assert!(answers.iter().all(|(answer, _)| answer.as_ref().map_or_else(|error| !error.is_limited(), |_| true)));
        let signed_in: Vec<_> = (0..LOGINS).filter(|number| answers[*number].0.is_ok()).collect();
        let seconds = if retry_after.is_some() { 3 } else { 2 };
        assert!(signed_in.len() >= seconds * (PER_SECOND - 2), "{retry_after:?} {}", signed_in.len());

        // Who came first was served first: of those who were served, nobody more than a line's length before his turn.
        let in_order = signed_in.iter().enumerate().all(|(place, number)| number.abs_diff(place) <= 64);
        assert!(in_order, "{signed_in:?}");
        let order: Vec<_> = signed_in.iter().map(|number| answers[*number].1).collect();
        let overtaken = order.iter().enumerate().filter(|(at, ended)| order[..*at].iter().any(|earlier| earlier > &(**ended + 64)));
        assert_eq!(overtaken.count(), 0, "{order:?}");

        // What was asked in vain is little beside what was answered.
        let in_vain = nodes.total() - signed_in.len();
        assert!(in_vain <= signed_in.len(), "{retry_after:?} {in_vain} of {}", nodes.total());

        // And when the storm is over, logins go as ever.
        sleep(Duration::from_secs(5)).await;
        assert_eq!(access(&chain, "late.near").await, Access::Full);
    }
}
