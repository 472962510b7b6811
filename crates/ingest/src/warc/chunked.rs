//! The chunked transfer coding of HTTP/1.1 (RFC 9112).

/// What became of a body that is declared as chunked.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Dechunked {
    /// The content; `cut_off` where the last chunk, or the mark of the end, is missing.
    Content { content: Vec<u8>, cut_off: bool },
    /// It does not begin with a chunk: whoever stored it took the chunks apart and left the header.
    NotChunked,
    /// A chunk's size cannot be read at this byte of the body, after good chunks.
    Broken { at: usize },
}

/// Digits of a chunk's size: 64 bits.
const MOST_DIGITS: usize = 16;
/// Longest size line, with extensions.
const MOST_LINE: usize = 4096;
/// How many times the body a first chunk's size is not believed.
const FAR_BEYOND: usize = 1024;

/// Takes the chunks of `body` apart. The result is never longer than `body`.
pub(super) fn dechunk(body: &[u8]) -> Dechunked {
    let mut content = Vec::new();
    let mut rest = body;
    loop {
        let at = body.len() - rest.len();
        let Some((size, data)) = size_line(rest) else {
            let complete_line = memchr::memchr(b'\n', rest).is_some() || rest.len() > MOST_LINE;
            return match (at, complete_line || !is_size_start(rest)) {
                (0, true) => Dechunked::NotChunked,
                (_, true) if !rest.is_empty() => Dechunked::Broken { at },
                _ => Dechunked::Content { content, cut_off: true },
            };
        };
        if size == 0 {
            return Dechunked::Content { content, cut_off: false };
        }
        let length = usize::try_from(size).unwrap_or(usize::MAX);
        let Some((chunk, behind)) = data.split_at_checked(length) else {
            // A first size far beyond the body is rather a number that a text begins with.
            if at == 0 && length / FAR_BEYOND > body.len() {
                return Dechunked::NotChunked;
            }
            content.extend_from_slice(data);
            return Dechunked::Content { content, cut_off: true };
        };
        content.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n")).unwrap_or(behind);
    }
}

/// The chunk size that `bytes` begin with, and what is behind its line.
fn size_line(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let line_end = memchr::memchr(b'\n', bytes.get(..MOST_LINE).unwrap_or(bytes))?;
    let (line, rest) = bytes.split_at(line_end);
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if size.is_empty() || size.len() > MOST_DIGITS || !size.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let size = u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
    Some((size, rest.strip_prefix(b"\n").unwrap_or(rest)))
}

/// Whether `bytes`, which hold no whole line, may be the begin of a size line.
fn is_size_start(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    digits <= MOST_DIGITS && bytes.get(digits).is_none_or(|next| b"; \t\r".contains(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str, cut_off: bool) -> Dechunked {
        Dechunked::Content { content: text.as_bytes().to_vec(), cut_off }
    }

    #[test]
    fn chunks_are_joined() {
        assert_eq!(
            dechunk(b"5\r\nHello\r\n7;ext=1\r\n, world\r\n0\r\nX: trailer\r\n\r\n"),
            content("Hello, world", false)
        );
        assert_eq!(dechunk(b"005 \nHello\n0\n\n"), content("Hello", false));
        assert_eq!(dechunk(b"0\r\n\r\n"), content("", false));
    }

    #[test]
    fn what_is_missing_is_said() {
        let whole = b"5\r\nHello\r\n6\r\n world\r\n0\r\n\r\n";
        assert_eq!(dechunk(&whole[..6]), content("Hel", true));
        assert_eq!(dechunk(&whole[..10]), content("Hello", true));
        assert_eq!(dechunk(&whole[..11]), content("Hello", true));
        assert_eq!(dechunk(&whole[..16]), content("Hello wo", true));
        assert_eq!(dechunk(b""), content("", true));
    }

    #[test]
    fn a_body_without_chunks_is_left_and_a_bad_size_is_placed() {
        assert_eq!(dechunk(b"<html>\n<p>Hello</p></html>"), Dechunked::NotChunked);
        assert_eq!(dechunk(b"<html>"), Dechunked::NotChunked);
        assert_eq!(dechunk(b"20241231\nis a date"), Dechunked::NotChunked);
        assert_eq!(dechunk(b"5\r\nHello\r\nworld\r\n"), Dechunked::Broken { at: 10 });
        assert_eq!(dechunk(b"5\r\nHello\r\nffffffffffffffffff\r\n"), Dechunked::Broken { at: 10 });
        assert_eq!(dechunk(b"5\r\nHello\r\nffffffffffffffff\r\nx"), content("Hellox", true));
    }
}
