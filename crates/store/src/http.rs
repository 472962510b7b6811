//! The way of every request to an object store: through the [`Gate`], watched, and its answer read for
//! what the clients of `object_store` do not see in it.
//!
//! What those clients do by themselves: they send a request again after 408, 429 and 5xx, after failures to connect
//! and, where it is safe, after a connection that broke; not after 409 or 400. They ignore `Retry-After`. What lies
//! above single requests is in [`crate::patient`].

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
};
use object_store::{ClientOptions, Result};
use tokio::time::{Instant, timeout};

use crate::gate::Gate;

/// A request without an answer is reported after this time, and then again and again.
const STALLED: Duration = Duration::from_secs(20);
/// Where machines in a cloud ask for their credentials.
const METADATA_HOSTS: [&str; 3] = ["169.254.169.254", "metadata.google.internal", "metadata"];

/// Error codes of S3 that come with 400 but are about the credentials.
const CREDENTIAL_CODES: [&str; 4] = ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "RequestExpired"];

/// Makes the HTTP clients of all object stores.
#[derive(Debug, Default)]
pub(crate) struct Connector(ReqwestConnector);

#[derive(Debug)]
struct Watched(HttpClient);

/// Whether a service of this machine ever answered a question for credentials.
static HANDED_OUT: AtomicBool = AtomicBool::new(false);

/// There are no credentials: asking again would not find any.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("no credentials in the environment, and this machine has no service that hands out any")]
pub(crate) struct NoCredentials;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Watched(self.0.connect(options)?)))
    }
}

#[async_trait]
impl HttpService for Watched {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let about_credentials =
            hands_out_credentials(request.uri().host(), request.uri().authority().map(ToString::to_string).as_deref());
        // The path only: a query can hold a signature.
        let what = format!("{} {}", request.method(), request.uri().path());
        if about_credentials {
            let answer = watched(&what, self.0.execute(request)).await;
            if answer.is_ok() {
                HANDED_OUT.store(true, Ordering::Relaxed);
            }
            return answer.map_err(|error| match error.kind() {
                // Where there were some before, the service is busy, and is asked again.
                HttpErrorKind::Connect | HttpErrorKind::Timeout if !HANDED_OUT.load(Ordering::Relaxed) => {
                    HttpError::new(HttpErrorKind::Unknown, NoCredentials)
                }
                _ => error,
            });
        }
        let gate = Gate::global();
        let pass = gate.enter().await;
        let answer = watched(&what, self.0.execute(request)).await;
        drop(pass);
        match &answer {
            Ok(response) => match response.status().as_u16() {
                429 | 503 => gate.slow_down(retry_after(response)),
                500.. => gate.failed(),
                _ => gate.went_well(),
            },
            Err(_) => gate.failed(),
        }
        truthful(answer?).await
    }
}

fn hands_out_credentials(host: Option<&str>, authority: Option<&str>) -> bool {
    let named = std::env::var("AWS_METADATA_ENDPOINT").ok();
    let named = named.as_deref().and_then(|url| Some(url.split_once("://")?.1.trim_end_matches('/')));
    host.is_some_and(|host| METADATA_HOSTS.contains(&host)) || (named.is_some() && named == authority)
}

/// Reports, while `work` takes long, that there is no answer yet.
pub(crate) async fn watched<T>(what: &str, work: impl Future<Output = T>) -> T {
    let begin = Instant::now();
    let mut work = pin!(work);
    loop {
        match timeout(STALLED, &mut work).await {
            Ok(done) => return done,
            Err(_) => {
                let seconds = begin.elapsed().as_secs();
                tracing::warn!(request = what, seconds, "the object store stalls: no answer yet");
            }
        }
    }
}

/// What the server wants to be left alone for; the form with a date is rare and ignored.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let seconds = response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// An answer whose status says what its body does: S3 answers 400 to expired credentials, which are no bad request,
/// and to a request that came too slowly, which can be sent again.
async fn truthful(response: HttpResponse) -> Result<HttpResponse, HttpError> {
    if response.status().as_u16() != 400 {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = body.bytes().await?;
    let text = String::from_utf8_lossy(&body);
    let says = |code: &str| text.contains(&format!("<Code>{code}</Code>"));
    let status = if CREDENTIAL_CODES.into_iter().any(says) {
        401_u16
    } else if says("RequestTimeout") {
        408
    } else {
        400
    };
    if let Ok(status) = status.try_into() {
        parts.status = status;
    }
    Ok(HttpResponse::from_parts(parts, body.into()))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use object_store::client::HttpResponseBody;

    use super::*;

    fn response(status: u16, body: &str) -> HttpResponse {
        let mut response = HttpResponse::new(HttpResponseBody::from(Bytes::from(body.to_owned())));
        *response.status_mut() = status.try_into().expect("a status");
        response
    }

    #[tokio::test]
    async fn the_status_says_what_the_body_says() {
        for (status, body, expected) in [
            (400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>", 401),
            (400, "<Error><Code>RequestTimeout</Code></Error>", 408),
            (400, "<Error><Code>InvalidArgument</Code><Message>ExpiredToken</Message></Error>", 400),
            (403, "<Error><Code>AccessDenied</Code></Error>", 403),
        ] {
            let answer = truthful(response(status, body)).await.expect("has a body");
            assert_eq!(answer.status().as_u16(), expected, "{body}");
            let kept = answer.into_body().bytes().await.expect("has a body");
            assert_eq!(kept, body);
        }
    }

    #[test]
    fn only_seconds_are_understood_in_retry_after() {
        let mut answer = response(503, "");
        assert_eq!(retry_after(&answer), None);
        for (value, expected) in [("7", Some(Duration::from_secs(7))), ("Wed, 21 Oct 2026 07:28:00 GMT", None)] {
            answer.headers_mut().insert("retry-after", value.parse().expect("a value"));
            assert_eq!(retry_after(&answer), expected);
        }
    }
}
