//! From the paths in the pipeline file to the files they stand for.

use std::collections::{BTreeMap, HashSet};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use globset::{GlobBuilder, GlobMatcher};
use object_store::{ObjectMeta, ObjectStoreExt};
use textmill_store::StoreError;
use walkdir::WalkDir;

use crate::exclude::Exclude;
use crate::kind::{is_packing, kind_of};
use crate::left_out::LeftOut;
use crate::outputs::{self, Output, Place};
use crate::source::{local_path, local_version, remote_version};
use crate::{Compression, Format, IngestError, InputConfig, Shard};

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
    /// Whether the entry is this file itself, or a pattern whose end says what the file is.
    asked_for: bool,
}

/// A file that may be input: what it is shows when it is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// As it would be read by its name.
    pub shard: Shard,
    /// The format and compression by its name.
    pub named: Option<(Format, Compression)>,
    /// Whether it was meant, so that it is an error if it cannot be read.
    pub asked_for: bool,
}

/// What [`list`] found.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub files: Vec<Candidate>,
    /// Files that more than one entry, or link, named.
    pub repeated: usize,
    /// Files that are not input, by their names or kinds.
    pub left_out: LeftOut,
    /// Notes for the user about `exclude`.
    pub notes: Vec<String>,
    /// Entries that stand for no file.
    pub errors: Vec<IngestError>,
}

/// What one entry stands for.
#[derive(Debug, Default)]
struct Found {
    files: Vec<Listed>,
    left_out: LeftOut,
    /// Outputs of textmill that it could stand for, or for files of.
    places: Vec<Place>,
}

/// All files that the entries of `config.paths` stand for, sorted by location, each once.
pub(crate) async fn list(config: &InputConfig) -> Result<Listing, Vec<IngestError>> {
    let mut exclude = Exclude::new(&config.exclude)?;
    let (mut listed, mut errors, mut left_out) = (Vec::new(), Vec::new(), LeftOut::default());
    for entry in &config.paths {
        let found = if local_path(entry).is_some() {
            let entry = entry.clone();
            let listing = tokio::task::spawn_blocking(move || list_local(&entry));
            listing.await.unwrap_or_else(|error| Err(IngestError::config(error.to_string())))
        } else {
            list_remote(entry).await
        };
        match found {
            Ok(found) if found.files.is_empty() && found.left_out.is_empty() => {
                errors.push(IngestError::NoMatch { pattern: entry.clone() });
            }
            Ok(found) => {
                listed.extend(found.files);
                left_out.extend(found.left_out);
            }
            Err(error) => errors.push(error),
        }
    }
    listed.retain(|file| !exclude.takes(&file.name, &file.location));
    let total = listed.len();
    once_each(&mut listed);
    let repeated = total - listed.len();
    make_names_unique(&mut listed);
    let files = listed.into_iter().map(|file| candidate(file, config.format)).collect();
    Ok(Listing { files, repeated, left_out, notes: exclude.notes(), errors })
}

/// Sorts `listed` by location and leaves each file once: where it has several names, under one that says what it is.
fn once_each(listed: &mut Vec<Listed>) {
    let rank = |file: &Listed| kind_of(&file.location, None).is_none();
    listed.sort_by(|a, b| (rank(a), &a.location, &a.name).cmp(&(rank(b), &b.location, &b.name)));
    let mut seen = HashSet::new();
    listed.retain(|file| seen.insert(file.identity.clone()));
    listed.sort_by(|a, b| (&a.location, &a.name).cmp(&(&b.location, &b.name)));
}

