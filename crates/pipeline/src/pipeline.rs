//! The checked pipeline.

use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use serde_json::{Value, json};
use textmill_document::Stage;
use textmill_ingest::{InputConfig, Passed};

use crate::exchange::Exchange;
use crate::file::{OutputConfig, RunLimits};

/// Raised when the fingerprint itself is made differently.
const FINGERPRINT_VERSION: u32 = 1;

/// A pipeline in which everything that can be checked without its input is right.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Name, for reports.
    pub name: String,
    /// Version of the file format.
    pub version: u32,
    /// What is read.
    pub input: InputConfig,
    /// The stages, each after all that it reads.
    pub nodes: Vec<Node>,
    /// What is written.
    pub output: OutputConfig,
    /// Whose documents are written; never empty.
    pub output_nodes: Vec<Parent>,
    /// The columns that are written, in order.
    pub output_columns: Vec<OutputColumn>,
    /// The input columns that some stage or the output needs, in their order; id and payload are
    /// always among them.
    pub input_projection: Vec<String>,
    /// When a run that went through still counts as failed.
    pub limits: RunLimits,
    /// What is not wrong and probably not meant.
    pub warnings: Vec<String>,
    /// What was read of files beside the pipeline and what is to be known of its stages, for those who ask.
    pub notes: Vec<String>,
    /// The file that it was made of.
    pub source: Source,
    /// Type of each of `output_columns`.
    pub(crate) output_schema: SchemaRef,
}

/// A pipeline file: enough to make the same pipeline in another process.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Source {
    /// Its name, for messages.
    pub file_name: String,
    /// Its text.
    pub text: String,
    /// What was looked up in the input files: the types of columns that pass through untouched.
    pub passed: Passed,
}

/// A column of the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// Its name in the pipeline.
    pub source: String,
    /// Its name in the output.
    pub name: String,
}

/// A stage in its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// Id in the file.
    pub id: String,
    /// Name of the kind of stage.
    pub kind: &'static str,
    /// Whose documents it takes; never empty, none twice.
    pub inputs: Vec<Parent>,
    /// The stage itself.
    pub stage: Arc<dyn Stage>,
    /// The same stage where it needs all documents at hand: it ends its phase, and what it finds begins the next.
    pub exchange: Option<Exchange>,
    /// Whether it is a branch: a `keep_where` or `languages` beside other takers of the same documents. A document
    /// that it refuses is only lost if nobody else takes it.
    pub routed: bool,
    /// Its configuration with all defaults filled in.
    pub config: Value,
    /// Columns of its input, of those in [`Pipeline::input_projection`].
    pub columns_in: SchemaRef,
    /// Columns of its output.
    pub columns_out: SchemaRef,
}

/// Where documents come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Parent {
    /// The input of the pipeline.
    Input,
    /// The node with this position in [`Pipeline::nodes`].
    Node(usize),
}

/// Stages that run together on one split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// `p0`, `p1`, ...
    pub id: String,
    /// Positions in [`Pipeline::nodes`], ascending.
    pub nodes: Vec<usize>,
}

impl Pipeline {
    /// Columns of the output.
    pub fn output_schema(&self) -> SchemaRef {
        Arc::clone(&self.output_schema)
    }

    /// The stages cut at exchanges; an exchange belongs to the phase that it ends. There is always
    /// at least one phase; one after the last exchange is there even if it has no stage.
    pub fn phases(&self) -> Vec<Phase> {
        let levels = self.levels();
        let available = (0..levels.len()).map(|index| self.available(&levels, Parent::Node(index)));
        let last = available.max().unwrap_or(0);
        let nodes_of = |level: usize| (0..levels.len()).filter(|index| levels[*index] == level).collect();
        (0..=last).map(|level| Phase { id: format!("p{level}"), nodes: nodes_of(level) }).collect()
    }

    /// For every node the number of the phase that it belongs to.
    pub fn levels(&self) -> Vec<usize> {
        let mut levels: Vec<usize> = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            let level = node.inputs.iter().map(|parent| self.available(&levels, *parent)).max().unwrap_or(0);
            levels.push(level);
        }
        levels
    }

    /// The first phase in which the documents of `parent` can be taken: what an exchange keeps is known only in the
    /// phase after it. `levels` are those of the nodes up to `parent`.
    pub fn available(&self, levels: &[usize], parent: Parent) -> usize {
        match parent {
            Parent::Input => 0,
            Parent::Node(index) => levels[index] + usize::from(self.nodes[index].exchange.is_some()),
        }
    }

    /// Everything in the file that decides what a task of `phase` makes of its documents, in
    /// canonical form: equal fingerprints, equal results. Where the input lies, where the output
    /// goes and what the run is called do not count.
    pub fn fingerprint(&self, phase: &Phase) -> Value {
        let mut input = serde_json::to_value(&self.input).unwrap_or_default();
        let mut output = serde_json::to_value(&self.output).unwrap_or_default();
        // How inputs are cut and which are refused shows in the task's own split.
        for key in ["paths", "split_bytes", "on_unreadable"] {
            remove(&mut input, key);
        }
        remove(&mut output, "path");
        let nodes: Vec<_> = phase.nodes.iter().filter_map(|index| self.nodes.get(*index)).collect();
        let columns: Vec<_> = self.output_columns.iter().map(|column| json!([column.source, column.name])).collect();
        json!({
            "version": FINGERPRINT_VERSION,
            "phase": phase.id,
            "input": input,
            "projection": self.input_projection,
            "stages": nodes.iter().map(|node| self.node_fingerprint(node)).collect::<Vec<_>>(),
            "output": output,
            "output_inputs": self.ids(&self.output_nodes),
            "output_columns": columns,
        })
    }

    fn node_fingerprint(&self, node: &Node) -> Value {
        json!({
            "id": node.id,
            "kind": node.kind,
            "version": node.stage.version(),
            "config": node.config,
            "inputs": self.ids(&node.inputs),
            "routed": node.routed,
            "adds": node.stage.adds().iter().map(fingerprint_field).collect::<Vec<_>>(),
        })
    }

    /// The ids of `parents`, as a file names them.
    pub(crate) fn ids(&self, parents: &[Parent]) -> Vec<String> {
        let id = |parent: &Parent| match *parent {
            Parent::Input => crate::graph::INPUT.to_owned(),
            Parent::Node(index) => self.nodes[index].id.clone(),
        };
        parents.iter().map(id).collect()
    }
}

fn fingerprint_field(field: &Field) -> Value {
    json!([field.name(), field.data_type().to_string()])
}

fn remove(value: &mut Value, key: &str) {
    if let Some(map) = value.as_object_mut() {
        map.shift_remove(key);
    }
}

/// The fields of `schema` with these names, in its order.
pub(crate) fn project(schema: &Schema, names: &[String]) -> SchemaRef {
    let kept = schema.fields().iter().filter(|field| names.contains(field.name())).cloned();
    Arc::new(Schema::new(kept.collect::<Vec<_>>()))
}
