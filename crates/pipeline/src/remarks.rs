//! What is not wrong with a pipeline and should still be said: by its stages, and by what they are to each other.

use std::collections::BTreeSet;

use serde_json::Value;
use textmill_document::Remarks;

use crate::pipeline::{Node, Parent};

/// `remarks` with the id of the stage before each sentence.
pub(crate) fn of_stage(remarks: Remarks, id: &str) -> Remarks {
    let name = |said: Vec<String>| said.into_iter().map(|said| format!("stage `{id}`: {said}")).collect();
    Remarks { warnings: name(remarks.warnings), notes: name(remarks.notes), languages: remarks.languages }
}

/// Which documents come to a stage, by language.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arriving {
    /// Languages that a stage before keeps, with the id of that stage.
    kept: BTreeSet<(String, String)>,
    /// Whether some come that no stage has looked at for their language.
    unscreened: bool,
}

/// Languages that end sentences with other marks than English.
const OTHER_MARKS: &[&str] = &[
    "am", "bn", "bo", "dz", "hi", "hy", "ja", "km", "lo", "lzh", "mr", "my", "ne", "sa", "th", "ur", "wuu", "yue", "zh",
];

/// What `nodes` say about each other: rules made for English, on documents in other languages.
pub(crate) fn english_rules(nodes: &[Node]) -> Remarks {
    let mut remarks = Remarks::default();
    for (index, node) in nodes.iter().enumerate().filter(|(_, node)| node.kind == "filter") {
        let mut arriving = Arriving::default();
        screened(nodes, &nodes[index].inputs, &mut arriving);
        for (rule, what, punctuation) in english(&node.config) {
            let other =
                |(code, _): &&(String, String)| code != "en" && (!punctuation || OTHER_MARKS.contains(&code.as_str()));
            let others: Vec<_> = arriving.kept.iter().filter(other).collect();
            let id = &node.id;
            if let Some((_, stage)) = others.first() {
                let codes = others.iter().map(|(code, _)| format!("`{code}`")).collect::<Vec<_>>().join(", ");
                remarks.warnings.push(format!(
                    "stage `{id}`: `{rule}` has {what}, and stage `{stage}` keeps {codes}: most of these documents will \
                     be dropped; give the rule values for them, or each language a branch of its own (`languages`)"
                ));
            } else if arriving.unscreened {
                remarks.notes.push(format!(
                    "stage `{id}`: `{rule}` has {what}, and no stage before it looks at the language; documents in \
                     other languages are dropped by it (`language_id` before it keeps some)"
                ));
            }
        }
    }
    remarks
}

/// The rules of a filter that are for English as they are set, with what makes them so, and whether that is punctuation.
fn english(config: &Value) -> Vec<(&'static str, &'static str, bool)> {
    let used = |name: &str| {
        config
            .get("use")
            .and_then(Value::as_array)
            .is_some_and(|used| used.iter().any(|rule| rule.as_str() == Some(name)))
    };
    let set = |rule: &str, field: &str| config.get(rule).and_then(|rule| rule.get(field)).cloned();
    let mut found = Vec::new();
    let english = serde_json::json!(textmill_filter::DEFAULT_STOP_WORDS);
    let own = set("gopher_quality", "stop_words").is_some_and(|words| words != english);
    let counted = !set("gopher_quality", "min_stop_words").is_some_and(|least| least.is_null() || least == 0);
    if used("gopher_quality") && counted && !own {
        found.push(("gopher_quality", "English stop words", false));
    }
    if used("c4_quality") && set("c4_quality", "terminal_punctuation") != Some(Value::Bool(false)) {
        found.push(("c4_quality", "the terminal punctuation of English", true));
    }
    found
}

