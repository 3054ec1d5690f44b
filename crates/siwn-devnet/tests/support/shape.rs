//! Replies against recorded ones: the same members, of the same types and, where they do not depend on the chain, with the same
//! values.

use serde_json::Value;
use siwn::PublicKey;
use siwn_devnet::{Devnet, Reply};

/// The hash in the fixtures' requests.
pub(crate) const FIXTURE_HASH: &str = "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk";
pub(crate) const NONCE: &[&str] = &["nonce", "block_hash", "block_height"];
pub(crate) const BLOCK: &[&str] = &["block_hash", "block_height"];

pub(crate) fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap()
}

/// The text of a key in the fixtures.
pub(crate) fn fixture_key(name: &str) -> PublicKey {
    let keys: Value = serde_json::from_str(&fixture("keys")).unwrap();
    keys[name]["public_key"].as_str().unwrap().parse().unwrap()
}

pub(crate) fn of_type(name: &str) -> PublicKey {
    fixture_key(if name == "ml-dsa-65" { "ml-dsa-65 (seed 07*32)" } else { name })
}

/// Whether `reply` is what the fixture says, but for members of the names in `varying`, which need only have the same type.
#[track_caller]
pub(crate) fn assert_like(reply: &Reply, status: u16, name: &str, varying: &[&str]) {
    assert_eq!(reply.status, status, "{name}");
    let reply: Value = serde_json::from_slice(&reply.body).unwrap();
    let expected: Value = serde_json::from_str(&fixture(name)).unwrap();
    compare(name, &reply, &expected, varying);
}

#[track_caller]
pub(crate) fn compare(path: &str, value: &Value, expected: &Value, varying: &[&str]) {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            let names = |object: &serde_json::Map<String, Value>| object.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(value), names(expected), "{path}");
            for (name, member) in expected {
                let path = format!("{path}.{name}");
                if varying.contains(&name.as_str()) {
                    assert_eq!(type_of(&value[name]), type_of(member), "{path}");
                } else {
                    compare(&path, &value[name], member, varying);
                }
            }
        }
        (Value::Array(value), Value::Array(expected)) => {
            assert_eq!(value.len(), expected.len(), "{path}");
            for (index, (value, expected)) in value.iter().zip(expected).enumerate() {
                compare(&format!("{path}[{index}]"), value, expected, varying);
            }
        }
        _ => assert_eq!(value, expected, "{path}"),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Answers the fixture's request, at the final block where it names a hash.
pub(crate) fn answer(devnet: &Devnet, name: &str) -> Reply {
    devnet.answer(fixture(name).replace(FIXTURE_HASH, &devnet.final_block().hash.to_string()).as_bytes())
}