fn candidate(file: Listed, format: Option<Format>) -> Candidate {
    let Listed { location, name, bytes, version, blake3, asked_for, .. } = file;
    // A name can say more of the format than the pipeline: `x.warc.wat.gz` is none of `format: warc`.
    let named = kind_of(&location, None).or_else(|| kind_of(&location, format).filter(|_| asked_for));
    let (format, compression) = kind_of(&location, format).unwrap_or((Format::Jsonl, Compression::None));
    Candidate { shard: Shard { location, name, bytes, version, format, compression, blake3 }, named, asked_for }
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

/// The part of a path below a folder that marks it as hidden, or as somebody's bookkeeping: up to the first name that
/// begins with `.` or `_`.
fn hidden(relative: &str) -> Option<&str> {
    let mut end = 0;
    for part in relative.split_inclusive('/') {
        end += part.len();
        if part.starts_with(['.', '_']) {
            return relative.get(..end);
        }
    }
    None
}

/// Why hidden files are left out.
const HIDDEN: &str = "its name begins with `.` or `_`";

fn has_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// `a/b/*.gz` as `a/b` and `*.gz`: the part before the first component with a glob, and the rest.
pub(crate) fn split_pattern(entry: &str) -> (&str, &str) {
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

/// Whether a pattern ends in an ending, and so says that what it matches is input. `*` does not, and neither does `*.gz`.
fn tells(pattern: &str) -> bool {
    let end = pattern.rsplit(['*', '?', ']', '}', '/']).next().unwrap_or_default();
    end.contains('.') && !is_packing(end)
}

fn list_local(entry: &str) -> Result<Found, IngestError> {
    let path = local_path(entry).unwrap_or(Path::new(entry));
    let shown = path.to_str().unwrap_or(entry);
    if let Some(what) = no_input(path, shown) {
        return Err(IngestError::NoFile { location: entry.to_owned(), what });
    }
    let mut found = Found::default();
    if path.is_file() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        found.files.push(local_file(path, name, true)?);
        return Ok(found);
    }
    let (base, pattern) = if path.is_dir() { (shown, "") } else { split_pattern(shown) };
    let base = PathBuf::from(if base.is_empty() { "." } else { base });
    if !base.exists() || (pattern.is_empty() && !path.is_dir()) {
        return Ok(found);
    }
    found.places.extend(outputs::around(&base.to_string_lossy()));
    if pattern.is_empty() {
        walk_folder(&base, "", &mut found)?;
    } else {
        walk_pattern(&base, pattern, &matcher(entry, pattern)?, &mut found)?;
    }
    found.published_only(&base, !pattern.is_empty())
}

impl Found {
    /// Notes the output of textmill that the file or folder `name` belongs to.
    fn place(&mut self, name: &str) {
        self.places.extend(outputs::below(name).filter(|place| !self.places.contains(place)));
    }

    /// Notes what is hidden; what textmill writes beside its data goes without saying.
    fn leave_out_hidden(&mut self, hidden: String) {
        if !outputs::is_beside_data(&hidden) {
            self.left_out.add(hidden, HIDDEN);
        }
    }

    /// Of the outputs of textmill below or around `base`, only what they published.
    fn published_only(mut self, base: &Path, is_pattern: bool) -> Result<Self, IngestError> {
        let unreadable = |error: std::io::Error| IngestError::unreadable(&base.to_string_lossy(), error.to_string());
        for place in std::mem::take(&mut self.places) {
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
            self.files = outputs::published_only(&Output { place, location, manifest }, self.files, is_pattern)?;
        }
        Ok(self)
    }
}

/// What `path` is, where it can be no input.
fn no_input(path: &Path, shown: &str) -> Option<&'static str> {
    if shown == "-" || shown == "/dev/stdin" || ["/dev/fd/", "/proc/self/fd/"].iter().any(|fd| shown.starts_with(fd)) {
        return Some("standard input");
    }
    special(path.metadata().ok()?.file_type())
}

/// What a file is that is neither a file nor a folder.
fn special(kind: std::fs::FileType) -> Option<&'static str> {
    match () {
        () if kind.is_fifo() => Some("a named pipe"),
        () if kind.is_socket() => Some("a socket"),
        () if kind.is_block_device() || kind.is_char_device() => Some("a device"),
        () => None,
    }
}

/// All files below `folder`; their names begin with `prefix`.
fn walk_folder(folder: &Path, prefix: &str, found: &mut Found) -> Result<(), IngestError> {
    for file in WalkDir::new(folder).follow_links(true) {
        let file = file.map_err(|error| walk_error(folder, error))?;
        let relative = file.path().strip_prefix(folder).unwrap_or(file.path()).to_string_lossy();
        let name = format!("{prefix}{relative}");
        if file.file_type().is_dir() {
            found.place(&name);
            continue;
        }
        if let Some(hidden) = hidden(&relative) {
            found.leave_out_hidden(format!("{prefix}{hidden}"));
        } else if let Some(what) = special(file.file_type()) {
            found.left_out.add(name, format!("it is {what}"));
        } else {
            found.files.push(local_file(file.path(), name, false)?);
        }
    }
    Ok(())
}

