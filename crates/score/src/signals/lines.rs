/// What can be told of lines and sentences.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// Lines with anything but white space.
    pub(crate) all: usize,
    /// Lines that end in an ellipsis.
    pub(crate) ellipses: usize,
    /// Lines that begin with a bullet.
    pub(crate) bullets: usize,
    /// Runs of text that an end mark, or the end of the text, closes.
    pub(crate) sentences: usize,
    /// Their visible characters together.
    pub(crate) sentence_chars: usize,
    /// The longest one, in bytes of UTF-8 without white space.
    pub(crate) longest_sentence_bytes: usize,
    /// Left-over character references (`&nbsp;`), and their characters.
    pub(crate) references: usize,
    pub(crate) reference_chars: usize,
    /// Characters of URLs.
    pub(crate) url_chars: usize,
}

/// Marks that close a sentence, the union of those that `llm_web_kit` has for Chinese and English (`cc_end_top_30`).
const SENTENCE_ENDS: &str = "：*,\"?/!、:;·。？…；，.%！)」]）》】[—-”_`";

/// Bullets: those of Dingo's `RuleLineStartWithBulletpoint`.
const BULLETS: &str = "\u{2022}\u{2023}\u{25B6}\u{25C0}\u{25E6}\u{25A0}\u{25A1}\u{25AA}\u{25AB}\u{2013}";

const ELLIPSES: [&str; 3] = ["…", "...", "。。。"];

/// Longest name of a character reference that is looked for.
const LONGEST_REFERENCE: usize = 8;

impl Lines {
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self::default();
        for line in text.split('\n').map(str::trim).filter(|line| !line.is_empty()) {
            found.all += 1;
            found.ellipses += usize::from(ELLIPSES.iter().any(|end| line.ends_with(end)));
            found.bullets += usize::from(line.starts_with(|first| BULLETS.contains(first)));
        }
        found.sentences(text);
        found.references(text);
        found.urls(text);
        found
    }

    fn sentences(&mut self, text: &str) {
        let (mut chars, mut bytes) = (0, 0);
        let mut close = |chars: &mut usize, bytes: &mut usize| {
            if *chars > 0 {
                self.sentences += 1;
                self.sentence_chars += *chars;
                self.longest_sentence_bytes = self.longest_sentence_bytes.max(*bytes);
            }
            (*chars, *bytes) = (0, 0);
        };
        for char in text.chars() {
            if char == '\n' || is_end(char) {
                close(&mut chars, &mut bytes);
            } else if !char.is_whitespace() {
                chars += 1;
                bytes += char.len_utf8();
            }
        }
        close(&mut chars, &mut bytes);
    }

    fn references(&mut self, text: &str) {
        for at in memchr::memchr_iter(b'&', text.as_bytes()) {
            let rest = text.as_bytes().get(at + 1..).unwrap_or_default();
            let name = rest.iter().take(LONGEST_REFERENCE).take_while(|byte| is_name(**byte)).count();
            if name > 1 && rest.get(name) == Some(&b';') {
                self.references += 1;
                self.reference_chars += name + 2;
            }
        }
    }

    fn urls(&mut self, text: &str) {
        let mut from = 0;
        for at in memchr::memmem::find_iter(text.as_bytes(), "://") {
            if at < from {
                continue;
            }
            let (before, after) = text.split_at(at);
            let scheme = before.bytes().rev().take_while(u8::is_ascii_alphabetic).count().min(at - from);
            let rest = after.bytes().take_while(u8::is_ascii_graphic).count();
            if scheme > 1 && rest > 3 {
                self.url_chars += scheme + rest;
                from = at + rest;
            }
        }
    }
}

/// The bits of those of ASCII.
const ASCII_ENDS: u128 = {
    let bytes = SENTENCE_ENDS.as_bytes();
    let (mut bits, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at].is_ascii() {
            bits |= 1 << bytes[at];
        }
        at += 1;
    }
    bits
};

fn is_end(char: char) -> bool {
    if char.is_ascii() {
        return ASCII_ENDS >> u32::from(char) & 1 == 1;
    }
    // The others stand in four small blocks: Latin-1, punctuation, CJK punctuation, full-width forms.
    let may_be = matches!(char, '\u{80}'..='\u{FF}' | '\u{2000}'..='\u{206F}' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FFEF}');
    may_be && SENTENCE_ENDS.contains(char)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'#'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_by_their_ends_and_beginnings() {
        let found = Lines::of("• one…\n\n \n two...\n三。。。\nfour");
        assert_eq!((found.all, found.ellipses, found.bullets), (4, 3, 1));
    }

    #[test]
    fn ends_are_the_marks_and_no_others() {
        assert!(('\0'..=char::MAX).all(|char| is_end(char) == SENTENCE_ENDS.contains(char)));
    }

    #[test]
    fn sentences_end_at_marks_and_lines() {
        let found = Lines::of("One two. 三四！\nfive\n!!");
        assert_eq!((found.sentences, found.sentence_chars, found.longest_sentence_bytes), (3, 12, 6));
        assert_eq!(Lines::of(" . "), Lines { all: 1, ..Lines::default() });
    }

    #[test]
    fn references_and_urls_are_measured_in_characters() {
        let found = Lines::of("a&nbsp;b &#247; & c; &x; see https://a.example/b?c=1. http:// x://y");
        assert_eq!((found.references, found.reference_chars), (2, 12));
        assert_eq!(found.url_chars, "https://a.example/b?c=1.".len());
    }
}
