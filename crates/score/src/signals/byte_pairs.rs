//! Token counts of the byte-pair encodings inside the program.
//!
//! An encoding takes a text apart by a regular expression and every piece by its pairs. Most pieces are a word with a space
//! before it: they end where a few lines of code find it, and are pieces that were counted before.

use std::cell::RefCell;

use bpe_openai::Tokenizer;

use crate::remember::{Key, Remembered};

/// Where the first piece from a place on ends, if it is a simple one.
pub(super) type SimpleEnd = fn(&[u8], usize) -> Option<usize>;

thread_local! {
    static COUNTS: [RefCell<Remembered<u8>>; 2] = const { [RefCell::new(Remembered::new()), RefCell::new(Remembered::new())] };
}

/// Number of tokens of `text`. `cache` is 0 or 1, another one for each tokenizer.
pub(super) fn count(tokenizer: &Tokenizer, simple_end: SimpleEnd, cache: usize, text: &str) -> usize {
    COUNTS.with(|caches| {
        let Some(counts) = caches.get(cache) else { return tokenizer.count(text) };
        let mut counts = counts.borrow_mut();
        let (mut tokens, mut at) = (0, 0);
        while at < text.len() {
            let end = simple_end(text.as_bytes(), at).unwrap_or_else(|| {
                let piece = text.get(at..).and_then(|rest| tokenizer.split(rest).next());
                at + piece.map_or(0, str::len)
            });
            let piece = text.as_bytes().get(at..end).unwrap_or_default();
            if piece.is_empty() {
                // The expression fits nowhere, which ends a text.
                break;
            }
            tokens += count_piece(tokenizer, piece, &mut counts);
            at = end;
        }
        tokens
    })
}

fn count_piece(tokenizer: &Tokenizer, piece: &[u8], counts: &mut Remembered<u8>) -> usize {
    let Some(key) = Key::of(piece) else { return tokenizer.bpe.count(piece) };
    if let Some(known) = counts.get(key) {
        return usize::from(known);
    }
    let count = tokenizer.bpe.count(piece);
    // A key has no more bytes than a byte can count.
    if let Ok(count) = u8::try_from(count) {
        counts.put(key, count);
    }
    count
}

/// In cl100k: `[^\r\n\p{L}\p{N}]?\p{L}+` of ASCII, but what begins with an apostrophe, and `\p{N}{1,3}`.
pub(super) fn cl100k_end(bytes: &[u8], at: usize) -> Option<usize> {
    let Some(start) = word_start(bytes, at) else { return digits_end(bytes, at) };
    let end = start + run(bytes, start, u8::is_ascii_alphabetic);
    is_border(bytes, end).then_some(end)
}

/// In o200k: the same, of capitals and then small letters, without an apostrophe after them; and `\p{N}{1,3}`.
pub(super) fn o200k_end(bytes: &[u8], at: usize) -> Option<usize> {
    let Some(start) = word_start(bytes, at) else { return digits_end(bytes, at) };
    let capitals = start + run(bytes, start, u8::is_ascii_uppercase);
    let small = run(bytes, capitals, u8::is_ascii_lowercase);
    let end = capitals + small;
    (small > 0 && is_border(bytes, end) && bytes.get(end) != Some(&b'\'')).then_some(end)
}

/// Where the letters start: at `at`, or after a sign or a space there.
#[inline]
fn word_start(bytes: &[u8], at: usize) -> Option<usize> {
    let first = bytes.get(at)?;
    if first.is_ascii_alphabetic() {
        return Some(at);
    }
    let may_be_before = first.is_ascii() && !first.is_ascii_digit() && !matches!(first, b'\r' | b'\n' | b'\'');
    (may_be_before && bytes.get(at + 1)?.is_ascii_alphabetic()).then_some(at + 1)
}

fn digits_end(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = bytes.iter().skip(at).take(3).take_while(|byte| byte.is_ascii_digit()).count();
    (digits == 3 || (digits > 0 && is_border(bytes, at + digits))).then_some(at + digits)
}

#[inline]
fn run(bytes: &[u8], start: usize, is: impl Fn(&u8) -> bool) -> usize {
    let mut end = start;
    while bytes.get(end).is_some_and(&is) {
        end += 1;
    }
    end - start
}

/// Whether no letter or digit beyond ASCII can go on at `end`.
#[inline]
fn is_border(bytes: &[u8], end: usize) -> bool {
    bytes.get(end).is_none_or(u8::is_ascii)
}

#[cfg(test)]
mod tests {
    use bpe_openai::{cl100k_base, o200k_base};
    use proptest::prelude::*;

    use super::*;

    fn assert_same(text: &str) {
        let encodings: [(&Tokenizer, SimpleEnd); 2] = [(cl100k_base(), cl100k_end), (o200k_base(), o200k_end)];
        for (cache, (tokenizer, simple_end)) in encodings.into_iter().enumerate() {
            assert_eq!(count(tokenizer, simple_end, cache, text), tokenizer.count(text), "{cache} {text:?}");
            let mut at = 0;
            for piece in tokenizer.split(text) {
                if let Some(end) = simple_end(text.as_bytes(), at) {
                    assert_eq!(text.get(at..end), Some(piece), "{cache} {text:?} at {at}");
                }
                at += piece.len();
            }
        }
    }

    #[test]
    fn pieces_that_are_nearly_simple() {
        for text in
            ["", "don't I'll 'tis 'S", "x\u{301}y", "12345 1٣ 12٣4", "ABCd aBCD ABC", "a\0b\0", "tab\tx\r\ny  z  "]
        {
            assert_same(text);
        }
        let long = "a".repeat(40);
        assert_same(&format!("{long} {long}"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3_000))]

        #[test]
        fn counts_are_those_of_the_tokenizer(text in "([a-cA-C0-9'’ſ,._/\\n\\r\\t -]|é|É|ſ|٣|中文|ǅ|ʰ|\u{301}|\u{a0}|😀|'ll|'RE){0,40}") {
            assert_same(&text);
        }

        #[test]
        fn any_text(text in any::<String>()) {
            assert_same(&text);
        }
    }
}
