//! Training against a plain implementation of the formulas, and what every model must hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use textmill_ngram_lm::{LmError, NgramModel, TrainOptions, Trainer};

fn train(sentences: &[String], options: &TrainOptions) -> Result<String, LmError> {
    let mut trainer = Trainer::new(options.clone())?;
    sentences.iter().try_for_each(|sentence| trainer.push(sentence))?;
    let mut arpa = Vec::new();
    trainer.finish(&mut arpa)?;
    Ok(String::from_utf8(arpa).expect("words are UTF-8"))
}

/// Sentences of a small language, in which some words follow others more often.
fn sentences(count: u64, words: u64) -> Vec<String> {
    let mut state = 12_345_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut sentence = || {
        let mut word = random(words);
        let length = 1 + random(12);
        let mut next = || {
            word = if random(3) == 0 { random(words) * random(words) / words } else { (word * 7 + 3) % words };
            format!("w{word}")
        };
        (0..length).map(|_| next()).collect::<Vec<_>>().join(" ")
    };
    (0..count).map(|_| sentence()).collect()
}

type Ngram = Vec<String>;

/// Chen and Goodman's interpolated modified Kneser-Ney by the book: maps, and a recursion over orders.
struct Plain {
    adjusted: Vec<BTreeMap<Ngram, u64>>,
    discounts: Vec<[f64; 3]>,
    words: usize,
}

impl Plain {
    fn new(sentences: &[String], order: usize) -> Self {
        let mut raw: Vec<BTreeMap<Ngram, u64>> = vec![BTreeMap::new(); order];
        let mut vocabulary = BTreeSet::new();
        for sentence in sentences {
            let mut words = vec!["<s>".to_owned()];
            words.extend(sentence.split(' ').map(ToOwned::to_owned));
            words.push("</s>".to_owned());
            vocabulary.extend(words.iter().skip(1).cloned());
            for (length, counts) in (1..).zip(&mut raw) {
                words.windows(length).for_each(|ngram| *counts.entry(ngram.to_vec()).or_default() += 1);
            }
        }
        let mut adjusted: Vec<BTreeMap<Ngram, u64>> = Vec::new();
        for length in 1..=order {
            let mut counts = BTreeMap::new();
            for (ngram, count) in &raw[length - 1] {
                let longer = || raw[length].keys().filter(|longer| longer[1..] == ngram[..]).count() as u64;
                counts.insert(ngram.clone(), if length == order || ngram[0] == "<s>" { *count } else { longer() });
            }
            counts.remove(&vec!["<s>".to_owned()]);
            adjusted.push(counts);
        }
        let discounts = adjusted.iter().map(|counts| {
            let with = |wanted: u64| counts.values().filter(|count| **count == wanted).count() as f64;
            let y = with(1) / (with(1) + 2.0 * with(2));
            [1, 2, 3].map(|count| count as f64 - (count + 1) as f64 * y * with(count + 1) / with(count))
        });
        Self { discounts: discounts.collect(), adjusted, words: vocabulary.len() + 1 }
    }

    fn probability(&self, ngram: &[String]) -> f64 {
        let Some((word, context)) = ngram.split_last() else { return 0.0 };
        let counts = &self.adjusted[context.len()];
        let discount =
            |count: u64| if count == 0 { 0.0 } else { self.discounts[context.len()][count.min(3) as usize - 1] };
        let of_context = || counts.iter().filter(|(ngram, _)| ngram[..context.len()] == *context);
        let sum: u64 = of_context().map(|(_, count)| count).sum();
        let lower = || if context.is_empty() { 1.0 / self.words as f64 } else { self.probability(&ngram[1..]) };
        if sum == 0 {
            return lower();
        }
        let mut full = context.to_vec();
        full.push(word.clone());
        let count = counts.get(&full).copied().unwrap_or(0);
        let down: f64 = of_context().map(|(_, count)| discount(*count)).sum();
        (count as f64 - discount(count)) / sum as f64 + down / sum as f64 * lower()
    }
}

