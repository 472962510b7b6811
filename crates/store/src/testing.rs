//! A store that fails on purpose, for the tests of everything that must survive one.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Request {
    /// Writing an object in one piece, conditionally or not.
    Put,
    /// Reading an object, or asking for its size.
    Get,
    /// Copying an object inside the store.
    Copy,
}

/// What goes wrong with a request.
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
    seen: Mutex<BTreeMap<Request, usize>>,
}

impl FaultStore {
    /// `inner` without faults yet.
    pub fn new(inner: Arc<dyn ObjectStore>) -> Self {
        Self { inner, faults: BTreeMap::new(), seen: Mutex::default() }
    }

    /// Makes the `nth` request of its kind, counted from 1, fail.
    #[must_use]
    pub fn fail(mut self, request: Request, nth: usize, fault: Fault) -> Self {
        self.faults.insert((request, nth), fault);
        self
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
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
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
        let payload = GetResultPayload::Stream(futures::stream::once(async { Ok(body) }).boxed());
        Ok(GetResult { payload, meta, range, attributes })
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let work = self.inner.copy_opts(from, to, options);
        with_fault(self.next(Request::Copy), from, work).await
    }
}
