//! Account names: a name that is taken is taken as it is.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn::AccountId;
use siwn_fuzz::{text, within_allowance};

fuzz_target!(|input: &[u8]| {
    let Some(text) = text(input) else { return };
    let Ok(account) = within_allowance(text.len(), || text.parse::<AccountId>()) else { return };
    assert_eq!(account.as_str(), text);
    assert!((2..=64).contains(&text.len()) && text.is_ascii());
    assert_eq!(account.to_string().parse(), Ok(account.clone()));
    let _ = (account.kind(), account.is_system());
    if let Some(parent) = account.parent() {
        assert!(text.ends_with(&format!(".{parent}")));
        assert_eq!(parent.as_str().parse(), Ok(parent.clone()));
        let _ = parent.kind();
    }
});
