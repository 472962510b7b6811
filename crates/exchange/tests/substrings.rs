//! Repeats against a search of all windows.

use std::collections::HashMap;

use textmill_exchange::Limits;
use textmill_exchange::substrings::{Found, Place, find};

/// A generator of numbers that are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).expect("small")
    }
}

/// The repeats by definition: of every window, the first equal one is looked up; the union of what later ones cover, each
/// behind the first one where they overlap.
fn by_definition(texts: &[String], length: usize) -> Vec<Found> {
    let mut firsts: HashMap<&[u8], (usize, usize)> = HashMap::new();
    let mut found = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        let mut covered: Vec<(usize, usize, usize, usize)> = Vec::new();
        for (start, window) in text.as_bytes().windows(length).enumerate() {
            let first = *firsts.entry(window).or_insert((number, start));
            if first != (number, start) {
                let from = if first.0 == number { start.max(first.1 + length) } else { start };
                covered.push((from, first.0, first.1, start + length));
            }
        }
        covered.sort_unstable();
        let mut spans: Vec<Found> = Vec::new();
        for (start, first, byte, end) in covered {
            match spans.last_mut() {
                Some(last) if start <= last.repeat.end => last.repeat.end = last.repeat.end.max(end),
                _ => spans.push(Found {
                    text: number as u64,
                    repeat: start..end,
                    first: Place { text: first as u64, byte: byte as u64 },
                }),
            }
        }
        found.extend(spans);
    }
    found
}

fn found(texts: &[String], length: usize, memory: usize) -> Vec<Found> {
    let mut all = Vec::new();
    let limits = Limits { memory, ..Limits::default() };
    let take = |one| {
        all.push(one);
        Ok(())
    };
    find(texts, length, &limits, take).expect("finds");
    all
}

fn same(what: &str, texts: &[String], lengths: &[usize]) {
    let mut repeats = 0;
    for length in lengths {
        let expected = by_definition(texts, *length);
        repeats += expected.len();
        for memory in [3_000, 64 << 20] {
            let found = found(texts, *length, memory);
            let differing = found.iter().zip(&expected).find(|(left, right)| left != right);
            assert!(
                found == expected,
                "{what}, {length}, {memory}: {} of {}, {differing:?}",
                found.len(),
                expected.len()
            );
        }
    }
    assert!(repeats > 0, "{what}: nothing is repeated");
}

fn sentences(numbers: &mut Numbers, words: &[&str], joint: &str, stop: &str, count: usize) -> Vec<String> {
    let sentence = |numbers: &mut Numbers| {
        let words: Vec<_> = (0..3 + numbers.below(12)).map(|_| words[numbers.below(words.len())]).collect();
        words.join(joint) + stop
    };
    (0..count).map(|_| sentence(numbers)).collect()
}

/// Documents of some sentences, of which a few stand in many.
fn documents(numbers: &mut Numbers, words: &[&str], joint: &str, stop: &str) -> Vec<String> {
    let shared = sentences(numbers, words, joint, stop, 40);
    let document = |numbers: &mut Numbers| {
        let mut parts = Vec::new();
        for _ in 0..2 + numbers.below(8) {
            if numbers.below(3) == 0 {
                parts.push(shared[numbers.below(shared.len())].clone());
            } else {
                parts.extend(sentences(numbers, words, joint, stop, 1));
            }
        }
        parts.concat()
    };
    (0..500).map(|_| document(numbers)).collect()
}

const ENGLISH: &[&str] = &[
    "the", "of", "a", "river", "when", "house", "and", "light", "under", "stone", "letter", "morning", "they", "went",
    "slowly", "seven", "to", "in", "market", "because", "nobody", "answered", "winter", "bread", "before", "harbour",
    "it", "was",
];
const CHINESE: &[&str] = &[
    "我们", "今天", "上海", "的", "在", "经济", "发展", "了", "水", "山", "学生", "老师", "没有", "因为", "所以",
    "城市", "人", "时间", "问题", "可以", "新", "大", "不", "是",
];
const CODE: &[&str] = &[
    "if (x) {",
    "}",
    "return 0;",
    "let y = f(x);",
    "for i in 0..n {",
    "x += 1;",
    "// done",
    "else {",
    "self.next()",
    "\n",
    "    ",
];

