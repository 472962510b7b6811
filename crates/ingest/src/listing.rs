//! From the paths in the pipeline file to the files they stand for.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use globset::{GlobBuilder, GlobMatcher};
use object_store::{ObjectMeta, ObjectStoreExt};
use textmill_store::StoreError;
use walkdir::WalkDir;

use crate::outputs::{self, Output, Place};
use crate::source::{local_path, local_version, remote_version};
use crate::{Compression, Format, IngestError, InputConfig, Shard};

/// Endings of file names, the longest first, with what they say.
const EXTENSIONS: &[(&str, Format, Compression)] = &[
    (".jsonl.tar.gz", Format::Wanjuan, Compression::TarGzip),
    (".parquet", Format::Parquet, Compression::None),
    (".warc.gz", Format::Warc, Compression::Gzip),
    (".warc.zst", Format::Warc, Compression::Zstd),
    (".warc", Format::Warc, Compression::None),
    (".wet.gz", Format::Wet, Compression::Gzip),
    (".wet.zst", Format::Wet, Compression::Zstd),
    (".wet", Format::Wet, Compression::None),
    (".jsonl.gz", Format::Jsonl, Compression::Gzip),
    (".ndjson.gz", Format::Jsonl, Compression::Gzip),
    (".jsonl.zst", Format::Jsonl, Compression::Zstd),
    (".ndjson.zst", Format::Jsonl, Compression::Zstd),
    (".jsonl", Format::Jsonl, Compression::None),
    (".ndjson", Format::Jsonl, Compression::None),
];

/// A file that an entry of `paths` stands for.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) location: String,
    /// Path relative to the fixed part of the entry.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    version: String,
    /// What the output of textmill that it belongs to says of it.
    pub(crate) blake3: Option<String>,
    /// The same for two names of one file.
    identity: String,
}

/// What [`list`] found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub shards: Vec<Shard>,
    /// Files that more than one entry, or link, named.
    pub repeated: usize,
}

/// All files that the entries of `config.paths` stand for, sorted by location, each once.
pub(crate) async fn list(config: &InputConfig) -> Result<Listing, Vec<IngestError>> {
    let (mut listed, mut errors) = (Vec::new(), Vec::new());
    for entry in &config.paths {
        let found = if local_path(entry).is_some() {
            let (entry, any) = (entry.clone(), config.format.is_some());
            let listing = tokio::task::spawn_blocking(move || list_local(&entry, any));
            listing.await.unwrap_or_else(|error| Err(IngestError::config(error.to_string())))
        } else {
            list_remote(entry, config.format.is_some()).await
        };
        match found {
            Ok(files) if files.is_empty() => errors.push(IngestError::NoMatch { pattern: entry.clone() }),
            Ok(files) => listed.extend(files),
            Err(error) => errors.push(error),
        }
    }
    let total = listed.len();
    listed.sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
    let mut seen = HashSet::new();
    listed.retain(|file| seen.insert(file.identity.clone()));
    let repeated = total - listed.len();
    make_names_unique(&mut listed);
    let (mut shards, mut unknown) = (Vec::new(), Vec::new());
    for file in listed {
        match kind_of(&file.location, config.format) {
            // The columns were settled before the files were known.
            Some((format, _)) if format.is_archive() && config.archive() != Some(format) => {
                unknown.push(IngestError::UnexpectedArchive { location: file.location });
            }
            Some((format, compression)) => {
                let Listed { location, name, bytes, version, blake3, .. } = file;
                shards.push(Shard { location, name, bytes, version, format, compression, blake3 });
            }
            None => unknown.push(IngestError::UnknownFormat { location: file.location }),
        }
    }
    errors.extend(unknown);
    if errors.is_empty() { Ok(Listing { shards, repeated }) } else { Err(errors) }
}

/// Format and compression of the file `location`; `format` is what the pipeline says.
#[allow(clippy::case_sensitive_file_extension_comparisons, reason = "the name is in lower case")]
pub(crate) fn kind_of(location: &str, format: Option<Format>) -> Option<(Format, Compression)> {
    let name = location.to_ascii_lowercase();
    let Some(format) = format else {
        let known = EXTENSIONS.iter().find(|(ending, ..)| name.ends_with(ending));
        return known.map(|(_, format, compression)| (*format, *compression));
    };
    let compression = match format {
        Format::Parquet => Compression::None,
        Format::Wanjuan if name.ends_with(".tar.gz") || name.ends_with(".tgz") => Compression::TarGzip,
        _ if name.ends_with(".gz") => Compression::Gzip,
        _ if name.ends_with(".zst") => Compression::Zstd,
        _ => Compression::None,
    };
    Some((format, compression))
}

