//! An object store that gives up late and is never fooled: what one request cannot tell is settled here, once for
//! reading input and for writing output.
//!
//! 1. A failed operation is tried again, [`TRIES`] times in all, beyond what the client does for single requests
//!    (see [`crate::http`]): answers whose body broke off, 409, connections that broke in the middle.
//! 2. A body that ends early or breaks is continued where it stopped, and only if the object is still the same one.
//!    A body that goes on too long is an error. So nobody ever takes a part for the whole.
//! 3. A conditional create that failed may have been carried out, and some servers answer 409 where nothing exists
//!    yet. What is there then decides: something, and it exists; nothing, and it is tried again.
//! 4. A listing that breaks is continued after the last name.

use std::fmt;
use std::future::ready;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetRange, GetResult, GetResultPayload, ListResult, MultipartId,
    MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

use tokio::time::Instant;

use crate::http::{NoCredentials, watched};
use crate::settings::Settings;

/// How often an operation is tried without any progress.
const TRIES: u32 = 8;
/// Deletions of a stream under way at once.
const DELETIONS: usize = 16;

/// The operations that a client of an object store must support.
pub trait Objects: ObjectStore + MultipartStore {}

impl<T: ObjectStore + MultipartStore> Objects for T {}

/// The store behind it, with patience. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Patient(Arc<dyn Objects>);

impl Patient {
    pub(crate) fn new(inner: Arc<dyn Objects>) -> Self {
        Self(inner)
    }

    async fn create(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = || async {
            let error = match self.0.put_opts(location, payload.clone(), options.clone()).await {
                Ok(done) => return Ok(Ok(done)),
                Err(error) if is_transient(&error) => error,
                Err(error) => return Err(error),
            };
            match self.0.head(location).await {
                Ok(_) => Ok(Err(exists(location, error))),
                Err(Error::NotFound { .. }) => Err(in_doubt(error)),
                Err(error) => Err(error),
            }
        };
        retry("create", location, create).await?
    }
}

/// An error that says that the object exists, whatever the server said.
fn exists(location: &Path, error: Error) -> Error {
    match error {
        exists @ Error::AlreadyExists { .. } => exists,
        error => Error::AlreadyExists { path: location.to_string(), source: Box::new(error) },
    }
}

/// An error that does not say that the object exists, whatever the server said.
fn in_doubt(error: Error) -> Error {
    match error {
        Error::AlreadyExists { source, .. } => Error::Generic { store: "conditional create", source },
        error => error,
    }
}

/// Whether trying again can help. 409 says that something else is under way at the object.
pub(crate) fn is_transient(error: &Error) -> bool {
    match error {
        Error::AlreadyExists { .. } => true,
        Error::Generic { .. } => !has_no_credentials(error),
        _ => false,
    }
}

fn has_no_credentials(error: &Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NoCredentials>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Counts failures without progress and waits between them.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    count: u32,
    /// When the first one came: the client may have tried for long before it gave each of them up.
    first: Option<Instant>,
}

impl Failures {
    /// Waits before the next try, or gives the error back where there is none.
    pub(crate) async fn after(&mut self, what: &str, place: &Path, error: Error) -> Result<()> {
        let (now, settings) = (Instant::now(), Settings::get());
        let first = *self.first.get_or_insert(now);
        self.count += 1;
        if self.count >= TRIES || now - first >= settings.retry || !is_transient(&error) {
            return Err(error);
        }
        let pause = settings.pause(self.count);
        let reason = crate::redact(&error.to_string());
        tracing::warn!(path = %place, reason, "{what} failed; trying again in {} ms", pause.as_millis());
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn forget(&mut self) {
        *self = Self::default();
    }
}

pub(crate) async fn retry<T, W, F>(what: &str, place: &Path, mut work: W) -> Result<T>
where
    W: FnMut() -> F,
    F: Future<Output = Result<T>>,
{
    let mut failures = Failures::default();
    loop {
        match work().await {
            Err(error) => failures.after(what, place, error).await?,
            done => return done,
        }
    }
}

/// A body on its way.
struct Body {
    store: Patient,
    location: Path,
    options: GetOptions,
    meta: ObjectMeta,
    stream: BoxStream<'static, Result<Bytes>>,
    /// Bytes that came.
    read: u64,
    /// Bytes that were announced.
    announced: u64,
    /// First byte of the body in the object.
    start: u64,
    failures: Failures,
}

impl Body {
    /// The next piece; `None` after the last byte.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if self.read == self.announced {
                return Ok(None);
            }
            let next = watched(self.location.as_ref(), self.stream.next()).await;
            let error = match next {
                Some(Ok(piece)) => {
                    self.read += piece.len() as u64;
                    if self.read > self.announced {
                        return Err(self.broken(&format!("is longer than the announced {} bytes", self.announced)));
                    }
                    if !piece.is_empty() {
                        self.failures.forget();
                        return Ok(Some(piece));
                    }
                    continue;
                }
                Some(Err(error)) => error,
                None => self.broken(&format!("broke off after {} of {} bytes", self.read, self.announced)),
            };
            self.failures.after("reading", &self.location, error).await?;
            self.stream = self.rest();
        }
    }

    /// The part that has not come yet, of the same object. A failure to get it is the stream's first item.
    fn rest(&self) -> BoxStream<'static, Result<Bytes>> {
        let Self { store, location, meta, .. } = self;
        let (store, location, meta) = (store.clone(), location.clone(), meta.clone());
        let wanted = self.start + self.read..self.start + self.announced;
        let mut options = self.options.clone();
        options.range = Some(GetRange::Bounded(wanted.clone()));
        // A weak tag never matches, by the rules of HTTP; it is compared below.
        options.if_match = meta.e_tag.clone().filter(|tag| !tag.starts_with("W/")).or(options.if_match);
        let get = async move {
            let got = store.0.get_opts(&location, options).await?;
            if got.range != wanted || got.meta.size != meta.size || got.meta.e_tag != meta.e_tag {
                return Err(changed(&location));
            }
            Ok(got.into_stream())
        };
        stream::once(get).try_flatten().boxed()
    }

    fn broken(&self, what: &str) -> Error {
        Error::Generic { store: "body", source: format!("the body of {} {what}", self.location).into() }
    }
}

