//! What earlier calls left at an output location: the plan that was made last, and the run that is published.

use textmill_store::Store;
use textmill_store::manifest::RunManifest;
use textmill_store::sealed::unseal;

use super::RunPlan;
use crate::{EngineError, layout};

/// The manifest of the published run, if there is one.
pub(crate) async fn published(store: &Store) -> Result<Option<RunManifest>, EngineError> {
    match store.get_opt(layout::RUN_MANIFEST).await? {
        Some(bytes) => Ok(Some(unseal(layout::RUN_MANIFEST, &bytes)?)),
        None => Ok(None),
    }
}

/// The plan that was made last, with its number.
pub(crate) async fn latest_plan(store: &Store) -> Result<Option<(u64, RunPlan)>, EngineError> {
    let number = |path: &str| path.rsplit('/').next()?.strip_suffix(".json")?.parse::<u64>().ok();
    let listed = store.list(layout::PLANS).await?;
    let Some((number, path)) = listed.iter().filter_map(|info| Some((number(&info.path)?, &info.path))).max() else {
        return Ok(None);
    };
    Ok(Some((number, unseal(path, &store.get(path).await?)?)))
}