#[test]
fn english() {
    let texts = documents(&mut Numbers(1), ENGLISH, " ", ". ");
    same("English", &texts, &[8, 21, 50, 120]);
}

#[test]
fn chinese() {
    let texts = documents(&mut Numbers(2), CHINESE, "", "。");
    same("Chinese", &texts, &[9, 24, 50, 100]);
}

#[test]
fn code() {
    let texts = documents(&mut Numbers(3), CODE, "\n", "\n");
    same("code", &texts, &[8, 30, 51, 200]);
}

#[test]
fn near_identical_pairs() {
    let mut numbers = Numbers(4);
    let mut texts = Vec::new();
    for _ in 0..250 {
        let mut text = sentences(&mut numbers, ENGLISH, " ", ". ", 12).concat();
        texts.push(text.clone());
        for _ in 0..=numbers.below(4) {
            let at = text.floor_char_boundary(numbers.below(text.len()));
            match numbers.below(3) {
                0 => text.insert(at, 'é'),
                1 => drop(text.remove(at)),
                _ => text.replace_range(at..=at, "X"),
            }
        }
        texts.push(text);
    }
    same("near-identical pairs", &texts, &[16, 50, 333]);
}

#[test]
fn overlapping_repeats_and_short_periods() {
    let mut numbers = Numbers(5);
    let mut texts = vec![String::new(), "x".to_owned(), "-".repeat(700), "-".repeat(39), "ab".repeat(300)];
    for _ in 0..500 {
        let mut text = String::new();
        for _ in 0..=numbers.below(6) {
            let unit: String = (0..=numbers.below(30)).map(|_| ['a', 'b', '-'][numbers.below(3)]).collect();
            text += &unit.repeat(1 + numbers.below(12));
        }
        texts.push(text);
    }
    same("periods", &texts, &[8, 13, 40, 100]);
}

#[test]
fn few_letters_in_every_order() {
    // Every k-gram is everywhere: nothing but the windows themselves decides.
    let mut numbers = Numbers(6);
    let texts: Vec<String> =
        (0..300).map(|_| (0..numbers.below(400)).map(|_| ['a', 'b'][numbers.below(2)]).collect()).collect();
    same("two letters", &texts, &[8, 9, 12, 20]);
}

#[test]
fn a_line_repeated_over_five_megabytes() {
    let line = "All rights reserved; whatever stands here stands here again and again.\n";
    let long = line.repeat(5_000_000 / line.len());
    let texts = vec![format!("{line}{line}A beginning."), long, format!("An end. {line}{line}{line}")];
    same("one line", &texts, &[50, 500]);
    let cut = found(&texts[1..2], 500, 64 << 20);
    assert_eq!(cut.len(), 1);
    // The first 500 bytes stay, and with them the first occurrence of everything behind.
    assert_eq!(cut[0].repeat, 500..texts[1].len());
}

#[test]
fn the_first_copy_stays_and_the_others_go() {
    let body = sentences(&mut Numbers(7), ENGLISH, " ", ". ", 30).concat();
    let texts = vec![format!("One. {body}"), body.clone(), format!("{body} End.")];
    let cut = found(&texts, 100, 1 << 20);
    let whole = |text, first| Found { text, repeat: 0..body.len(), first: Place { text: 0, byte: first } };
    assert_eq!(cut, [whole(1, 5), whole(2, 5)]);
}

#[test]
#[ignore = "prints times: compare them on a quiet machine"]
#[allow(clippy::print_stdout, reason = "what the ignored test is for")]
fn speed() {
    let mut numbers = Numbers(8);
    let texts: Vec<String> = (0..200).flat_map(|_| documents(&mut numbers, ENGLISH, " ", ". ")).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    for length in [50, 200, 500] {
        let started = std::time::Instant::now();
        let cut: usize = found(&texts, length, 64 << 20).iter().map(|found| found.repeat.len()).sum();
        let seconds = started.elapsed().as_secs_f64();
        println!("{length}: {:.1} MB/s, {cut} of {bytes} bytes cut", bytes as f64 / 1e6 / seconds);
    }
}
