//! What `textmill run --task-index I --task-count N` says where it does not publish.

use serde_json::json;
use textmill_engine::{ArrayMember, ArrayOutcome, RunOutcome};

use crate::args::{RunOptionArgs, TableFormat};
use crate::exit::CommandError;
use crate::output;

/// The share that this process was given, if it is one of an array.
pub(super) fn member(args: &RunOptionArgs) -> Result<Option<ArrayMember>, CommandError> {
    let (Some(index), Some(count)) = (args.task_index, args.task_count) else { return Ok(None) };
    if index >= count {
        return Err(CommandError::usage(
            format!("--task-index {index} is out of range for --task-count {count}"),
            format!("shares are numbered from 0: give 0 to {}", count - 1),
        ));
    }
    Ok(Some(ArrayMember { index, count, leave_after_exchange: args.leave_after_exchange }))
}

/// The published run; or tells why it is not published by this process.
pub(super) fn published(outcome: ArrayOutcome, format: TableFormat) -> Result<Option<RunOutcome>, CommandError> {
    let (line, value) = match outcome {
        ArrayOutcome::Published(outcome) => return Ok(Some(*outcome)),
        ArrayOutcome::Waiting { phase, done, tasks } => (
            format!(
                "{done} of {tasks} tasks are committed (phase {phase}); the run is published by the process that \
                 finishes last"
            ),
            json!({"published": false, "why": "waiting", "phase": phase, "tasks_done": done, "tasks": tasks}),
        ),
        ArrayOutcome::Finishing(holder) => (
            format!(
                "all shares are committed; process {} on {}, which finished last, does the rest",
                holder.pid, holder.host
            ),
            json!({"published": false, "why": "finishing", "host": holder.host, "pid": holder.pid}),
        ),
        ArrayOutcome::Exchanged { phase } => (
            format!("documents are compared; start the array again to share the tasks of phase {phase}"),
            json!({"published": false, "why": "exchanged", "phase": phase}),
        ),
    };
    output::line(&line);
    if format == TableFormat::Json {
        output::json(&value)?;
    }
    Ok(None)
}
