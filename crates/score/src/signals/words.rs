use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;
use std::sync::OnceLock;

use super::mixed::Mixed;
use crate::cut::each_word;

type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;
type Set<K> = HashSet<K, BuildHasherDefault<Mixed>>;

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
        let mut found = Self::default();
        let mut runs = Runs::default();
        let mut numbers = Numbers::default();
        let mut are_stops = Vec::new();
        each_word(text, |word| {
            let number = numbers.of(word);
            if are_stops.len() == number as usize {
                are_stops.push(is_stop_word(word));
            }
            let chars = if word.is_ascii() { word.len() } else { word.chars().count() };
            found.all += 1;
            found.chars += chars;
            found.longest = found.longest.max(chars);
            found.stops += usize::from(are_stops.get(number as usize).is_some_and(|is_stop| *is_stop));
            runs.push(number, chars);
        });

        found.distinct = numbers.count as usize;
        runs.mark_pairs(found.distinct);
        found.top_2gram = super::share(runs.top_pair, found.chars);
        found.top_4gram = super::share(runs.top_four(), found.chars);
        found.duplicate_10gram = super::share(runs.duplicate(10), found.chars);
        found
    }
}

/// Code points whose single characters are numbered in an array: in many languages every letter counts as a word.
const SINGLES: usize = 0x2E80;

/// A number for each word of a text, from 0 on in the order in which they come first.
#[derive(Debug, Default)]
struct Numbers<'a> {
    words: Map<&'a str, u32>,
    /// One more than the number of a single character; 0 where it was not there. Empty before the first one.
    singles: Vec<u32>,
    count: u32,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, word: &'a str) -> u32 {
        let next = self.count;
        let number = match single(word) {
            Some(code) => {
                self.singles.resize(SINGLES, 0);
                let place = &mut self.singles[code];
                if *place == 0 {
                    *place = next + 1;
                }
                *place - 1
            }
            None => *self.words.entry(word).or_insert(next),
        };
        self.count += u32::from(number == next);
        number
    }
}

/// The code point of a word that is one character below [`SINGLES`].
fn single(word: &str) -> Option<usize> {
    let mut chars = word.chars();
    let code = u32::from(chars.next()?) as usize;
    (code < SINGLES && chars.next().is_none()).then_some(code)
}

/// The words of a text by number, and what of them is repeated.
#[derive(Debug, Default)]
struct Runs {
    numbers: Vec<u32>,
    chars: Vec<usize>,
    /// Whether the pair of words from a position on is there more than once: only where all its pairs are, a longer run
    /// can be.
    is_repeated: Vec<bool>,
    /// Characters in the most frequent pair that is repeated, in all its places.
    top_pair: usize,
}

/// Of runs by how often they are there and their characters, those of the most frequent one in all its places; of several
/// of the longest. Once is no repetition.
fn most_chars(counts: impl Iterator<Item = (usize, usize)>) -> usize {
    let repeated = counts.filter(|(count, _)| *count > 1);
    repeated.map(|(count, chars)| (count, count * chars)).max().map_or(0, |(_, chars)| chars)
}

impl Runs {
    fn push(&mut self, number: u32, chars: usize) {
        self.numbers.push(number);
        self.chars.push(chars);
    }

    /// Characters of `n` words from `start` on.
    fn chars_of(&self, start: usize, n: usize) -> usize {
        self.chars.iter().skip(start).take(n).sum()
    }

    /// Counts pairs, of which only those of words that are there more than once can be repeated.
    fn mark_pairs(&mut self, distinct: usize) {
        let mut frequency = vec![0_u32; distinct];
        self.numbers.iter().for_each(|number| frequency[*number as usize] += 1);
        let may_repeat = |word: u32| frequency[word as usize] > 1;

        let mut pairs = Map::<u64, (usize, usize)>::default();
        let mut counted: Vec<Option<u64>> = Vec::with_capacity(self.numbers.len());
        for (start, pair) in self.numbers.windows(2).enumerate() {
            let key =
                (may_repeat(pair[0]) && may_repeat(pair[1])).then(|| u64::from(pair[0]) << 32 | u64::from(pair[1]));
            if let Some(key) = key {
                pairs.entry(key).or_insert_with(|| (0, self.chars_of(start, 2))).0 += 1;
            }
            counted.push(key);
        }
        let is_repeated = |key: Option<u64>| key.and_then(|key| pairs.get(&key)).is_some_and(|(count, _)| *count > 1);
        self.is_repeated = counted.into_iter().map(is_repeated).collect();
        self.top_pair = most_chars(pairs.values().copied());
    }

