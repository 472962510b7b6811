//! The reference: all pairs, sets of strings, plain loops. It shares only the normal form and the hash of a shingle with
//! what it checks.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use textmill_minhash_dedupe::memory::{Settings, cluster};
use textmill_minhash_dedupe::{Bands, Candidate, Direction, Key, MinHasher, Normalizer, Unit, compare, keeper};
use xxhash_rust::xxh3::xxh3_64;

use crate::support::{Random, neardup, settings, word};

/// Shingles as texts: words where all is ASCII, else the tokens by script, put together again with blanks between words.
fn shingles(normal: &str, length: usize) -> HashSet<String> {
    let han = |c: char| matches!(u32::from(c), 0x0E00..=0x0EFF | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0x20000..=0x3FFFF);
    let mut tokens: Vec<String> = Vec::new();
    for word in normal.split(' ').filter(|word| !word.is_empty()) {
        let mut part = String::new();
        for c in word.chars() {
            if han(c) {
                tokens.extend((!part.is_empty()).then(|| std::mem::take(&mut part)));
                tokens.push(c.to_string());
            } else {
                part.push(c);
            }
        }
        tokens.extend((!part.is_empty()).then_some(part));
    }
    let is_word = |token: &str| !token.chars().all(han);
    let join = |tokens: &[String]| {
        let mut text = String::new();
        for (place, token) in tokens.iter().enumerate() {
            if place > 0 && is_word(&tokens[place - 1]) && is_word(token) {
                text.push(' ');
            }
            text.push_str(token);
        }
        text
    };
    match tokens.len() {
        0 => HashSet::new(),
        few if few < length => HashSet::from([join(&tokens)]),
        _ => tokens.windows(length).map(join).collect(),
    }
}

/// Clusters as sets of numbers, by all pairs. `candidates` off: every pair at or above the threshold is joined.
fn brute_force(texts: &[String], settings: &Settings, candidates: bool) -> Vec<BTreeSet<usize>> {
    let normalizer = Normalizer::new(settings.normalization);
    let hasher = MinHasher::new(settings.hashes, settings.seed);
    let sets: Vec<HashSet<String>> = texts.iter().map(|text| shingles(&normalizer.normalized(text), 5)).collect();
    let signatures: Vec<Vec<u32>> = sets
        .iter()
        .map(|set| {
            let (mut minima, mut signature) = (hasher.minima(), Vec::new());
            set.iter().for_each(|shingle| minima.add(xxh3_64(shingle.as_bytes())));
            minima.finish(&mut signature);
            signature
        })
        .collect();
    let mut neighbours = vec![Vec::new(); texts.len()];
    for a in 0..texts.len() {
        for b in a + 1..texts.len() {
            let met = !candidates || share_a_band(&signatures[a], &signatures[b], settings.bands);
            if met && alike(&sets[a], &sets[b], settings.threshold) {
                neighbours[a].push(b);
                neighbours[b].push(a);
            }
        }
    }
    let mut seen = vec![false; texts.len()];
    let mut clusters = Vec::new();
    for start in 0..texts.len() {
        let (mut cluster, mut queue) = (BTreeSet::new(), vec![start]);
        while let Some(at) = queue.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                cluster.insert(at);
                queue.extend(&neighbours[at]);
            }
        }
        clusters.extend((!cluster.is_empty()).then_some(cluster));
    }
    clusters
}

fn alike(left: &HashSet<String>, right: &HashSet<String>, threshold: f64) -> bool {
    if left.is_empty() || right.is_empty() {
        return false;
    }
    let (small, large) = (left.len().min(right.len()) as f64, left.len().max(right.len()) as f64);
    if small / large < threshold {
        return false;
    }
    let common = left.intersection(right).count() as f64;
    common / (small + large - common) >= threshold
}

fn share_a_band(left: &[u32], right: &[u32], bands: Bands) -> bool {
    if left.is_empty() || right.is_empty() {
        return false;
    }
    let rows = bands.rows() as usize;
    (0..bands.bands() as usize)
        .any(|band| left[band * rows..(band + 1) * rows] == right[band * rows..(band + 1) * rows])
}

fn as_sets(roots: &[u32]) -> Vec<BTreeSet<usize>> {
    let mut clusters: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
    for (document, root) in roots.iter().enumerate() {
        clusters.entry(*root).or_default().insert(document);
    }
    clusters.into_values().collect()
}