#[test]
fn probabilities_are_those_of_the_formulas() {
    let sentences = sentences(400, 500);
    for order in 1..=4 {
        let arpa = train(&sentences, &TrainOptions { order, ..TrainOptions::default() }).expect("trained");
        let model = NgramModel::read_arpa(arpa.as_bytes()).expect("readable");
        let plain = Plain::new(&sentences, order);
        for sentence in
            sentences.iter().take(60).map(String::as_str).chain(["w1 nowhere w2 w2 w2", "w29 w28 w27 w28 w29"])
        {
            let mut words = vec!["<s>".to_owned()];
            words.extend(sentence.split(' ').map(ToOwned::to_owned));
            words.push("</s>".to_owned());
            let ends = 2..=words.len();
            let log10: f64 = ends.map(|end| plain.probability(&words[end.saturating_sub(order)..end]).log10()).sum();
            let found = model.score(sentence).log10;
            assert!((found - log10).abs() < 1e-4, "order {order}: {sentence}: {found} {log10}");
        }
    }
}

/// The probabilities of all words after a context.
fn sum_after(model: &NgramModel, context: &str, begin: bool, words: &[String]) -> f64 {
    let before = model.score_with(context, begin, false).log10;
    let next = |word: &String| 10_f64.powf(model.score_with(&format!("{context} {word}"), begin, false).log10 - before);
    let end = 10_f64.powf(model.score_with(context, begin, true).log10 - before);
    words.iter().map(next).sum::<f64>() + end
}

#[test]
fn probabilities_after_any_context_sum_to_one() {
    let sentences = sentences(2500, 1200);
    let mut words: Vec<String> = (0..1200).map(|word| format!("w{word}")).collect();
    for prune in [vec![], vec![0, 1], vec![0, 0, 2, 5]] {
        let options = TrainOptions { order: 4, prune: prune.clone(), ..TrainOptions::default() };
        let model = NgramModel::read_arpa(train(&sentences, &options).expect("trained").as_bytes()).expect("readable");
        words.retain(|word| model.knows(word));
        words.push("<unk>".to_owned());
        for context in sentences.iter().take(40) {
            for begin in [true, false] {
                let sum = sum_after(&model, context, begin, &words);
                assert!((sum - 1.0).abs() < 1e-6, "{prune:?} {context}: {sum}");
            }
        }
        let empty = sum_after(&model, "", true, &words);
        assert!((empty - 1.0).abs() < 1e-6, "{empty}");
        words.pop();
    }
}

#[test]
fn memory_changes_no_byte() {
    let sentences = sentences(20_000, 9000);
    let of = |memory| train(&sentences, &TrainOptions { memory, ..TrainOptions::default() }).expect("trained");
    assert!(of(1) == of(1 << 30));
}

#[test]
fn pruned_ngrams_are_gone_and_those_they_need_stay() {
    let sentences = sentences(2500, 1200);
    let counts = |prune: Vec<u64>| {
        let options = TrainOptions { order: 3, prune, ..TrainOptions::default() };
        NgramModel::read_arpa(train(&sentences, &options).expect("trained").as_bytes()).expect("readable").counts()
    };
    let (all, some) = (counts(vec![]), counts(vec![0, 0, 1]));
    assert!(all[..2] == some[..2] && some[2] < all[2] / 2, "{all:?} {some:?}");
}

#[test]
fn what_cannot_be_trained_is_said() {
    let none = train(&[" ".to_owned()], &TrainOptions::default());
    assert!(matches!(none, Err(LmError::NothingToTrainOn)));
    let little = vec!["a b".to_owned()];
    assert!(matches!(train(&little, &TrainOptions::default()), Err(LmError::NoDiscount { .. })));
    let fixed = TrainOptions { discount_fallback: true, ..TrainOptions::default() };
    let model = NgramModel::read_arpa(train(&little, &fixed).expect("trained").as_bytes()).expect("readable");
    assert!(model.perplexity("a b") < model.perplexity("b a"));
    for options in [
        TrainOptions { order: 0, ..TrainOptions::default() },
        TrainOptions { order: 7, ..TrainOptions::default() },
        TrainOptions { prune: vec![1], ..TrainOptions::default() },
        TrainOptions { prune: vec![0, 2, 1], ..TrainOptions::default() },
    ] {
        assert!(matches!(Trainer::new(options), Err(LmError::Option { .. })));
    }
}

proptest! {
    #[test]
    fn any_text_trains_and_scores(texts in prop::collection::vec(".{0,40}", 1..20)) {
        let options = TrainOptions { order: 3, discount_fallback: true, ..TrainOptions::default() };
        if let Ok(arpa) = train(&texts, &options) {
            let model = NgramModel::read_arpa(arpa.as_bytes()).expect("readable");
            for text in &texts {
                let score = model.score(text);
                prop_assert!(score.log10.is_finite() && score.log10 <= 0.0);
            }
        }
    }
}
