//! Builds the stages in order and follows the columns from the input to the end.

use std::sync::Arc;

use arrow::datatypes::{DataType, Schema, SchemaRef};
use serde_json::Value;
use textmill_document::{ConfigFault, output_schema};

use crate::graph::{INPUT, Links, Listed, Source};
use crate::paths;
use crate::place::{Path, Problems};
use crate::sql::type_name;
use crate::stages::{self, BuiltStage, StageKind};
use crate::suggest;
use crate::yaml::{Tree, Yaml};

/// Where pages come from: the names of the files decide it, and they may say nothing.
const PAGES: &str = "web archives have their pages there: where their names do not say what they are (`.warc.gz`, \
                     `.arc.gz`, ...), set `input.format: warc`; of other files name the field with the pages, \
                     `input.columns: {html: FIELD}`";

/// What a stage runs.
#[derive(Debug)]
pub(crate) struct RunConfig {
    pub kind: &'static StageKind,
    pub config: Value,
    /// Place of the configuration, or of the stage's name where the file gives nothing else.
    pub path: Path,
    /// Whether the file gives only the stage's name.
    pub is_bare: bool,
}

/// A stage that was built, with its columns.
#[derive(Debug)]
pub(crate) struct Flowed {
    pub built: BuiltStage,
    pub columns_in: SchemaRef,
    pub columns_out: SchemaRef,
}

/// Columns at every place of the graph, as far as they could be told.
#[derive(Debug)]
pub(crate) struct Flow {
    input: Option<SchemaRef>,
    /// For each stage in file order.
    pub stages: Vec<Option<Flowed>>,
    /// Columns after each stage; also known for a stage with a fault that cannot change them.
    after: Vec<Option<SchemaRef>>,
}

impl Flow {
    /// Builds `runs`, whose parents are in `links`, on documents with columns `input`.
    pub(crate) fn follow(
        listed: &[Listed],
        runs: &[Option<RunConfig>],
        links: &Links,
        input: Option<SchemaRef>,
        problems: &mut Problems<'_>,
    ) -> Self {
        let mut flow = Self { input, stages: runs.iter().map(|_| None).collect(), after: vec![None; runs.len()] };
        for &position in &links.order {
            let columns = links.inputs[position]
                .as_ref()
                .and_then(|sources| flow.union(sources, listed, &listed[position].path.key("inputs"), problems));
            if let Some(run) = &runs[position] {
                let unchanged = columns.clone().filter(|_| run.kind.keeps_columns);
                let built = build(run, columns, problems);
                flow.after[position] = built.as_ref().map(|stage| Arc::clone(&stage.columns_out)).or(unchanged);
                flow.stages[position] = built;
            }
        }
        flow
    }

    /// Columns of what `source` gives.
    pub(crate) fn columns(&self, source: Source) -> Option<&SchemaRef> {
        match source {
            Source::Input => self.input.as_ref(),
            Source::Stage(position) => self.after.get(position)?.as_ref(),
        }
    }

    /// Columns of several sources together, which must be the same in all.
    pub(crate) fn union(
        &self,
        sources: &[Source],
        listed: &[Listed],
        path: &Path,
        problems: &mut Problems<'_>,
    ) -> Option<SchemaRef> {
        let columns: Vec<&SchemaRef> = sources.iter().map(|source| self.columns(*source)).collect::<Option<_>>()?;
        let (first, others) = columns.split_first()?;
        for (other, source) in others.iter().zip(sources.iter().skip(1)) {
            let names = [sources[0], *source].map(|source| name(source, listed));
            let differences = differences(first, other, &names);
            if !differences.is_empty() {
                let message = format!(
                    "`{}` and `{}` do not have the same columns: {}",
                    names[0],
                    names[1],
                    differences.join("; ")
                );
                let hint = "give both branches the same columns, for example with a `with_columns` stage";
                problems.at_key(path, message, Some(hint.to_owned()));
                return None;
            }
        }
        Some(Arc::clone(first))
    }
}

fn name(source: Source, listed: &[Listed]) -> &str {
    match source {
        Source::Input => INPUT,
        Source::Stage(position) => listed[position].id.as_deref().unwrap_or("?"),
    }
}

