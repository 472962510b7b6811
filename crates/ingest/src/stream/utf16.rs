/// How UTF-16 is told: its byte order mark, or JSON that begins with an ASCII character beside a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// The byte order of text that begins with `head`, where it is UTF-16, and the bytes of its mark.
pub(super) fn detect(head: &[u8]) -> Option<(ByteOrder, usize)> {
    match head {
        // Two zeros behind the mark are UTF-32.
        [0xff, 0xfe, 0, 0, ..] => None,
        [0xff, 0xfe, ..] => Some((ByteOrder::Little, 2)),
        [0xfe, 0xff, ..] => Some((ByteOrder::Big, 2)),
        [b'{' | b'[', 0, next, ..] if *next != 0 => Some((ByteOrder::Little, 0)),
        [0, b'{' | b'[', 0, next, ..] if *next != 0 => Some((ByteOrder::Big, 0)),
        _ => None,
    }
}

/// Turns UTF-16 into UTF-8, in pieces of any length.
#[derive(Debug)]
pub(super) struct Utf16 {
    order: ByteOrder,
    /// The first byte of a unit whose second has not come yet.
    odd: Option<u8>,
    /// The first half of a pair whose second has not come yet.
    high: Option<u16>,
}

impl Utf16 {
    pub(super) fn new(order: ByteOrder) -> Self {
        Self { order, odd: None, high: None }
    }

    /// Appends `bytes` to `out`. Half a pair becomes the three bytes that UTF-8 would have for it if it were a
    /// character: so the record that it stands in is known as bad, and no other.
    pub(super) fn decode(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.reserve(bytes.len());
        for byte in bytes {
            let Some(first) = self.odd.take() else {
                self.odd = Some(*byte);
                continue;
            };
            let unit = match self.order {
                ByteOrder::Little => u16::from_le_bytes([first, *byte]),
                ByteOrder::Big => u16::from_be_bytes([first, *byte]),
            };
            self.unit(unit, out);
        }
    }

    fn unit(&mut self, unit: u16, out: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            if let [Ok(character)] = char::decode_utf16([high, unit]).collect::<Vec<_>>()[..] {
                push(character, out);
                return;
            }
            half(high, out);
        }
        match char::from_u32(u32::from(unit)) {
            Some(character) => push(character, out),
            None if unit < 0xdc00 => self.high = Some(unit),
            None => half(unit, out),
        }
    }

    /// The end of the text: what is left of a character becomes the begin of one.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let (odd, high) = (self.odd.take(), self.high.take());
        if odd.is_some() || high.is_some() {
            out.push(0xe4);
        }
    }
}

fn push(character: char, out: &mut Vec<u8>) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

fn half(unit: u16, out: &mut Vec<u8>) {
    let [high, low] = unit.to_be_bytes();
    out.extend([0xe0 | high >> 4, 0x80 | (high & 0xf) << 2 | low >> 6, 0x80 | low & 0x3f]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn encode(text: &str, order: ByteOrder) -> Vec<u8> {
        let bytes = |unit: u16| if order == ByteOrder::Little { unit.to_le_bytes() } else { unit.to_be_bytes() };
        text.encode_utf16().flat_map(bytes).collect()
    }

    proptest! {
        #[test]
        fn any_text_comes_back_however_it_is_cut(text in any::<String>(), cut in 1_usize..9, little in any::<bool>()) {
            let order = if little { ByteOrder::Little } else { ByteOrder::Big };
            let (mut decoder, mut out) = (Utf16::new(order), Vec::new());
            for piece in encode(&text, order).chunks(cut) {
                decoder.decode(piece, &mut out);
            }
            decoder.finish(&mut out);
            prop_assert_eq!(out, text.into_bytes());
        }
    }

    #[test]
    fn half_a_pair_costs_itself_and_a_cut_shows() {
        let (mut decoder, mut out) = (Utf16::new(ByteOrder::Little), Vec::new());
        decoder.decode(&[0x00, 0xd8, b'a', 0, 0x01, 0xdc, b'b', 0], &mut out);
        assert_eq!(out, b"\xed\xa0\x80a\xed\xb0\x81b");
        decoder.decode(b"c", &mut out);
        decoder.finish(&mut out);
        assert_eq!(out.last(), Some(&0xe4));
        let end = [b'b', out[out.len() - 1]];
        assert_eq!(std::str::from_utf8(&end).map_err(|error| error.error_len()), Err(None));
    }

    #[test]
    fn marks_and_json_are_told_and_utf_8_and_utf_32_are_not() {
        let told = |bytes: &[u8]| detect(bytes);
        assert_eq!(told(b"\xff\xfe{\0"), Some((ByteOrder::Little, 2)));
        assert_eq!(told(b"\xfe\xff\0{"), Some((ByteOrder::Big, 2)));
        assert_eq!(told(b"{\0\"\0"), Some((ByteOrder::Little, 0)));
        assert_eq!(told(b"\0{\0\""), Some((ByteOrder::Big, 0)));
        assert_eq!(told(b"\xff\xfe\0\0{\0\0\0"), None);
        assert_eq!(told(b"{\0\0\0\"\0\0\0"), None);
        assert_eq!(told(b"{\"a\""), None);
    }
}
