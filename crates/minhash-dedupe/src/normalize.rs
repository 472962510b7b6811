//! The form of a text in which documents are compared: what the published corpora make of a text before they cut it
//! into shingles.
//!
//! A character goes through the steps in this order: lower case, numbers, punctuation, white space, accents. The fast
//! way is for ASCII, a table look-up per byte; everything else is looked at character by character.

use icu_normalizer::properties::{CanonicalDecompositionBorrowed, Decomposed};
use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::CodePointMapDataBorrowed;
use icu_properties::props::GeneralCategory;

use crate::forms::{Accents, Blanks, Normalization, Numbers, Punctuation};
use crate::marks::{is_blank, is_mark, is_plain_han};
use crate::scan::{EACH_TOP, ascii_prefix, blanks_in, han_prefix, without};

/// Byte of the ASCII table: the character goes.
const GONE: u8 = 0x80;
/// Byte of the ASCII table: a number begins.
const NUMBER: u8 = 0x81;

/// Makes the normal form of texts. Cheap to keep, costly to make for every text.
#[derive(Debug)]
pub struct Normalizer {
    form: Normalization,
    /// What a byte of ASCII becomes; the upper half is never asked for, and makes the bounds of a byte the table's.
    ascii: [u8; 256],
    categories: CodePointMapDataBorrowed<'static, GeneralCategory>,
    decomposition: CanonicalDecompositionBorrowed<'static>,
    nfd: DecomposingNormalizerBorrowed<'static>,
}

/// Room for the normal form of one text after the other, so that a text costs no allocation.
#[derive(Debug, Default, Clone)]
pub struct NormalBuffer {
    bytes: Vec<u8>,
    spare: Vec<u8>,
}

/// Where the writer is.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    /// A blank would be the second in a row, or the first of the text.
    after_blank: bool,
    /// Something was written that decomposition would change.
    decomposable: bool,
}

impl Normalizer {
    /// A normaliser to `form`.
    pub fn new(form: Normalization) -> Self {
        let mut ascii = [GONE; 256];
        for (byte, code) in (0_u8..128).zip(&mut ascii) {
            *code = code_of(form, byte);
        }
        let categories = CodePointMapData::<GeneralCategory>::new();
        let (decomposition, nfd) = (CanonicalDecompositionBorrowed::new(), DecomposingNormalizer::new_nfd());
        Self { form, ascii, categories, decomposition, nfd }
    }

    /// The form this makes.
    pub fn form(&self) -> Normalization {
        self.form
    }

