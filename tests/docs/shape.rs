//! Whether two JSON documents have one shape.

use serde_json::Value;

/// Where `actual` has other keys or types than `documented`; empty if nowhere. Lists of strings must be the same, of
/// other lists the first entries are compared.
pub fn differences(documented: &Value, actual: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", documented, actual, &mut found);
    found
}

fn compare(at: &str, documented: &Value, actual: &Value, found: &mut Vec<String>) {
    match (documented, actual) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left.keys().filter(|key| !right.contains_key(*key)) {
                found.push(format!("{at}.{key} is documented and not there"));
            }
            for (key, value) in right {
                match left.get(key) {
                    Some(documented) => compare(&format!("{at}.{key}"), documented, value, found),
                    None => found.push(format!("{at}.{key} is there and not documented")),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            let words = |list: &[Value]| list.iter().all(Value::is_string);
            if words(left) && words(right) {
                if left != right {
                    found.push(format!("{at} is {actual}, documented {documented}"));
                }
            } else if let (Some(left), Some(right)) = (left.first(), right.first()) {
                compare(&format!("{at}[0]"), left, right, found);
            } else if left.is_empty() != right.is_empty() {
                found.push(format!("{at}: one of the lists is empty"));
            }
        }
        _ => {
            let kind = std::mem::discriminant;
            if kind(documented) != kind(actual) {
                found.push(format!("{at} is {actual}, documented {documented}"));
            }
        }
    }
}

#[test]
fn a_missing_key_an_extra_key_and_another_type_are_found() {
    let documented = serde_json::json!({"a": 1, "b": [{"c": "x"}], "d": ["e"]});
    let same = serde_json::json!({"a": 2, "b": [{"c": "y"}, {"c": "z"}], "d": ["e"]});
    assert!(differences(&documented, &same).is_empty());
    let other = serde_json::json!({"a": "1", "b": [{"c": "y", "f": 1}], "d": ["g"]});
    assert_eq!(differences(&documented, &other).len(), 3);
}
