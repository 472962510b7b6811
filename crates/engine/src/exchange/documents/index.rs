//! Indexes of earlier runs.

use textmill_minhash_dedupe::DedupeSettings;
use textmill_store::Store;
use textmill_store::manifest::Dataset;

use crate::EngineError;
use crate::exchange::exchange::Earlier;
use crate::plan::published;

/// Opens the indexes that `settings` compares with.
pub(super) async fn open(settings: &DedupeSettings) -> Result<Vec<Earlier>, EngineError> {
    let mut earlier = Vec::new();
    for location in &settings.against {
        let store = Store::open(location)?;
        let unusable = |problem: String| EngineError::UnusableIndex { location: store.location().to_owned(), problem };
        let run = published(&store).await?;
        let run = run.ok_or_else(|| unusable("no published run of textmill lies there".to_owned()))?;
        let made = run.index.ok_or_else(|| unusable("that run made none; run it with `index: true`".to_owned()))?;
        let wanted = settings.keys_made();
        if made != wanted {
            return Err(unusable(format!("its keys were made otherwise\n  there  {made}\n  here   {wanted}")));
        }
        let files = run.datasets.get(&Dataset::Index).cloned().unwrap_or_default();
        earlier.push((store, files));
    }
    Ok(earlier)
}
