use super::{f32_at, u32_at, u64_at, wrong};
use crate::{LmError, MAX_ORDER};

/// How files of all versions begin.
pub(super) const FAMILY: &[u8] = b"mmap lm http://kheafield.com/code";
/// How a file begins that was never finished.
const UNFINISHED: &[u8] = b"mmap lm http://kheafield.com/code incomplete\n";
/// How files begin up to the number of the version.
const VERSIONED: &[u8] = b"mmap lm http://kheafield.com/code format version ";
/// The version that is read, and what follows it up to the next multiple of eight bytes.
const VERSION: &[u8] = b"5\n\0\0\0\0\0";
/// 0, 1 and -0.5 as floats, 1 and the largest word number, nothing, 1: as this machine and most others write them.
const TEST_VALUES: [u8; 32] = [
    0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
];
/// Bytes before the counts: the test values after what is above, then order, multiplier, kind, words, version.
const FIXED: usize = 56 + 32 + 20;

/// How n-grams are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Probing,
    Trie { quantized: bool, compressed: bool },
}

/// What the file says of itself.
#[derive(Debug, Clone)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// n-grams of each order, from one word on.
    pub(super) counts: Vec<u64>,
    /// Slots of a hash table for each n-gram.
    pub(super) multiplier: f32,
}

impl Header {
    /// The header and its length.
    pub(super) fn read(bytes: &[u8]) -> Result<(Self, usize), LmError> {
        check_start(bytes)?;
        let cut = || wrong("it ends in its header: it was cut");
        let fixed = bytes.get(56 + 32..FIXED).ok_or_else(cut)?;
        let order = fixed.first().map_or(0, |order| usize::from(*order));
        let multiplier = f32_at(fixed, 4).ok_or_else(cut)?;
        let has_words = fixed.get(12).is_some_and(|flag| *flag != 0);
        let (kind, version) = (u32_at(fixed, 8).ok_or_else(cut)?, u32_at(fixed, 16).ok_or_else(cut)?);
        let (kind, wanted) = match kind {
            0 => (Kind::Probing, 0),
            1 => {
                return Err(wrong(
                    "it is of the kind `rest_probing` (rest costs), which is not read; probing and trie are",
                ));
            }
            2..=5 => (Kind::Trie { quantized: kind % 2 == 1, compressed: kind > 3 }, 1),
            _ => return Err(wrong(format!("it is of the kind {kind}, which KenLM does not have"))),
        };
        if version != wanted {
            return Err(wrong(format!("its search has the version {version}; {wanted} is read")));
        }
        if !(2..=MAX_ORDER).contains(&order) {
            return Err(wrong(format!("its order is {order}; 2 to {MAX_ORDER} are read")));
        }
        if !has_words {
            return Err(wrong("it was built without its words (`build_binary -v`), which are needed"));
        }
        if !(1.0..1e6).contains(&multiplier) {
            return Err(wrong(format!("its tables have {multiplier} slots for each n-gram")));
        }
        let counts = (0..order).map(|index| u64_at(bytes, FIXED + index * 8)).collect::<Option<Vec<u64>>>();
        let counts = counts.ok_or_else(cut)?;
        if let Some(huge) = counts.iter().find(|count| **count >= 1 << 57) {
            return Err(wrong(format!("it says that it has {huge} n-grams of an order")));
        }
        let size = (FIXED + order * 8).next_multiple_of(8);
        Ok((Self { kind, counts, multiplier }, size))
    }
}

fn check_start(bytes: &[u8]) -> Result<(), LmError> {
    if bytes.starts_with(UNFINISHED) {
        return Err(wrong("`build_binary` did not finish it"));
    }
    let version = bytes.strip_prefix(VERSIONED).ok_or_else(|| wrong("it begins differently"))?;
    let Some(values) = version.strip_prefix(VERSION) else {
        let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte));
        let number: String = digits.take(20).collect();
        let problem = if number == "5" {
            "it was built on a machine of 32 bits, or is damaged".to_owned()
        } else {
            format!("it has the version `{number}` of the format; 5 is read")
        };
        return Err(wrong(problem));
    };
    if values.starts_with(&TEST_VALUES) {
        return Ok(());
    }
    Err(wrong("its test values differ: it was built on another kind of machine, or is damaged"))
}
