//! HTML with places for values: `{{name}}`.

/// A value for a place in a template.
pub(super) enum Value {
    /// Escaped where it stands.
    Text(String),
    /// HTML or JSON that is made here.
    Markup(String),
}

/// Fills every place. A place that nobody knows stays empty; tests see to it that there is none.
pub(super) fn fill(template: &str, value: impl Fn(&str) -> Option<Value>) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let (name, after) = after.split_once("}}").unwrap_or((after, ""));
        match value(name) {
            Some(Value::Text(text)) => filled.push_str(&escaped(&text)),
            Some(Value::Markup(markup)) => filled.push_str(&markup),
            None => debug_assert!(false, "nobody knows {name}"),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Text in HTML, between tags and in quoted attributes.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON inside of a script element: nothing in it ends the element.
pub(super) fn json(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_not_looked_through_again() {
        let value = |name: &str| match name {
            "bad" => Some(Value::Text("<b a=\"1\">{{good}}&".into())),
            "good" => Some(Value::Markup("<i>".into())),
            _ => None,
        };
        assert_eq!(fill("a {{bad}} {{good}} z", value), "a &lt;b a=&quot;1&quot;&gt;{{good}}&amp; <i> z");
    }

    #[test]
    fn json_cannot_end_a_script() {
        assert_eq!(json(&serde_json::json!({ "a": "</script><!--" })), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
    }
}
