//! The clients of the clouds, configured from the environment.

use std::sync::Arc;

use object_store::ClientConfigKey::Timeout;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use url::Url;

use crate::http::Connector;
use crate::patient::Objects;
use crate::redact::redact;
use crate::settings::Settings;

/// How long one request may take with its body; after it, a download is continued and an upload sent again. Set
/// `AWS_TIMEOUT`, `GOOGLE_TIMEOUT` or `AZURE_TIMEOUT` for another.
const REQUEST_TIMEOUT: &str = "60s";

/// Where an S3 server can be named.
const ENDPOINTS: [&str; 3] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"];

type Built = Result<Arc<dyn Objects>, String>;

pub(crate) fn s3(bucket: &str) -> Built {
    for name in ENDPOINTS {
        check_endpoint(name, &std::env::var(name).unwrap_or_default())?;
    }
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    if std::env::var_os("AWS_TIMEOUT").is_none() {
        builder = builder.with_config(AmazonS3ConfigKey::Client(Timeout), REQUEST_TIMEOUT);
    }
    let builder = builder.with_retry(Settings::get().retries()).with_http_connector(Connector::default());
    done(builder.build())
}

pub(crate) fn gcs(bucket: &str) -> Built {
    let mut builder = GoogleCloudStorageBuilder::from_env().with_bucket_name(bucket);
    if std::env::var_os("GOOGLE_TIMEOUT").is_none() {
        builder = builder.with_config(GoogleConfigKey::Client(Timeout), REQUEST_TIMEOUT);
    }
    let builder = builder.with_retry(Settings::get().retries()).with_http_connector(Connector::default());
    done(builder.build())
}

pub(crate) fn azure(container: &str) -> Built {
    let mut builder = MicrosoftAzureBuilder::from_env().with_container_name(container);
    if std::env::var_os("AZURE_TIMEOUT").is_none() {
        builder = builder.with_config(AzureConfigKey::Client(Timeout), REQUEST_TIMEOUT);
    }
    let builder = builder.with_retry(Settings::get().retries()).with_http_connector(Connector::default());
    done(builder.build())
}

fn done<T: Objects>(built: object_store::Result<T>) -> Built {
    match built {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(redact(&error.to_string())),
    }
}

/// A user in the endpoint would be sent to nobody and shown in every error.
fn check_endpoint(name: &str, endpoint: &str) -> Result<(), String> {
    let Ok(url) = Url::parse(endpoint) else { return Ok(()) };
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    Err(format!("{name} holds a user or password, which no S3 server reads there; take it out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_with_a_password_is_refused_without_showing_it() {
        let error = check_endpoint("AWS_ENDPOINT_URL", "https://someone:hunter22@host").expect_err("refused");
        assert!(error.contains("AWS_ENDPOINT_URL") && !error.contains("hunter22"), "{error}");
        check_endpoint("AWS_ENDPOINT_URL", "http://127.0.0.1:9000").expect("fine");
        check_endpoint("AWS_ENDPOINT_URL", "").expect("not set");
    }
}
