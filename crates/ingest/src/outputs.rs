//! Outputs of textmill as inputs: their manifest says which files are data, and what these hold.
//!
//! 1. Of the files below an output, those of `data/` are read that its manifest names, and no others. Where a path of
//!    the pipeline names one folder of an output (`OUT/_dropped`), those of that folder are.
//! 2. An output without a manifest is not finished, and is refused.
//! 3. Every file must have the size that was published. Its digest is compared when it is read.

use std::collections::BTreeMap;
use std::path::Path;

use textmill_store::manifest::{Dataset, FileEntry, RunManifest};
use textmill_store::sealed::unseal;

use crate::IngestError;
use crate::listing::Listed;

/// The folder that every output has.
const FOLDER: &str = "_textmill";
/// The file of an output that tells the hub where its data is.
const CARD: &str = ".huggingface.yaml";
/// The manifest in an output.
pub(crate) const MANIFEST: &str = "_textmill/run.json";

/// An output at or below, or around, the folder that an entry of `paths` begins with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The path of the output from that folder; empty where it is that folder.
    Below(String),
    /// That folder is this one of the output.
    Around(String),
}

impl Place {
    /// The path below the output of the file with the path `name` from the folder.
    fn path_of(&self, name: &str) -> Option<String> {
        match self {
            Self::Below(root) if root.is_empty() => Some(name.to_owned()),
            Self::Below(root) => Some(name.strip_prefix(root.as_str())?.strip_prefix('/')?.to_owned()),
            Self::Around(folder) => Some(format!("{folder}/{name}")),
        }
    }
}

/// The output of which `folder` (its last component) is one of the folders with data.
pub(crate) fn around(folder: &str) -> Option<Place> {
    let name = folder.trim_end_matches('/').rsplit('/').next()?;
    let is_one = Dataset::ALL.iter().any(|dataset| dataset.dir_name() == name || dataset.name() == name);
    is_one.then(|| Place::Around(name.to_owned()))
}

/// The output that the file or folder with this path belongs to, where it is bookkeeping of one.
pub(crate) fn below(name: &str) -> Option<Place> {
    let mut end = 0;
    for part in name.split_inclusive('/') {
        if part.trim_end_matches('/') == FOLDER {
            return Some(Place::Below(name.get(..end)?.trim_end_matches('/').to_owned()));
        }
        end += part.len();
    }
    None
}

/// Whether the path of something hidden ends in a name that outputs have beside their data.
pub(crate) fn is_beside_data(hidden: &str) -> bool {
    let name = hidden.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    [FOLDER, CARD].contains(&name) || Dataset::ALL.iter().any(|dataset| dataset.dir_name() == name)
}

/// Whether `root` is an output, finished or not.
pub(crate) fn is_local(root: &Path) -> bool {
    root.join(FOLDER).is_dir()
}

/// The content of the manifest of an output on this machine; none where it is not finished.
pub(crate) fn local_manifest(root: &Path) -> Result<Option<Vec<u8>>, IngestError> {
    match std::fs::read(root.join(MANIFEST)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(IngestError::unreadable(&root.join(MANIFEST).to_string_lossy(), error.to_string())),
    }
}

/// An output that was found, and its manifest.
#[derive(Debug)]
pub(crate) struct Output {
    pub place: Place,
    /// Where it is, for messages.
    pub location: String,
    /// None where it is not finished.
    pub manifest: Option<Vec<u8>>,
}

/// Of the files `found` below an entry, those that are to be read: none of `output` but what it published.
///
/// `is_pattern` says that the entry is no folder but a pattern, which need not match all of the data.
pub(crate) fn published_only(
    output: &Output,
    found: Vec<Listed>,
    is_pattern: bool,
) -> Result<Vec<Listed>, IngestError> {
    let (inside, mut kept): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|file| output.place.path_of(&file.name).is_some());
    if is_pattern && inside.is_empty() {
        return Ok(kept);
    }
    let fault = |reason: String| IngestError::Output { location: output.location.clone(), reason };
    let Some(bytes) = &output.manifest else {
        return Err(fault(
            "an output of textmill that is not finished; finish its run with the same `textmill run` command first"
                .to_owned(),
        ));
    };
    let run: RunManifest = unseal(&format!("{}/{MANIFEST}", output.location), bytes)?;
    let mut wanted = wanted(&run, &output.place);
    let mut left_out = 0;
    for mut file in inside {
        let path = output.place.path_of(&file.name).unwrap_or_default();
        let Some(entry) = wanted.remove(path.as_str()) else {
            left_out += 1;
            continue;
        };
        if file.bytes != entry.bytes {
            let (found, published) = (file.bytes, entry.bytes);
            return Err(fault(format!("`{path}` has {found} bytes, {published} were published; {}", advice(output))));
        }
        file.blake3 = Some(entry.blake3.clone());
        kept.push(file);
    }
    if left_out > 0 {
        let output = output.location.as_str();
        tracing::warn!(output, files = left_out, "files beside the data of an output of textmill are not read");
    }
    if is_pattern {
        return Ok(kept);
    }
    if let Some((path, _)) = wanted.first_key_value() {
        return Err(fault(format!("`{path}` was published and is missing; {}", advice(output))));
    }
    if matches!(output.place, Place::Below(_)) && !run.datasets.contains_key(&Dataset::Data) {
        return Err(fault(
            "the run there kept no document, and its version of textmill left no file that says its columns; run it \
             again, or leave it out"
                .to_owned(),
        ));
    }
    Ok(kept)
}

fn advice(output: &Output) -> String {
    format!("`textmill verify {}` says what else is damaged", output.location)
}

/// The files that an entry at `place` means, by their path in the output.
fn wanted<'a>(run: &'a RunManifest, place: &Place) -> BTreeMap<&'a str, &'a FileEntry> {
    let files: Vec<&FileEntry> = match place {
        Place::Below(_) => run.datasets.get(&Dataset::Data).into_iter().flatten().collect(),
        Place::Around(folder) => {
            let in_folder = |file: &&FileEntry| file.path.strip_prefix(folder.as_str()).is_some_and(is_below);
            run.files().filter(in_folder).collect()
        }
    };
    files.into_iter().map(|file| (file.path.as_str(), file)).collect()
}

fn is_below(rest: &str) -> bool {
    rest.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_told_by_their_bookkeeping() {
        assert_eq!(below("_textmill/run.json"), Some(Place::Below(String::new())));
        assert_eq!(below("a/b/_textmill"), Some(Place::Below("a/b".to_owned())));
        assert_eq!(below("a/my_textmill/b"), None);
        assert_eq!(around("/x/out/data/"), Some(Place::Around("data".to_owned())));
        assert_eq!(around("out/_dropped"), Some(Place::Around("_dropped".to_owned())));
        assert_eq!(around("out/dropped"), Some(Place::Around("dropped".to_owned())));
        assert_eq!(around("out/in"), None);
    }

    #[test]
    fn paths_below_an_output_are_told_from_those_beside_it() {
        let output = Place::Below("a/out".to_owned());
        assert_eq!(output.path_of("a/out/data/x").as_deref(), Some("data/x"));
        assert_eq!(output.path_of("a/outer/data/x"), None);
        assert_eq!(Place::Below(String::new()).path_of("data/x").as_deref(), Some("data/x"));
        assert_eq!(Place::Around("data".to_owned()).path_of("x").as_deref(), Some("data/x"));
    }
}
