use super::{Measured, share};

/// A number that describes a text.
#[derive(Debug, Clone, Copy)]
pub struct Signal {
    /// Its name, and that of its column.
    pub name: &'static str,
    /// What it is.
    pub summary: &'static str,
    /// Whether it is a whole number.
    pub whole: bool,
    pub(super) of: fn(&Measured) -> f64,
    pub(super) parts: Parts,
}

/// What it is measured of, besides single characters.
#[allow(clippy::struct_excessive_bools, reason = "each is a part that can be left out")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts {
    pub(super) lines: bool,
    pub(super) words: bool,
    pub(super) prose: bool,
    pub(super) tokens: bool,
}

const fn count(name: &'static str, summary: &'static str, of: fn(&Measured) -> f64) -> Signal {
    let parts = Parts { lines: false, words: false, prose: false, tokens: false };
    Signal { name, summary, whole: true, of, parts }
}

const fn ratio(name: &'static str, summary: &'static str, of: fn(&Measured) -> f64) -> Signal {
    Signal { whole: false, ..count(name, summary, of) }
}

impl Signal {
    const fn of_lines(self) -> Self {
        Self { parts: Parts { lines: true, ..self.parts }, ..self }
    }

    const fn of_words(self) -> Self {
        Self { parts: Parts { words: true, ..self.parts }, ..self }
    }

    const fn of_prose(self) -> Self {
        Self { parts: Parts { prose: true, ..self.parts }, ..self }
    }

    const fn of_tokens(self) -> Self {
        Self { parts: Parts { tokens: true, ..self.parts }, ..self }
    }
}

