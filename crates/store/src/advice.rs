//! What to do about the refusals of an object store that people meet. Never used to decide anything: it only adds to
//! what is shown.

use crate::location::Scheme;

/// What a refusal says somewhere in its text, and what to do.
const ADVICE: &[(&str, &str)] = &[
    ("ExpiredToken", "the credentials have expired: renew them in the environment; the same command resumes the run"),
    ("RequestExpired", "the credentials have expired: renew them in the environment; the same command resumes the run"),
    ("TokenRefreshRequired", "the session token must be renewed in the environment; the same command resumes the run"),
    ("InvalidToken", "AWS_SESSION_TOKEN does not belong to this key: set all three variables anew, or unset it"),
    ("InvalidAccessKeyId", "the store does not know this AWS_ACCESS_KEY_ID; check it and AWS_ENDPOINT_URL"),
    ("NotSignedUp", "the store does not know this AWS_ACCESS_KEY_ID; check it and AWS_ENDPOINT_URL"),
    ("SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID, or AWS_REGION is wrong"),
    ("RequestTimeTooSkewed", "the clock of this machine is wrong: set it"),
    ("NoSuchBucket", "the bucket does not exist: check its name, the region and the endpoint"),
    ("ContainerNotFound", "the container does not exist: check its name and AZURE_STORAGE_ACCOUNT_NAME"),
    ("no credentials in the environment", NO_CREDENTIALS),
    ("URL scheme is not allowed", "an endpoint without TLS needs AWS_ALLOW_HTTP=true (or AZURE_ALLOW_HTTP=true)"),
    ("403 Forbidden", RIGHTS),
    ("401 Unauthorized", RIGHTS),
];

const RIGHTS: &str = "check the rights of these credentials on the bucket, and that they are those of this store";

const NO_CREDENTIALS: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (s3://), \
    GOOGLE_APPLICATION_CREDENTIALS (gs://), or AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY (az://); a \
    public bucket is read with AWS_SKIP_SIGNATURE=true";

/// Advice for what a store said.
pub(crate) fn about(reason: &str) -> Option<&'static str> {
    ADVICE.iter().find(|(said, _)| reason.contains(said)).map(|(_, advice)| *advice)
}

/// Advice for a client that could not even be made.
pub(crate) fn setup(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::S3 => {
            "s3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_SESSION_TOKEN, AWS_REGION and \
             AWS_ENDPOINT_URL where they apply"
        }
        Scheme::Gcs => "gs:// needs GOOGLE_APPLICATION_CREDENTIALS, the path of a key file",
        Scheme::Azure => {
            "az:// needs AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or AZURE_STORAGE_SAS_TOKEN"
        }
    }
}
