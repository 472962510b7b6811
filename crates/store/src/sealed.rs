//! Small JSON files that prove they are whole.
//!
//! ```text
//! {"blake3":"<64 lowercase hexadecimal digits>","body":<compact JSON>}\n
//! ```
//!
//! 1. The digest is of the exact bytes of the body.
//! 2. Every other byte is fixed, so a flip of any single bit of the file is found.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

const HEAD: &[u8] = b"{\"blake3\":\"";
const DIGEST_DIGITS: usize = 64;
const MIDDLE: &[u8] = b"\",\"body\":";
const TAIL: &[u8] = b"}\n";

/// The file that holds `value`.
///
/// # Errors
/// When the type has no JSON form (a map whose keys are no strings): a fault of the program.
pub fn seal<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, StoreError> {
    let body = serde_json::to_vec(value);
    let body = body.map_err(|error| StoreError::config("a sealed file", format!("has no JSON form: {error}")))?;
    let digest = blake3::hash(&body).to_hex();
    Ok([HEAD, digest.as_bytes(), MIDDLE, &body, TAIL].concat().into())
}

/// The value in the sealed file `bytes` that was read from `path`.
pub fn unseal<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, StoreError> {
    let body = checked_body(bytes).map_err(|reason| StoreError::integrity(path, reason))?;
    serde_json::from_slice(body).map_err(|error| {
        let reason = format!("is whole but not what this version reads ({error}); was another version at work?");
        StoreError::integrity(path, reason)
    })
}

fn checked_body(bytes: &[u8]) -> Result<&[u8], String> {
    let broken = |what: &str| format!("{what} (the file has {} bytes)", bytes.len());
    let rest = bytes.strip_prefix(HEAD).ok_or_else(|| broken("does not start like a sealed file"))?;
    let (digest, rest) = rest.split_at_checked(DIGEST_DIGITS).ok_or_else(|| broken("ends inside its digest"))?;
    let rest = rest.strip_prefix(MIDDLE).ok_or_else(|| broken("has no body where it should be"))?;
    let body = rest.strip_suffix(TAIL).ok_or_else(|| broken("does not end like a sealed file"))?;
    let found = blake3::hash(body).to_hex();
    if found.as_bytes() == digest {
        return Ok(body);
    }
    Err(format!("its content has digest {found}, but {} was sealed", String::from_utf8_lossy(digest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreErrorKind;

    #[test]
    fn the_form_is_fixed() {
        let bytes = seal(&vec![1, 2]).expect("seals");
        let expected = format!("{{\"blake3\":\"{}\",\"body\":[1,2]}}\n", blake3::hash(b"[1,2]").to_hex());
        assert_eq!(bytes, expected.as_bytes());
        assert_eq!(unseal::<Vec<u8>>("x", &bytes).expect("reads"), [1, 2]);
    }

    #[test]
    fn every_single_bit_flip_is_found() {
        let sealed = seal(&serde_json::json!({"name": "Straße", "rows": [1, 2.5, null]})).expect("seals");
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let error = unseal::<serde_json::Value>("run.json", &damaged).expect_err("a damaged file");
            assert_eq!((error.kind(), error.path()), (StoreErrorKind::Integrity, "run.json"), "bit {bit}");
        }
    }

    #[test]
    fn every_truncation_and_addition_is_found() {
        let sealed = seal("text").expect("seals");
        for end in 0..sealed.len() {
            assert!(unseal::<String>("x", &sealed[..end]).is_err(), "cut to {end}");
        }
        assert!(unseal::<String>("x", &[&sealed[..], b"\n"].concat()).is_err());
    }

    #[test]
    fn a_whole_file_of_another_form_is_an_integrity_error_too() {
        let error = unseal::<u32>("x", &seal("text").expect("seals")).expect_err("no number");
        assert!(error.to_string().contains("is whole but not what this version reads"), "{error}");
    }
}
