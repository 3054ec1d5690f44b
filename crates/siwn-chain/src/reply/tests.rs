use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use siwn::Access;

use super::*;

const PIN: &str = "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk";
const OTHER_BLOCK: &str = "9x97HdHgR9nQktjgpCJrQV1X2D9ms92ctZNauWd5iYPx";
const KEY: &str = "ed25519:9DtCCdgtfxbgmFYJMCgE7Fc6zvEGj9yZAdTYuoNMgMPE";
const OTHER_KEY: &str = "ed25519:JKwv1mPMTaPfDobc4hGBNmKrBfbEx1742GXjvku8fiQ";

fn fixtures() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures"].iter().collect()
}

fn fixture(name: &str) -> String {
    fs::read_to_string(fixtures().join(name)).unwrap()
}

/// Every body of a reply among the fixtures, in the order of their names.
fn replies() -> Vec<String> {
    let names = fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "README.md" && !name.starts_with("req_")).collect();
    names.sort();
    names
}

fn key_answer_of(status: u16, body: &[u8], id: &str, account: &str, key: &str, pin: &str) -> Result<KeyAnswer, Fault> {
    let (account, key) = (account.parse().unwrap(), key.parse().unwrap());
    let id = RequestId(id.into());
    let question = Question::new(&account, &key);
    Reply { status, retry_after: None, body, id: &id }.key_answer(question, pin.parse().unwrap())
}

fn key_answer(status: u16, body: &str) -> Result<KeyAnswer, Fault> {
    key_answer_of(status, body.as_bytes(), "dontcare", "alice.near", KEY, PIN)
}

/// A result of `view_access_key` with these members beside the block.
fn key_result(members: &str) -> Result<KeyAnswer, Fault> {
    key_answer(200, &format!(r#"{{"id":"dontcare","result":{{"block_hash":"{PIN}",{members}}}}}"#))
}

/// How a body is read as the reply to each of the five calls.
fn row(name: &str, status: u16) -> String {
    let body = fixture(name);
    let (account, pin, id) = ("alice.near".parse().unwrap(), PIN.parse().unwrap(), RequestId("dontcare".into()));
    let reply = Reply { status, retry_after: None, body: body.as_bytes(), id: &id };
    let key = match key_answer(status, &body) {
        Ok(KeyAnswer::Has(Access::Full)) => "yes",
        Ok(KeyAnswer::Has(Access::FunctionCall)) => "function call",
        Ok(KeyAnswer::Has(other)) => panic!("{other:?}"),
        Ok(KeyAnswer::KeyMissing) => "no key",
        Ok(KeyAnswer::AccountMissing) => "no account",
        Err(fault) => fault.label(),
    };
    let contract = match reply.contract_answer(&account, pin) {
        Ok(ContractAnswer::Returned(_)) => "returned",
        Ok(ContractAnswer::NoAccount) => "no account",
        Ok(ContractAnswer::NoContract) => "no contract",
        Ok(ContractAnswer::Failed(_)) => "failed",
        Err(fault) => fault.label(),
    };
    let account = match reply.account_answer(&account, pin) {
        Ok(AccountAnswer::Exists) => "exists",
        Ok(AccountAnswer::Missing) => "no account",
        Err(fault) => fault.label(),
    };
    let block = reply.tip().map_or_else(|fault| fault.label(), |_| "tip");
    let network = reply.reported().map_or_else(|fault| fault.label(), |_| "network");
    format!("| {name} | {status} | {key} | {account} | {contract} | {block} | {network} |")
}

#[test]
fn every_fixture_is_read_as_its_table_says() {
    let table = fixture("README.md");
    let rows: Vec<_> = table.lines().filter(|line| line.contains(".json |")).collect();
    let read = rows.iter().map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        row(cells[1], cells[2].parse().unwrap())
    });
    assert_eq!(read.collect::<Vec<_>>().join("\n"), rows.join("\n"));
}

