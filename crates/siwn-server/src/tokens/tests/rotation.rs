//! Keys over time. Nobody reads a clock: each process is told what its own shows.

use std::collections::BTreeSet;

use super::*;

/// How long a key is published before it signs.
const AHEAD: Duration = DAY;
/// How old a list may be.
const LOOK: Duration = Duration::from_secs(5);

/// What a clock shows that differs by so many seconds.
fn shown(time: UnixMillis, seconds: i64) -> UnixMillis {
    UnixMillis::new(time.get().checked_add_signed(seconds * 1000).unwrap())
}

#[tokio::test]
async fn over_many_days_every_process_knows_every_key_before_it_signs() {
    let store = memory();
    // Ten seconds between the fastest clock and the slowest.
    let processes = [-5, 0, 5].map(|seconds| (process(&store, secret(1)), seconds));
    let (mut signed, mut lists) = (BTreeSet::new(), Vec::<(UnixMillis, String)>::new());
    let mut time = NOW;
    while time < NOW + 100 * DAY {
        for (own, seconds) in &processes {
            let token = token(own, shown(time, *seconds)).await;
            signed.insert(name(&token));
            for (other, seconds) in &processes {
                let jwks = other.jwks(shown(time, *seconds)).await.unwrap();
                assert!(names(&jwks).len() <= 3, "{jwks}");
                verify(&jwks, &token, shown(time, *seconds)).unwrap_or_else(|error| panic!("{error} at {time:?}"));
            }
            // What others keep may be as old as its lifetime says.
            lists.retain(|(since, _)| time.since(*since) <= JWKS_LIFETIME);
            if let Some((_, kept)) = lists.first() {
                verify(kept, &token, time).unwrap_or_else(|error| panic!("{error} at {time:?}, by a list that was kept"));
            }
        }
        lists.push((time, processes[0].0.jwks(shown(time, -5)).await.unwrap()));
        // Closely around the time at which a key takes over, loosely elsewhere.
        let soon = time.since(NOW) + Duration::from_hours(4);
        let near = soon.as_secs() % KEY_LIFETIME.as_secs() < 5 * 3600 && soon > KEY_LIFETIME;
        time = time + Duration::from_secs(if near { 60 } else { 3 * 3600 + 7 });
    }
    assert_eq!(signed.len(), 4, "one for each thirty days");
}

#[tokio::test]
async fn a_key_is_published_a_day_before_it_signs_and_until_its_last_token_is_over() {
    let tokens = process(&memory(), secret(1));
    let first = name(&token(&tokens, NOW).await);
    let published = async |at| names(&tokens.jwks(at).await.unwrap());
    // A whole day after it was made.
    let takes_over = NOW + KEY_LIFETIME + LOOK;
    let second = NOW + 29 * DAY;
    assert_eq!(published(just_before(second)).await, [first.as_str()]);
    let both = published(second + LOOK).await;
    assert_eq!((both.len(), &both[0]), (2, &first));
    assert_eq!(name(&token(&tokens, just_before(takes_over)).await), first);
    assert_eq!(name(&token(&tokens, takes_over).await), both[1]);
    let over = takes_over + Duration::from_mins(16);
    assert_eq!(published(just_before(over)).await, both);
    assert_eq!(published(over + LOOK).await, both[1..]);
}

#[tokio::test]
async fn a_server_that_nobody_asked_for_a_year_goes_on_with_its_key_until_the_next_one_is_known() {
    let tokens = process(&memory(), secret(1));
    let first = name(&token(&tokens, NOW).await);
    let later = NOW + 365 * DAY;
    assert_eq!(name(&token(&tokens, later).await), first);
    assert_eq!(names(&tokens.jwks(later).await.unwrap()).len(), 2);
    assert_eq!(name(&token(&tokens, just_before(later + AHEAD)).await), first);
    assert_ne!(name(&token(&tokens, later + AHEAD).await), first);
}

#[tokio::test]
async fn ten_processes_that_start_at_once_have_one_key() {
    let store = memory();
    let starts: Vec<_> = (0..10)
        .map(|_| {
            let tokens = process(&store, secret(1));
            tokio::spawn(async move { (tokens.jwks(NOW).await.unwrap(), token(&tokens, NOW).await) })
        })
        .collect();
    let mut lists = BTreeSet::new();
    for start in starts {
        let (jwks, token) = start.await.unwrap();
        assert!(verify(&jwks, &token, NOW).is_ok());
        lists.insert(jwks);
    }
    assert_eq!(lists.len(), 1);
    assert_eq!(names(lists.first().unwrap()).len(), 1);
}

#[tokio::test]
async fn ten_processes_that_find_a_key_due_make_one() {
    let store = memory();
    let processes: Vec<_> = (0..10).map(|_| Arc::new(process(&store, secret(1)))).collect();
    for tokens in &processes {
        tokens.jwks(NOW).await.unwrap();
    }
    let due = NOW + KEY_LIFETIME;
    let looks: Vec<_> = processes.into_iter().map(|tokens| tokio::spawn(async move { tokens.jwks(due).await.unwrap() })).collect();
    let mut lists = BTreeSet::new();
    for look in looks {
        lists.insert(look.await.unwrap());
    }
    assert_eq!(lists.len(), 1);
    assert_eq!(names(lists.first().unwrap()).len(), 2);
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_years_spoils_nothing_for_others() {
    for years in [-2_i64, 2] {
        let store = memory();
        let (right, wrong) = (process(&store, secret(1)), process(&store, secret(1)));
        let first = name(&token(&right, NOW).await);
        let elsewhere = shown(NOW, years * 365 * 24 * 3600);
        for _ in 0..3 {
            wrong.jwks(elsewhere).await.unwrap();
        }
        let mut time = NOW;
        while time < NOW + 70 * DAY {
            let token = token(&right, time).await;
            assert!(verify(&right.jwks(time).await.unwrap(), &token, time).is_ok());
            assert_eq!(name(&token) == first, time < NOW + KEY_LIFETIME, "{years} years at {time:?}");
            time = time + DAY / 2;
        }
    }
}

#[test]
fn a_key_is_published_for_longer_than_lists_are_kept_whatever_its_lifetime() {
    for lifetime in [Duration::ZERO, Duration::from_hours(1), 2 * DAY, KEY_LIFETIME, 365 * DAY] {
        let ahead = Schedule::new(lifetime).ahead();
        assert!(ahead >= JWKS_LIFETIME + keyring::LONGEST + Duration::from_secs(10), "{lifetime:?}");
        assert!(ahead <= AHEAD);
    }
    assert_eq!(Schedule::new(2 * DAY).ahead(), AHEAD);
}

fn just_before(time: UnixMillis) -> UnixMillis {
    UnixMillis::new(time.get() - 1)
}
