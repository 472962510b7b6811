//! Commands that look at an output location: `status`, `verify`, `gc`.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use textmill_document::ByteSize;
use textmill_engine::{GcOptions, GcReport, PhaseStatus, RunStatus, VerifyReport, collect_garbage};

use super::{block_on, open};
use crate::args::{GcArgs, OutputArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn status(args: &OutputArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let (status, owner) = block_on(1, async {
        let status = textmill_engine::status(&store).await?;
        Ok((status, textmill_store::owner::current(&store).await?))
    })?;
    let owner = owner.map(|owner| format!("{} (pid {}) since {}", owner.host, owner.pid, owner.started_at));
    match args.format {
        TableFormat::Json => output::json(&status_json(&status, owner.as_deref()))?,
        TableFormat::Text => output::data(&status_text(&status, owner.as_deref()))?,
    }
    Ok(Exit::Done)
}

fn status_json(status: &RunStatus, owner: Option<&str>) -> impl Serialize + use<> {
    let phase = |phase: &PhaseStatus| json!({"phase": phase.id, "tasks_done": phase.done, "tasks": phase.tasks});
    let phases: Vec<_> = status.phases.iter().map(phase).collect();
    json!({
        "name": status.plan.name,
        "complete": status.is_complete(),
        "tasks_done": status.tasks_done(),
        "tasks": status.tasks(),
        "phases": phases,
        "documents_in": status.ledger.input().documents,
        "documents_kept": status.ledger.output.documents,
        "owner": owner,
        "digest": status.published.as_ref().filter(|_| status.is_complete()).map(|run| &run.digest),
    })
}

fn status_text(status: &RunStatus, owner: Option<&str>) -> String {
    let state = match (status.is_complete(), owner) {
        (true, _) => "complete".to_owned(),
        (false, Some(owner)) => format!("running on {owner}, or killed there"),
        (false, None) => "stopped; the same `textmill run` command resumes it".to_owned(),
    };
    let mut lines = vec![
        format!("run        {}", status.plan.name),
        format!("state      {state}"),
        format!("tasks      {} of {} committed{}", status.tasks_done(), status.tasks(), by_phase(status)),
        format!("documents  {} read, {} kept", status.ledger.input().documents, status.ledger.output.documents),
    ];
    if let (true, Some(run)) = (status.is_complete(), &status.published) {
        lines.push(format!("digest     {}", run.digest));
    }
    lines.join("\n")
}

/// How far each phase is, where there are several.
fn by_phase(status: &RunStatus) -> String {
    if status.phases.len() < 2 {
        return String::new();
    }
    let phases = status.phases.iter().map(|phase| format!("{} {} of {}", phase.id, phase.done, phase.tasks));
    format!(" ({})", phases.collect::<Vec<_>>().join(", "))
}

pub(super) fn verify(args: &OutputArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let report = block_on(2, async { Ok(textmill_engine::verify(&store).await?) })?;
    match args.format {
        TableFormat::Json => output::json(&verify_json(&report))?,
        TableFormat::Text => output::data(&verify_text(&report))?,
    }
    for damage in &report.damage {
        output::error(&format!("{}: {}", damage.path, damage.problem));
    }
    Ok(if report.damage.is_empty() { Exit::Done } else { Exit::Integrity })
}

fn verify_json(report: &VerifyReport) -> impl Serialize + use<> {
    let damage: Vec<_> =
        report.damage.iter().map(|damage| json!({"path": damage.path, "problem": damage.problem})).collect();
    json!({
        "ok": report.damage.is_empty(),
        "complete": report.complete,
        "digest": report.digest,
        "documents": report.documents,
        "files": report.files,
        "bytes": report.bytes,
        "damage": damage,
    })
}

fn verify_text(report: &VerifyReport) -> String {
    let checked = format!("{} files, {} checked", report.files, ByteSize(report.bytes));
    match (&report.digest, report.damage.len()) {
        (Some(digest), 0) => format!("ok: {checked}; {} documents, digest {digest}", report.documents),
        (None, 0) => format!("ok so far: {checked}; the run is not finished"),
        (_, damaged) => format!("DAMAGED: {damaged} problem(s) in {checked}"),
    }
}

pub(super) fn gc(args: &GcArgs) -> Result<Exit, CommandError> {
    let store = open(&args.output)?;
    let options = GcOptions {
        dry_run: args.dry_run,
        lease: Duration::from_secs(args.lease_secs),
        upload_age: Duration::from_secs(args.upload_age_secs),
    };
    let report = block_on(2, async { Ok(collect_garbage(&store, &options).await?) })?;
    match args.format {
        TableFormat::Json => output::json(&json!({
            "dry_run": args.dry_run,
            "paths": report.paths,
            "bytes": report.bytes,
            "uploads": report.uploads,
        }))?,
        TableFormat::Text => output::data(&gc_text(&report, args.dry_run))?,
    }
    Ok(Exit::Done)
}

fn gc_text(report: &GcReport, dry_run: bool) -> String {
    let would = if dry_run { "would " } else { "" };
    let (delete, abort) = if dry_run { ("delete", "abort") } else { ("deleted", "aborted") };
    let mut text: String = report.paths.iter().map(|path| format!("{path}\n")).collect();
    if !report.uploads.is_empty() {
        text.extend(report.uploads.iter().map(|path| format!("{path} (unfinished upload)\n")));
        text.push_str(&format!("{would}{abort} {} unfinished uploads\n", report.uploads.len()));
    }
    let files = if report.paths.len() == 1 { "file" } else { "files" };
    text.push_str(&format!("{would}{delete} {} {files}, {}", report.paths.len(), ByteSize(report.bytes)));
    text
}
