//! The registry of stages. A new stage is one file in `stages/` and one line in [`STAGES`].

mod classifier;
mod clean_lines;
mod decontaminate;
mod exact_dedupe;
mod extract;
mod filter;
mod importance;
mod keep_highest;
mod keep_where;
mod language_id;
mod languages;
mod line_dedupe;
mod mask_pii;
mod minhash_dedupe;
mod normalize;
mod perplexity;
mod safety;
mod sample;
mod signals;
mod substring_dedupe;
mod transformer;
mod url_filter;
mod with_columns;

use std::fmt::Display;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use textmill_document::{Reason, Stage};
use textmill_minhash_dedupe::{DedupeConfigError, DedupeSettings, DedupeStage};

use crate::exchange::Exchange;
use crate::remarks::Remarks;

/// Every stage, in the order in which lists show them.
pub static STAGES: &[StageKind] = &[
    extract::KIND,
    normalize::KIND,
    language_id::KIND,
    languages::KIND,
    clean_lines::KIND,
    mask_pii::KIND,
    url_filter::KIND,
    filter::KIND,
    safety::KIND,
    exact_dedupe::KIND,
    minhash_dedupe::KIND,
    line_dedupe::KIND,
    substring_dedupe::KIND,
    classifier::KIND,
    transformer::KIND,
    perplexity::KIND,
    importance::KIND,
    signals::KIND,
    decontaminate::KIND,
    keep_highest::KIND,
    sample::KIND,
    keep_where::KIND,
    with_columns::KIND,
];

/// What the registry knows of a kind of stage.
#[derive(Debug)]
pub struct StageKind {
    /// The name in `run`.
    pub name: &'static str,
    /// JSON Schema of the configuration; its description is the stage's documentation.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Makes the stage from a configuration that fits the schema.
    pub build: fn(&Value, &BuildContext) -> Result<BuiltStage, Vec<BuildError>>,
    /// Every reason for which the stage can drop a document, in any configuration.
    pub reasons: fn() -> Vec<Reason>,
    /// Columns that the stage looks at where they are there, besides those it needs.
    pub may_read: &'static [&'static str],
    /// Whether its output has the columns of its input in any configuration.
    pub keeps_columns: bool,
    /// Whether it takes rows by what they are: beside other takers of the same documents it is a branch.
    pub routes: bool,
    /// Whether the stage needs other documents than the one it looks at; it ends its phase.
    pub exchange: bool,
}

/// What a stage may know when it is built.
#[derive(Debug, Clone)]
pub struct BuildContext {
    /// Columns of its input; `None` where an error before it leaves them unknown.
    pub columns: Option<SchemaRef>,
}

/// A stage with its configuration in canonical form.
pub struct BuiltStage {
    /// The stage.
    pub stage: Arc<dyn Stage>,
    /// The configuration with every default filled in.
    pub config: Value,
    /// The same stage as the exchange knows it, where it needs all documents at hand.
    pub exchange: Option<Exchange>,
    /// What it says of itself.
    pub remarks: Remarks,
    /// What it says once the languages that arrive are known.
    pub(crate) of_languages: Option<OfLanguages>,
}

/// Warnings of a stage about the codes that the column `language` can have where it stands.
pub(crate) type OfLanguages = Box<dyn Fn(&[String]) -> Vec<String> + Send + Sync>;

impl std::fmt::Debug for BuiltStage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BuiltStage").field("stage", &self.stage).field("config", &self.config).finish_non_exhaustive()
    }
}

impl BuiltStage {
    /// A stage that looks at one document at a time.
    fn row_wise(stage: Arc<dyn Stage>, config: Value) -> Self {
        Self { stage, config, exchange: None, remarks: Remarks::default(), of_languages: None }
    }

    /// A stage that needs all documents at hand.
    fn exchange(exchange: Exchange, config: Value) -> Self {
        let (remarks, of_languages) = (Remarks::default(), None);
        Self { stage: exchange.stage(), config, exchange: Some(exchange), remarks, of_languages }
    }

    /// The same with what it says of itself.
    fn saying(self, remarks: Remarks) -> Self {
        Self { remarks, ..self }
    }
}

/// Why a stage cannot be built from its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    /// Dotted path of the field at fault, below the configuration.
    pub field: Option<String>,
    /// Line and column (from 1, in characters) inside the text of the field.
    pub at: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Every reason for which the filter rule can drop a document.
pub(crate) fn rule_reasons(rule: textmill_filter::RuleUse) -> Vec<Reason> {
    filter::reasons(vec![rule])
}

/// The kind of stage called `name`.
pub(crate) fn find(name: &str) -> Option<&'static StageKind> {
    STAGES.iter().find(|kind| kind.name == name)
}

/// The kind of stage that adds `column` when it is run without a configuration.
pub(crate) fn adder(column: &str) -> Option<&'static str> {
    let context = BuildContext { columns: None };
    let adds = |kind: &&StageKind| {
        let built = (kind.build)(&Value::Object(serde_json::Map::new()), &context);
        built.is_ok_and(|built| {
            // One that rewrites the column needs it as well.
            let rewrites = built.stage.reads().iter().any(|read| read.name == column);
            !rewrites && built.stage.adds().iter().any(|field| field.name() == column)
        })
    };
    STAGES.iter().find(adds).map(|kind| kind.name)
}

/// Builds a stage whose configuration is a plain type: the way of most stages.
fn build_typed<C, S, E>(
    config: &Value,
    new: impl Fn(C) -> Result<S, E>,
    field: fn(&E) -> Option<&str>,
) -> Result<BuiltStage, Vec<BuildError>>
where
    C: DeserializeOwned + Serialize,
    S: Stage + 'static,
    E: Display,
{
    let (stage, config) = typed(config, new, field)?;
    Ok(BuiltStage::row_wise(Arc::new(stage), config))
}

