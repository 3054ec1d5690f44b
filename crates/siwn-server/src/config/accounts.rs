//! The file with the account rules: one rule a line.
//!
//! ```text
//! # Everybody of the team, but for one.
//! allow *.team.near
//! deny mallory.team.near
//! ```

use siwn::{AccountRules, Quoted};

/// Reads the rules, or says what is wrong with which line.
pub(super) fn rules(text: &str) -> Result<AccountRules, String> {
    let mut rules = AccountRules::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        let at = |problem: String| format!("line {}: {problem}", index + 1);
        let (list, pattern) = match line.split_once(char::is_whitespace) {
            Some(("allow", pattern)) => (&mut rules.allow, pattern),
            Some(("deny", pattern)) => (&mut rules.deny, pattern),
            _ => return Err(at(format!("{} does not begin with allow or deny", Quoted::new(line)))),
        };
        let pattern = pattern.trim();
        list.push(pattern.parse().map_err(|error| at(format!("{} {error}", Quoted::new(pattern))))?);
    }
    // A file that was cut off would let everybody in.
    if rules == AccountRules::default() { Err("there is no rule in it".into()) } else { Ok(rules) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_rule_a_comment_or_nothing() {
        let read = rules("# the team\n\nallow *.team.near # all\r\n  deny\tmallory.team.near\nallow alice.near").unwrap();
        let texts = |list: &[siwn::AccountPattern]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(texts(&read.allow), ["*.team.near", "alice.near"]);
        assert_eq!(texts(&read.deny), ["mallory.team.near"]);
    }

    #[test]
    fn a_line_that_is_none_is_told_with_its_number() {
        for (text, problem) in [
            ("# allow alice.near\n", "there is no rule in it"),
            ("allow alice.near\nalice.near", r#"line 2: "alice.near" does not begin with allow or deny"#),
            ("allow", r#"line 1: "allow" does not begin with allow or deny"#),
            ("Allow alice.near", r#"line 1: "Allow alice.near" does not begin with allow or deny"#),
            ("deny Alice.near", r#"line 1: "Alice.near" is an account or *. and an account"#),
            ("deny a.near b.near", r#"line 1: "a.near b.near" is an account or *. and an account"#),
        ] {
            let found = rules(text).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }
}
