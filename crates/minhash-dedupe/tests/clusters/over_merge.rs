//! Inputs on which clustering goes wrong elsewhere: what is merged is as declared, in time that does not explode.

use std::collections::BTreeMap;
use textmill_minhash_dedupe::memory::{Clusters, Settings, cluster};
use textmill_minhash_dedupe::{Verify, jaccard};

use crate::support::{Random, settings, word};

fn sizes(found: &Clusters) -> Vec<usize> {
    let mut sizes: BTreeMap<u32, usize> = BTreeMap::new();
    found.roots.iter().for_each(|root| *sizes.entry(*root).or_default() += 1);
    let mut sizes: Vec<usize> = sizes.into_values().collect();
    sizes.sort_unstable_by(|left, right| right.cmp(left));
    sizes
}

#[test]
fn different_documents_in_one_template_stay_apart() {
    let mut random = Random(1);
    let template = random.words(240);
    let texts: Vec<String> = (0..1000)
        .map(|_| format!("{} {} {}", template[..120].join(" "), random.words(90).join(" "), template[120..].join(" ")))
        .collect();
    let set = |text: &String| settings().shingler.set(text);
    let similarity = jaccard(&set(&texts[0]), &set(&texts[1]));
    assert!((0.3..0.7).contains(&similarity), "the template alone makes {similarity:.2}");
    // Without verification, bands in common chain most of them into one cluster: the fault that is tested for.
    let unverified = cluster(&texts, &Settings { verify: Verify::None, ..settings() });
    assert!(sizes(&unverified)[0] > 300, "{:?}", &sizes(&unverified)[..3]);
    for verify in [Verify::Exact, Verify::Signature] {
        let found = cluster(&texts, &Settings { verify, ..settings() });
        assert_eq!(sizes(&found)[0], 1, "{verify:?}");
    }
}

#[test]
fn identical_documents_cost_no_more_than_different_ones() {
    let count = 100_000;
    let mut random = Random(2);
    let one = random.words(40).join(" ");
    let same: Vec<&str> = vec![&one; count];
    let different: Vec<String> = (0..count).map(|_| random.words(40).join(" ")).collect();
    let apart = sizes(&cluster(&different, &settings()));
    let found = cluster(&same, &settings());
    assert_eq!((apart[0], sizes(&found), found.compared), (1, vec![count], 0));
}

/// All in one bucket of every band, all different: one word of a long text is another in each.
#[test]
fn a_hot_bucket_is_not_quadratic() {
    let mut random = Random(3);
    let base = random.words(400);
    let texts: Vec<String> = (0..5000)
        .map(|number| {
            let mut words = base.clone();
            words[200] = word(90_000 + number);
            words.join(" ")
        })
        .collect();
    let found = cluster(&texts, &settings());
    assert_eq!(sizes(&found), [5000]);
    assert!(found.compared < 50_000, "{} comparisons", found.compared);
    // A bound on the bucket holds even when nothing is joined.
    let bounded = Settings { threshold: 1.0, max_bucket: 16, ..settings() };
    let found = cluster(&texts, &bounded);
    assert_eq!(sizes(&found)[0], 1);
    assert!(found.large_buckets > 0 && found.compared <= 14 * 16 * 5000, "{} comparisons", found.compared);
}

#[test]
fn a_giant_document_is_one_document() {
    let mut random = Random(4);
    let part = random.words(240).join(" ");
    let giant = format!("{part} {}", random.words(2_000_000).join(" "));
    let found = cluster(&[part.as_str(), giant.as_str(), "something else entirely", giant.as_str()], &settings());
    assert_eq!(found.roots, [0, 1, 2, 1]);
}

/// a~b, b~c, c~d are alike, a and d are not: one cluster, unless a cap says otherwise.
#[test]
fn a_chain_is_one_cluster_and_a_cap_ends_it() {
    let mut random = Random(5);
    let mut words = random.words(400);
    let mut texts = Vec::new();
    for link in 0..4 {
        texts.push(words.join(" "));
        words.drain(..20);
        words.extend((0..20).map(|number| word(10_000 + link * 100 + number)));
    }
    let set = |text: &String| settings().shingler.set(text);
    assert!(jaccard(&set(&texts[0]), &set(&texts[1])) > 0.85 && jaccard(&set(&texts[0]), &set(&texts[3])) < 0.75);
    let settings = Settings { threshold: 0.8, ..settings() };
    assert_eq!(cluster(&texts, &settings).roots, [0, 0, 0, 0]);
    let capped = cluster(&texts, &Settings { max_cluster: 2, ..settings });
    assert_eq!((sizes(&capped), capped.refused > 0), (vec![2, 2], true));
}

#[test]
fn unrelated_books_stay_apart() {
    let mut random = Random(6);
    let books: Vec<String> = (0..20).map(|_| random.words(20_000).join(" ")).collect();
    assert_eq!(sizes(&cluster(&books, &settings()))[0], 1);
}
