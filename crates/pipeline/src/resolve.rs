//! From the tree to the checked pipeline, collecting every fault on the way.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use serde::de::DeserializeOwned;
use serde_json::Value;
use textmill_document::Remarks;
use textmill_ingest::{InputConfig, Passed, document_schema, look_up_passed};

use crate::check;
use crate::file::{FILE_VERSION, OutputConfig, RunLimits, schema};
use crate::flow::{Flow, Flowed, RunConfig};
use crate::graph::{Links, Listed, Source, link};
use crate::output;
use crate::paths;
use crate::pipeline::{self, Node, OutputColumn, Parent, Pipeline, project};
use crate::place::{Path, Problems};
use crate::remarks;
use crate::stages::{self, StageKind};
use crate::yaml::{Tree, Yaml};

/// Checks the file. A pipeline comes back only if nothing is wrong.
///
/// `passed` is what is known of the input's columns that pass through untouched; without it, the files are looked into.
pub(crate) fn resolve(tree: &Tree, passed: Option<&Passed>, problems: &mut Problems<'_>) -> Option<Pipeline> {
    let schema = schema();
    let file = check::check(tree, &schema, &schema, &Path::default(), problems);
    paths::check(&file, problems);
    let parts = Parts::read(&file, &schema, passed, problems);
    let links = link(&parts.listed, problems);

    let input_schema = parts.input.as_ref().map(|input| Arc::new(document_schema(input)));
    let flow = Flow::follow(&parts.listed, &parts.runs, &links, input_schema.clone(), problems);
    if links.order.len() < parts.listed.len() {
        return None;
    }
    let output_path = Path::default().key("output");
    let output = parts.output.as_ref()?;
    let sources = output::sources(output, &parts.listed, &links, &output_path, problems)?;
    let available = flow.union(&sources, &parts.listed, &output_path.key("inputs"), problems)?;
    let (columns, output_schema) = output::columns(output, &available, &output_path, problems)?;
    if !problems.is_empty() {
        return None;
    }
    let projection = output::projection(input_schema?.as_ref(), &flow, &parts.runs, &columns);
    parts.finish(&links, &sources, Written { columns, schema: output_schema, projection }, problems)
}

/// The parts of the file, each absent where something in it is wrong.
struct Parts {
    name: String,
    input: Option<InputConfig>,
    listed: Vec<Listed>,
    runs: Vec<Option<RunConfig>>,
    output: Option<OutputConfig>,
    limits: Option<RunLimits>,
}

/// What is read and written.
struct Written {
    columns: Vec<OutputColumn>,
    schema: SchemaRef,
    projection: Vec<String>,
}

impl Parts {
    fn read(file: &Value, schema: &Value, passed: Option<&Passed>, problems: &mut Problems<'_>) -> Self {
        let root = Path::default();
        let input: Option<InputConfig> = file.get("input").and_then(|value| typed(value, &root.key("input"), problems));
        for error in input.iter().flat_map(InputConfig::check) {
            report_input(&error.to_string(), problems);
        }
        let input = input.filter(|_| !problems.touch(&root.key("input")));
        let input = input.and_then(|input| with_passed(input, passed, problems));
        let empty = Value::Object(serde_json::Map::new());
        let section = |name: &str| file.get(name).filter(|value| value.is_object()).unwrap_or(&empty);
        let output = typed(section("output"), &root.key("output"), problems);
        let limits = typed(section("limits"), &root.key("limits"), problems);
        let (mut listed, mut runs) = (Vec::new(), Vec::new());
        for (index, entry) in file.get("stages").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let path = root.key("stages").index(index);
            runs.push(run_config(entry.get("run"), &path.key("run"), schema, problems));
            listed.push(read_listed(entry, path));
        }
        let name = file.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { name, input, listed, runs, output, limits }
    }

    /// Follows the columns once more, now only those that are read, and puts everything in order.
    fn finish(
        self,
        links: &Links,
        sources: &[Source],
        written: Written,
        problems: &mut Problems<'_>,
    ) -> Option<Pipeline> {
        let input = self.input?;
        let read = project(&document_schema(&input), &written.projection);
        let flow = Flow::follow(&self.listed, &self.runs, links, Some(read), problems);
        let mut stages: Vec<Option<Flowed>> = flow.stages;
        let mut nodes = Vec::with_capacity(links.order.len());
        let (mut said, mut languages) = (Remarks::default(), Vec::with_capacity(links.order.len()));
        for &position in &links.order {
            let (run, flowed) = (self.runs[position].as_ref()?, stages[position].take()?);
            let inputs = links.inputs[position].as_ref()?;
            let id = self.listed[position].id.clone()?;
            let parents: Vec<Parent> = inputs.iter().map(|source| parent(*source, links)).collect();
            let mut remarks = flowed.built.stage.remarks();
            let arriving = remarks::languages(&nodes, &languages, &parents);
            remarks.warnings.extend(flowed.built.stage.language_warnings(&arriving));
            let remarks = remarks::of_stage(remarks, &id);
            said.warnings.extend(remarks.warnings);
            said.notes.extend(remarks.notes);
            languages.push(remarks.languages);
            nodes.push(Node {
                id,
                kind: run.kind.name,
                inputs: parents,
                stage: flowed.built.stage,
                exchange: flowed.built.exchange,
                routed: is_branch(run.kind, inputs, links, sources),
                config: flowed.built.config,
                columns_in: flowed.columns_in,
                columns_out: flowed.columns_out,
            });
        }
        let english = remarks::english_rules(&nodes);
        said.warnings.extend(english.warnings);
        said.notes.extend(english.notes);
        Some(Pipeline {
            name: self.name,
            version: FILE_VERSION,
            input,
            nodes,
            output: self.output?,
            output_nodes: sources.iter().map(|source| parent(*source, links)).collect(),
            output_columns: written.columns,
            input_projection: written.projection,
            limits: self.limits?,
            warnings: said.warnings,
            notes: said.notes,
            source: pipeline::Source::default(),
            output_schema: written.schema,
        })
    }
}

