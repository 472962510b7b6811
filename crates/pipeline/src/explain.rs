//! What a pipeline would do, for people and for programs.

use std::fmt;

use arrow::datatypes::Schema;
use serde::Serialize;

use crate::Pipeline;
use crate::sql::type_name;
use crate::stages;

/// A pipeline, explained. Its text is the output of `textmill explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Name of the pipeline.
    pub name: String,
    /// What is read.
    pub input: ExplainedInput,
    /// The stages, each after all it takes documents from.
    pub stages: Vec<ExplainedStage>,
    /// What is written.
    pub output: ExplainedOutput,
    /// How the stages are cut into tasks.
    pub phases: Vec<ExplainedPhase>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Name.
    pub name: String,
    /// Type, as the pipeline file calls it.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// What is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedInput {
    /// The files and globs of the pipeline file.
    pub paths: Vec<String>,
    /// The columns that are read.
    pub columns: Vec<Column>,
    /// Columns that are declared and that nothing needs.
    pub not_read: Vec<String>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedStage {
    /// Id in the file.
    pub id: String,
    /// Kind of stage.
    pub kind: &'static str,
    /// Whose documents it takes.
    pub inputs: Vec<String>,
    /// Whether a document that it refuses may still be taken by a stage beside it.
    pub branch: bool,
    /// Columns that it needs.
    pub reads: Vec<String>,
    /// Columns that it adds.
    pub adds: Vec<Column>,
    /// Columns that it rewrites.
    pub replaces: Vec<Column>,
    /// All columns after it.
    pub columns_out: Vec<Column>,
    /// Codes of the reasons for which it can drop a document.
    pub reasons: Vec<&'static str>,
    /// Its configuration with all defaults filled in.
    pub config: serde_json::Value,
}

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedOutput {
    /// Folder, if the file names one.
    pub path: Option<String>,
    /// Whose documents are written.
    pub inputs: Vec<String>,
    /// The columns, by their names in the output.
    pub columns: Vec<Column>,
}

/// Stages that run together on one split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedPhase {
    /// Id of the phase.
    pub id: String,
    /// Ids of its stages.
    pub stages: Vec<String>,
}

/// Explains `pipeline` without looking at its input.
pub fn explain(pipeline: &Pipeline) -> Explanation {
    let declared = textmill_ingest::document_schema(&pipeline.input);
    let read = crate::pipeline::project(&declared, &pipeline.input_projection);
    let not_read = declared.fields().iter().map(|field| field.name().clone());
    let phase = |phase: crate::Phase| ExplainedPhase {
        stages: phase.nodes.iter().map(|index| pipeline.nodes[*index].id.clone()).collect(),
        id: phase.id,
    };
    Explanation {
        name: pipeline.name.clone(),
        input: ExplainedInput {
            paths: pipeline.input.paths.clone(),
            columns: columns(&read),
            not_read: not_read.filter(|name| !pipeline.input_projection.contains(name)).collect(),
        },
        stages: pipeline.nodes.iter().map(|node| explain_node(pipeline, node)).collect(),
        output: ExplainedOutput {
            path: pipeline.output.path.clone(),
            inputs: pipeline.ids(&pipeline.output_nodes),
            columns: columns(&pipeline.output_schema()),
        },
        phases: pipeline.phases().into_iter().map(phase).collect(),
    }
}

fn explain_node(pipeline: &Pipeline, node: &crate::Node) -> ExplainedStage {
    let added = Schema::new(node.stage.adds());
    let (replaces, adds) =
        columns(&added).into_iter().partition(|column| node.columns_in.column_with_name(&column.name).is_some());
    let may_read = stages::find(node.kind).map_or(&[][..], |kind| kind.may_read);
    let optional = may_read.iter().filter(|name| node.columns_in.column_with_name(name).is_some());
    let mut reads: Vec<String> = node.stage.reads().into_iter().map(|read| read.name).collect();
    reads.extend(
        optional
            .map(|name| (*name).to_owned())
            .filter(|name| !node.stage.reads().iter().any(|read| read.name == *name)),
    );
    ExplainedStage {
        id: node.id.clone(),
        kind: node.kind,
        inputs: pipeline.ids(&node.inputs),
        branch: node.routed,
        reads,
        adds,
        replaces,
        columns_out: columns(&node.columns_out),
        reasons: node.stage.reasons().iter().map(|reason| reason.code).collect(),
        config: node.config.clone(),
    }
}

fn columns(schema: &Schema) -> Vec<Column> {
    let column = |field: &arrow::datatypes::FieldRef| Column {
        name: field.name().clone(),
        data_type: type_name(field.data_type()),
    };
    schema.fields().iter().map(column).collect()
}

fn list(columns: &[Column]) -> String {
    columns.iter().map(|column| format!("{} {}", column.name, column.data_type)).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "pipeline {}", self.name)?;
        writeln!(f, "\ninput")?;
        self.input.paths.iter().try_for_each(|path| writeln!(f, "  path     {path}"))?;
        writeln!(f, "  columns  {}", list(&self.input.columns))?;
        if !self.input.not_read.is_empty() {
            writeln!(f, "  not read {}", self.input.not_read.join(", "))?;
        }
        for phase in &self.phases {
            writeln!(f, "\nphase {}", phase.id)?;
            let stages = self.stages.iter().filter(|stage| phase.stages.contains(&stage.id));
            stages.into_iter().try_for_each(|stage| write!(f, "{stage}"))?;
            if phase.stages.is_empty() {
                writeln!(f, "  no stages: documents pass through")?;
            }
        }
        writeln!(f, "\noutput   <- {}", self.output.inputs.join(", "))?;
        writeln!(f, "  path     {}", self.output.path.as_deref().unwrap_or("(given by --output)"))?;
        writeln!(f, "  columns  {}", list(&self.output.columns))
    }
}

impl fmt::Display for ExplainedStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let branch = if self.branch { " (branch)" } else { "" };
        writeln!(f, "  {} = {}{branch} <- {}", self.id, self.kind, self.inputs.join(", "))?;
        let mut row =
            |name: &str, text: String| if text.is_empty() { Ok(()) } else { writeln!(f, "    {name:<8} {text}") };
        row("reads", self.reads.join(", "))?;
        row("adds", list(&self.adds))?;
        row("replaces", list(&self.replaces))?;
        row("drops", self.reasons.join(", "))
    }
}
