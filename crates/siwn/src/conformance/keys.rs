//! Which keys an account signed in with.

use super::{Arc, BoxFuture, KeyMemory, PublicKey, Suite, account, expect, key};
use crate::store::KEYS_REMEMBERED;

impl Suite {
    pub(super) async fn a_key_is_new_once(&self) {
        let (store, _) = self.store().await;
        let (alice, bob) = (account("alice.near"), account("bob.near"));
        let others = PublicKey::from_secp256k1([9; 64]);
        assert_eq!(expect(store.remember_key(&alice, &key(1)).await), KeyMemory::FirstOfAccount);
        assert_eq!(expect(store.remember_key(&alice, &key(1)).await), KeyMemory::Known);
        assert_eq!(expect(store.remember_key(&alice, &others).await), KeyMemory::New);
        for known in [&key(1), &others] {
            assert_eq!(expect(store.remember_key(&alice, known).await), KeyMemory::Known);
            assert_eq!(expect(store.recall_key(&alice, known).await), KeyMemory::Known);
        }
        assert_eq!(expect(store.remember_key(&bob, &key(1)).await), KeyMemory::FirstOfAccount, "of another account");
    }

    pub(super) async fn looking_for_a_key_remembers_nothing(&self) {
        let (store, _) = self.store().await;
        let alice = account("alice.near");
        for _ in 0..2 {
            assert_eq!(expect(store.recall_key(&alice, &key(1)).await), KeyMemory::FirstOfAccount);
        }
        expect(store.remember_key(&alice, &key(1)).await);
        for _ in 0..2 {
            assert_eq!(expect(store.recall_key(&alice, &key(2)).await), KeyMemory::New);
        }
    }

    pub(super) async fn of_many_first_uses_of_a_key_one_is_new(&self) {
        let (store, _) = self.store().await;
        for (number, expected) in [(1, KeyMemory::FirstOfAccount), (2, KeyMemory::New)] {
            let first_use = |_| {
                let store = Arc::clone(&store);
                Box::pin(async move { expect(store.remember_key(&account("alice.near"), &key(number)).await) })
                    as BoxFuture<'static, KeyMemory>
            };
            let answers = self.at_once((0..16).map(first_use).collect()).await;
            assert_eq!(answers.iter().filter(|answer| **answer == expected).count(), 1, "{answers:?}");
            assert_eq!(answers.iter().filter(|answer| **answer == KeyMemory::Known).count(), 15, "{answers:?}");
        }
    }

    pub(super) async fn the_keys_that_were_used_last_are_remembered(&self) {
        let (store, _) = self.store().await;
        let alice = account("alice.near");
        let last = u8::try_from(KEYS_REMEMBERED).expect("a small number");
        for number in 0..last {
            expect(store.remember_key(&alice, &key(number)).await);
        }
        assert_eq!(expect(store.remember_key(&alice, &key(0)).await), KeyMemory::Known, "used again, and so it stays");
        assert_eq!(expect(store.remember_key(&alice, &key(last)).await), KeyMemory::New);
        let recalled = async |number| expect(store.recall_key(&alice, &key(number)).await);
        assert_eq!(recalled(1).await, KeyMemory::New, "the one that was not used for longest");
        for number in [0, 2, last - 1, last] {
            assert_eq!(recalled(number).await, KeyMemory::Known, "{number}");
        }
    }
}