fn changed(location: &Path) -> Error {
    let source = "the object was replaced while it was read".into();
    Error::Precondition { path: location.to_string(), source }
}

impl fmt::Display for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[async_trait]
impl ObjectStore for Patient {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        match options.mode {
            PutMode::Create => self.create(location, payload, options).await,
            PutMode::Overwrite => {
                retry("writing", location, || self.0.put_opts(location, payload.clone(), options.clone())).await
            }
            // Whether a failed update was carried out cannot be told from outside.
            PutMode::Update(_) => self.0.put_opts(location, payload, options).await,
        }
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.0.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let got = retry("reading", location, || self.0.get_opts(location, options.clone())).await?;
        if options.head || !matches!(got.payload, GetResultPayload::Stream(_)) {
            return Ok(got);
        }
        let (meta, range, attributes) = (got.meta.clone(), got.range.clone(), got.attributes.clone());
        let body = Body {
            store: self.clone(),
            location: location.clone(),
            options,
            meta: meta.clone(),
            stream: got.into_stream(),
            read: 0,
            announced: range.end.saturating_sub(range.start),
            start: range.start,
            failures: Failures::default(),
        };
        let pieces = stream::try_unfold(body, |mut body| async move {
            let next = body.next().await?;
            Ok(next.map(|piece| (piece, body)))
        });
        Ok(GetResult { payload: GetResultPayload::Stream(pieces.boxed()), meta, range, attributes })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let store = Arc::clone(&self.0);
        let deletions = locations.map(move |location| {
            let store = Arc::clone(&store);
            async move {
                let location = location?;
                retry("deleting", &location, || store.delete(&location)).await?;
                Ok(location)
            }
        });
        deletions.buffered(DELETIONS).boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (store, prefix) = (Arc::clone(&self.0), prefix.cloned());
        let first = store.list(prefix.as_ref());
        let begin = (first, Failures::default(), None::<Path>);
        let names = stream::try_unfold(begin, move |(mut names, mut failures, mut last)| {
            let (store, prefix) = (Arc::clone(&store), prefix.clone());
            async move {
                let place = prefix.clone().unwrap_or_default();
                loop {
                    match watched("a listing", names.next()).await {
                        None => return Ok(None),
                        Some(Ok(found)) => {
                            failures.forget();
                            last = Some(found.location.clone());
                            return Ok(Some((found, (names, failures, last))));
                        }
                        Some(Err(error)) => failures.after("listing", &place, error).await?,
                    }
                    names = match &last {
                        Some(last) => store.list_with_offset(prefix.as_ref(), last),
                        None => store.list(prefix.as_ref()),
                    };
                }
            }
        });
        names.boxed()
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        let offset = offset.clone();
        self.list(prefix).try_filter(move |found| ready(found.location > offset)).boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let place = prefix.cloned().unwrap_or_default();
        retry("listing", &place, || self.0.list_with_delimiter(prefix)).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        match options.mode {
            CopyMode::Overwrite => retry("copying", from, || self.0.copy_opts(from, to, options.clone())).await,
            CopyMode::Create => self.0.copy_opts(from, to, options).await,
        }
    }
}

#[async_trait]
impl MultipartStore for Patient {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        retry("starting an upload", path, || self.0.create_multipart(path)).await
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, part_idx: usize, data: PutPayload) -> Result<PartId> {
        retry("uploading a part", path, || self.0.put_part(path, id, part_idx, data.clone())).await
    }

    /// Once only: after a failure it must be looked up whether the object is there (see [`crate::upload`]).
    async fn complete_multipart(&self, path: &Path, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        self.0.complete_multipart(path, id, parts).await
    }

    /// An upload that is gone is given up already.
    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        match retry("giving up an upload", path, || self.0.abort_multipart(path, id)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            done => done,
        }
    }
}