    /// The normal form of `text`, in `buffer`.
    pub fn normalize<'a>(&self, text: &str, buffer: &'a mut NormalBuffer) -> &'a str {
        let text = if self.form.blanks == Blanks::Trim { text.trim_matches(is_blank) } else { text };
        let collapse = self.form.blanks == Blanks::Collapse;
        buffer.bytes.clear();
        let mut writer = Writer { out: &mut buffer.bytes, after_blank: collapse, decomposable: false };
        let mut rest = text;
        while !rest.is_empty() {
            let ascii = ascii_prefix(rest.as_bytes());
            let done = self.ascii(rest, ascii, &mut writer);
            rest = rest.get(done..).unwrap_or_default();
            rest = self.beyond_ascii(rest, &mut writer);
        }
        if writer.decomposable {
            let NormalBuffer { bytes, spare } = buffer;
            self.decompose(std::str::from_utf8(bytes).unwrap_or_default(), spare);
            std::mem::swap(bytes, spare);
        }
        if collapse && buffer.bytes.last() == Some(&b' ') {
            buffer.bytes.pop();
        }
        // Whole characters were written, so this never falls back.
        std::str::from_utf8(&buffer.bytes).unwrap_or_default()
    }

    /// The normal form of one text.
    pub fn normalized(&self, text: &str) -> String {
        let mut buffer = NormalBuffer::default();
        self.normalize(text, &mut buffer).to_owned()
    }

    /// Writes the first `end` bytes of `text`, which are ASCII; a number that goes on behind them is written whole.
    /// Returns how many bytes were read.
    fn ascii(&self, text: &str, end: usize, writer: &mut Writer<'_>) -> usize {
        let run = text.as_bytes().get(..end).unwrap_or_default();
        let mut from = 0;
        while let Some(block) = run.get(from..).and_then(<[u8]>::first_chunk::<8>) {
            let mut mapped = [0; 8];
            for (slot, byte) in mapped.iter_mut().zip(block) {
                *slot = self.ascii[usize::from(*byte)];
            }
            let word = u64::from_le_bytes(mapped);
            if word & EACH_TOP != 0 {
                // Something goes, or a number begins: rare enough for the slow way.
                let stop = from + 8;
                while from < stop {
                    from += self.ascii_byte(text, from, writer);
                }
                continue;
            }
            from += 8;
            let blanks = if self.form.blanks == Blanks::Collapse { blanks_in(word) } else { 0 };
            let again = blanks & (blanks << 8 | if writer.after_blank { 0x80 } else { 0 });
            writer.after_blank = blanks >> 63 == 1;
            if again == 0 {
                writer.out.extend_from_slice(&mapped);
            } else {
                writer.out.extend_from_slice(without(mapped, again, &mut [0; 8]));
            }
        }
        while from < end {
            from += self.ascii_byte(text, from, writer);
        }
        from
    }

    /// Writes the byte of ASCII at `at`, or the number that begins there; how many bytes were read.
    fn ascii_byte(&self, text: &str, at: usize, writer: &mut Writer<'_>) -> usize {
        let byte = text.as_bytes().get(at).copied().unwrap_or_default();
        match self.ascii[usize::from(byte)] {
            NUMBER => {
                writer.out.push(b'0');
                writer.after_blank = false;
                return self.number_len(text.get(at..).unwrap_or_default()).max(1);
            }
            GONE => {}
            b' ' if self.form.blanks == Blanks::Collapse => {
                if !writer.after_blank {
                    writer.out.push(b' ');
                }
                writer.after_blank = true;
            }
            code => {
                writer.out.push(code);
                writer.after_blank = false;
            }
        }
        1
    }

    /// Writes characters up to the next ASCII one; what is left of `text`.
    fn beyond_ascii<'t>(&self, text: &'t str, writer: &mut Writer<'_>) -> &'t str {
        let mut rest = text;
        while let Some(character) = rest.chars().next().filter(|character| !character.is_ascii()) {
            let han = han_prefix(rest.as_bytes());
            let mut read = character.len_utf8();
            if han > 0 {
                writer.out.extend_from_slice(rest.as_bytes().get(..han).unwrap_or_default());
                writer.after_blank = false;
                read = han;
            } else if is_plain_han(character) {
                writer.put(character);
            } else if let Some(mark) = self.mark(character) {
                if mark {
                    self.put_blank(character, writer);
                }
            } else if self.form.numbers != Numbers::Keep && self.is_digit(character) {
                if self.form.numbers == Numbers::NumbersToZero {
                    read = self.number_len(rest).max(read);
                }
                writer.put('0');
            } else if self.form.lowercase {
                character.to_lowercase().for_each(|lower| self.put_letter(lower, writer));
            } else {
                self.put_letter(character, writer);
            }
            rest = rest.get(read..).unwrap_or_default();
        }
        rest
    }

    /// Whether a character is a mark that goes (false) or one that becomes a blank, or white space (true).
    fn mark(&self, character: char) -> Option<bool> {
        match self.form.punctuation {
            Punctuation::Remove(marks) if is_mark(marks, character) => Some(false),
            Punctuation::Blank(marks) if is_mark(marks, character) => Some(true),
            _ => is_blank(character).then_some(true),
        }
    }

    fn put_blank(&self, character: char, writer: &mut Writer<'_>) {
        match self.form.blanks {
            Blanks::Remove => {}
            Blanks::Collapse if writer.after_blank => {}
            Blanks::Keep | Blanks::Trim if is_blank(character) => writer.put(character),
            _ => writer.put(' '),
        }
        writer.after_blank = true;
    }

    fn put_letter(&self, letter: char, writer: &mut Writer<'_>) {
        if self.form.accents != Accents::Keep {
            writer.decomposable |= self.is_decomposable(letter);
        }
        writer.put(letter);
    }

    /// Whether decomposition changes a text with this letter: marks may have to change places.
    fn is_decomposable(&self, letter: char) -> bool {
        use GeneralCategory as C;
        let is_mark = || matches!(self.categories.get(letter), C::NonspacingMark | C::SpacingMark | C::EnclosingMark);
        !is_hangul_syllable(letter) && self.decomposition.decompose(letter) != Decomposed::Default || is_mark()
    }

    fn is_digit(&self, character: char) -> bool {
        self.categories.get(character) == GeneralCategory::DecimalNumber
    }

    /// Length in bytes of the number at the start of `text`, with at most one part behind a separator.
    fn number_len(&self, text: &str) -> usize {
        if self.form.numbers == Numbers::DigitsToZero {
            return text.chars().next().map_or(0, char::len_utf8);
        }
        let digits = |text: &str| -> usize {
            let is_digit = |c: &char| if c.is_ascii() { c.is_ascii_digit() } else { self.is_digit(*c) };
            text.chars().take_while(is_digit).map(char::len_utf8).sum()
        };
        let whole = digits(text);
        let behind = text.get(whole..).unwrap_or_default();
        let separator = behind.chars().next().filter(|c| matches!(c, '.' | ',' | '،' | '٫' | '⎖' | '⎗' | '⎘'));
        let Some(separator) = separator else { return whole };
        match digits(behind.get(separator.len_utf8()..).unwrap_or_default()) {
            0 => whole,
            fraction => whole + separator.len_utf8() + fraction,
        }
    }

    /// Writes `text` to `out` with accents apart or gone; a blank that comes to stand behind a blank goes as well.
    fn decompose(&self, text: &str, out: &mut Vec<u8>) {
        out.clear();
        let mut writer = Writer { out, after_blank: false, decomposable: false };
        let collapse = self.form.blanks == Blanks::Collapse;
        writer.after_blank = collapse;
        let mut rest = text;
        while !rest.is_empty() {
            let (plain, behind) = rest.split_at(ascii_prefix(rest.as_bytes()));
            let again = collapse && writer.after_blank && plain.starts_with(' ');
            writer.out.extend_from_slice(plain.as_bytes().get(usize::from(again)..).unwrap_or_default());
            if let Some(last) = plain.as_bytes().last() {
                writer.after_blank = *last == b' ';
            }
            let end = behind.find(|c: char| c.is_ascii() || is_hangul_syllable(c)).unwrap_or(behind.len());
            let (run, behind) = behind.split_at(end);
            for character in self.nfd.normalize_iter(run.chars()) {
                let gone = self.form.accents == Accents::Remove
                    && self.categories.get(character) == GeneralCategory::NonspacingMark;
                if !gone {
                    writer.put(character);
                }
            }
            rest = behind;
            while let Some(syllable) = rest.chars().next().filter(|c| is_hangul_syllable(*c)) {
                writer.put(syllable);
                rest = rest.get(syllable.len_utf8()..).unwrap_or_default();
            }
        }
    }
}

