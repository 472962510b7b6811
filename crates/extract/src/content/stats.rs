//! What a run of text looks like: counts made in one pass over its characters.

/// Counts over one block's text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct TextStats {
    /// Characters that are no white space.
    pub chars: u32,
    /// Characters of scripts written without spaces.
    pub ideographs: u32,
    /// Runs of letters and digits; each ideograph is one.
    pub words: u32,
    pub uppercase: u32,
    pub digits: u32,
    /// Sentence ends of any script.
    pub stops: u32,
    /// Commas of any script.
    pub commas: u32,
    /// Characters that part the items of a menu: `|`, `»`, `›`, `>`, `/`, `•`, `·`.
    pub separators: u32,
    /// Characters that are neither letters, digits, space nor the above.
    pub symbols: u32,
    /// Words and characters that are frequent in sentences and rare in labels.
    pub stop_words: u32,
    /// The last character ends a sentence.
    pub ends_sentence: bool,
    /// The last character is a colon.
    pub ends_colon: bool,
}

/// How much an ideograph says compared with a letter.
const IDEOGRAPH_UNITS: u32 = 3;

/// How much a text says, in letters.
pub(crate) fn weight(text: &str) -> f32 {
    TextStats::of(text).units()
}

impl TextStats {
    /// Length in letters, with ideographs at what they are worth, so that one bound fits all scripts.
    pub(crate) fn units(&self) -> f32 {
        (self.chars + (IDEOGRAPH_UNITS - 1) * self.ideographs) as f32
    }

    pub(crate) fn of(text: &str) -> Self {
        let mut stats = Self::default();
        let mut word = Word::default();
        let mut last = ' ';
        for char in text.chars() {
            if char.is_ascii_alphabetic() || (!char.is_ascii() && char.is_alphabetic()) {
                stats.chars += 1;
                if is_ideograph(char) {
                    word.end(&mut stats);
                    stats.ideographs += 1;
                    stats.words += 1;
                    stats.stop_words += u32::from(is_stop_ideograph(char));
                } else {
                    stats.uppercase += u32::from(char.is_uppercase());
                    word.push(char);
                }
            } else if char.is_ascii_digit() {
                stats.chars += 1;
                stats.digits += 1;
                word.push(char);
            } else if char.is_whitespace() {
                word.end(&mut stats);
                continue;
            } else {
                word.end(&mut stats);
                stats.chars += 1;
                stats.punctuation(char);
            }
            last = char;
        }
        word.end(&mut stats);
        stats.ends_sentence = is_stop(last) || matches!(last, '"' | '”' | '»' | '」' | '…');
        stats.ends_colon = matches!(last, ':' | '：');
        stats
    }

    fn punctuation(&mut self, char: char) {
        match char {
            _ if is_stop(char) => self.stops += 1,
            ',' | '，' | '、' | '،' | ';' | '；' => self.commas += 1,
            '|' | '»' | '›' | '>' | '/' | '•' | '·' | '«' | '‹' | '→' => self.separators += 1,
            _ => self.symbols += 1,
        }
    }
}

/// The letters of the word that is being read, as far as stop words are long.
#[derive(Default)]
struct Word {
    key: u64,
    length: u32,
}

impl Word {
    fn push(&mut self, char: char) {
        self.length += 1;
        // Case matters little and ASCII letters are told by their low bits; other letters by all.
        let code = u64::from(u32::from(char.to_ascii_lowercase()));
        self.key = self.key.wrapping_mul(0x1_0001).wrapping_add(code);
    }

    fn end(&mut self, stats: &mut TextStats) {
        if self.length > 0 {
            stats.words += 1;
            let stop = self.length <= MAX_STOP_WORD && STOP_WORD_KEYS.binary_search(&self.key).is_ok();
            stats.stop_words += u32::from(stop);
            *self = Self::default();
        }
    }
}