    /// Positions at which a run of `n` words, at least 2, may be one that is there more than once.
    fn candidates(&self, n: usize) -> impl Iterator<Item = (usize, &[u32])> {
        let mut repeated = 0;
        let runs = self.is_repeated.iter().enumerate().filter_map(move |(at, is_repeated)| {
            repeated = if *is_repeated { repeated + 1 } else { 0 };
            (repeated >= n - 1).then(|| at + 2 - n)
        });
        runs.filter_map(move |start| Some((start, self.numbers.get(start..start + n)?)))
    }

    /// Characters in the most frequent run of four words that is repeated, in all its places.
    fn top_four(&self) -> usize {
        let mut counts = Map::<&[u32], (usize, usize)>::default();
        for (start, run) in self.candidates(4) {
            counts.entry(run).or_insert_with(|| (0, self.chars_of(start, 4))).0 += 1;
        }
        most_chars(counts.into_values())
    }

    /// Characters of runs of `n` words that were there before. A word in several such runs counts once.
    fn duplicate(&self, n: usize) -> usize {
        let mut seen = Set::<&[u32]>::default();
        let (mut chars, mut counted) = (0, 0);
        for (start, run) in self.candidates(n) {
            if seen.insert(run) {
                continue;
            }
            let from = counted.max(start);
            chars += self.chars_of(from, start + n - from);
            counted = start + n;
        }
        chars
    }
}

fn is_stop_word(word: &str) -> bool {
    static WORDS: OnceLock<Set<&str>> = OnceLock::new();
    let words = WORDS.get_or_init(|| STOP_WORDS.iter().copied().collect());
    words.contains(word)
        || word.bytes().any(|byte| byte.is_ascii_uppercase()) && words.contains(word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_both_languages_are_counted() {
        let found = Words::of("The cat, and 我们的 dog.");
        assert_eq!((found.all, found.distinct, found.stops), (6, 6, 4));
        assert_eq!((found.chars, found.longest), (15, 3));
        assert_eq!(Words::of(" , 。\n"), Words::default());
    }

    /// By its definition.
    fn plain_top(words: &[&str], n: usize) -> usize {
        let mut counts = HashMap::<&[&str], usize>::new();
        words.windows(n).for_each(|run| *counts.entry(run).or_default() += 1);
        most_chars(counts.into_iter().map(|(run, count)| (count, run.concat().chars().count())))
    }

    /// By its definition.
    fn plain_duplicate(words: &[&str], n: usize) -> usize {
        let mut seen = HashSet::new();
        let mut repeated = vec![false; words.len()];
        for (start, run) in words.windows(n).enumerate() {
            if !seen.insert(run) {
                repeated[start..start + n].fill(true);
            }
        }
        words.iter().zip(repeated).filter(|(_, repeated)| *repeated).map(|(word, _)| word.chars().count()).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn repetition_is_as_defined(picked in prop::collection::vec(0..5_usize, 0..80)) {
            let words: Vec<&str> = picked.iter().map(|index| ["a", "bc", "def", "ghij", "k"][*index]).collect();
            let found = Words::of(&words.join(" "));
            let chars = words.concat().chars().count();
            let share = |part: usize| super::super::share(part, chars).to_bits();
            prop_assert_eq!(found.top_2gram.to_bits(), share(plain_top(&words, 2)));
            prop_assert_eq!(found.top_4gram.to_bits(), share(plain_top(&words, 4)));
            prop_assert_eq!(found.duplicate_10gram.to_bits(), share(plain_duplicate(&words, 10)));
            prop_assert_eq!((found.all, found.chars), (words.len(), chars));
        }
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
