//! The keys that tokens are signed with: one writer at a time.

use super::{Arc, BoxFuture, COPIES, START, Store, Suite, TestClock, expect, open};
use crate::signing_keys::SealedKeys;

impl Suite {
    pub(super) async fn signing_keys_are_kept_as_they_are(&self) {
        let (store, _) = self.store().await;
        assert_eq!(expect(store.signing_keys().await), None);
        let awkward = sealed(r#"{"a": ["\\", "'; --", "é"]}"#);
        assert!(expect(store.replace_signing_keys(None, &awkward).await));
        assert_eq!(expect(store.signing_keys().await).as_ref(), Some(&awkward));
        let long = sealed(&"x".repeat(10_000));
        assert!(expect(store.replace_signing_keys(Some(&awkward), &long).await));
        assert_eq!(expect(store.signing_keys().await), Some(long));
    }

    pub(super) async fn signing_keys_are_replaced_by_who_knows_them(&self) {
        let (store, _) = self.store().await;
        let [first, second, third] = ["first", "second", "third"].map(sealed);
        assert!(!expect(store.replace_signing_keys(Some(&first), &second).await), "there are none yet");
        assert_eq!(expect(store.signing_keys().await), None);
        assert!(expect(store.replace_signing_keys(None, &first).await));
        assert!(expect(store.replace_signing_keys(None, &first).await), "the same call again");
        assert!(!expect(store.replace_signing_keys(None, &second).await), "there are some already");
        assert!(expect(store.replace_signing_keys(Some(&first), &second).await));
        assert!(expect(store.replace_signing_keys(Some(&first), &second).await), "the same call again");
        assert!(!expect(store.replace_signing_keys(Some(&first), &third).await), "somebody was faster");
        assert_eq!(expect(store.signing_keys().await), Some(second));
    }

    pub(super) async fn of_many_new_signing_keys_at_once_one_wins(&self) {
        let (store, _) = self.store().await;
        self.race_for_signing_keys(&[store]).await;
    }

    pub(super) async fn of_new_signing_keys_at_two_handles_one_wins(&self) {
        let (place, clock) = (self.place(), TestClock::at(START));
        self.race_for_signing_keys(&[self.at(place, &clock).await, self.at(place, &clock).await]).await;
    }

    pub(super) async fn signing_keys_outlive_the_handle(&self) {
        let (place, clock) = (self.place(), TestClock::at(START));
        let store = self.at(place, &clock).await;
        let session = open(&*store, 1, |_| ()).await;
        assert!(expect(store.replace_signing_keys(None, &sealed("kept")).await));
        drop(store);

        let store = self.at(place, &clock).await;
        assert!(expect(store.find(session.id).await).is_some());
        assert_eq!(expect(store.signing_keys().await), Some(sealed("kept")));
    }

    /// First in the place of nothing, then in the place of what won.
    async fn race_for_signing_keys(&self, handles: &[Arc<dyn Store>]) {
        for _ in 0..3 {
            let old = expect(handles[0].signing_keys().await);
            let name = |number| sealed(&format!("{number} after {old:?}"));
            let attempt = |(number, store): (u8, &Arc<dyn Store>)| {
                let (store, old, new) = (Arc::clone(store), old.clone(), name(number));
                Box::pin(async move { expect(store.replace_signing_keys(old.as_ref(), &new).await).then_some(new) })
                    as BoxFuture<'static, Option<SealedKeys>>
            };
            let attempts = (0..COPIES).zip(handles.iter().cycle()).map(attempt).collect();
            let winners: Vec<_> = self.at_once(attempts).await.into_iter().flatten().collect();
            assert_eq!(winners.len(), 1, "{winners:?}");
            for handle in handles {
                assert_eq!(expect(handle.signing_keys().await).as_ref(), winners.first());
            }
        }
    }
}

fn sealed(text: &str) -> SealedKeys {
    SealedKeys::new(text)
}
