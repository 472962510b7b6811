//! From what the user wrote (`corpus/`, `s3://bucket/corpus`) to an object store and a path in it.

use std::collections::BTreeMap;
use std::path::{Component, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use url::Url;

use crate::patient::Patient;
use crate::redact::redact;
use crate::{StoreError, clients};

/// One client a bucket for the whole process: it holds the connections and the credentials.
static CLIENTS: LazyLock<Mutex<BTreeMap<String, Patient>>> = LazyLock::new(Mutex::default);

/// A parsed location, before a client is made for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// An absolute path of this machine.
    Local(PathBuf),
    /// A bucket or container, and the path in it.
    Remote { scheme: Scheme, bucket: String, path: Path },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    S3,
    Gcs,
    Azure,
}

/// The object store that holds `location`, and the path of `location` in it.
///
/// A location is a plain path, or a URL with the scheme `file`, `s3`, `gs` or `az`. Credentials,
/// endpoint and region come from the environment only (`AWS_…`, `GOOGLE_…`, `AZURE_…`). The store is patient: it
/// sends requests again, and bodies that break off are continued.
pub fn resolve(location: &str) -> Result<(Arc<dyn ObjectStore>, Path), StoreError> {
    match parse(location)? {
        Location::Local(path) => {
            let inner = Path::from_absolute_path(&path).map_err(|e| StoreError::config(location, e.to_string()))?;
            Ok((Arc::new(LocalFileSystem::new()), inner))
        }
        Location::Remote { scheme, bucket, path } => Ok((Arc::new(client(location, scheme, &bucket)?), path)),
    }
}

pub(crate) fn parse(location: &str) -> Result<Location, StoreError> {
    if location.is_empty() {
        return Err(StoreError::config("(empty)", "the location is empty; write a path or a URL"));
    }
    if !location.contains("://") {
        return Ok(Location::Local(absolute(location, PathBuf::from(location))?));
    }
    let shown = redact(location);
    let url = Url::parse(location).map_err(|error| StoreError::config(&shown, format!("is no URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "credentials do not belong into a location; set them in the environment";
        return Err(StoreError::config(&shown, reason));
    }
    let scheme = match url.scheme() {
        "file" => {
            let path = url.to_file_path().map_err(|()| StoreError::config(&shown, "is no path of this machine"))?;
            return Ok(Location::Local(absolute(&shown, path)?));
        }
        "s3" | "s3a" => Scheme::S3,
        "gs" => Scheme::Gcs,
        "az" => Scheme::Azure,
        other => {
            let reason = format!("unknown scheme `{other}`; use a plain path, file://, s3://, gs:// or az://");
            return Err(StoreError::config(&shown, reason));
        }
    };
    remote(location, &shown, scheme)
}

/// Taken from the text and not from the parsed URL: object names may hold `?`, `#` and `%`, which
/// a URL parser would cut off or decode.
fn remote(location: &str, shown: &str, scheme: Scheme) -> Result<Location, StoreError> {
    let (_, rest) = location.split_once("://").unwrap_or(("", location));
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(StoreError::config(shown, "names no bucket; write for example s3://bucket/path"));
    }
    let path = Path::parse(path).map_err(|error| StoreError::config(shown, error.to_string()))?;
    Ok(Location::Remote { scheme, bucket: bucket.to_owned(), path })
}

/// `..` is resolved by the file system, since a link may stand before it; nothing else is.
fn absolute(shown: &str, path: PathBuf) -> Result<PathBuf, StoreError> {
    let error = |error: std::io::Error| StoreError::config(shown, error.to_string());
    let path = std::path::absolute(path).map_err(error)?;
    if !path.components().any(|part| part == Component::ParentDir) {
        return Ok(path);
    }
    let mut resolved = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            resolved = resolved.canonicalize().map_err(error)?;
            resolved.pop();
        } else {
            resolved.push(part);
        }
    }
    Ok(resolved)
}

pub(crate) fn client(location: &str, scheme: Scheme, bucket: &str) -> Result<Patient, StoreError> {
    let key = format!("{scheme:?}/{bucket}");
    // A panic elsewhere while the map was held leaves it whole: entries are only ever added.
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = clients.get(&key) {
        return Ok(known.clone());
    }
    let built = match scheme {
        Scheme::S3 => clients::s3(bucket),
        Scheme::Gcs => clients::gcs(bucket),
        Scheme::Azure => clients::azure(bucket),
    };
    let store = Patient::new(built.map_err(|reason| StoreError::access(&redact(location), &reason, scheme))?);
    clients.insert(key, store.clone());
    Ok(store)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_and_file_urls_are_local() {
        assert_eq!(parse("/data/out").expect("parses"), Location::Local("/data/out".into()));
        assert_eq!(parse("file:///data/a%20b").expect("parses"), Location::Local("/data/a b".into()));
        assert_eq!(parse("/usr/bin/../lib").expect("parses"), Location::Local("/usr/lib".into()));
        let here = std::env::current_dir().expect("a directory").join("x");
        assert_eq!(parse("x").expect("parses"), Location::Local(here));
    }

    #[test]
    fn buckets_keep_odd_object_names() {
        let Location::Remote { scheme, bucket, path } = parse("s3://crawl/a b/x#1%2F?y").expect("parses") else {
            panic!("not remote");
        };
        assert_eq!((scheme, bucket.as_str(), path.as_ref()), (Scheme::S3, "crawl", "a b/x#1%2F?y"));
    }

    #[test]
    fn bad_locations_say_what_is_allowed_and_show_no_secret() {
        for (location, part) in [
            ("ftp://host/x", "unknown scheme `ftp`"),
            ("s3:///x", "names no bucket"),
            ("", "empty"),
            ("s3://AKIAX:hunter22@bucket/x", "set them in the environment"),
        ] {
            let error = parse(location).expect_err(location).to_string();
            assert!(error.contains(part) && !error.contains("hunter22"), "{error}");
        }
    }
}
