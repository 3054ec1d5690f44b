//! Nodes to ask: addresses in a list, or tables `[[rpc.endpoints]]` with headers and a priority.

use siwn_chain::{EndpointSettings, RpcHeader, RpcUrl};
use toml::{Table, Value};

/// What is wrong with which table, counted from 1.
pub(super) type TableFault = (usize, String);

/// The tables of `[[rpc.endpoints]]`, if that is all there is.
pub(super) fn tables(mut rpc: Table) -> Option<Vec<Table>> {
    let Some(Value::Array(endpoints)) = rpc.remove("endpoints") else { return None };
    if !rpc.is_empty() || endpoints.is_empty() {
        return None;
    }
    endpoints.into_iter().map(|endpoint| if let Value::Table(table) = endpoint { Some(table) } else { None }).collect()
}

/// The endpoints of all tables, or everything that is wrong with them. Neither shows an address or a header's value.
pub(super) fn endpoints(tables: &[Table]) -> Result<Vec<EndpointSettings>, Vec<TableFault>> {
    let (mut endpoints, mut faults) = (Vec::new(), Vec::new());
    for (number, table) in (1..).zip(tables) {
        match endpoint(table) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(problems) => faults.extend(problems.into_iter().map(|problem| (number, problem))),
        }
    }
    if faults.is_empty() { Ok(endpoints) } else { Err(faults) }
}

fn endpoint(table: &Table) -> Result<EndpointSettings, Vec<String>> {
    let mut problems = Vec::new();
    if table.keys().any(|key| !["url", "headers", "priority"].contains(&key.as_str())) {
        problems.push("an endpoint has url, headers and priority, and nothing else".to_owned());
    }
    let url = match table.get("url").and_then(Value::as_str).map(str::parse::<RpcUrl>) {
        Some(Ok(url)) => Some(url),
        Some(Err(error)) => {
            problems.push(format!("url: {error}"));
            None
        }
        None => {
            problems.push("url is missing: a text, as in \"https://rpc.example\"".to_owned());
            None
        }
    };
    let headers = table.get("headers").map_or(Ok(Vec::new()), headers).unwrap_or_else(|problem| {
        problems.push(problem);
        Vec::new()
    });
    let priority = match table.get("priority").map(Value::as_integer) {
        None => Some(0),
        Some(number) => number.and_then(|number| u8::try_from(number).ok()),
    };
    if priority.is_none() {
        problems.push("priority is a number from 0 to 255".to_owned());
    }
    match (url, priority) {
        (Some(url), Some(priority)) if problems.is_empty() => {
            let mut endpoint = EndpointSettings::new(url);
            (endpoint.headers, endpoint.priority) = (headers, priority);
            Ok(endpoint)
        }
        _ => Err(problems),
    }
}

fn headers(value: &Value) -> Result<Vec<RpcHeader>, String> {
    let table = value.as_table().ok_or("headers is a table, as in { authorization = \"Bearer KEY\" }")?;
    let header = |(name, value): (&String, &Value)| {
        let value = value.as_str().ok_or("a header's value is a text")?;
        RpcHeader::new(name, value).map_err(|error| error.to_string())
    };
    table.iter().map(header).collect::<Result<_, String>>().map_err(|problem| format!("headers: {problem}"))
}
