use super::*;

const PIPELINE: &str = "\
version: 1
name: estimated
input: {paths: [\"in/*.parquet\"], columns: {id: id, text: text, language: language}}
stages:
  - id: english
    run: {keep_where: \"language = 'en'\"}
  - id: chinese
    inputs: [input]
    run: {keep_where: \"language = 'zh'\"}
  - id: rules
    inputs: [english, chinese]
    run: {filter: {use: [gopher_quality]}}
  - id: near
    run: {minhash_dedupe: {hashes: 112, bands: {bands: 14, rows: 8}}}
  - id: counts
    run: signals
output: {path: out}
";

fn load(text: &str) -> Pipeline {
    textmill_pipeline::parse("test.yaml", text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn simple(stages: &str) -> Pipeline {
    load(&format!(
        "version: 1\nname: estimated\ninput: {{paths: [\"in/*.parquet\"]}}\nstages:\n{stages}output: {{path: out}}\n"
    ))
}

const DECLARED: CorpusSize = CorpusSize { documents: Some(1_000_000_000), stored_bytes: Some(4_000_000_000_000) };

#[test]
fn numbers_are_those_of_pencil_and_paper() {
    let pipeline = simple(
        "  - id: rules\n    run: {filter: {use: [gopher_quality]}}\n  - id: near\n    run: {minhash_dedupe: {hashes: \
         112, bands: {bands: 14, rows: 8}}}\n",
    );
    let found = estimate(&pipeline, DECLARED, &Rates::built_in()).expect("both are given");
    // 4e12 / 2^27 = 29,802.3.
    assert_eq!(found.phases.iter().map(|phase| phase.tasks).collect::<Vec<_>>(), [29_803, 29_803]);
    let [first, second] = found.phases.as_slice() else { panic!("{found:#?}") };
    // Filter 4e12 / 28.9e6 = 138,408.3 s; keys 4e12 / 202e6 = 19,802.0 s.
    assert!((first.cpu_seconds - 158_210.3).abs() < 0.1, "{}", first.cpu_seconds);
    // The second phase only reads, cuts and writes.
    assert!(second.cpu_seconds.abs() < 0.1 && second.cpu_seconds.is_sign_positive(), "{}", second.cpu_seconds);
    assert_eq!(first.handed_over_bytes, 1_760_000_000_000);
    assert_eq!(second.handed_over_bytes, 0);
    let [near] = first.exchanges.as_slice() else { panic!("{first:#?}") };
    // Key of the text 16, 14 bands of 8, 112 hashes of 4, id 36.
    assert_eq!(near.key_bytes, 612 * 1_000_000_000);
    assert_eq!((near.runs, near.documents), (1, 1_000_000_000));
    // 16 bytes a document are three quarters of the memory; 72 more sort without a disk.
    assert_eq!(near.memory_bytes, 21_333_333_333);
    assert_eq!(near.memory_without_spill_bytes, 88_000_000_000);
    assert_eq!(near.spill_bytes, 12_000_000_000);
    assert_eq!((found.output_documents, found.output_bytes), (1_000_000_000, 1_480_000_000_000));
    assert_eq!(found.scratch_bytes, 1_760_000_000_000 + 612_000_000_000 + 1_480_000_000_000);
    assert_eq!(found.memory_per_thread_bytes, 320 << 20);
    assert_eq!(found.unmeasured, Vec::<String>::new());
}

#[test]
fn more_documents_than_an_exchange_can_number_need_several_runs() {
    let pipeline = simple("  - id: near\n    run: {exact_dedupe: {}}\n");
    let of = |documents| {
        let size = CorpusSize { documents: Some(documents), stored_bytes: Some(1 << 50) };
        let found = estimate(&pipeline, size, &Rates::built_in()).expect("both are given");
        found.phases[0].exchanges[0].clone()
    };
    assert_eq!(of(u64::from(u32::MAX)).runs, 1);
    assert_eq!(of(u64::from(u32::MAX) + 1).runs, 2);
    let all = of(68_000_000_000);
    // 68e9 / 4,294,967,295 = 15.8.
    assert_eq!(all.runs, 16);
    // 68e9 / 16 documents of 16 bytes in three quarters of the memory.
    assert_eq!(all.memory_bytes, 90_666_666_667);
}

#[test]
fn extraction_shrinks_what_comes_after_it_and_an_unmeasured_stage_is_named() {
    let pipeline = load(
        "version: 1\nname: estimated\ninput: {paths: [\"in/*.warc.gz\"]}\nstages:\n  - id: page\n    run: {extract: \
         {}}\n  - id: lines\n    run: {clean_lines: {use: [uppercase]}}\noutput: {path: out}\n",
    );
    let size = CorpusSize { documents: Some(1000), stored_bytes: Some(61_100_000) };
    let found = estimate(&pipeline, size, &Rates::built_in()).expect("both are given");
    let [page, lines] = found.phases[0].stages.as_slice() else { panic!("{found:#?}") };
    assert_eq!(page.cpu_seconds, Some(1.0));
    assert_eq!((page.bytes_out, page.documents_out), (5_743_400, 1000));
    assert_eq!((lines.bytes_in, lines.cpu_seconds), (5_743_400, None));
    assert_eq!(found.unmeasured, ["lines"]);
    // One task: less than a split.
    assert_eq!(found.phases[0].tasks, 1);
}

#[test]
fn branches_share_documents_and_come_together_again() {
    let pipeline = load(PIPELINE);
    let found = estimate(&pipeline, DECLARED, &Rates::built_in()).expect("both are given");
    let documents: Vec<_> =
        found.phases.iter().flat_map(|phase| &phase.stages).map(|stage| stage.documents_out).collect();
    assert_eq!(documents, [500_000_000, 500_000_000, 1_000_000_000, 1_000_000_000, 1_000_000_000]);
    assert_eq!(found.phases[1].stages[0].id, "counts");
}

#[test]
fn one_of_documents_and_bytes_is_not_enough_without_a_run() {
    let pipeline = simple("  - id: rules\n    run: {filter: {use: [gopher_quality]}}\n");
    let only =
        |documents, stored_bytes| estimate(&pipeline, CorpusSize { documents, stored_bytes }, &Rates::built_in());
    assert_eq!((only(Some(1), None), only(None, Some(1)), only(None, None)), (None, None, None));
}