/// Position in the order of the nodes.
fn parent(source: Source, links: &Links) -> Parent {
    match source {
        Source::Input => Parent::Input,
        // Every stage is in the order once there are no problems; position 0 is never wrong then.
        Source::Stage(position) => Parent::Node(links.order.iter().position(|other| *other == position).unwrap_or(0)),
    }
}

/// A stage that routes (`keep_where`, `languages`), beside other takers of the same documents is a branch.
fn is_branch(kind: &StageKind, inputs: &[Source], links: &Links, output: &[Source]) -> bool {
    let [only] = inputs else { return false };
    let takers = links.inputs.iter().flatten().flatten().chain(output).filter(|source| *source == only).count();
    kind.routes && takers > 1
}

/// Reads a part that fits the schema; a fault that only the type itself knows is put at the part.
fn typed<T: DeserializeOwned>(value: &Value, path: &Path, problems: &mut Problems<'_>) -> Option<T> {
    if problems.touch(path) {
        return None;
    }
    match serde_json::from_value(value.clone()) {
        Ok(part) => Some(part),
        Err(error) => {
            problems.at_key(path, error.to_string(), None);
            None
        }
    }
}

/// `input` with the types of the columns that pass through untouched.
fn with_passed(input: InputConfig, known: Option<&Passed>, problems: &mut Problems<'_>) -> Option<InputConfig> {
    if !input.passes_columns() {
        return Some(input);
    }
    match known.cloned().map_or_else(|| look_up_passed(&input), Ok) {
        Ok(passed) => Some(InputConfig { passed, ..input }),
        Err(errors) => {
            let path = Path::default().key("input");
            for error in errors {
                let message = format!("the columns that pass through cannot be looked up: {error}");
                problems.at(&path.key("columns"), message, None);
            }
            None
        }
    }
}

/// Puts a fault that the input section finds in itself at the first field that its text names.
fn report_input(message: &str, problems: &mut Problems<'_>) {
    let path = Path::default().key("input");
    let named = message.split('`').nth(1).unwrap_or_default();
    let candidates = [path.dotted(named), path.key("columns").key(named)];
    let place = candidates.into_iter().find(|place| problems.node(place).is_some()).unwrap_or(path);
    problems.at(&place, message, None);
}

fn read_listed(entry: &Value, path: Path) -> Listed {
    let id = entry.get("id").and_then(Value::as_str);
    let inputs = entry.get("inputs").and_then(Value::as_array);
    let inputs = inputs.map(|names| names.iter().filter_map(Value::as_str).map(ToOwned::to_owned).collect());
    Listed { id: id.map(ToOwned::to_owned), inputs, path }
}

fn run_config(run: Option<&Value>, path: &Path, schema: &Value, problems: &mut Problems<'_>) -> Option<RunConfig> {
    if problems.touch(path) {
        return None;
    }
    match run? {
        Value::String(name) => {
            let kind = stages::find(name)?;
            let config = check_bare(kind, path, schema, problems)?;
            Some(RunConfig { kind, config, path: path.clone(), is_bare: true })
        }
        Value::Object(map) => {
            let (name, config) = map.iter().next()?;
            Some(RunConfig { kind: stages::find(name)?, config: config.clone(), path: path.key(name), is_bare: false })
        }
        _ => None,
    }
}

/// A stage given by its name alone has an empty configuration, which must be enough.
fn check_bare(kind: &StageKind, path: &Path, schema: &Value, problems: &mut Problems<'_>) -> Option<Value> {
    let stage_schema = stage_schema(kind.name, schema)?;
    let span = problems.node(path)?.span;
    let empty = Tree { value: Yaml::Map(Vec::new()), span };
    let before = problems.len();
    let config = check::check(&empty, stage_schema, schema, path, problems);
    if problems.take_since(before).is_empty() {
        return Some(config);
    }
    let message = format!("`{}` needs a configuration", kind.name);
    let hint = format!("write `run: {{{}: ...}}`; see `textmill stages show {}`", kind.name, kind.name);
    problems.at(path, message, Some(hint));
    None
}

/// The schema of the configuration of stage `name`, inside the schema of the file.
pub(crate) fn stage_schema<'s>(name: &str, schema: &'s Value) -> Option<&'s Value> {
    let run = schema.pointer("/$defs/Run/anyOf/1/properties")?.get(name)?;
    Some(check::resolve(run, schema))
}
