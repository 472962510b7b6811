//! A store that fails on purpose, for the tests of everything that must survive one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartId, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

use crate::settings::NO_PAUSES;

/// Has this process try again at once, for tests in which something fails for good.
pub fn without_pauses() {
    NO_PAUSES.store(true, Ordering::Relaxed);
}

/// The file by which the machine of an owner is known again. A copy of that machine has none.
pub fn owner_trace(owner_id: &str) -> std::path::PathBuf {
    let [memory, temporary] = crate::owner::trace::paths(owner_id);
    if memory.exists() { memory } else { temporary }
}

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// Writing an object in one piece, conditionally or not.
    Put,
    /// Reading an object, or asking for its size.
    Get,
    /// Copying an object inside the store.
    Copy,
    /// Listing objects; the fault is in the middle of the names.
    List,
    /// Deleting an object.
    Delete,
    /// Starting an upload in parts.
    Start,
    /// Uploading a part.
    Part,
    /// Making an object of the parts.
    Complete,
    /// Giving an upload up.
    Abort,
}

/// The fault of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 503: the request is not carried out.
    Unavailable,
    /// The request is carried out, and its response is lost.
    LostResponse,
    /// 409: "exists already", though nothing is carried out and perhaps nothing exists.
    Conflict,
    /// The last byte of the body is missing. Only for [`Request::Get`].
    ShortBody,
}

/// Passes requests on to another store, except those that are to fail.
#[derive(Debug)]
pub struct FaultStore {
    inner: Arc<dyn ObjectStore>,
    faults: BTreeMap<(Request, usize), Fault>,
    ignores_conditions: bool,
    seen: Mutex<BTreeMap<Request, usize>>,
    /// Uploads by id. Here and not in the store below, because parts may come in any order.
    uploads: Arc<Mutex<BTreeMap<String, BTreeMap<usize, PutPayload>>>>,
}

impl FaultStore {
    /// `inner` without faults yet.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self {
            inner,
            faults: BTreeMap::new(),
            ignores_conditions: false,
            seen: Mutex::default(),
            uploads: Arc::default(),
        }
    }

    /// Makes the store write what it was asked to create, whether the object exists or not, as servers do that do not
    /// know `If-None-Match`.
    #[must_use]
    pub fn ignore_conditions(mut self) -> Self {
        self.ignores_conditions = true;
        self
    }

    /// Ids of the uploads that were neither finished nor given up, as they change.
    pub fn uploads(&self) -> impl Fn() -> Vec<String> + use<> {
        let uploads = Arc::clone(&self.uploads);
        move || uploads.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Makes the `nth` request of its kind, counted from 1, fail.
    #[must_use]
    pub fn fail(mut self, request: Request, nth: usize, fault: Fault) -> Self {
        self.faults.insert((request, nth), fault);
        self
    }

    /// With a fault, a listing breaks after its first name.
    fn cut(&self, names: BoxStream<'static, Result<ObjectMeta>>) -> BoxStream<'static, Result<ObjectMeta>> {
        match self.next(Request::List) {
            None => names,
            Some(_) => names.take(1).chain(stream::once(async { Err(broken("the listing broke off")) })).boxed(),
        }
    }

    fn upload<T>(&self, path: &Path, id: &str, work: impl FnOnce(&mut BTreeMap<usize, PutPayload>) -> T) -> Result<T> {
        let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
        match uploads.get_mut(id) {
            Some(upload) => Ok(work(upload)),
            None => Err(Error::NotFound { path: path.to_string(), source: "NoSuchUpload".into() }),
        }
    }

    fn forget(&self, id: &str) {
        self.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    fn next(&self, request: Request) -> Option<Fault> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let count = seen.entry(request).or_default();
        *count += 1;
        self.faults.get(&(request, *count)).copied()
    }
}

fn broken(what: &'static str) -> Error {
    Error::Generic { store: "FaultStore", source: what.into() }
}

/// What a fault does to a request that is carried out by `work`.
async fn with_fault<T>(fault: Option<Fault>, path: &Path, work: impl Future<Output = Result<T>>) -> Result<T> {
    match fault {
        None | Some(Fault::ShortBody) => work.await,
        Some(Fault::Unavailable) => Err(broken("503 Slow Down")),
        Some(Fault::LostResponse) => {
            work.await?;
            Err(broken("the connection was reset"))
        }
        Some(Fault::Conflict) => Err(Error::AlreadyExists { path: path.to_string(), source: "409 Conflict".into() }),
    }
}

impl fmt::Display for FaultStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FaultStore({})", self.inner)
    }
}

#[async_trait]
impl ObjectStore for FaultStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, mut opts: PutOptions) -> Result<PutResult> {
        if self.ignores_conditions {
            opts.mode = PutMode::Overwrite;
        }
        let work = self.inner.put_opts(location, payload, opts);
        with_fault(self.next(Request::Put), location, work).await
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let fault = self.next(Request::Get);
        let got = with_fault(fault, location, self.inner.get_opts(location, options)).await?;
        if fault != Some(Fault::ShortBody) {
            return Ok(got);
        }
        let (meta, range, attributes) = (got.meta.clone(), got.range.clone(), got.attributes.clone());
        let mut body = got.bytes().await?;
        body.truncate(body.len().saturating_sub(1));
        let payload = GetResultPayload::Stream(stream::once(async { Ok(body) }).boxed());
        Ok(GetResult { payload, meta, range, attributes })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let fault = self.next(Request::Delete);
        let inner = Arc::clone(&self.inner);
        let deletions = locations.then(move |location| {
            let inner = Arc::clone(&inner);
            async move {
                let location = location?;
                with_fault(fault, &location, inner.delete(&location)).await?;
                Ok(location)
            }
        });
        deletions.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.cut(self.inner.list(prefix))
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.cut(self.inner.list_with_offset(prefix, offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let work = self.inner.copy_opts(from, to, options);
        with_fault(self.next(Request::Copy), from, work).await
    }
}

#[async_trait]
impl MultipartStore for FaultStore {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        let start = async {
            let mut uploads = self.uploads.lock().unwrap_or_else(PoisonError::into_inner);
            let id = format!("upload-{}", uuid::Uuid::new_v4());
            uploads.insert(id.clone(), BTreeMap::new());
            Ok(id)
        };
        with_fault(self.next(Request::Start), path, start).await
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, part_idx: usize, data: PutPayload) -> Result<PartId> {
        let put = async {
            self.upload(path, id, |parts| parts.insert(part_idx, data))?;
            Ok(PartId { content_id: part_idx.to_string() })
        };
        with_fault(self.next(Request::Part), path, put).await
    }

    async fn complete_multipart(&self, path: &Path, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        let complete = async {
            let pieces = self.upload(path, id, |held| {
                let numbers = parts.iter().filter_map(|part| part.content_id.parse().ok());
                numbers.filter_map(|number: usize| held.get(&number).cloned()).flatten().collect::<Vec<Bytes>>()
            })?;
            let done = self.inner.put(path, pieces.into_iter().collect()).await?;
            self.forget(id);
            Ok(done)
        };
        with_fault(self.next(Request::Complete), path, complete).await
    }

    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        let abort = async {
            self.upload(path, id, |_| ())?;
            self.forget(id);
            Ok(())
        };
        with_fault(self.next(Request::Abort), path, abort).await
    }
}
