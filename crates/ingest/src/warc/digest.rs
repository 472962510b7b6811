//! Digests that a record declares for its own content.

use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// Compares `content` with a declared digest, `sha1:` or `sha256:` in base 32 or hexadecimal.
/// `Some` is the digest that it has instead. Other algorithms are not checked.
pub(super) fn mismatch(declared: &str, content: &[u8]) -> Option<String> {
    let (algorithm, value) = declared.split_once(':')?;
    let hash = match algorithm.trim().to_ascii_lowercase().as_str() {
        "sha1" | "sha-1" => Sha1::digest(content).to_vec(),
        "sha256" | "sha-256" => Sha256::digest(content).to_vec(),
        _ => return None,
    };
    let value = value.trim().trim_end_matches('=');
    let found = if value.len() == 2 * hash.len() { hex(&hash) } else { base32(&hash) };
    (!found.eq_ignore_ascii_case(value)).then(|| format!("{algorithm}:{found}"))
}

/// Whether a declared digest is one of `content`: not where it differs, and not where its algorithm is not known.
pub(super) fn matches(declared: &str, content: &[u8]) -> bool {
    let algorithm = declared.split(':').next().unwrap_or_default();
    let is_known = mismatch(&format!("{algorithm}:"), b"").is_some();
    is_known && mismatch(declared, content).is_none()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 4648 base 32 without padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in bytes {
        bits = (bits << 8) | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            text.push(digit(bits >> count));
        }
    }
    if count > 0 {
        text.push(digit(bits << (5 - count)));
    }
    text
}

/// The base 32 digit of the five low bits.
fn digit(bits: u32) -> char {
    match bits & 31 {
        #[allow(clippy::cast_possible_truncation, reason = "five bits")]
        low @ 0..26 => char::from(b'A' + low as u8),
        #[allow(clippy::cast_possible_truncation, reason = "five bits")]
        high => char::from(b'2' + (high - 26) as u8),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base32_is_that_of_the_standard() {
        let vectors =
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")];
        for (bytes, text) in vectors {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn both_notations_and_algorithms_are_compared_and_others_are_left() {
        let empty_sha1 = "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";
        assert_eq!(mismatch(&format!("sha1:{empty_sha1}"), b""), None);
        assert_eq!(mismatch("SHA1:da39a3ee5e6b4b0d3255bfef95601890afd80709", b""), None);
        let sha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(mismatch(sha256, b""), None);
        assert!(mismatch(sha256, b"x").is_some());
        assert_eq!(mismatch("sha1:AAAA", b""), Some(format!("sha1:{empty_sha1}")));
        assert_eq!(mismatch("md5:AAAA", b""), None);
        assert_eq!(mismatch("nonsense", b""), None);
        assert!(
            matches(sha256, b"") && !matches(sha256, b"x") && !matches("md5:AAAA", b"") && !matches("nonsense", b"")
        );
    }
}