/// A stage from its typed configuration, and that in canonical form.
fn typed<C, S, E>(
    config: &Value,
    new: impl Fn(C) -> Result<S, E>,
    field: fn(&E) -> Option<&str>,
) -> Result<(S, Value), Vec<BuildError>>
where
    C: DeserializeOwned + Serialize,
    E: Display,
{
    let failed = |message: String| vec![BuildError { field: None, at: None, message, hint: None }];
    let typed: C = serde_json::from_value(config.clone()).map_err(|error| failed(error.to_string()))?;
    let canonical = serde_json::to_value(&typed).map_err(|error| failed(error.to_string()))?;
    let stage = new(typed).map_err(|error| {
        let field = field(&error).map(ToOwned::to_owned);
        vec![BuildError { field, at: None, message: error.to_string(), hint: None }]
    })?;
    Ok((stage, canonical))
}

/// A canonical configuration with the digests of the files it names: a path may hold another file tomorrow.
fn with_digests(mut config: Value, key: &str, digests: &[String]) -> Value {
    if let Some(fields) = config.as_object_mut().filter(|_| !digests.is_empty()) {
        fields.insert(key.to_owned(), Value::from(digests));
    }
    config
}

/// Builds a stage that compares documents.
fn build_dedupe<C>(name: &'static str, config: &Value, context: &BuildContext) -> Result<BuiltStage, Vec<BuildError>>
where
    C: DeserializeOwned + Serialize + TryInto<DedupeSettings, Error = DedupeConfigError>,
{
    let new = |config: C| DedupeStage::new(name, config.try_into()?, context.columns.as_deref());
    let (stage, config) = typed(config, new, DedupeConfigError::field)?;
    Ok(BuiltStage::exchange(Exchange::Documents(Arc::new(stage)), config))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_registry_is_consistent() {
        for kind in STAGES {
            let schema = (kind.schema)(&mut SchemaGenerator::default());
            let codes: Vec<_> = (kind.reasons)().iter().map(|reason| reason.code).collect();
            let mut unique = codes.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), codes.len(), "{} has a reason twice", kind.name);
            assert!(schema.as_object().is_some(), "{}", kind.name);
            assert_eq!(STAGES.iter().filter(|other| other.name == kind.name).count(), 1, "{}", kind.name);
        }
    }

    #[test]
    fn stages_carry_their_registered_name_and_declared_reasons() {
        let fields = ["text", "language", "url"].map(textmill_document::columns::text_field);
        let columns = arrow::datatypes::Schema::new(fields.to_vec());
        let context = BuildContext { columns: Some(Arc::new(columns)) };
        let folder = tempfile::tempdir().expect("a folder");
        let model = folder.path().join("model.bin");
        let examples = [("good", "a clear page"), ("bad", "buy now")];
        let examples = examples.map(|(label, text)| textmill_fasttext::Example { labels: vec![label], text });
        let options = textmill_fasttext::TrainOptions { dim: 4, ..textmill_fasttext::TrainOptions::default() };
        textmill_fasttext::train(examples, &options).expect("trained").save(&model).expect("saved");
        let items = folder.path().join("items.jsonl");
        std::fs::write(&items, "{\"text\": \"a b c d e f g h i j k l m\"}").expect("written");
        let lm = folder.path().join("model.arpa");
        std::fs::write(&lm, "\\data\\\nngram 1=1\n\\1-grams:\n-1\t<unk>\n\\end\\\n").expect("written");
        let tiny = concat!(env!("CARGO_MANIFEST_DIR"), "/../score/tests/data/tiny");
        let importance = folder.path().join("importance.json");
        let options = textmill_score::ImportanceOptions::default();
        let mut trainer = textmill_score::ImportanceTrainer::new(options).expect("good options");
        trainer.push(textmill_score::Side::Target, "a clear page");
        trainer.push(textmill_score::Side::Raw, "buy now");
        let trained = trainer.finish().expect("trained").to_json().expect("JSON");
        std::fs::write(&importance, trained).expect("written");
        let configs = [
            json!({}),
            json!({}),
            json!({}),
            json!({"keep": ["en"]}),
            json!({"use": ["counter"]}),
            json!({}),
            json!({"black_domains": {"entries": ["example.org"]}}),
            json!({"use": ["gopher_quality"]}),
            json!({"words": {"entries": ["casino"]}}),
            json!({}),
            json!({}),
            json!({}),
            json!({}),
            json!({"model": model, "label": "good"}),
            json!({"model": format!("{tiny}.onnx"), "tokenizer": format!("{tiny}-tokenizer.json"),
                "labels": ["clean", "advertisement", "toxic"], "label": "toxic", "max_tokens": 64}),
            json!({"model": lm}),
            json!({"model": importance}),
            json!({}),
            json!({"against": [items]}),
            json!({"column": "score", "share": 0.1}),
            json!({"share": 0.5}),
            json!("text <> ''"),
            json!({"n": "1"}),
        ];
        assert_eq!(configs.len(), STAGES.len(), "a configuration for each stage");
        for (kind, config) in STAGES.iter().zip(&configs) {
            if kind.name == "transformer" && !cfg!(feature = "onnx") {
                continue;
            }
            let built = (kind.build)(config, &context).expect("a valid configuration");
            assert_eq!(built.stage.name(), kind.name);
            let declared = (kind.reasons)();
            assert!(built.stage.reasons().iter().all(|reason| declared.contains(reason)), "{}", kind.name);
        }
    }
}
