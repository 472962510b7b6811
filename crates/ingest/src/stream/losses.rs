use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Known losses in a file, beyond single records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost {
    /// Bytes of the file, as it is stored, in damaged stretches that may have held any number of records.
    pub bytes: u64,
    /// How the file ends before its own end, where it does: an unknown number of records is missing, and `bytes` says
    /// nothing of them.
    pub cut: Option<String>,
}

impl Lost {
    /// Whether nothing is known to be missing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// An account of losses, to which all layers that read one file add.
#[derive(Debug, Clone, Default)]
pub struct Losses {
    account: Arc<Account>,
    /// Whether the file is read, and not just looked at.
    reading: bool,
}

#[derive(Debug, Default)]
struct Account {
    /// Stored bytes lost.
    bytes: AtomicU64,
    cut: Mutex<Option<String>>,
    /// Stored bytes that became `decoded` ones.
    stored: AtomicU64,
    decoded: AtomicU64,
}

impl Losses {
    /// The account of a file that is read.
    pub(crate) fn of_reading() -> Self {
        Self { reading: true, ..Self::default() }
    }

    /// Whether what is found is to be said: a look at a file before it is read says nothing.
    pub(crate) fn is_reading(&self) -> bool {
        self.reading
    }

    /// Counts `bytes` of the file that could not be decoded.
    pub(crate) fn stored(&self, bytes: u64) {
        self.account.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts `bytes` that were decoded and could not be cut into records, by what they take in the file.
    pub(crate) fn decoded(&self, bytes: u64) {
        let (stored, decoded) =
            (self.account.stored.load(Ordering::Relaxed), self.account.decoded.load(Ordering::Relaxed));
        let share =
            if decoded == 0 { u128::from(bytes) } else { u128::from(bytes) * u128::from(stored) / u128::from(decoded) };
        self.stored(u64::try_from(share).unwrap_or(u64::MAX));
    }

    /// Notes that the file ends before its own end; the first note stays.
    pub(crate) fn cut(&self, how: &str) {
        let mut cut = self.account.cut.lock().unwrap_or_else(PoisonError::into_inner);
        cut.get_or_insert_with(|| how.to_owned());
    }

    /// Notes that `stored` bytes of the file became `decoded` ones.
    pub(crate) fn progress(&self, stored: u64, decoded: u64) {
        self.account.stored.fetch_add(stored, Ordering::Relaxed);
        self.account.decoded.fetch_add(decoded, Ordering::Relaxed);
    }

    /// What was found since the last call.
    pub(crate) fn take(&self) -> Lost {
        let cut = self.account.cut.lock().unwrap_or_else(PoisonError::into_inner).take();
        Lost { bytes: self.account.bytes.swap(0, Ordering::Relaxed), cut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoded_bytes_count_by_what_they_take_in_the_file() {
        let losses = Losses::default();
        losses.decoded(7);
        assert_eq!(losses.take().bytes, 7);
        losses.progress(100, 1000);
        losses.decoded(500);
        losses.stored(1);
        losses.cut("here");
        losses.cut("and there");
        assert_eq!(losses.take(), Lost { bytes: 51, cut: Some("here".to_owned()) });
        assert!(losses.take().is_none());
    }
}
