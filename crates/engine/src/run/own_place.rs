//! Whether a run may write where it is told to: not into the folders that it reads, and not over a published run whose
//! files are gone without being told so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use textmill_ingest::folder_read;
use textmill_pipeline::Pipeline;
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};

use crate::{EngineError, layout};

/// Refuses an output that is a folder of the input, or lies in one that is read as a whole: what is written there would
/// be input of the next run, and the input would be taken for part of the output.
pub(crate) fn refuse_output_in_input(pipeline: &Pipeline, store: &Store) -> Result<(), EngineError> {
    let output = match store.local_path(layout::RUN_MANIFEST) {
        Some(manifest) => real(manifest.ancestors().nth(2).unwrap_or(Path::new("/"))),
        None => PathBuf::from(store.location().trim_end_matches('/')),
    };
    for entry in &pipeline.input.paths {
        let Some(read) = folder_read(entry) else { continue };
        let folder = if read.folder.contains("://") {
            PathBuf::from(read.folder.trim_end_matches('/'))
        } else {
            real(Path::new(&read.folder))
        };
        let Ok(below) = output.strip_prefix(&folder) else { continue };
        if below.as_os_str().is_empty() || read.is_whole {
            let (output, folder) = (store.location().to_owned(), read.folder);
            return Err(EngineError::OutputInInput { output, folder });
        }
    }
    Ok(())
}

/// The path with links followed, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let found = absolute.ancestors().find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    let Some((ancestor, real)) = found else { return absolute };
    match absolute.strip_prefix(ancestor) {
        Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
        _ => real,
    }
}

/// What others read of a finished run. The other datasets explain it, and people delete them to save space.
const RESULTS: [Dataset; 2] = [Dataset::Data, Dataset::Index];

/// Fails where a file of the published results is gone or has another size. What is in the files is for `verify`.
pub(crate) async fn check_published(store: &Store, run: &RunManifest) -> Result<(), EngineError> {
    for dataset in RESULTS {
        let files = run.datasets.get(&dataset).map(Vec::as_slice).unwrap_or_default();
        if files.is_empty() {
            continue;
        }
        let found = sizes(store, dataset).await?;
        for file in files {
            let problem = match found.get(&file.path) {
                None => "is missing".to_owned(),
                Some(bytes) if *bytes != file.bytes => format!("has {bytes} bytes, {} were published", file.bytes),
                Some(_) => continue,
            };
            let (output, path) = (store.location().to_owned(), file.path.clone());
            return Err(EngineError::PublishedGone { output, path, problem });
        }
    }
    Ok(())
}

/// The bytes of every file in the folder of a dataset, under its name of now and of versions before.
async fn sizes(store: &Store, dataset: Dataset) -> Result<BTreeMap<String, u64>, EngineError> {
    let mut found = store.list(dataset.dir_name()).await?;
    if dataset.name() != dataset.dir_name() {
        found.extend(store.list(dataset.name()).await?);
    }
    Ok(found.into_iter().map(|info| (info.path, info.size)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_real_as_far_as_they_exist() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("exists");
        std::fs::create_dir(root.join("in")).expect("made");
        std::os::unix::fs::symlink(root.join("in"), root.join("way")).expect("links");
        assert_eq!(real(&root.join("way")), root.join("in"));
        assert_eq!(real(&root.join("way/new/out")), root.join("in/new/out"));
        assert_eq!(real(&root.join("other")), root.join("other"));
    }
}