/// Names are part of generated ids: where two entries give the same name, the location is it.
fn make_names_unique(listed: &mut [Listed]) {
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for file in listed.iter() {
        *uses.entry(file.name.clone()).or_default() += 1;
    }
    for file in listed {
        if uses.get(&file.name).is_some_and(|uses| *uses > 1) {
            file.name.clone_from(&file.location);
        }
    }
}

/// Whether a directory's file is read: a known extension (`any`: every one), and no name that
/// marks a file as hidden or as somebody's bookkeeping.
fn in_directory(relative: &str, any: bool) -> bool {
    let hidden = relative.split('/').any(|part| part.starts_with(['.', '_']));
    !hidden && (any || kind_of(relative, None).is_some())
}

fn has_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// `a/b/*.gz` as `a/b` and `*.gz`: the part before the first component with a glob, and the rest.
fn split_pattern(entry: &str) -> (&str, &str) {
    let mut end = 0;
    for part in entry.split_inclusive('/') {
        if has_glob(part) {
            break;
        }
        end += part.len();
    }
    entry.split_at(end)
}

fn matcher(entry: &str, pattern: &str) -> Result<GlobMatcher, IngestError> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).empty_alternates(true).build();
    let bad = |error: globset::Error| IngestError::BadPattern { pattern: entry.to_owned(), reason: error.to_string() };
    glob.map(|glob| glob.compile_matcher()).map_err(bad)
}

fn list_local(entry: &str, any_extension: bool) -> Result<Vec<Listed>, IngestError> {
    let path = local_path(entry).unwrap_or(Path::new(entry));
    let shown = path.to_str().unwrap_or(entry);
    let unreadable = |error: std::io::Error| IngestError::unreadable(entry, error.to_string());
    if path.is_file() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        return Ok(vec![local_file(path, name)?]);
    }
    let (base, matcher) = if path.is_dir() {
        (path.to_owned(), None)
    } else if has_glob(shown) {
        let (base, pattern) = split_pattern(shown);
        let base = if base.is_empty() { "." } else { base };
        (PathBuf::from(base), Some(matcher(entry, pattern)?))
    } else {
        return Ok(Vec::new());
    };
    if !base.exists() {
        return Ok(Vec::new());
    }
    let (mut found, mut places) = (Vec::new(), Vec::from_iter(outputs::around(&base.to_string_lossy())));
    for file in WalkDir::new(&base).follow_links(true) {
        let file = file.map_err(|error| unreadable(error.into()))?;
        let relative = file.path().strip_prefix(&base).unwrap_or(file.path());
        let name = relative.to_string_lossy();
        let wanted = match &matcher {
            Some(matcher) => matcher.is_match(relative),
            None => in_directory(&name, any_extension),
        };
        if file.file_type().is_dir() {
            places.extend(outputs::below(&name).filter(|place| !places.contains(place)));
        } else if wanted && file.file_type().is_file() {
            found.push(local_file(file.path(), name.into_owned())?);
        }
    }
    for place in places {
        let real = base.canonicalize().map_err(unreadable)?;
        let root = match &place {
            Place::Below(path) => real.join(path),
            Place::Around(_) => real.parent().unwrap_or(&real).to_owned(),
        };
        if !outputs::is_local(&root) {
            continue;
        }
        let manifest = outputs::local_manifest(&root)?;
        let location = root.to_string_lossy().trim_end_matches('/').to_owned();
        found = outputs::published_only(&Output { place, location, manifest }, found, matcher.is_some())?;
    }
    Ok(found)
}

fn local_file(path: &Path, name: String) -> Result<Listed, IngestError> {
    let shown = path.to_string_lossy().into_owned();
    let unreadable = |error: std::io::Error| IngestError::unreadable(&shown, error.to_string());
    let absolute = std::path::absolute(path).map_err(unreadable)?;
    let Some(location) = absolute.to_str() else {
        return Err(IngestError::unreadable(&shown, "the file's name is not UTF-8; rename the file"));
    };
    let metadata = path.metadata().map_err(unreadable)?;
    let identity = path.canonicalize().map_err(unreadable)?;
    Ok(Listed {
        location: location.to_owned(),
        name,
        bytes: metadata.len(),
        version: local_version(&metadata),
        blake3: None,
        identity: identity.to_string_lossy().into_owned(),
    })
}