impl Writer<'_> {
    fn put(&mut self, character: char) {
        let mut bytes = [0; 4];
        self.out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
        self.after_blank = false;
    }
}

/// What a byte of ASCII becomes.
fn code_of(form: Normalization, byte: u8) -> u8 {
    let character = char::from(byte);
    let (gone, blank) = match form.punctuation {
        Punctuation::Keep => (false, false),
        Punctuation::Remove(marks) => (is_mark(marks, character), false),
        Punctuation::Blank(marks) => (false, is_mark(marks, character)),
    };
    let space = is_blank(character);
    match form.blanks {
        _ if gone && !(space && form.blanks == Blanks::Collapse) => GONE,
        Blanks::Remove if space || blank => GONE,
        Blanks::Collapse if space || blank => b' ',
        Blanks::Keep | Blanks::Trim if blank && !space => b' ',
        _ if byte.is_ascii_digit() => match form.numbers {
            Numbers::Keep => byte,
            Numbers::DigitsToZero => b'0',
            Numbers::NumbersToZero => NUMBER,
        },
        _ if form.lowercase => byte.to_ascii_lowercase(),
        _ => byte,
    }
}

fn is_hangul_syllable(character: char) -> bool {
    ('\u{AC00}'..='\u{D7A3}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(form: Normalization, text: &str) -> String {
        Normalizer::new(form).normalized(text)
    }

    #[test]
    fn datatrove_form() {
        let form = |text| normal(Normalization::DATATROVE, text);
        assert_eq!(form("  The Quick,  brown\n\nFOX -- 3.14 and 1,234,567!  "), "the quick brown fox 0 and 0 0");
        assert_eq!(form("Crème Brûlée “costs” 12€…"), "creme brulee costs 0€");
        assert_eq!(form("don't"), "don t");
        assert_eq!(form("价格：１２.５元，好！"), "价格 0元 好");
        assert_eq!(form("٣٫١٤ x"), "0 x");
        assert_eq!(form("a \u{301} b"), "a b");
        assert_eq!(form("e\u{301}\u{a0}한국어 각"), "e 한국어 각");
        assert_eq!(form("ÀÉ Ω İ"), "ae ω i");
        assert_eq!(form(" \n.!?"), "");
        assert_eq!(form(""), "");
    }

    #[test]
    fn the_own_form_keeps_what_carries_meaning() {
        let form = |text| normal(Normalization::TEXTMILL, text);
        assert_eq!(form("  The Quick,  brown\n\nFOX: 3.14!  "), "the quick brown fox 3 14!");
        assert_eq!(form("截至2015年末，总人口３７万。"), "截至2015年末 总人口３７万");
        assert_eq!(form("Crème Bru\u{302}lée"), form("CRÈME “Brûle\u{301}e”"));
        assert_eq!(form("q\u{307}\u{323}"), form("q\u{323}\u{307}"));
        assert_eq!(form(" \n.,:"), "");
        for (left, right) in [
            ("in 2015 was 30", "in 2016 was 37"),
            ("解方程 3x + 5 = 20", "解方程 7x + 2 = 16"),
            ("a && b", "a || b"),
            ("x += 1", "x -= 1"),
            ("if (a == b)", "if (a != b)"),
            ("+", "-"),
            ("5 %", "5 ‰"),
            ("má", "mà"),
            ("hồ", "hộ"),
            ("दिन", "दान"),
            ("ป่า", "ปา"),
            ("كَتَبَ", "كُتِبَ"),
            ("הַסֵּפֶר", "הִסְפִּר"),
            ("الى", "إلى"),
            ("кой", "кои"),
        ] {
            assert_ne!(form(left), form(right), "{left}");
        }
        // What the published form folds of these.
        let published = |text| normal(Normalization::DATATROVE, text);
        assert_eq!(published("in 2015 was 30, a && b"), published("in 2016 was 37 a || b"));
        assert_eq!(published("má hồ"), published("mà hộ"));
    }

    #[test]
    fn keys_are_set_one_by_one() {
        use crate::NormalizationKeys;

        let keys = NormalizationKeys { numbers: Some(Numbers::Keep), ..NormalizationKeys::default() };
        assert_eq!(normal(keys.over(Normalization::DATATROVE), "Café, 3.14!"), "cafe 3 14");
        assert_eq!(NormalizationKeys::default().over(Normalization::CCNET), Normalization::CCNET);
    }

    #[test]
    fn ccnet_form_keeps_ascii_punctuation_and_blanks() {
        let form = |text| normal(Normalization::CCNET, text);
        assert_eq!(form("  Tel. 12-34,  Café — “x”\t。 "), "tel. 00-00,  café  x");
        assert_eq!(form("第１章 2024年"), "第章 0000年");
    }

    #[test]
    fn redpajama_form_removes_ascii_punctuation() {
        assert_eq!(normal(Normalization::REDPAJAMA, "Don't  stop—É 12.5"), "dont stop—e\u{301} 125");
        assert_eq!(normal(Normalization::NONE, " A  b\n"), " A  b\n");
        let none = Normalization { blanks: Blanks::Remove, ..Normalization::DATATROVE };
        assert_eq!(normal(none, "今天 天气，好 ok"), "今天天气好ok");
    }

    #[test]
    fn a_buffer_can_be_used_again() {
        let (normalizer, mut buffer) = (Normalizer::new(Normalization::DATATROVE), NormalBuffer::default());
        for text in ["É long text before", "x", "", "日本語の「テキスト」です"] {
            let expected = normalizer.normalized(text);
            assert_eq!(normalizer.normalize(text, &mut buffer), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_stable_form(text in "\\PC{0,60}|[ -~é́　、0-9\\n가-힣一-龥]{0,60}") {
            for form in [Normalization::DATATROVE, Normalization::LOWER_NO_PUNCTUATION, Normalization::TEXTMILL] {
                let once = normal(form, &text);
                proptest::prop_assert!(!once.contains("  ") && !once.starts_with(' ') && !once.ends_with(' '));
            }
            // Not so for datatrove's: what NFD turns into punctuation (U+1FFD) comes after punctuation went.
            let once = normal(Normalization::LOWER_NO_PUNCTUATION, &text);
            proptest::prop_assert_eq!(&normal(Normalization::LOWER_NO_PUNCTUATION, &once), &once);
        }
    }
}
