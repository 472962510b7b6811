//! Who takes documents from whom: ids, inputs, order, cycles.

use crate::place::{Path, Problems};
use crate::suggest;

/// The id that stands for the input of the pipeline.
pub(crate) const INPUT: &str = "input";
const RESERVED: &[&str] = &[INPUT, "output", "run"];

/// A stage as the file names it, before its configuration is looked at.
#[derive(Debug)]
pub(crate) struct Listed {
    pub path: Path,
    /// Absent where the file gives none.
    pub id: Option<String>,
    /// Absent where the file gives none.
    pub inputs: Option<Vec<String>>,
}

/// A source of documents: the input, or the stage at this position in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Input,
    Stage(usize),
}

/// The edges of the graph.
#[derive(Debug)]
pub(crate) struct Links {
    /// For each stage in file order; `None` where one of its inputs is not known.
    pub inputs: Vec<Option<Vec<Source>>>,
    /// Positions in file order, each after all it takes documents from; stages in cycles are left out.
    pub order: Vec<usize>,
}

/// Finds everybody's inputs. What is wrong goes to `problems`.
pub(crate) fn link(stages: &[Listed], problems: &mut Problems<'_>) -> Links {
    check_ids(stages, problems);
    let mut inputs = Vec::with_capacity(stages.len());
    for (position, stage) in stages.iter().enumerate() {
        let found = match &stage.inputs {
            None if position == 0 => Some(vec![Source::Input]),
            None => Some(vec![Source::Stage(position - 1)]),
            Some(names) => look_up(names, stages, &stage.path.key("inputs"), problems),
        };
        inputs.push(found);
    }
    let order = order(&inputs);
    if order.len() < stages.len() {
        report_cycle(stages, &inputs, &order, problems);
    }
    Links { inputs, order }
}

fn check_ids(stages: &[Listed], problems: &mut Problems<'_>) {
    for (position, stage) in stages.iter().enumerate() {
        let Some(id) = &stage.id else { continue };
        let place = stage.path.key("id");
        if RESERVED.contains(&id.as_str()) {
            let message = format!("`{id}` cannot be the id of a stage, it has a meaning of its own");
            problems.at(&place, message, Some("choose another name".to_owned()));
        }
        if stages.iter().take(position).any(|earlier| earlier.id.as_ref() == Some(id)) {
            let message = format!("two stages have the id `{id}`");
            problems.at(&place, message, Some("ids must differ; rename one of the two".to_owned()));
        }
    }
}

/// The sources called `names`. All unknown names are reported.
pub(crate) fn look_up(
    names: &[String],
    stages: &[Listed],
    path: &Path,
    problems: &mut Problems<'_>,
) -> Option<Vec<Source>> {
    let mut found = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        if name == INPUT {
            found.push(Source::Input);
            continue;
        }
        match stages.iter().position(|stage| stage.id.as_ref() == Some(name)) {
            Some(position) => found.push(Source::Stage(position)),
            None => {
                let known = stages.iter().filter_map(|stage| stage.id.as_deref()).chain([INPUT]);
                let hint = suggest::hint(name, known, "stages here");
                problems.at(&path.index(index), format!("there is no stage `{name}`"), hint);
            }
        }
    }
    (found.len() == names.len()).then_some(found)
}

/// Kahn's algorithm, always taking the first stage of the file that is ready. An unknown input does
/// not hold a stage back.
fn order(inputs: &[Option<Vec<Source>>]) -> Vec<usize> {
    let mut order = Vec::with_capacity(inputs.len());
    let mut done = vec![false; inputs.len()];
    let is_done = |done: &[bool], source: &Source| match *source {
        Source::Input => true,
        Source::Stage(position) => done[position],
    };
    let ready = |done: &[bool], position: usize| {
        !done[position] && inputs[position].iter().flatten().all(|source| is_done(done, source))
    };
    while let Some(next) = (0..inputs.len()).find(|position| ready(&done, *position)) {
        done[next] = true;
        order.push(next);
    }
    order
}

/// Follows inputs among the stages that could not be ordered until one comes twice.
fn report_cycle(stages: &[Listed], inputs: &[Option<Vec<Source>>], order: &[usize], problems: &mut Problems<'_>) {
    let before = |position: usize| {
        inputs[position].iter().flatten().find_map(|source| match *source {
            Source::Stage(parent) if !order.contains(&parent) => Some(parent),
            _ => None,
        })
    };
    let Some(start) = (0..stages.len()).find(|position| !order.contains(position)) else { return };
    let mut path = vec![start];
    while let Some(parent) = before(path[path.len() - 1]) {
        if let Some(first) = path.iter().position(|position| *position == parent) {
            path.drain(..first);
            break;
        }
        path.push(parent);
    }
    // Documents flow against the direction in which inputs were followed.
    path.reverse();
    let Some(first) = path.iter().copied().min() else { return };
    let turn = path.iter().position(|position| *position == first).unwrap_or(0);
    path.rotate_left(turn);
    path.push(first);
    let names: Vec<_> = path.iter().map(|position| stages[*position].id.as_deref().unwrap_or("?")).collect();
    let hint = "a stage cannot wait for its own documents; take one of these inputs out";
    problems.at(
        &stages[first].path.key("inputs"),
        format!("the stages take documents from each other in a circle: {}", names.join(" -> ")),
        Some(hint.to_owned()),
    );
}