/// English-like and Chinese documents: originals, copies with some words changed, and some in between.
fn synthetic(count: usize) -> Vec<String> {
    let mut random = Random(9);
    let mut texts: Vec<String> = vec![String::new(), " . ".to_owned(), "one two".to_owned(), "One, two!".to_owned()];
    while texts.len() < count {
        let length = 20 + usize::try_from(random.below(200)).unwrap();
        let original = random.words(length);
        let chinese = random.below(3) == 0;
        for _ in 0..=random.below(4) {
            let mut copy = original.clone();
            for _ in 0..random.below(12) {
                let at = usize::try_from(random.below(copy.len() as u64)).unwrap();
                copy[at] = word(5000 + random.below(1000));
            }
            let han = |word: &String| {
                char::from_u32(
                    0x4E00
                        + u32::try_from(word.len() * 7919 % 997).unwrap()
                        + word.bytes().map(u32::from).sum::<u32>() * 13,
                )
                .unwrap()
            };
            texts.push(if chinese { copy.iter().map(han).collect() } else { copy.join(" ") });
        }
    }
    texts.truncate(count);
    texts
}

#[test]
fn synthetic_documents_cluster_as_by_brute_force() {
    let texts = synthetic(1200);
    let found = cluster(&texts, &settings());
    let expected = brute_force(&texts, &settings(), true);
    assert_eq!(as_sets(&found.roots), expected);
    assert!(expected.len() > 300 && expected.len() < 1100, "{} clusters of 1,200 documents", expected.len());
}

#[test]
fn real_documents_cluster_as_by_brute_force() {
    let Some(documents) = neardup() else { return };
    let texts: Vec<String> = documents.into_iter().map(|(_, text)| text).take(3000).collect();
    assert_eq!(as_sets(&cluster(&texts, &settings()).roots), brute_force(&texts, &settings(), true));
}

/// With so many bands that no pair can be missed, the clusters are those of the exact similarity alone.
#[test]
fn with_many_bands_nothing_is_missed() {
    let texts = synthetic(600);
    let settings = Settings { hashes: 300, bands: Bands::new(150, 2).unwrap(), ..settings() };
    assert_eq!(as_sets(&cluster(&texts, &settings).roots), brute_force(&texts, &settings, false));
}

#[test]
fn clusters_and_keepers_do_not_depend_on_the_order_of_documents() {
    let texts = synthetic(800);
    let ids: Vec<String> = (0..texts.len()).map(|number| format!("id-{:04}", number * 7 % 1000)).collect();
    let orders: [&[Direction]; 3] = [&[], &[Direction::Ascending], &[Direction::Descending]];
    let mut expected: Option<Vec<BTreeSet<(String, String)>>> = None;
    for step in [1, 7, 11, 379] {
        let turned: Vec<usize> = (0..texts.len()).map(|place| place * step % texts.len()).collect();
        assert_eq!(turned.iter().collect::<BTreeSet<_>>().len(), texts.len());
        let moved: Vec<&String> = turned.iter().map(|place| &texts[*place]).collect();
        let clusters = as_sets(&cluster(&moved, &settings()).roots);
        let kept = orders.map(|order| {
            let keep = |members: &BTreeSet<usize>| kept_of(members, &moved, &turned, &ids, order);
            clusters.iter().flat_map(keep).collect::<BTreeSet<_>>()
        });
        let kept = kept.to_vec();
        assert_eq!(expected.get_or_insert_with(|| kept.clone()), &kept, "step {step}");
    }
}

/// (document, its keeper) for each member of a cluster.
fn kept_of(
    members: &BTreeSet<usize>,
    texts: &[&String],
    turned: &[usize],
    ids: &[String],
    order: &[Direction],
) -> Vec<(String, String)> {
    let keys: Vec<[Key<'_>; 1]> = members.iter().map(|member| [Key::Integer(texts[*member].len() as i128)]).collect();
    let id = |member: usize| ids[turned[member]].as_str();
    let candidates: Vec<Candidate<'_>> =
        members.iter().zip(&keys).map(|(member, keys)| Candidate { keys, id: id(*member), content: 0 }).collect();
    let kept = keeper(order, &candidates).unwrap();
    // The plain way: sorted by the whole order, the first.
    let mut sorted = candidates.clone();
    sorted.sort_by(|left, right| compare(order, left, right));
    assert_eq!(sorted[0].id, candidates[kept].id);
    members.iter().map(|member| (id(*member).to_owned(), candidates[kept].id.to_owned())).collect()
}

#[test]
fn shingles_of_the_reference_are_those_of_the_crate() {
    let settings = settings();
    let normalizer = Normalizer::new(settings.normalization);
    for text in ["", "a b", "我爱 rust lang 语言 and more of it 今天", "plain words only, five or six"] {
        let normal = normalizer.normalized(text);
        let mut expected: Vec<u64> = shingles(&normal, 5).iter().map(|shingle| xxh3_64(shingle.as_bytes())).collect();
        expected.sort_unstable();
        assert_eq!(settings.shingler.set(&normal), expected);
    }
    assert_ne!(Unit::Auto, Unit::Word);
}
