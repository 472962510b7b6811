//! What was found out about short strings lately.

/// Numbers of eight bytes that a string is compared as.
const PARTS: usize = 4;
/// Longest string that is remembered, in bytes.
const MAX_BYTES: usize = 8 * PARTS;
/// Strings that are remembered at most.
const PLACES: usize = 1 << 16;

/// A short string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Key {
    parts: [u64; PARTS],
    /// Bytes; 0 for no string.
    length: u8,
}

impl Key {
    /// `None` for an empty or a long one.
    #[inline]
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let mut padded = [0_u8; MAX_BYTES];
        padded.get_mut(..bytes.len()).filter(|part| !part.is_empty())?.copy_from_slice(bytes);
        let (parts, _) = padded.as_chunks::<8>();
        let mut key = Self { length: u8::try_from(bytes.len()).unwrap_or_default(), ..Self::default() };
        key.parts.iter_mut().zip(parts).for_each(|(number, part)| *number = u64::from_le_bytes(*part));
        Some(key)
    }

    fn place(self) -> usize {
        let mixed = self.parts.iter().fold(u64::from(self.length), |mixed, part| {
            (mixed.rotate_left(23) ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        usize::try_from(mixed >> 40).unwrap_or_default() % PLACES
    }
}

/// Values of short strings. Each string has one place, which a newer one takes over, so that the size never grows.
#[derive(Debug)]
pub(crate) struct Remembered<V> {
    /// Empty before the first value.
    places: Vec<(Key, V)>,
}

impl<V: Copy + Default> Remembered<V> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new() }
    }

    /// The value of `key`, if it is remembered.
    #[inline]
    pub(crate) fn get(&self, key: Key) -> Option<V> {
        self.places.get(key.place()).filter(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    pub(crate) fn put(&mut self, key: Key, value: V) {
        if self.places.is_empty() {
            self.places = vec![(Key::default(), V::default()); PLACES];
        }
        if let Some(place) = self.places.get_mut(key.place()) {
            *place = (key, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_short_strings_have_keys_and_zeros_count() {
        assert!(Key::of(b"").is_none() && Key::of(&[1; MAX_BYTES]).is_some() && Key::of(&[1; MAX_BYTES + 1]).is_none());
        assert_ne!(Key::of(b"a"), Key::of(b"a\0"));
    }

    proptest! {
        #[test]
        fn what_is_remembered_is_true(words in prop::collection::vec("[a-c]{1,3}", 0..60)) {
            let mut remembered = Remembered::new();
            for word in &words {
                let key = Key::of(word.as_bytes()).expect("short");
                let value = word.bytes().fold(0_u32, |sum, byte| 7 * sum + u32::from(byte));
                prop_assert!(remembered.get(key).is_none_or(|known| known == value));
                remembered.put(key, value);
                prop_assert_eq!(remembered.get(key), Some(value));
            }
        }
    }
}