fn differences(first: &Schema, second: &Schema, names: &[&str; 2]) -> Vec<String> {
    let mut found = Vec::new();
    for field in first.fields() {
        match second.column_with_name(field.name()) {
            None => found.push(format!("`{}` has `{}`, `{}` has not", names[0], field.name(), names[1])),
            Some((_, other)) if other.data_type() != field.data_type() => found.push(format!(
                "`{}` is {} in `{}` and {} in `{}`",
                field.name(),
                type_name(field.data_type()),
                names[0],
                type_name(other.data_type()),
                names[1]
            )),
            Some(_) => {}
        }
    }
    let only_second = second.fields().iter().filter(|field| first.column_with_name(field.name()).is_none());
    found.extend(only_second.map(|field| format!("`{}` has `{}`, `{}` has not", names[1], field.name(), names[0])));
    found
}

fn build(run: &RunConfig, columns: Option<SchemaRef>, problems: &mut Problems<'_>) -> Option<Flowed> {
    let built = match (run.kind.build)(&run.config, columns.as_deref()) {
        Ok(built) => built,
        Err(faults) => {
            faults.into_iter().for_each(|fault| report(run, fault, problems));
            return None;
        }
    };
    let columns_in = columns?;
    let before = problems.len();
    for read in built.stage.reads() {
        check_read(run, &read.name, read.data_type.as_ref(), &columns_in, problems);
    }
    if problems.len() > before {
        return None;
    }
    let columns_out = Arc::new(output_schema(&columns_in, built.stage.adds()));
    Some(Flowed { built, columns_in, columns_out })
}

fn report(run: &RunConfig, fault: ConfigFault, problems: &mut Problems<'_>) {
    let path = fault.field.as_deref().map_or_else(
        || run.path.clone(),
        // A column name may have dots in it: it is one key where it is one in the file.
        |field| {
            Some(run.path.key(field))
                .filter(|path| problems.node(path).is_some())
                .unwrap_or_else(|| run.path.dotted(field))
        },
    );
    let hint = fault.hint.or_else(|| paths::tried(&run.config, &fault.message));
    problems.inside(&path, fault.at, fault.message, hint);
}

/// The column `wanted` must be in the input, with its type.
fn check_read(
    run: &RunConfig,
    wanted: &str,
    data_type: Option<&DataType>,
    columns: &Schema,
    problems: &mut Problems<'_>,
) {
    let stage = run.kind.name;
    let found = columns.column_with_name(wanted).map(|(_, field)| field.data_type());
    let (message, hint) = match (found, data_type) {
        (None, _) => {
            let known = columns.fields().iter().map(|field| field.name().as_str());
            let hint = suggest::hint(wanted, known, "columns here").map(|hint| match stages::adder(wanted) {
                Some(adder) => format!("a stage `{adder}` before it would add the column; {hint}"),
                None if wanted == textmill_document::columns::HTML => format!("{PAGES}; {hint}"),
                None => hint,
            });
            (format!("`{stage}` needs column `{wanted}`, which its input does not have"), hint)
        }
        (Some(found), Some(data_type)) if found != data_type => {
            let hint = "set its type under `input.columns`, or convert it in a `with_columns` stage before";
            let message = format!(
                "`{stage}` needs column `{wanted}` as {}, but it is {}",
                type_name(data_type),
                type_name(found)
            );
            (message, Some(hint.to_owned()))
        }
        _ => return,
    };
    match problems.node(&run.path).and_then(|tree| mention(tree, wanted, &run.path)) {
        Some(place) => problems.at(&place, message, hint),
        // `run: normalize` has no configuration to point at.
        None if run.is_bare => problems.at(&run.path, message, hint),
        None => problems.at_key(&run.path, message, hint),
    }
}

/// Where the configuration names the column.
fn mention(tree: &Tree, column: &str, path: &Path) -> Option<Path> {
    match &tree.value {
        Yaml::Str(text) => (text == column).then(|| path.clone()),
        Yaml::Map(entries) => entries.iter().find_map(|entry| mention(&entry.value, column, &path.key(&entry.key))),
        Yaml::Seq(items) => {
            items.iter().enumerate().find_map(|(index, item)| mention(item, column, &path.index(index)))
        }
        _ => None,
    }
}
