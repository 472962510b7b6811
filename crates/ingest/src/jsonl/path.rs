//! Fields by path: `data.text` is the field `text` of the object `data`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The keys that `path` may begin with, each with the rest of the path: `a.b.c` is `b.c` of `a`, or `c` of `a.b`.
pub(super) fn steps(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let dots = path.char_indices().filter(|(_, char)| *char == '.');
    let split = dots.filter_map(|(at, _)| Some((path.get(..at)?, path.get(at + 1..)?)));
    split.filter(|(first, rest)| !first.is_empty() && !rest.is_empty())
}

/// The value at `path` in the object `raw`. A key that is the path itself comes first, then the longest one that it begins
/// with. `None` where there is none, or `raw` is no object.
pub(super) fn find<'de>(raw: &'de str, path: &str) -> Result<Option<&'de str>, serde_json::Error> {
    if !raw.starts_with('{') {
        return Ok(None);
    }
    let mut json = serde_json::Deserializer::from_str(raw);
    json.deserialize_map(Finder { path, best: None })
}

struct Finder<'p, 'de> {
    path: &'p str,
    /// Length of the key, and the value found below it.
    best: Option<(usize, &'de str)>,
}

impl<'de> Visitor<'de> for Finder<'_, 'de> {
    type Value = Option<&'de str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut seen = Vec::new();
        while let Some(length) = map.next_key_seed(PrefixSeed(self.path))? {
            let Some(length) = length else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if seen.contains(&length) {
                return Err(A::Error::custom(format!(
                    "duplicate key `{}`",
                    self.path.get(..length).unwrap_or_default()
                )));
            }
            seen.push(length);
            let raw = map.next_value::<&RawValue>()?.get();
            let found = match self.path.get(length + 1..) {
                Some(rest) => find(raw, rest).map_err(A::Error::custom)?,
                None => Some(raw),
            };
            if let Some(found) = found
                && self.best.is_none_or(|(best, _)| best < length)
            {
                self.best = Some((length, found));
            }
        }
        Ok(self.best.map(|(_, found)| found))
    }
}

/// Reads a key: its length where the path is it, or goes on behind it with a dot.
struct PrefixSeed<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for PrefixSeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for PrefixSeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<Option<usize>, E> {
        let rest = self.0.strip_prefix(key);
        Ok(rest.filter(|rest| rest.is_empty() || (rest.len() > 1 && rest.starts_with('.'))).map(|_| key.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_through_objects_and_keys_with_dots_come_first() {
        let found = |raw, path| find(raw, path).expect("JSON").map(str::to_owned);
        assert_eq!(found(r#"{"x": 1, "a": {"b": {"c": "deep"}}}"#, "a.b.c").as_deref(), Some("\"deep\""));
        assert_eq!(found(r#"{"a": {"b": 1}, "a.b": 2}"#, "a.b").as_deref(), Some("2"));
        assert_eq!(found(r#"{"a.b": {"c": 1}, "a": {"b.c": 2, "b": {"c": 3}}}"#, "a.b.c").as_deref(), Some("1"));
        assert_eq!(found(r#"{"a.b": {"x": 1}, "a": {"b": {"c": 3}}}"#, "a.b.c").as_deref(), Some("3"));
        assert_eq!(found(r#"{"\u0061": {"b": [1, 2]}}"#, "a.b").as_deref(), Some("[1, 2]"));
        for raw in [r#"{"a": [{"b": 1}]}"#, r#"{"a": null}"#, r#"{"a": "b"}"#, r#"{"b": 1}"#, "[]", "7"] {
            assert_eq!(found(raw, "a.b"), None, "{raw}");
        }
        assert!(find(r#"{"a": {"b": 1, "b": 2}}"#, "a.b").is_err());
        assert_eq!(steps("a.b.c").collect::<Vec<_>>(), [("a", "b.c"), ("a.b", "c")]);
        assert_eq!(steps(".a.").count() + steps("a").count(), 0);
    }
}
