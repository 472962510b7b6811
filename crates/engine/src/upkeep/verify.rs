use textmill_store::manifest::{ExchangeManifest, FileEntry, RunManifest, TaskManifest, content_digest};
use textmill_store::sealed::unseal;
use textmill_store::verify::{Finding, verify_file};
use textmill_store::{Store, StoreErrorKind};

use crate::plan::{RunPlan, published};
use crate::{EngineError, layout};

/// One committed file that is not what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Path below the output location.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What `verify` found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Whether a run is published.
    pub complete: bool,
    /// Digest of the published content; absent while the run is unfinished.
    pub digest: Option<String>,
    /// Documents in the published data.
    pub documents: u64,
    /// Files checked: data files, manifests and plans.
    pub files: u64,
    /// Bytes checked.
    pub bytes: u64,
    /// Everything damaged or missing.
    pub damage: Vec<Damage>,
}

/// Checks every committed file below `store` against its digest, and the published ledger.
pub async fn verify(store: &Store) -> Result<VerifyReport, EngineError> {
    let run = published(store).await;
    let mut check = Check { store, unpublished: matches!(run, Ok(None)), report: empty() };
    let any_plan = check.sealed_files::<RunPlan>(layout::PLANS).await?;
    for manifest in check.sealed_files::<TaskManifest>(layout::TASKS).await? {
        check.ledger(&manifest.key, &manifest.ledger);
        check.staged(manifest.files()).await?;
    }
    for manifest in check.sealed_files::<ExchangeManifest>(layout::EXCHANGES).await? {
        check.staged(manifest.files()).await?;
    }
    match run {
        Ok(Some(run)) => check.published(&run).await?,
        Ok(None) if any_plan.is_empty() && check.report.damage.is_empty() => {
            return Err(EngineError::NoRun(store.location().to_owned()));
        }
        Ok(None) => {}
        Err(error) => check.damaged(layout::RUN_MANIFEST, error)?,
    }
    Ok(check.report)
}

fn empty() -> VerifyReport {
    VerifyReport { complete: false, digest: None, documents: 0, files: 0, bytes: 0, damage: Vec::new() }
}

struct Check<'a> {
    store: &'a Store,
    unpublished: bool,
    report: VerifyReport,
}

impl Check<'_> {
    fn add(&mut self, path: &str, problem: impl Into<String>) {
        self.report.damage.push(Damage { path: path.to_owned(), problem: problem.into() });
    }

    /// An integrity error is a finding; any other error ends the check.
    fn damaged(&mut self, path: &str, error: EngineError) -> Result<(), EngineError> {
        match error {
            EngineError::Store(error) if error.kind() == StoreErrorKind::Integrity => {
                self.add(path, error.to_string());
                Ok(())
            }
            other => Err(other),
        }
    }

    async fn sealed_files<T: serde::de::DeserializeOwned>(&mut self, folder: &str) -> Result<Vec<T>, EngineError> {
        let mut read = Vec::new();
        for info in self.store.list(folder).await? {
            self.report.files += 1;
            self.report.bytes += info.size;
            let bytes = self.store.get(&info.path).await?;
            match unseal(&info.path, &bytes) {
                Ok(value) => read.push(value),
                Err(error) => self.damaged(&info.path, error.into())?,
            }
        }
        Ok(read)
    }

    /// Files of a committed task or exchange. Once a run is published they may be gone; before, they must be there.
    async fn staged(&mut self, files: impl Iterator<Item = &FileEntry>) -> Result<(), EngineError> {
        for file in files {
            if self.unpublished || self.store.head(&file.path).await?.is_some() {
                self.file(file).await?;
            }
        }
        Ok(())
    }

    async fn published(&mut self, run: &RunManifest) -> Result<(), EngineError> {
        self.report.files += 1;
        self.report.complete = true;
        self.ledger("run", &run.ledger);
        for file in run.datasets.values().flatten() {
            self.file(file).await?;
        }
        let data = run.datasets.get(&textmill_store::manifest::Dataset::Data).into_iter().flatten();
        self.report.documents = data.map(|file| file.rows).sum();
        if self.report.documents != run.ledger.output.documents {
            self.add(layout::RUN_MANIFEST, "the data files hold another number of documents than the ledger");
        }
        let digest = content_digest(&run.datasets);
        if digest != run.digest {
            self.add(layout::RUN_MANIFEST, "the digest of the content is not the recorded one");
        }
        self.report.digest = Some(digest);
        Ok(())
    }

    async fn file(&mut self, file: &FileEntry) -> Result<(), EngineError> {
        self.report.files += 1;
        self.report.bytes += file.bytes;
        match verify_file(self.store, file).await? {
            Finding::Intact => {}
            finding => self.add(&file.path, finding.to_string()),
        }
        Ok(())
    }

    fn ledger(&mut self, place: &str, ledger: &textmill_document::Ledger) {
        if let Err(imbalance) = ledger.check() {
            self.add(place, imbalance.to_string());
        }
    }
}
