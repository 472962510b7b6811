use super::config::Truncation;
use crate::unit::head;

/// Characters of a text that are looked at for each token that is run: a word of a language has 5, and what has many more
/// is no text. With it, a text of any size costs the same.
pub(super) const CHARS_PER_TOKEN: u32 = 32;

/// What of a text is run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    /// Tokens that are run at once, without special ones. At least 1.
    pub(super) room: usize,
    /// What becomes of the others.
    pub(super) truncation: Truncation,
    /// Windows, with [`Truncation::Chunks`].
    pub(super) most: usize,
}

impl Window {
    /// The parts of `text` that are run, as tokens; none is empty. `encode` makes tokens of a text.
    pub(super) fn parts<E>(
        &self,
        text: &str,
        encode: impl Fn(&str) -> Result<Vec<u32>, E>,
    ) -> Result<Vec<Vec<u32>>, E> {
        let room = self.room;
        let parts = match self.truncation {
            Truncation::Head => vec![first(encode(head(text, Some(self.chars(1))))?, room)],
            Truncation::Tail => vec![last(&encode(tail(text, self.chars(1)))?, room)],
            Truncation::HeadAndTail => vec![self.head_and_tail(text, encode)?],
            Truncation::Chunks => {
                let tokens = encode(head(text, Some(self.chars(self.most))))?;
                tokens.chunks(room).take(self.most).map(<[u32]>::to_vec).collect()
            }
        };
        Ok(parts.into_iter().filter(|part| !part.is_empty()).collect())
    }

    fn head_and_tail<E>(&self, text: &str, encode: impl Fn(&str) -> Result<Vec<u32>, E>) -> Result<Vec<u32>, E> {
        let front = self.room / 4;
        let (begin, end) = (head(text, Some(self.chars(1))), tail(text, self.chars(1)));
        if begin.len() + end.len() >= text.len() {
            let tokens = encode(text)?;
            if tokens.len() <= self.room {
                return Ok(tokens);
            }
            let end = last(&tokens, self.room - front);
            return Ok(first(tokens, front).into_iter().chain(end).collect());
        }
        let end = last(&encode(end)?, self.room - front);
        Ok(first(encode(begin)?, front).into_iter().chain(end).collect())
    }

    /// Characters looked at for some windows.
    fn chars(&self, windows: usize) -> u32 {
        let tokens = u32::try_from(self.room.saturating_mul(windows)).unwrap_or(u32::MAX);
        tokens.saturating_mul(CHARS_PER_TOKEN)
    }
}

fn first(mut tokens: Vec<u32>, most: usize) -> Vec<u32> {
    tokens.truncate(most);
    tokens
}

fn last(tokens: &[u32], most: usize) -> Vec<u32> {
    tokens.get(tokens.len().saturating_sub(most)..).unwrap_or_default().to_vec()
}

/// The last `most` characters of a text; `most` is above 0.
fn tail(text: &str, most: u32) -> &str {
    let begin = text.char_indices().rev().nth(most as usize - 1);
    begin.and_then(|(begin, _)| text.get(begin..)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use super::*;

    /// Each character that is no blank is a token.
    fn encode(text: &str) -> Vec<u32> {
        text.chars().filter(|char| !char.is_whitespace()).map(u32::from).collect()
    }

    fn parts(truncation: Truncation, text: &str) -> Vec<String> {
        let Ok(parts) = Window { room: 4, truncation, most: 3 }.parts(text, |text| Ok::<_, Infallible>(encode(text)));
        parts.into_iter().map(|part| part.into_iter().filter_map(char::from_u32).collect()).collect()
    }

    #[test]
    fn what_is_too_long_is_cut_as_asked() {
        let text = "abcdefghijklmnopq";
        assert_eq!(parts(Truncation::Head, text), ["abcd"]);
        assert_eq!(parts(Truncation::Tail, text), ["nopq"]);
        assert_eq!(parts(Truncation::HeadAndTail, text), ["aopq"]);
        assert_eq!(parts(Truncation::Chunks, text), ["abcd", "efgh", "ijkl"]);
        for all in [Truncation::Head, Truncation::Tail, Truncation::HeadAndTail, Truncation::Chunks] {
            assert_eq!(parts(all, "中文字母"), ["中文字母"], "{all:?}");
            assert!(parts(all, "").is_empty() && parts(all, " \n").is_empty(), "{all:?}");
        }
    }

    #[test]
    fn a_text_of_any_size_costs_the_same() {
        let text = format!("{}{}{}", "a".repeat(100_000), " ".repeat(100_000), "é".repeat(100_000));
        for (truncation, expected) in [
            (Truncation::Head, "aaaa"),
            (Truncation::Tail, "éééé"),
            (Truncation::HeadAndTail, "aééé"),
            (Truncation::Chunks, "aaaa"),
        ] {
            let seen = RefCell::new(0);
            let counting = |text: &str| {
                *seen.borrow_mut() += text.chars().count();
                Ok::<_, Infallible>(encode(text))
            };
            let Ok(parts) = Window { room: 4, truncation, most: 3 }.parts(&text, counting);
            let found: String = parts[0].iter().copied().filter_map(char::from_u32).collect();
            assert_eq!(found, expected);
            assert!(*seen.borrow() <= 3 * 4 * 32, "{truncation:?}");
        }
    }
}
