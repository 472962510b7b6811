//! The one-byte code pages in which UTF-8 is commonly misread, and the way back to bytes.

use std::collections::HashMap;
use std::sync::LazyLock;

use encoding_rs::{
    Encoding, ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1251, WINDOWS_1252, WINDOWS_1253, WINDOWS_1254, WINDOWS_1257,
};

/// A code page; bytes that it leaves open stand for the control character of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CodePage {
    Latin1,
    Windows1252,
    Windows1251,
    Windows1250,
    Windows1253,
    Windows1254,
    Windows1257,
    Iso8859Part2,
    MacRoman,
    Cp437,
}

/// All of them, in the order in which they are tried: ftfy's.
pub(super) const CODE_PAGES: [CodePage; 10] = [
    CodePage::Latin1,
    CodePage::Windows1252,
    CodePage::Windows1251,
    CodePage::Windows1250,
    CodePage::Windows1253,
    CodePage::Windows1254,
    CodePage::Windows1257,
    CodePage::Iso8859Part2,
    CodePage::MacRoman,
    CodePage::Cp437,
];

/// Byte that stands for a character that was lost, in the Windows code pages.
pub(super) const LOST: u8 = 0x1a;

impl CodePage {
    /// Whether U+FFFD stands for a lost byte here: it does in the code pages of Windows, which leave bytes open.
    pub(super) fn is_lossy(self) -> bool {
        !matches!(self, Self::Latin1 | Self::Iso8859Part2 | Self::MacRoman | Self::Cp437)
    }

    /// What `byte` is read as.
    pub(super) fn char_of(self, byte: u8) -> char {
        match self {
            _ if byte == LOST && self.is_lossy() => '\u{fffd}',
            _ if byte.is_ascii() => char::from(byte),
            Self::Latin1 => char::from(byte),
            Self::Cp437 => oem_cp::code_table::DECODING_TABLE_CP437
                .get(usize::from(byte & 0x7f))
                .copied()
                .unwrap_or(char::from(byte)),
            Self::Windows1252 => decoded(WINDOWS_1252, byte),
            Self::Windows1251 => decoded(WINDOWS_1251, byte),
            Self::Windows1250 => decoded(WINDOWS_1250, byte),
            Self::Windows1253 => decoded(WINDOWS_1253, byte),
            Self::Windows1254 => decoded(WINDOWS_1254, byte),
            Self::Windows1257 => decoded(WINDOWS_1257, byte),
            Self::Iso8859Part2 => decoded(ISO_8859_2, byte),
            Self::MacRoman => decoded(MACINTOSH, byte),
        }
    }

    /// The bytes that were read as `text`; `None` where this code page has not every character.
    pub(super) fn bytes_of(self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|char| byte_in(char, self)).collect()
    }
}

fn decoded(encoding: &'static Encoding, byte: u8) -> char {
    let bytes = [byte];
    let (text, _) = encoding.decode_without_bom_handling(&bytes);
    text.chars().next().filter(|char| *char != '\u{fffd}').unwrap_or(char::from(byte))
}

/// The byte of a character in each code page, in the order of [`CODE_PAGES`].
type Bytes = [Option<u8>; CODE_PAGES.len()];

/// The characters above ASCII that any code page has.
static BYTES: LazyLock<HashMap<char, Bytes>> = LazyLock::new(|| {
    let mut bytes: HashMap<char, Bytes> = HashMap::new();
    for (page, code_page) in CODE_PAGES.into_iter().enumerate() {
        for byte in (0x80..=0xff).chain(code_page.is_lossy().then_some(LOST)) {
            let of_char = bytes.entry(code_page.char_of(byte)).or_default();
            if let Some(slot) = of_char.get_mut(page) {
                *slot = Some(byte);
            }
        }
    }
    bytes
});

fn byte_in(char: char, code_page: CodePage) -> Option<u8> {
    if char.is_ascii() {
        return u8::try_from(char).ok().filter(|byte| *byte != LOST || !code_page.is_lossy());
    }
    BYTES.get(&char)?.get(code_page as usize).copied().flatten()
}

/// The code pages that have every character of `text`; stops where none is left.
pub(super) fn possible(text: &str) -> impl Iterator<Item = CodePage> {
    let mut left = [true; CODE_PAGES.len()];
    for char in text.chars().filter(|char| !char.is_ascii() || *char == char::from(LOST)) {
        for (possible, code_page) in left.iter_mut().zip(CODE_PAGES) {
            *possible = *possible && byte_in(char, code_page).is_some();
        }
        if left == [false; CODE_PAGES.len()] {
            break;
        }
    }
    CODE_PAGES.into_iter().zip(left).filter_map(|(code_page, possible)| possible.then_some(code_page))
}
