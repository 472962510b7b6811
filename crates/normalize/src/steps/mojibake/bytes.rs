//! What else happened to the bytes of UTF-8 before or after they were misread, and reading them as text.

/// Continuation bytes that no single space stands for: 0x85 is a line break to some programs.
fn continues_altered(byte: u8) -> bool {
    matches!(byte, 0x80..=0x84 | 0x86..=0x9f | 0xa1..=0xbf)
}

fn continues(byte: u8) -> bool {
    matches!(byte, 0x80..=0xbf)
}

/// Length of the sequence at the start of `rest` that would be UTF-8 if its one space were the byte 0xa0.
///
/// Lead bytes are those for which that gives a common character (ftfy 6.3.1, `ALTERED_UTF8_RE`).
fn altered(rest: &[u8]) -> Option<usize> {
    match rest {
        [0xc2 | 0xc3 | 0xc5 | 0xce | 0xd0 | 0xd9, b' ', ..] => Some(2),
        [0xe2 | 0xe3, b' ', last, ..] if continues_altered(*last) => Some(3),
        [0xe0..=0xe3, middle, b' ', ..] if continues_altered(*middle) => Some(3),
        [0xf0, b' ', third, fourth, ..] if continues(*third) && continues(*fourth) => Some(4),
        [0xf0, second, b' ', fourth, ..] if continues(*second) && continues(*fourth) => Some(4),
        [0xf0, second, third, b' ', ..] if continues(*second) && continues(*third) => Some(4),
        _ => None,
    }
}

/// Whether `rest`, after the bytes `c3 20`, goes on as a Portuguese word with `à` or with another space: else the
/// space stays one, as in `à la`.
fn joins(rest: &[u8]) -> bool {
    [" ".as_bytes(), b"quele", b"quela", b"quilo", b"s "].iter().any(|start| rest.starts_with(start))
}

/// Puts back bytes 0xa0 that became spaces; `None` where there are none.
pub(super) fn restore_a0(bytes: &[u8]) -> Option<Vec<u8>> {
    (0..bytes.len()).find(|&at| bytes.get(at..).and_then(altered).is_some())?;
    let mut spaced = Vec::with_capacity(bytes.len() + 8);
    let mut rest = bytes;
    while let [first, tail @ ..] = rest {
        match rest {
            [0xc3, b' ', after @ ..] if !joins(after) => {
                spaced.extend_from_slice(&[0xc3, 0xa0, b' ']);
                rest = after;
            }
            _ => {
                spaced.push(*first);
                rest = tail;
            }
        }
    }
    let mut restored = Vec::with_capacity(spaced.len());
    let mut rest = spaced.as_slice();
    while let [first, tail @ ..] = rest {
        match altered(rest).and_then(|length| rest.split_at_checked(length)) {
            Some((sequence, after)) => {
                restored.extend(sequence.iter().map(|byte| if *byte == b' ' { 0xa0 } else { *byte }));
                rest = after;
            }
            None => {
                restored.push(*first);
                rest = tail;
            }
        }
    }
    Some(restored)
}

/// Length of the sequence at the start of `rest` in which bytes were lost (0x1a, or once `?`; ftfy 6.3.1,
/// `LOSSY_UTF8_RE`).
fn lossy(rest: &[u8]) -> Option<usize> {
    let lost = |byte: u8| byte == 0x1a || byte == b'?';
    let known = |byte: u8| byte == 0x1a || continues(byte);
    match rest {
        [0xc2..=0xdf, 0x1a, ..] | [0xc2 | 0xc3, b'?', ..] => Some(2),
        [0xed, 0xa0..=0xaf, third, 0xed, 0xb0..=0xbf, sixth, ..]
            if (lost(*third) && (lost(*sixth) || continues(*sixth)))
                || ((lost(*third) || continues(*third)) && lost(*sixth)) =>
        {
            Some(6)
        }
        [0xe0..=0xef, second, third, ..] if (lost(*second) && known(*third)) || (known(*second) && lost(*third)) => {
            Some(3)
        }
        [0xf0..=0xf4, second, third, fourth, ..]
            if (lost(*second) && known(*third) && known(*fourth))
                || (known(*second) && lost(*third) && known(*fourth))
                || (known(*second) && known(*third) && lost(*fourth)) =>
        {
            Some(4)
        }
        [0x1a, ..] => Some(1),
        _ => None,
    }
}

/// `bytes` with U+FFFD in UTF-8 for every sequence in which bytes were lost.
pub(super) fn replace_lossy(bytes: Vec<u8>) -> Vec<u8> {
    if !bytes.iter().any(|byte| matches!(byte, 0x1a | b'?')) {
        return bytes;
    }
    let mut replaced = Vec::with_capacity(bytes.len() + 8);
    let mut rest = bytes.as_slice();
    while let [first, tail @ ..] = rest {
        match lossy(rest).and_then(|length| rest.split_at_checked(length)) {
            Some((_, after)) => {
                replaced.extend_from_slice("\u{fffd}".as_bytes());
                rest = after;
            }
            None => {
                replaced.push(*first);
                rest = tail;
            }
        }
    }
    replaced
}

/// `bytes` as text: UTF-8, where a character above U+FFFF may be two surrogates of three bytes each (CESU-8) and NUL
/// may be `c0 80`, as Java writes it. `None` where it is none of these.
pub(super) fn text_of(bytes: Vec<u8>) -> Option<String> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some(text),
        Err(error) => error.into_bytes(),
    };
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let [first, tail @ ..] = rest {
        match *rest {
            [0xc0, 0x80, ref after @ ..] => {
                text.push(0);
                rest = after;
            }
            [0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf, 0xed, c @ 0xb0..=0xbf, d @ 0x80..=0xbf, ref after @ ..] => {
                let bits = |byte: u8, mask: u8, shift: u32| u32::from(byte & mask) << shift;
                let offset = bits(a, 0x0f, 16) | bits(b, 0x3f, 10) | bits(c, 0x0f, 6) | bits(d, 0x3f, 0);
                text.extend_from_slice(char::from_u32(0x1_0000 + offset)?.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
            }
            _ => {
                text.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_that_were_bytes_come_back() {
        assert_eq!(restore_a0(b"voil\xc3 le"), Some(b"voil\xc3\xa0 le".to_vec()));
        assert_eq!(restore_a0(b"\xc3 s vezes"), Some(b"\xc3\xa0s vezes".to_vec()));
        assert_eq!(restore_a0(b"\xe2 \x80x"), Some(b"\xe2\xa0\x80x".to_vec()));
        assert_eq!(restore_a0(b"plain text"), None);
    }

    #[test]
    fn lost_bytes_are_one_replacement_character() {
        let replaced = |bytes: &[u8]| String::from_utf8(replace_lossy(bytes.to_vec())).expect("UTF-8");
        assert_eq!(replaced(b"a\xe2\x80\x1ab"), "a\u{fffd}b");
        assert_eq!(replaced(b"\xc3?\x1a"), "\u{fffd}\u{fffd}");
        assert_eq!(replaced(b"really?"), "really?");
    }

    #[test]
    fn variants_of_utf8_are_read() {
        assert_eq!(text_of(b"\xed\xa0\xbd\xed\xb8\x8d!".to_vec()).as_deref(), Some("😍!"));
        assert_eq!(text_of(b"a\xc0\x80".to_vec()).as_deref(), Some("a\0"));
        assert_eq!(text_of(b"\xed\xa0\xbd".to_vec()), None);
        assert_eq!(text_of(b"\xff".to_vec()), None);
    }
}
