use textmill_document::ByteSize;
use textmill_engine::{CorpusSize, Estimate, ExchangeEstimate, PhaseEstimate, Rates, StageEstimate, estimate};
use textmill_pipeline::Pipeline;
use textmill_report::{count, duration};
use textmill_store::Store;

use super::block_on;
use crate::args::{EstimateArgs, ExplainArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

/// Prints what a run over a corpus of the declared size would cost.
pub(super) fn run(args: &ExplainArgs) -> Result<Exit, CommandError> {
    let pipeline = textmill_pipeline::load(&args.file)?;
    let rates = rates(&args.estimate)?;
    let size =
        CorpusSize { documents: args.estimate.documents, stored_bytes: args.estimate.bytes.map(ByteSize::bytes) };
    let found = estimate(&pipeline, size, &rates).ok_or_else(|| {
        CommandError::usage(
            "the size of the corpus is not known",
            "give --documents and --bytes, or one of them and --rates with the output of a finished run",
        )
    })?;
    match args.format {
        TableFormat::Json => output::json(&found)?,
        TableFormat::Text => output::data(&text(&pipeline, &found))?,
    }
    Ok(Exit::Done)
}

fn rates(args: &EstimateArgs) -> Result<Rates, CommandError> {
    let Some(location) = &args.rates else { return Ok(Rates::built_in()) };
    let store = Store::open(location)?;
    block_on(1, async { Ok(Rates::of_run(&store).await?) })
}

fn text(pipeline: &Pipeline, found: &Estimate) -> String {
    let mut text = format!(
        "pipeline {} over {} documents, {} stored, {} of payload\nrates: {}\n",
        output::printable(&pipeline.name),
        count(found.documents),
        ByteSize(found.stored_bytes),
        ByteSize(found.payload_bytes),
        output::printable(&found.rates),
    );
    found.phases.iter().for_each(|phase| push_phase(&mut text, phase));
    text.push_str(&format!(
        "\noutput          {} documents, {}\nCPU             {} in stages; reading, writing and comparing come on top\nscratch         {} in the output location\n\
         memory          {} for each thread that runs tasks\n",
        count(found.output_documents),
        ByteSize(found.output_bytes),
        hours(found.cpu_seconds),
        ByteSize(found.scratch_bytes),
        ByteSize(found.memory_per_thread_bytes),
    ));
    if !found.unmeasured.is_empty() {
        text.push_str(&format!("not measured    {}: their time is not in the CPU time\n", found.unmeasured.join(", ")));
    }
    text
}

fn push_phase(text: &mut String, phase: &PhaseEstimate) {
    text.push_str(&format!("\nphase {}: {} tasks, {} of CPU", phase.id, count(phase.tasks), hours(phase.cpu_seconds)));
    if phase.handed_over_bytes > 0 {
        text.push_str(&format!(", hands over {}", ByteSize(phase.handed_over_bytes)));
    }
    text.push('\n');
    phase.stages.iter().for_each(|stage| push_stage(text, stage));
    phase.exchanges.iter().for_each(|exchange| push_exchange(text, exchange));
}

fn push_stage(text: &mut String, stage: &StageEstimate) {
    let StageEstimate { id, documents_in, bytes_in, .. } = stage;
    let speed = stage.rate.bytes_per_second.map_or_else(
        || "not measured".to_owned(),
        |speed| format!("{} at {:.1} MB/s", hours(stage.cpu_seconds.unwrap_or_default()), speed / 1e6),
    );
    let id = output::printable(id);
    text.push_str(&format!("  {id:<18} {:>16} documents {:>11}  {speed}\n", count(*documents_in), size(*bytes_in)));
}

fn push_exchange(text: &mut String, exchange: &ExchangeEstimate) {
    text.push_str(&format!(
        "  {} compares {} documents: {} of keys are shuffled; one process needs {} of memory, {} not to sort on disk, \
         else {} there\n",
        output::printable(&exchange.stage),
        count(exchange.documents),
        size(exchange.key_bytes),
        size(exchange.memory_bytes),
        size(exchange.memory_without_spill_bytes),
        size(exchange.spill_bytes),
    ));
    if exchange.runs > 1 {
        text.push_str(&format!(
            "    too many to compare at once (4,294,967,295): cut the input into {} runs or more; memory is that of one\n",
            exchange.runs
        ));
    }
}

fn size(bytes: u64) -> String {
    ByteSize(bytes).to_string()
}

/// Hours, where there are some.
fn hours(seconds: f64) -> String {
    // In range: a float cast saturates.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (seconds / 3600.0).round() as u64;
    if whole < 100 { duration(seconds) } else { format!("{} h", count(whole)) }
}