/// Every signal. The first four are columns of `WanJuan-CC`; the others up to `mean_diff_unicode_value` are the features
/// of the quality model of `llm_web_kit`, by its names; `eflaw` is the readability formula of `GneissWeb`.
pub static SIGNALS: &[Signal] = &[
    count("token_num", "tokens of `tokenizer`", |m| m.tokens as f64).of_tokens(),
    count("cbytes_num", "bytes of UTF-8", |m| m.bytes as f64),
    count("line_num", "lines, empty ones too", |m| (m.characters.line_feeds + usize::from(m.bytes > 0)) as f64),
    count("char_num", "characters", |m| m.characters.all as f64),
    count("lines_num", "lines that are not blank", |m| m.lines.all as f64).of_lines(),
    count("words_num", "words, Chinese ones by jieba", |m| m.words.all as f64).of_words(),
    ratio("word_compression", "visible characters a word", |m| share(m.characters.visible(), m.words.all)).of_words(),
    count("content_word_len", "characters of words", |m| m.words.chars as f64).of_words(),
    ratio("content_word_frac", "share of them", |m| m.characters.share(m.words.chars)).of_words(),
    count("num_len", "digits", |m| m.characters.digits as f64),
    ratio("num_frac", "share of digits", |m| m.characters.share(m.characters.digits)),
    count("space_len", "white space", |m| m.characters.spaces as f64),
    ratio("space_frac", "share of white space", |m| m.characters.share(m.characters.spaces)),
    count("punc_len", "punctuation", |m| m.characters.punctuation as f64),
    ratio("punc_frac", "share of punctuation", |m| m.characters.share(m.characters.punctuation)),
    count("emoji_len", "emoji", |m| m.characters.emoji as f64),
    ratio("emoji_frac", "share of emoji", |m| m.characters.share(m.characters.emoji)),
    count("punc_end_sentence_num", "runs that an end mark closes", |m| m.lines.sentences as f64).of_lines(),
    ratio("punc_end_sentence_mean_len", "their mean number of visible characters", |m| {
        share(m.lines.sentence_chars, m.lines.sentences)
    })
    .of_lines(),
    count("longest_punc_sentence_len", "bytes of the longest of them", |m| m.lines.longest_sentence_bytes as f64)
        .of_lines(),
    count("stop_word_num", "stop words of English and Chinese", |m| m.words.stops as f64).of_words(),
    ratio("stop_word_frac", "their share of the words", |m| share(m.words.stops, m.words.all)).of_words(),
    ratio("ellipsis_line_frac", "share of lines that end in an ellipsis", |m| share(m.lines.ellipses, m.lines.all))
        .of_lines(),
    ratio("enter_frac", "share of line feeds", |m| m.characters.share(m.characters.line_feeds)),
    count("max_continue_space_num", "longest run of white space", |m| m.characters.longest_space as f64),
    count("html_semi_entity_count", "left-over character references", |m| m.lines.references as f64).of_lines(),
    ratio("html_semi_entity_frac", "share of their characters", |m| m.characters.share(m.lines.reference_chars))
        .of_lines(),
    ratio("url_char_frac", "share of characters in URLs", |m| m.characters.share(m.lines.url_chars)).of_lines(),
    count("special_char_len", "`�` and `□`", |m| m.characters.lost as f64),
    ratio("special_char_frac", "their share of the visible characters", |m| {
        share(m.characters.lost, m.characters.visible())
    }),
    ratio("unique_words_frac", "share of distinct words", |m| share(m.words.distinct, m.words.all)).of_words(),
    ratio("entropy", "Shannon entropy of the characters, bits", |m| m.characters.entropy),
    ratio("average_words_per_line", "words a line", |m| share(m.words.all, m.lines.all)).of_words().of_lines(),
    ratio("bulletpoint_line_frac", "share of lines with a bullet", |m| share(m.lines.bullets, m.lines.all)).of_lines(),
    ratio("dup_top_2gram", "share of the most repeated two words", |m| m.words.top_2gram).of_words(),
    ratio("dup_top_4gram", "share of the most repeated four words", |m| m.words.top_4gram).of_words(),
    ratio("dup_10gram", "share of repeated runs of ten words", |m| m.words.duplicate_10gram).of_words(),
    ratio("std_dev_unicode_value", "standard deviation of the code points", |m| m.characters.deviation),
    ratio("mean_diff_unicode_value", "mean distance of neighbouring code points", |m| m.characters.distance),
    count("longest_word", "characters of the longest word", |m| m.words.longest as f64).of_words(),
    ratio("eflaw", "(words + words of at most three characters) a sentence; below 20 is easy to read", |m| {
        m.prose.eflaw()
    })
    .of_prose(),
];

/// The signal called `name`.
pub fn signal(name: &str) -> Option<&'static Signal> {
    SIGNALS.iter().find(|signal| signal.name == name)
}

#[cfg(test)]
mod tests {
    use super::super::Needs;
    use super::*;

    #[test]
    fn names_are_unique_and_a_signal_asks_for_what_it_needs() {
        let everything = Needs { lines: true, words: true, prose: true };
        let text = "The cat, and the dog… https://a.example/ &nbsp; 我们的。\n• 12 The cat, and the dog □ 😀";
        let all = Measured::of(text, everything);
        for signal in SIGNALS {
            assert_eq!(SIGNALS.iter().filter(|other| other.name == signal.name).count(), 1, "{}", signal.name);
            let Parts { lines, words, prose, .. } = signal.parts;
            let needs = Needs { lines, words, prose };
            let (wanted, found) = ((signal.of)(&all), (signal.of)(&Measured::of(text, needs)));
            assert_eq!(wanted.to_bits(), found.to_bits(), "{}", signal.name);
            assert!(wanted.is_finite() && (signal.of)(&Measured::of("", everything)).abs() < 1e-12, "{}", signal.name);
        }
    }

    #[test]
    fn the_columns_of_wanjuan_cc_count_what_its_data_card_says() {
        let of = |name| (signal(name).expect("a signal").of)(&Measured::of("中文\nab", Needs::default()));
        assert_eq!(["cbytes_num", "line_num", "char_num"].map(of).map(f64::to_bits), [9.0, 2.0, 5.0].map(f64::to_bits));
    }
}