/// Adds what of `parents` arrives. The walk ends: a graph of stages has no circles.
fn screened(nodes: &[Node], parents: &[Parent], arriving: &mut Arriving) {
    for parent in parents {
        let Parent::Node(index) = parent else {
            arriving.unscreened = true;
            continue;
        };
        let Some(node) = nodes.get(*index) else { continue };
        match node.kind {
            "language_id" | "languages" => {
                let kept = node.config.get("keep").and_then(Value::as_array).into_iter().flatten();
                let before = arriving.kept.len();
                arriving.kept.extend(kept.filter_map(Value::as_str).map(|code| (code.to_owned(), node.id.clone())));
                if arriving.kept.len() == before {
                    screened(nodes, &node.inputs, arriving);
                }
            }
            // What the expression says of the language is for its author to know.
            "keep_where" if node.config.to_string().contains("language") => {}
            _ => screened(nodes, &node.inputs, arriving),
        }
    }
}

/// The codes that the column `language` can have where documents of `parents` arrive; empty where that is not known.
pub(crate) fn languages(nodes: &[Node], said: &[Vec<String>], parents: &[Parent]) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<Parent> = parents.to_vec();
    while let Some(parent) = open.pop() {
        let Parent::Node(index) = parent else { continue };
        match (said.get(index), nodes.get(index)) {
            (Some(codes), _) if !codes.is_empty() => found.extend(codes.iter().cloned()),
            (_, Some(node)) => open.extend(&node.inputs),
            _ => {}
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    fn said(stages: &str) -> (Vec<String>, Vec<String>) {
        let text = format!(
            "version: 1\nname: demo\ninput: {{paths: [\"a.jsonl\"], columns: {{id: id, text: text}}}}\nstages:\n{stages}\n"
        );
        let pipeline = crate::parse("demo.yaml", &text).expect("a good pipeline");
        (pipeline.warnings, pipeline.notes)
    }

    #[test]
    fn english_rules_on_other_languages_are_said() {
        let rule = "  - {id: rules, run: {filter: {use: [gopher_quality, c4_quality]}}}";
        let kept = |codes: &str| said(&format!("  - {{id: l, run: {{language_id: {{keep: [{codes}]}}}}}}\n{rule}"));
        let (warnings, notes) = kept("zh, en");
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("`rules`") && warnings[0].contains("`zh`") && warnings[0].contains("stop words"));
        assert!(notes.is_empty());
        assert_eq!(kept("en"), (Vec::new(), Vec::new()));
        let (warnings, _) = kept("fr");
        assert_eq!(warnings.len(), 1, "French has the marks of English: {warnings:?}");
        let (warnings, notes) = said(rule);
        assert!(warnings.is_empty() && notes.len() == 2, "{notes:?}");
    }

    #[test]
    fn rules_with_values_of_their_own_are_no_matter() {
        for rule in [
            "{use: [gopher_quality], gopher_quality: {min_stop_words: null}}",
            "{use: [gopher_quality], gopher_quality: {stop_words: [的, 了, 和]}}",
            "{use: [c4_quality], c4_quality: {terminal_punctuation: false}}",
            "{use: [gopher_repetition]}",
        ] {
            let stages =
                format!("  - {{id: l, run: {{language_id: {{keep: [zh]}}}}}}\n  - {{id: r, run: {{filter: {rule}}}}}");
            assert_eq!(said(&stages), (Vec::new(), Vec::new()), "{rule}");
        }
        let routed = "  - {id: l, run: language_id}\n  - {id: w, run: {keep_where: \"language = 'zh'\"}}\n  - {id: r, run: {filter: {use: [gopher_quality]}}}";
        assert_eq!(said(routed), (Vec::new(), Vec::new()));
    }

    #[test]
    fn codes_that_are_no_languages_are_said_where_routes_name_them() {
        let (warnings, _) = said("  - {id: l, run: language_id}\n  - {id: japanese, run: {languages: {keep: [jp]}}}");
        assert!(warnings[0].starts_with("stage `japanese`") && warnings[0].contains("`ja`"), "{warnings:?}");
    }
}