/// Requests under way at once while objects are pinned.
const HEADS: usize = 16;

async fn list_remote(entry: &str, any_extension: bool) -> Result<Vec<Listed>, IngestError> {
    let (fixed, pattern) = split_pattern(entry);
    let (store, prefix) = textmill_store::resolve(fixed)?;
    let failure = |error| StoreError::remote(entry, "list", &error);
    let root = bucket_root(entry);
    if pattern.is_empty() && !prefix.as_ref().is_empty() {
        match store.head(&prefix).await {
            Ok(meta) => {
                let name = prefix.filename().unwrap_or_default().to_owned();
                return Ok(vec![remote_file(root, &meta, name)]);
            }
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(failure(error).into()),
        }
    }
    let matcher = if pattern.is_empty() { None } else { Some(matcher(entry, pattern)?) };
    let mut objects = store.list(Some(&prefix));
    let (mut found, mut places) = (Vec::new(), Vec::from_iter(outputs::around(prefix.as_ref())));
    while let Some(meta) = objects.try_next().await.map_err(failure)? {
        let key = meta.location.as_ref();
        let relative = key.strip_prefix(prefix.as_ref()).unwrap_or(key).trim_start_matches('/').to_owned();
        let wanted = match &matcher {
            Some(matcher) => matcher.is_match(&relative),
            None => in_directory(&relative, any_extension),
        };
        places.extend(outputs::below(&relative).filter(|place| !places.contains(place)));
        if wanted {
            found.push((meta, relative));
        }
    }
    // Some stores list objects without their tag; a time stamp alone would not pin the content.
    let pinned = futures::stream::iter(found).map(|(meta, relative)| {
        let store = Arc::clone(&store);
        async move {
            let meta = if meta.e_tag.is_none() { store.head(&meta.location).await? } else { meta };
            Ok(remote_file(root, &meta, relative))
        }
    });
    let mut found: Vec<Listed> = pinned.buffered(HEADS).try_collect().await.map_err(failure)?;
    for place in places {
        let root = match &place {
            Place::Below(path) => format!("{prefix}/{path}"),
            Place::Around(folder) => prefix.as_ref().strip_suffix(folder.as_str()).unwrap_or_default().to_owned(),
        };
        let root = root.trim_matches('/');
        let manifest = object_store::path::Path::parse(format!("{root}/{}", outputs::MANIFEST));
        let manifest = manifest.map_err(|error| IngestError::unreadable(entry, error.to_string()))?;
        let bytes = match store.get(&manifest).await {
            Ok(object) => Some(object.bytes().await.map_err(failure)?.to_vec()),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => return Err(failure(error).into()),
        };
        if bytes.is_none() && matches!(place, Place::Around(_)) && !is_output(store.as_ref(), root).await? {
            continue;
        }
        let output =
            Output { place, location: format!("{bucket}/{root}", bucket = bucket_root(entry)), manifest: bytes };
        found = outputs::published_only(&output, found, !pattern.is_empty())?;
    }
    Ok(found)
}

/// Whether anything of textmill lies below `root` of a bucket.
async fn is_output(store: &dyn object_store::ObjectStore, root: &str) -> Result<bool, IngestError> {
    let folder = object_store::path::Path::parse(format!("{root}/_textmill"));
    let folder = folder.map_err(|error| IngestError::unreadable(root, error.to_string()))?;
    let first = store.list(Some(&folder)).next().await.transpose();
    Ok(first.map_err(|error| StoreError::remote(root, "list", &error))?.is_some())
}

/// `s3://bucket` of `s3://bucket/some/where`.
fn bucket_root(entry: &str) -> &str {
    let scheme_end = entry.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = entry.split_at(scheme_end);
    let bucket = rest.split('/').next().unwrap_or_default();
    entry.get(..scheme.len() + bucket.len()).unwrap_or(entry)
}

fn remote_file(root: &str, meta: &ObjectMeta, name: String) -> Listed {
    let location = format!("{root}/{}", meta.location);
    Listed { identity: location.clone(), location, name, bytes: meta.size, version: remote_version(meta), blake3: None }
}
