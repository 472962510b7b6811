use std::collections::BTreeMap;

use textmill_document::Ledger;
use textmill_pipeline::Pipeline;
use textmill_store::manifest::{ClusterReport, ExchangeManifest, TaskManifest, TaskMetrics};

use crate::EngineError;
use crate::plan::TaskSpec;
use crate::task::INPUT;

/// The committed tasks of a phase, in order.
type Tasks = Vec<(TaskSpec, TaskManifest)>;

/// Everything that the phases of a run committed.
#[derive(Debug)]
pub(crate) struct Phases {
    phases: Vec<Tasks>,
    clusters: BTreeMap<String, ClusterReport>,
}

impl Phases {
    /// The first phase.
    pub(crate) fn new(tasks: Tasks) -> Self {
        Self { phases: vec![tasks], clusters: BTreeMap::new() }
    }

    /// Adds a phase with what the exchanges before it found.
    pub(crate) fn push(&mut self, tasks: Tasks, found: BTreeMap<String, ExchangeManifest>) {
        self.phases.push(tasks);
        // Cutting parts makes no clusters.
        let clusters = found.into_iter().filter(|(_, found)| found.report != ClusterReport::default());
        self.clusters.extend(clusters.map(|(stage, found)| (stage, found.report)));
    }

    /// The tasks of the phase that was added last.
    pub(crate) fn last(&self) -> &[(TaskSpec, TaskManifest)] {
        self.phases.last().map_or(&[], Vec::as_slice)
    }

    /// The manifests of all tasks, phase by phase.
    pub(crate) fn manifests(&self) -> impl Iterator<Item = &TaskManifest> {
        self.phases.iter().flatten().map(|(_, manifest)| manifest)
    }

    /// Why the splits that could not be worked on could not.
    pub(crate) fn given_up(&self) -> impl Iterator<Item = String> {
        self.manifests().filter_map(|manifest| manifest.given_up.clone())
    }

    /// Number of tasks of all phases.
    pub(crate) fn tasks(&self) -> u64 {
        self.phases.iter().map(|tasks| tasks.len() as u64).sum()
    }

    /// What each exchange found.
    pub(crate) fn clusters(&self) -> &BTreeMap<String, ClusterReport> {
        &self.clusters
    }

    /// What all tasks cost together.
    pub(crate) fn metrics(&self) -> TaskMetrics {
        let mut total = TaskMetrics::default();
        self.manifests().for_each(|task| total.merge(&task.metrics));
        total
    }

    /// The account of the whole run: what one phase hands over is what the next one is given, so that only the ends
    /// count. Stages come in the order of the pipeline.
    pub(crate) fn ledger(&self, pipeline: &Pipeline) -> Result<Ledger, EngineError> {
        let mut run = Ledger::default();
        for (number, tasks) in self.phases.iter().enumerate() {
            let mut phase = Ledger::default();
            for (_, task) in tasks {
                task.ledger.check()?;
                phase.merge(&task.ledger);
            }
            if number > 0 {
                if phase.input() != run.output {
                    return Err(EngineError::HandOver {
                        place: format!("phase p{number}"),
                        found: format!("{} documents", phase.input().documents),
                        expected: run.output.documents.to_string(),
                    });
                }
                // A phase without a task has no entry at all.
                phase.stages.retain(|stage| stage.id != INPUT);
            }
            run.output = textmill_document::Count::default();
            run.merge(&phase);
        }
        let place = |id: &str| pipeline.nodes.iter().position(|node| node.id == id);
        run.stages.sort_by_key(|stage| place(&stage.id));
        run.check()?;
        Ok(run)
    }
}
