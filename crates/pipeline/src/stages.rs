//! The registry of stages. A new stage is a configuration type that implements [`StageConfig`], and one line in [`STAGES`].

mod keep_where;
mod with_columns;

use std::sync::Arc;

use arrow::datatypes::Schema as Columns;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;
use textmill_document::{ConfigFault, Cost, Example, Reason, Stage, StageConfig};
use textmill_extract::ExtractConfig;
use textmill_filter::{FilterConfig, SafetyConfig, UrlFilterConfig};
use textmill_language_id::{LanguageIdConfig, LanguagesConfig};
use textmill_minhash_dedupe::{ExactDedupeConfig, LineDedupeConfig, MinhashDedupeConfig};
use textmill_normalize::{CleanLinesConfig, MaskPiiConfig, NormalizeConfig};
use textmill_score::signals::SignalsConfig;
use textmill_score::{
    ClassifierConfig, DecontaminateConfig, ImportanceConfig, KeepHighestConfig, PerplexityConfig, SampleConfig,
    TransformerConfig,
};

use crate::exchange::Exchange;
use keep_where::KeepWhere;
use with_columns::WithColumns;

/// Every stage, in the order in which lists show them.
pub static STAGES: &[StageKind] = &[
    StageKind::of::<ExtractConfig>(),
    StageKind::of::<NormalizeConfig>(),
    StageKind::of::<LanguageIdConfig>(),
    StageKind::of::<LanguagesConfig>(),
    StageKind::of::<CleanLinesConfig>(),
    StageKind::of::<MaskPiiConfig>(),
    StageKind::of::<UrlFilterConfig>(),
    StageKind::of::<FilterConfig>(),
    StageKind::of::<SafetyConfig>(),
    StageKind::exchanging::<ExactDedupeConfig>(),
    StageKind::exchanging::<MinhashDedupeConfig>(),
    StageKind::exchanging::<LineDedupeConfig>(),
    StageKind::of::<ClassifierConfig>(),
    StageKind::of::<TransformerConfig>(),
    StageKind::of::<PerplexityConfig>(),
    StageKind::of::<ImportanceConfig>(),
    StageKind::of::<SignalsConfig>(),
    StageKind::of::<DecontaminateConfig>(),
    StageKind::exchanging::<KeepHighestConfig>(),
    StageKind::of::<SampleConfig>(),
    StageKind::of::<KeepWhere>(),
    StageKind::of::<WithColumns>(),
];

/// What the registry knows of a kind of stage: what its configuration type says of it.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a property of its own")]
pub struct StageKind {
    /// The name in `run`.
    pub name: &'static str,
    /// JSON Schema of the configuration; its description is the stage's documentation.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Makes the stage from a configuration that fits the schema, for documents with these columns; `None` where an error
    /// before it leaves them unknown.
    pub build: fn(&Value, Option<&Columns>) -> Result<BuiltStage, Vec<ConfigFault>>,
    /// Every reason for which the stage can drop a document, in any configuration.
    pub reasons: &'static [Reason],
    /// Documents with what becomes of them.
    pub examples: &'static [Example],
    /// What it costs, where that was measured.
    pub cost: Option<Cost>,
    /// Columns that the stage looks at where they are there, besides those it needs.
    pub may_read: &'static [&'static str],
    /// Whether its output has the columns of its input in any configuration.
    pub keeps_columns: bool,
    /// Whether it takes rows by what they are: beside other takers of the same documents it is a branch.
    pub routes: bool,
    /// Whether what it removes is a step of its own beside published cleaning tables.
    pub is_step: bool,
    /// Whether the stage needs other documents than the one it looks at; it ends its phase.
    pub exchange: bool,
}

impl StageKind {
    /// A kind of stage that looks at one document at a time.
    const fn of<C: StageConfig>() -> Self {
        Self::described::<C>(build::<C>, false)
    }

    /// A kind of stage that needs all documents at hand.
    const fn exchanging<C: StageConfig>() -> Self
    where
        Exchange: From<Arc<C::Stage>>,
    {
        Self::described::<C>(build_exchange::<C>, true)
    }

    const fn described<C: StageConfig>(
        build: fn(&Value, Option<&Columns>) -> Result<BuiltStage, Vec<ConfigFault>>,
        exchange: bool,
    ) -> Self {
        Self {
            name: C::NAME,
            schema: schema::<C>,
            build,
            reasons: C::REASONS,
            examples: C::EXAMPLES,
            cost: C::COST,
            may_read: C::MAY_READ,
            keeps_columns: C::KEEPS_COLUMNS,
            routes: C::ROUTES,
            is_step: C::IS_STEP,
            exchange,
        }
    }
}

/// A stage with its configuration in canonical form.
#[derive(Debug)]
pub struct BuiltStage {
    /// The stage.
    pub stage: Arc<dyn Stage>,
    /// The configuration with every default filled in, and the digests of the files that it names.
    pub config: Value,
    /// The same stage as the exchange knows it, where it needs all documents at hand.
    pub exchange: Option<Exchange>,
}

/// The kind of stage called `name`.
pub fn find(name: &str) -> Option<&'static StageKind> {
    STAGES.iter().find(|kind| kind.name == name)
}

/// The kind of stage that adds `column` when it is run without a configuration.
pub(crate) fn adder(column: &str) -> Option<&'static str> {
    let adds = |kind: &&StageKind| {
        let built = (kind.build)(&Value::Object(serde_json::Map::new()), None);
        built.is_ok_and(|built| {
            // One that rewrites the column needs it as well.
            let rewrites = built.stage.reads().iter().any(|read| read.name == column);
            !rewrites && built.stage.adds().iter().any(|field| field.name() == column)
        })
    };
    STAGES.iter().find(adds).map(|kind| kind.name)
}

fn schema<C: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<C>()
}

fn build<C: StageConfig>(config: &Value, input: Option<&Columns>) -> Result<BuiltStage, Vec<ConfigFault>> {
    let (stage, config) = typed::<C>(config, input)?;
    Ok(BuiltStage { stage, config, exchange: None })
}

fn build_exchange<C: StageConfig>(config: &Value, input: Option<&Columns>) -> Result<BuiltStage, Vec<ConfigFault>>
where
    Exchange: From<Arc<C::Stage>>,
{
    let (stage, config) = typed::<C>(config, input)?;
    let exchange = Exchange::from(stage);
    Ok(BuiltStage { stage: exchange.stage(), config, exchange: Some(exchange) })
}

/// The stage of a configuration, and that in canonical form.
fn typed<C: StageConfig>(config: &Value, input: Option<&Columns>) -> Result<(Arc<C::Stage>, Value), Vec<ConfigFault>> {
    let typed: C = serde_json::from_value(config.clone()).map_err(ConfigFault::whole)?;
    let mut canonical = serde_json::to_value(&typed).map_err(ConfigFault::whole)?;
    let stage = typed.build(input)?;
    let digests = stage.digests();
    if let Some(fields) = canonical.as_object_mut().filter(|_| !digests.is_empty()) {
        fields.insert(C::DIGESTS.to_owned(), Value::from(digests));
    }
    Ok((Arc::new(stage), canonical))
}

#[cfg(test)]
mod tests;