fn is_stop(char: char) -> bool {
    matches!(char, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '۔' | '।' | '．' | '…')
}

fn is_ideograph(char: char) -> bool {
    matches!(char, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{e00}'..='\u{e7f}')
}

fn is_stop_ideograph(char: char) -> bool {
    matches!(
        char,
        '的' | '了'
            | '是'
            | '在'
            | '我'
            | '有'
            | '和'
            | '不'
            | '这'
            | '個'
            | '个'
            | '就'
            | '也'
            | '都'
            | '而'
            | '与'
            | '及'
            | '他'
            | '她'
            | '你'
            | '们'
            | '們'
            | '為'
            | '为'
            | '對'
            | '对'
            | '把'
            | '被'
            | '從'
            | '从'
            | '這'
            | 'の'
            | 'は'
            | 'を'
            | 'が'
            | 'に'
            | 'で'
            | 'と'
            | 'も'
            | 'た'
            | 'て'
            | 'る'
    )
}

const MAX_STOP_WORD: u32 = 6;

const fn stop_key(word: &str) -> u64 {
    let bytes = word.as_bytes();
    let mut key: u64 = 0;
    let mut at = 0;
    while at < bytes.len() {
        key = key.wrapping_mul(0x1_0001).wrapping_add(bytes[at] as u64);
        at += 1;
    }
    key
}

/// Function words of languages in Latin script, written without accents.
const STOP_WORDS: &[&str] = &[
    "the", "and", "that", "this", "with", "was", "were", "have", "has", "had", "not", "but", "are", "is", "be", "been",
    "they", "their", "it", "its", "he", "she", "his", "her", "you", "your", "we", "our", "which", "who", "when",
    "would", "could", "will", "can", "if", "as", "at", "by", "from", "or", "an", "of", "to", "in", "on", "for", "than",
    "then", "there", "so", "my", "me", "i", "do", "did", "just", "about", "because", "into", "der", "die", "das",
    "und", "nicht", "ist", "ein", "eine", "mit", "auf", "auch", "sich", "den", "dem", "des", "von", "zu", "wir", "ich",
    "le", "la", "les", "des", "une", "est", "pas", "que", "qui", "dans", "pour", "sur", "avec", "nous", "vous", "il",
    "elle", "el", "los", "las", "del", "una", "por", "con", "para", "como", "pero", "se", "su", "no", "es", "di",
    "che", "non", "per", "sono", "della", "gli", "nel", "um", "uma", "com", "mais", "foi", "ao", "os", "yang", "dan",
    "untuk", "dengan", "ini", "itu", "dari", "tidak", "pada", "van", "het", "een", "niet", "zijn", "voor", "som",
    "och", "att", "det", "ikke", "til", "med", "jest", "nie", "bir", "ve", "bu", "da", "de",
];

const STOP_WORD_COUNT: usize = STOP_WORDS.len();

static STOP_WORD_KEYS: std::sync::LazyLock<[u64; STOP_WORD_COUNT]> = std::sync::LazyLock::new(|| {
    let mut keys = [0; STOP_WORD_COUNT];
    for (slot, word) in keys.iter_mut().zip(STOP_WORDS) {
        *slot = stop_key(word);
    }
    keys.sort_unstable();
    keys
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_right_in_both_kinds_of_script() {
        let english = TextStats::of("The cat, it is 3 years old.");
        assert_eq!((english.words, english.stop_words, english.digits, english.uppercase), (7, 3, 1, 1));
        assert_eq!((english.commas, english.stops, english.ends_sentence), (1, 1, true));
        let chinese = TextStats::of("这是一只猫，三岁。");
        assert_eq!((chinese.words, chinese.ideographs, chinese.stop_words), (7, 7, 2));
        assert_eq!((chinese.commas, chinese.stops, chinese.ends_sentence), (1, 1, true));
        assert!(chinese.units() > english.units());
        assert_eq!(TextStats::of(" \n"), TextStats::default());
    }
}
