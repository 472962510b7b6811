//! What is written: whose documents, which columns, and what must be read for that.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema, SchemaRef};
use textmill_document::columns;

use crate::file::OutputConfig;
use crate::flow::{Flow, RunConfig};
use crate::graph::{Links, Listed, Source, look_up};
use crate::pipeline::OutputColumn;
use crate::place::{Path, Problems};
use crate::suggest;

/// Whose documents are written.
pub(crate) fn sources(
    config: &OutputConfig,
    listed: &[Listed],
    links: &Links,
    path: &Path,
    problems: &mut Problems<'_>,
) -> Option<Vec<Source>> {
    let taken =
        |position: usize| links.inputs.iter().flatten().flatten().any(|source| *source == Source::Stage(position));
    let ends: Vec<usize> = (0..listed.len()).filter(|position| !taken(*position)).collect();
    let Some(names) = &config.inputs else {
        let ends: Vec<_> = ends.into_iter().map(Source::Stage).collect();
        return Some(if ends.is_empty() { vec![Source::Input] } else { ends });
    };
    let found = look_up(names, listed, &path.key("inputs"), problems)?;
    // An input that is not known may be the one that is missed here.
    let all_known = links.inputs.iter().all(Option::is_some);
    for position in ends.into_iter().filter(|_| all_known) {
        if !found.contains(&Source::Stage(position)) {
            let id = listed[position].id.as_deref().unwrap_or("?");
            problems.at(
                &listed[position].path.key("id"),
                format!("nobody takes the documents of `{id}`"),
                Some("add it to `output.inputs` or to the `inputs` of a stage, or remove the stage".to_owned()),
            );
        }
    }
    Some(found)
}

/// The columns that are written, out of `available`, with their types.
pub(crate) fn columns(
    config: &OutputConfig,
    available: &Schema,
    path: &Path,
    problems: &mut Problems<'_>,
) -> Option<(Vec<OutputColumn>, SchemaRef)> {
    // Pages whose text was extracted are only written where they are asked for.
    let extracted = available.column_with_name(columns::TEXT).is_some();
    let is_page = |name: &str| [columns::HTML, columns::BODY].contains(&name);
    let names = available.fields().iter().map(|field| field.name());
    let all = || names.filter(|name| !(extracted && is_page(name))).cloned().collect();
    let wanted: Vec<String> = config.columns.clone().unwrap_or_else(all);
    let before = problems.len();
    let mut chosen: Vec<OutputColumn> = Vec::with_capacity(wanted.len());
    let mut fields = Vec::with_capacity(wanted.len());
    for (index, text) in wanted.iter().enumerate() {
        let column = parse_column(text);
        let place = path.key("columns").index(index);
        match available.column_with_name(&column.source) {
            Some((_, field)) => fields.push(Field::clone(field).with_name(&column.name).with_nullable(true)),
            None => {
                let known = available.fields().iter().map(|field| field.name().as_str());
                let hint = suggest::hint(&column.source, known, "columns at the end");
                problems.at(&place, format!("there is no column `{}` to write", column.source), hint);
            }
        }
        if chosen.iter().any(|earlier| earlier.name == column.name) {
            let message = format!("two columns of the output are called `{}`", column.name);
            problems.at(&place, message, Some("write `name as other_name`, or remove one".to_owned()));
        }
        chosen.push(column);
    }
    (problems.len() == before).then(|| (chosen, Arc::new(Schema::new(fields)) as SchemaRef))
}

/// `name` or `name as other`; the schema has checked the form.
fn parse_column(text: &str) -> OutputColumn {
    let mut words = text.split_whitespace();
    let source = words.next().unwrap_or_default().to_owned();
    let name = words.nth(1).map_or_else(|| source.clone(), ToOwned::to_owned);
    OutputColumn { source, name }
}

/// The input columns that must be read. A column that a stage replaces is among them: where only
/// one of two branches replaces it, both must have it when they meet.
pub(crate) fn projection(
    input: &Schema,
    flow: &Flow,
    runs: &[Option<RunConfig>],
    written: &[OutputColumn],
) -> Vec<String> {
    let payloads = [columns::TEXT, columns::HTML, columns::BODY];
    let payload = payloads.into_iter().find(|name| input.column_with_name(name).is_some()).unwrap_or(columns::TEXT);
    let mut needed: BTreeSet<String> = [columns::ID, payload].map(ToOwned::to_owned).into();
    for (stage, run) in flow.stages.iter().flatten().zip(runs.iter().flatten()) {
        needed.extend(stage.built.stage.reads().into_iter().map(|read| read.name));
        needed.extend(stage.built.stage.adds().iter().map(|field| field.name().clone()));
        needed.extend(run.kind.may_read.iter().map(|name| (*name).to_owned()));
    }
    needed.extend(written.iter().map(|column| column.source.clone()));
    input.fields().iter().map(|field| field.name().clone()).filter(|name| needed.contains(name)).collect()
}
