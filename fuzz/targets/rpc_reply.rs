//! What a node answers: no bytes take more memory than they warrant, and none that name no full access are a yes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use siwn_chain::fuzz_reply;
use siwn_fuzz::within_allowance;

fuzz_target!(|input: &[u8]| within_allowance(input.len(), || fuzz_reply(input)));