/// All files below `base` that the pattern matches. Of a folder whose name says that it is data, as Spark writes them, the
/// files.
fn walk_pattern(base: &Path, pattern: &str, matcher: &GlobMatcher, found: &mut Found) -> Result<(), IngestError> {
    for file in WalkDir::new(base).follow_links(true) {
        let file = file.map_err(|error| walk_error(base, error))?;
        let relative = file.path().strip_prefix(base).unwrap_or(file.path());
        if file.file_type().is_dir() {
            found.place(&relative.to_string_lossy());
        }
        if !matcher.is_match(relative) {
            continue;
        }
        let name = relative.to_string_lossy().into_owned();
        if file.file_type().is_dir() {
            if kind_of(&name, None).is_some() {
                walk_folder(file.path(), &format!("{name}/"), found)?;
            }
        } else if let Some(what) = special(file.file_type()) {
            found.left_out.add(name, format!("it is {what}"));
        } else {
            found.files.push(local_file(file.path(), name, tells(pattern))?);
        }
    }
    Ok(())
}

fn walk_error(base: &Path, error: walkdir::Error) -> IngestError {
    let place = error.path().unwrap_or(base).display().to_string();
    IngestError::unreadable(&place, std::io::Error::from(error).to_string())
}

fn local_file(path: &Path, name: String, asked_for: bool) -> Result<Listed, IngestError> {
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
        asked_for,
    })
}

/// Requests under way at once while objects are pinned.
const HEADS: usize = 16;

async fn list_remote(entry: &str) -> Result<Found, IngestError> {
    let (fixed, pattern) = split_pattern(entry);
    let (store, prefix) = textmill_store::resolve(fixed)?;
    let failure = |error| StoreError::remote(entry, "list", &error);
    let root = bucket_root(entry);
    // Some servers answer a question for a name that is a folder with an error.
    let mut in_doubt = None;
    if pattern.is_empty() && !prefix.as_ref().is_empty() {
        match store.head(&prefix).await {
            Ok(meta) => {
                let name = prefix.filename().unwrap_or_default().to_owned();
                return Ok(Found { files: vec![remote_file(root, &meta, name, true)], ..Found::default() });
            }
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => in_doubt = Some(error),
        }
    }
    let matcher = if pattern.is_empty() { None } else { Some(matcher(entry, pattern)?) };
    let mut objects = store.list(Some(&prefix));
    let mut found = Found { places: Vec::from_iter(outputs::around(prefix.as_ref())), ..Found::default() };
    let mut wanted = Vec::new();
    while let Some(meta) = objects.try_next().await.map_err(failure)? {
        let key = meta.location.as_ref();
        let relative = key.strip_prefix(prefix.as_ref()).unwrap_or(key).trim_start_matches('/').to_owned();
        // The prefix itself can be an object, as a sign that it is a folder.
        if relative.is_empty() {
            continue;
        }
        found.place(&relative);
        match (&matcher, hidden(&relative)) {
            (Some(matcher), _) if !matcher.is_match(&relative) => {}
            (None, Some(hidden)) => found.leave_out_hidden(hidden.to_owned()),
            _ => wanted.push((meta, relative)),
        }
    }
    if let (true, Some(error)) = (wanted.is_empty(), in_doubt) {
        return Err(failure(error).into());
    }
    let asked_for = tells(pattern);
    // Some stores list objects without their tag; a time stamp alone would not pin the content.
    let pinned = futures::stream::iter(wanted).map(|(meta, relative)| {
        let store = Arc::clone(&store);
        async move {
            let meta = if meta.e_tag.is_none() { store.head(&meta.location).await? } else { meta };
            Ok(remote_file(root, &meta, relative, asked_for))
        }
    });
    found.files = pinned.buffered(HEADS).try_collect().await.map_err(failure)?;
    for place in std::mem::take(&mut found.places) {
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
        found.files = outputs::published_only(&output, found.files, !pattern.is_empty())?;
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

fn remote_file(root: &str, meta: &ObjectMeta, name: String, asked_for: bool) -> Listed {
    let location = format!("{root}/{}", meta.location);
    let version = remote_version(meta);
    Listed { identity: location.clone(), location, name, bytes: meta.size, version, blake3: None, asked_for }
}