#[test]
fn every_fixture_has_its_row() {
    let table = fixture("README.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(".json |"));
    assert_eq!(rows.map(|(name, _)| format!("{name}.json")).collect::<Vec<_>>(), replies());
}

#[test]
fn a_tip_and_a_network_are_read_in_full() {
    let id = RequestId("dontcare".into());
    let (block, status) = (fixture("res_block.json"), fixture("res_status.json"));
    let reply = |body| Reply { status: 200, retry_after: None, body, id: &id };

    let tip = reply(block.as_bytes()).tip().unwrap();
    assert_eq!((tip.height, tip.hash, tip.made_at().get()), (172_345_678, PIN.parse().unwrap(), 1_786_026_540_123));
    let network = Reported { chain_id: "test".into(), genesis_hash: "CmpNeggWJ4JaWJeJ8YKN1Zypmk7uvQq3PECGUCAEMbky".into() };
    assert_eq!(reply(status.as_bytes()).reported(), Ok(network));
}

#[test]
fn a_yes_is_one_only_for_the_request_at_the_block_with_a_good_status() {
    let body = fixture("res_view_access_key_full_access.json");
    let of = |status, id, pin| key_answer_of(status, body.as_bytes(), id, "alice.near", KEY, pin);

    assert_eq!(of(200, "dontcare", PIN), Ok(KeyAnswer::Has(Access::Full)));
    assert_eq!(of(200, "dontcar", PIN), Err(Fault::OtherId));
    assert_eq!(of(200, "dontcare", OTHER_BLOCK), Err(Fault::OtherBlock));
    for status in [199, 301, 400, 404, 422, 500, 503] {
        assert_eq!(of(status, "dontcare", PIN), Err(Fault::Status { status, retry_after: None }));
    }
}

#[test]
fn a_no_is_one_only_for_the_request_at_the_block() {
    for name in [
        "err_query_flat_unknown_access_key.json",
        "err_query_flat_unknown_account_view_access_key.json",
        "err_query_unknown_access_key_structured.json",
        "err_query_unknown_account.json",
    ] {
        let body = fixture(name);
        let of = |id, pin| key_answer_of(200, body.as_bytes(), id, "alice.near", KEY, pin);
        assert!(matches!(of("dontcare", PIN), Ok(KeyAnswer::KeyMissing | KeyAnswer::AccountMissing)), "{name}");
        assert_eq!(of("another", PIN), Err(Fault::OtherId), "{name}");
        assert_eq!(of("dontcare", OTHER_BLOCK), Err(Fault::OtherBlock), "{name}");
    }
}

#[test]
fn a_no_about_another_account_or_key_is_none() {
    for (name, account, key) in [
        ("err_query_flat_unknown_access_key.json", "alice.near", OTHER_KEY),
        ("err_query_unknown_access_key_structured.json", "alice.near", OTHER_KEY),
        ("err_query_flat_unknown_account_view_access_key.json", "bob.near", KEY),
        ("err_query_unknown_account.json", "bob.near", KEY),
    ] {
        let answer = key_answer_of(200, fixture(name).as_bytes(), "dontcare", account, key, PIN);
        assert_eq!(answer, Err(Fault::OtherSubject), "{name}");
    }
}

#[test]
fn an_error_object_counts_under_any_status() {
    for status in [200, 404, 422, 500] {
        let missing = key_answer(status, &fixture("err_query_unknown_access_key_structured.json"));
        assert_eq!(missing, Ok(KeyAnswer::KeyMissing));
        assert_eq!(key_answer(status, &fixture("err_query_unknown_block_hash.json")), Err(Fault::UnknownBlock));
    }
}

#[test]
fn an_error_inside_of_a_result_wins_over_a_permission() {
    let answer = key_result(&format!(r#""permission":"FullAccess","error":"access key {KEY} does not exist while viewing""#));
    assert_eq!(answer, Ok(KeyAnswer::KeyMissing));
    let answer = key_result(r#""permission":"FullAccess","error":"""#);
    assert_eq!(answer, Err(Fault::Query(Quoted::new(""))));
}

#[test]
fn nearly_the_text_of_a_no_is_none() {
    for text in [
        format!("access key {KEY} does not exist while viewing."),
        format!("Access key {KEY} does not exist while viewing"),
        format!("access key {KEY}  does not exist while viewing"),
        format!("access key {KEY} does not exist"),
        "account alice.near does not exist while viewing the shard".into(),
        "account alice.near\\u0000 does not exist while viewing".into(),
        "does not exist while viewing".into(),
        "account ".into(),
    ] {
        let answer = key_result(&format!(r#""error":"{text}""#));
        assert!(matches!(answer, Err(Fault::Query(_) | Fault::OtherSubject)), "{text}: {answer:?}");
    }
}

#[test]
fn only_two_permissions_grant_everything() {
    let access = |permission: &str| key_result(&format!(r#""nonce":1,"permission":{permission}"#));
    let full = Ok(KeyAnswer::Has(Access::Full));
    let function_call = Ok(KeyAnswer::Has(Access::FunctionCall));

    assert_eq!(access(r#""FullAccess""#), full);
    assert_eq!(access(r#"{"GasKeyFullAccess":{"balance":"1","num_nonces":8}}"#), full);
    for permission in [
        r#""fullaccess""#,
        r#""FullAccess ""#,
        r#""GasKeyFullAccess""#,
        r#""""#,
        r#"{"FullAccess":{}}"#,
        r#"{"GasKeyFullAccess":{},"FunctionCall":{}}"#,
        r#"{"FunctionCall":{},"GasKeyFullAccess":{}}"#,
        r#"{"GasKeyFullAccess":{},"GasKeyFullAccess":{}}"#,
        r#"{"WeeklyAccess":{"GasKeyFullAccess":{}}}"#,
    ] {
        assert_eq!(access(permission), function_call, "{permission}");
    }
    for permission in ["null", "true", "1", "[]", "{}", r#"["FullAccess"]"#] {
        assert_eq!(access(permission), Err(Fault::Garbage), "{permission}");
    }
}

#[test]
fn a_member_twice_is_a_fault() {
    assert_eq!(key_result(r#""permission":{"FunctionCall":{}},"permission":"FullAccess""#), Err(Fault::Garbage));
    assert_eq!(key_result(&format!(r#""permission":"FullAccess","block_hash":"{PIN}""#)), Err(Fault::Garbage));
    let twice = format!(r#"{{"id":"dontcare","result":{{}},"result":{{"block_hash":"{PIN}","permission":"FullAccess"}}}}"#);
    assert_eq!(key_answer(200, &twice), Err(Fault::Garbage));
}

#[test]
fn what_is_no_reply_is_a_fault() {
    let deep = "[".repeat(1 << 20);
    let nested = format!(r#"{{"id":"dontcare","result":{deep}"#);
    let both = format!(r#"{{"id":"dontcare","result":{{"block_hash":"{PIN}","permission":"FullAccess"}},"error":{{}}}}"#);
    for body in ["", "null", "[]", "{}", "<html>", "\u{feff}{}", &deep, &nested, &both, r#"{"id":"dontcare"}"#] {
        let answer = key_answer(200, body);
        assert!(matches!(answer, Err(Fault::Garbage | Fault::OtherId)), "{answer:?}");
    }
    let batch = format!("[{}]", fixture("res_view_access_key_full_access.json"));
    assert_eq!(key_answer(200, &batch), Err(Fault::Garbage));
}

#[test]
fn a_reply_that_is_not_utf_8_is_no_reply_even_where_nobody_reads_it() {
    let body = fixture("res_view_access_key_full_access.json");
    let answer = |body: &[u8]| key_answer_of(200, body, "dontcare", "alice.near", KEY, PIN);
    assert_eq!(answer(body.as_bytes()), Ok(KeyAnswer::Has(Access::Full)));
    let mut body = body.into_bytes();
    let version = body.windows(3).position(|window| window == b"2.0").unwrap();
    body[version] = 0xd8;
    assert_eq!(answer(&body), Err(Fault::Garbage));
}

#[test]
fn an_id_of_another_type_is_not_ours() {
    for id in ["7", "null", "{}", r#"["7"]"#, "\"7\\u0000\""] {
        let body = format!(r#"{{"id":{id},"result":{{"block_hash":"{PIN}","permission":"FullAccess"}}}}"#);
        assert_eq!(key_answer_of(200, body.as_bytes(), "7", "alice.near", KEY, PIN), Err(Fault::OtherId), "{id}");
    }
}

#[test]
fn an_access_key_is_no_account_and_a_status_no_block() {
    let account = "alice.near".parse().unwrap();
    let id = RequestId("dontcare".into());
    let body = fixture("res_view_access_key_full_access.json");
    let reply = Reply { status: 200, retry_after: None, body: body.as_bytes(), id: &id };
    assert_eq!(reply.account_answer(&account, PIN.parse().unwrap()), Err(Fault::Garbage));
    assert_eq!(key_answer(200, &fixture("res_view_account_no_contract.json")), Err(Fault::Garbage));
}

#[test]
fn words_of_a_node_are_escaped() {
    let fault = key_result(r#""error":"\u001b[31m\nlevel=info all is well""#).unwrap_err();
    assert_eq!(fault.to_string(), r#"answered with the error "\u{1b}[31m\nlevel=info all is well""#);
    let body = r#"{"id":"dontcare","error":{"name":"\r\n","cause":{"name":"\u202e"}}}"#;
    let fault = key_answer(500, body).unwrap_err();
    assert_eq!(fault.to_string(), r#"answered with the error "\r\n" of "\u{202e}""#);
}

fn contract_answer_of(status: u16, body: &str, id: &str, pin: &str) -> Result<ContractAnswer, Fault> {
    let id = RequestId(id.into());
    let reply = Reply { status, retry_after: None, body: body.as_bytes(), id: &id };
    reply.contract_answer(&"alice.near".parse().unwrap(), pin.parse().unwrap())
}

#[test]
fn a_contracts_answer_is_its_bytes() {
    let answer = |name| contract_answer_of(200, &fixture(name), "dontcare", PIN);
    let returned = |bytes: &[u8]| Ok(ContractAnswer::Returned(bytes.to_vec()));
    assert_eq!(answer("res_call_function_leaf.json"), returned(br#"{"payload":"login"}"#));
    assert_eq!(answer("res_call_function_empty_result.json"), returned(b""));
    let failed = |words: &str| Ok(ContractAnswer::Failed(words.into()));
    assert_eq!(answer("err_query_flat_contract_panic.json"), failed(r#"HostError(GuestPanic { panic_msg: "invalid signature" })"#));
    assert_eq!(
        answer("err_experimental_call_function_panic.json"),
        failed("ExecutionError: Smart contract panicked: invalid signature")
    );
    assert_eq!(answer("err_query_flat_method_not_found.json"), failed("MethodResolveError(MethodNotFound)"));
}

#[test]
fn a_contracts_answer_is_one_only_for_the_request_at_the_block_with_a_good_status() {
    for name in ["res_call_function_leaf.json", "err_query_flat_contract_panic.json", "err_experimental_call_function_panic.json"] {
        let body = fixture(name);
        assert!(contract_answer_of(200, &body, "dontcare", PIN).is_ok(), "{name}");
        assert_eq!(contract_answer_of(200, &body, "another", PIN), Err(Fault::OtherId), "{name}");
        assert_eq!(contract_answer_of(200, &body, "dontcare", OTHER_BLOCK), Err(Fault::OtherBlock), "{name}");
    }
    let body = fixture("res_call_function_leaf.json");
    assert_eq!(contract_answer_of(500, &body, "dontcare", PIN), Err(Fault::Status { status: 500, retry_after: None }));
}

#[test]
fn what_a_contract_says_itself_makes_it_neither_missing_nor_another() {
    for words in [
        "account alice.near does not exist while viewing",
        "CompilationError(CodeDoesNotExist { account_id: \\\"alice.near\\\" })",
        "wasm execution failed with error: CompilationError(CodeDoesNotExist { account_id: \\\"alice.near\\\" })",
    ] {
        let flat = format!("wasm execution failed with error: HostError(GuestPanic {{ panic_msg: \\\"{words}\\\" }})");
        let body = format!(r#"{{"id":"dontcare","result":{{"block_hash":"{PIN}","logs":[],"error":"{flat}"}}}}"#);
        let answer = contract_answer_of(200, &body, "dontcare", PIN);
        assert!(matches!(answer, Ok(ContractAnswer::Failed(_))), "{words}: {answer:?}");

        let info = format!(r#"{{"block_hash":"{PIN}","vm_error":{{"ExecutionError":"{words}"}}}}"#);
        let error = format!(r#"{{"name":"HANDLER_ERROR","cause":{{"name":"CONTRACT_EXECUTION_ERROR","info":{info}}}}}"#);
        let answer = contract_answer_of(200, &format!(r#"{{"id":"dontcare","error":{error}}}"#), "dontcare", PIN);
        assert!(matches!(answer, Ok(ContractAnswer::Failed(_))), "{words}: {answer:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_never_a_yes(bytes: Vec<u8>, status in 100u16..600) {
        fuzz_reply(&bytes);
        prop_assert!(key_answer_of(status, &bytes, "dontcare", "alice.near", KEY, PIN).is_err());
    }

    #[test]
    fn a_damaged_reply_without_full_access_is_never_a_yes(
        name in prop::sample::select(replies()),
        at: prop::sample::Index,
        put: Vec<u8>,
        cut in 0usize..40,
    ) {
        let mut body = fixture(&name).into_bytes();
        prop_assume!(!body.windows(10).any(|window| window == b"FullAccess"));
        let start = at.index(body.len());
        let end = (start + cut).min(body.len());
        body.splice(start..end, put);
        fuzz_reply(&body);
        let answer = key_answer_of(200, &body, "dontcare", "alice.near", KEY, PIN);
        prop_assert_ne!(answer, Ok(KeyAnswer::Has(Access::Full)));
    }

    #[test]
    fn a_yes_that_is_cut_short_is_none(end: prop::sample::Index) {
        let body = fixture("res_view_access_key_full_access.json");
        let body = body.trim_end();
        let answer = key_answer(200, &body[..end.index(body.len())]);
        prop_assert_eq!(answer, Err(Fault::Garbage));
    }
}
