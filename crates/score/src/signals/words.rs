use std::collections::HashMap;
use std::sync::OnceLock;

use jieba_rs::Jieba;

/// Words that a text in English or Chinese hardly does without: articles, pronouns, prepositions, conjunctions,
/// particles and auxiliaries.
pub const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
    "but", "by", "can", "could", "did", "do", "does", "for", "from", "had", "has", "have", "he", "her", "here", "him",
    "his", "how", "i", "if", "in", "into", "is", "it", "its", "may", "me", "more", "most", "my", "no", "not", "of",
    "on", "one", "only", "or", "other", "our", "out", "over", "she", "should", "so", "some", "such", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "to", "under", "up", "us", "very",
    "was", "we", "were", "what", "when", "where", "which", "while", "who", "why", "will", "with", "would", "you",
    "your", "一", "一个", "上", "下", "不", "与", "且", "个", "为", "也", "了", "于", "人", "什么", "他", "他们", "以",
    "们", "会", "但", "但是", "你", "你们", "其", "到", "却", "又", "及", "只", "可以", "各", "和", "因", "因为", "在",
    "多", "她", "如", "如果", "它", "对", "就", "并", "很", "得", "我", "我们", "或", "所", "所以", "才", "把", "来",
    "来自", "没", "没有", "然后", "由", "的", "着", "给", "能", "自己", "至", "被", "要", "让", "说", "这", "这个",
    "还", "那", "那个", "都", "里", "與", "為", "於", "們", "會", "個", "來", "這", "還", "對", "說",
];

/// What can be told of words. Words are those of jieba (dictionary only), as far as they hold a letter, a digit or a
/// Han character.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Words {
    pub(crate) all: usize,
    /// Their characters.
    pub(crate) chars: usize,
    pub(crate) distinct: usize,
    pub(crate) stops: usize,
    /// Characters of the longest word.
    pub(crate) longest: usize,
    /// Share of the characters in the most frequent run of two, and of four words.
    pub(crate) top_2gram: f64,
    pub(crate) top_4gram: f64,
    /// Share of the characters in runs of ten words that were there before.
    pub(crate) duplicate_10gram: f64,
}

impl Words {
    pub(crate) fn of(text: &str) -> Self {
        static JIEBA: OnceLock<Jieba> = OnceLock::new();
        let jieba = JIEBA.get_or_init(Jieba::new);
        let tokens = text.split_inclusive('\n').flat_map(|line| jieba.cut(line, false));
        let mut found = Self::default();
        let mut numbers = HashMap::<&str, u32>::new();
        let mut words: Vec<(u32, usize)> = Vec::new();
        for token in tokens {
            let word = token.word;
            if !word.chars().any(char::is_alphanumeric) {
                continue;
            }
            let chars = word.chars().count();
            found.add(word, chars);
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            words.push((*numbers.entry(word).or_insert(next), chars));
        }
        found.distinct = numbers.len();
        found.top_2gram = found.top(&words, 2);
        found.top_4gram = found.top(&words, 4);
        found.duplicate_10gram = found.duplicate(&words, 10);
        found
    }

    fn add(&mut self, word: &str, chars: usize) {
        self.all += 1;
        self.chars += chars;
        self.longest = self.longest.max(chars);
        self.stops += usize::from(is_stop_word(word));
    }

    fn top(&self, words: &[(u32, usize)], n: usize) -> f64 {
        let mut counts = HashMap::<Vec<u32>, (usize, usize)>::new();
        for run in words.windows(n) {
            let key = run.iter().map(|(word, _)| *word).collect();
            let chars = run.iter().map(|(_, chars)| chars).sum();
            counts.entry(key).or_insert((0, chars)).0 += 1;
        }
        // Once is no repetition.
        let repeated = counts.values().filter(|(count, _)| *count > 1);
        let most = repeated.map(|(count, chars)| (*count, count * chars)).max();
        super::share(most.map_or(0, |(_, chars)| chars), self.chars)
    }

    fn duplicate(&self, words: &[(u32, usize)], n: usize) -> f64 {
        let mut seen = std::collections::HashSet::new();
        let (mut chars, mut counted) = (0, 0);
        for (start, run) in words.windows(n).enumerate() {
            let key: Vec<u32> = run.iter().map(|(word, _)| *word).collect();
            if seen.insert(key) {
                continue;
            }
            // A word in several such runs counts once.
            let from = counted.max(start);
            chars += words.get(from..start + n).unwrap_or_default().iter().map(|(_, chars)| chars).sum::<usize>();
            counted = start + n;
        }
        super::share(chars, self.chars)
    }
}

fn is_stop_word(word: &str) -> bool {
    static WORDS: OnceLock<std::collections::HashSet<&str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| STOP_WORDS.iter().copied().collect());
    words.contains(word)
        || word.bytes().any(|byte| byte.is_ascii_uppercase()) && words.contains(word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_both_languages_are_counted() {
        let found = Words::of("The cat, and 我们的 dog.");
        assert_eq!((found.all, found.distinct, found.stops), (6, 6, 4));
        assert_eq!((found.chars, found.longest), (15, 3));
        assert_eq!(Words::of(" , 。\n"), Words::default());
    }

    #[test]
    fn repetition_is_measured_in_characters() {
        let found = Words::of("ab cd ab cd ab cd xy zz");
        assert!((found.top_2gram - 12.0 / 16.0).abs() < 1e-12, "{}", found.top_2gram);
        assert_eq!(Words::of("ab cd ef gh").top_2gram.to_bits(), 0);
        let ten = "a b c d e f g h i j ";
        let found = Words::of(&ten.repeat(3));
        assert!((found.duplicate_10gram - 2.0 / 3.0).abs() < 1e-12, "{}", found.duplicate_10gram);
    }
}
