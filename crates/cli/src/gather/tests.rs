use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

const LONG_DOCS: &str = "//! Documentation that is long enough to be worth a document.\nfn f() {}\n";

fn put(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("has a parent")).expect("a new folder");
    fs::write(path, text).expect("a new file");
}

/// A registry with two indexes, two crates in the first and one of them again in the second.
fn registry() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let first = folder.path().join("index-a");
    put(&first, "beta-2.0.0/README.md", "# beta\n\nRead me.\n");
    put(&first, "beta-2.0.0/src/lib.rs", LONG_DOCS);
    put(&first, "beta-2.0.0/src/short.rs", "/// Short.\nfn g() {}\n");
    put(&first, "beta-2.0.0/Cargo.toml", "[package]\n");
    put(&first, "alpha-1.0.0/LICENSE-MIT", "Permission is granted.\n");
    put(&first, "alpha-1.0.0/CHANGELOG.md", "## 1.0.0\n");
    put(&first, "alpha-1.0.0/docs/指南.md", "你好\n");
    put(&first, "alpha-1.0.0/docs/latin.txt", b"caf\xe9\n");
    put(&first, "alpha-1.0.0/docs/empty.txt", " \n\n");
    put(&folder.path().join("index-b"), "beta-2.0.0/README.md", "another beta\n");
    put(folder.path(), "a file beside the indexes.md", "not in a crate\n");
    folder
}

/// Names and contents of all files in a folder.
fn contents(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("is there").map(|entry| entry.expect("can be listed"));
    entries
        .map(|entry| (entry.file_name().into_string().expect("UTF-8"), fs::read_to_string(entry.path()).expect("text")))
        .collect()
}

#[test]
fn every_kind_of_text_is_gathered_in_order() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let output = out.path().join("data");
    let summary = cargo_docs(Some(registry.path()), &GatherOptions::new(&output)).expect("gathers");
    let expected = "\
{\"id\":\"alpha-1.0.0/CHANGELOG.md#changelog\",\"text\":\"## 1.0.0\\n\",\"content_type\":\"text/markdown\",\"source\":\"alpha-1.0.0\",\"path\":\"CHANGELOG.md\",\"kind\":\"changelog\"}
{\"id\":\"alpha-1.0.0/LICENSE-MIT#licence\",\"text\":\"Permission is granted.\\n\",\"content_type\":\"text/plain\",\"source\":\"alpha-1.0.0\",\"path\":\"LICENSE-MIT\",\"kind\":\"licence\"}
{\"id\":\"alpha-1.0.0/docs/指南.md#markdown\",\"text\":\"你好\\n\",\"content_type\":\"text/markdown\",\"source\":\"alpha-1.0.0\",\"path\":\"docs/指南.md\",\"kind\":\"markdown\"}
{\"id\":\"beta-2.0.0/README.md#readme\",\"text\":\"# beta\\n\\nRead me.\\n\",\"content_type\":\"text/markdown\",\"source\":\"beta-2.0.0\",\"path\":\"README.md\",\"kind\":\"readme\"}
{\"id\":\"beta-2.0.0/src/lib.rs#doc_comments\",\"text\":\"Documentation that is long enough to be worth a document.\",\"content_type\":\"text/markdown\",\"source\":\"beta-2.0.0\",\"path\":\"src/lib.rs\",\"kind\":\"doc_comments\"}
";
    assert_eq!(contents(&output), [("part-00000.jsonl".to_owned(), expected.to_owned())].into());
    assert_eq!((summary.documents, summary.shards, summary.limit_reached), (5, 1, false));
    let skipped =
        [(Skipped::NotUtf8, 1), (Skipped::Empty, 1), (Skipped::FewDocComments, 1), (Skipped::RepeatedCrate, 1)];
    assert_eq!(summary.skipped, skipped.into());
    assert_eq!(summary.kinds.values().sum::<u64>(), 5);
    assert_eq!(fs::read_dir(out.path()).expect("is there").count(), 1, "nothing is left beside the output");
}

#[test]
fn shards_are_closed_at_their_size_and_hold_the_same_lines() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let (one, many) = (out.path().join("one"), out.path().join("many"));
    cargo_docs(Some(registry.path()), &GatherOptions::new(&one)).expect("gathers");
    let small = GatherOptions { shard_bytes: 1, ..GatherOptions::new(&many) };
    let summary = cargo_docs(Some(registry.path()), &small).expect("gathers");
    assert_eq!(summary.shards, 5);
    let many = contents(&many);
    assert_eq!(many.keys().last().map(String::as_str), Some("part-00004.jsonl"));
    assert_eq!(many.into_values().collect::<String>(), contents(&one)["part-00000.jsonl"]);
}

#[test]
fn gathering_ends_at_the_limit() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let limited = GatherOptions { limit_bytes: Some(10), ..GatherOptions::new(out.path().join("data")) };
    let summary = cargo_docs(Some(registry.path()), &limited).expect("gathers");
    assert_eq!((summary.documents, summary.limit_reached), (2, true));
}

#[test]
fn an_output_is_replaced_only_on_purpose_and_only_where_it_is_ours() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let output = out.path().join("data");
    let options = GatherOptions::new(&output);
    fs::create_dir(&output).expect("a new folder");
    cargo_docs(Some(registry.path()), &options).expect("an empty folder is as good as none");
    let before = contents(&output);
    assert!(matches!(cargo_docs(Some(registry.path()), &options), Err(GatherError::OutputNotEmpty { .. })));
    let overwrite = GatherOptions { overwrite: true, ..options };
    cargo_docs(Some(registry.path()), &overwrite).expect("replaces its own shards");
    assert_eq!(contents(&output), before);
    put(&output, "notes.txt", "mine");
    let error = cargo_docs(Some(registry.path()), &overwrite).expect_err("would lose a file");
    assert!(error.to_string().contains("notes.txt was not written by gather"), "{error}");
    assert_eq!(contents(&output).len(), 2);
}

#[test]
fn what_a_killed_process_left_is_cleared() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    put(out.path(), ".data.partial/part-00007.jsonl", "half a li");
    let summary = cargo_docs(Some(registry.path()), &GatherOptions::new(out.path().join("data"))).expect("gathers");
    assert_eq!(summary.shards, 1);
    assert_eq!(contents(&out.path().join("data")).len(), 1);
    assert!(!out.path().join(".data.partial").exists());
}

#[test]
fn a_registry_without_text_or_none_at_all_is_an_error() {
    let (empty, out) = (TempDir::new().expect("a temporary folder"), TempDir::new().expect("a temporary folder"));
    let output = out.path().join("data");
    assert!(matches!(
        cargo_docs(Some(empty.path()), &GatherOptions::new(&output)),
        Err(GatherError::NothingFound { .. })
    ));
    assert_eq!(fs::read_dir(out.path()).expect("is there").count(), 0, "nothing is left behind");
    let missing = empty.path().join("no");
    let error = cargo_docs(Some(&missing), &GatherOptions::new(&output)).expect_err("is not there");
    assert!(error.to_string().contains("cargo fetch"), "{error}");
}

#[test]
fn files_over_the_size_limit_are_counted_and_not_read() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let big = registry.path().join("index-a/alpha-1.0.0/table.txt");
    fs::File::create(big).expect("a new file").set_len(MAX_FILE_BYTES + 1).expect("a sparse file");
    let summary = cargo_docs(Some(registry.path()), &GatherOptions::new(out.path().join("data"))).expect("gathers");
    assert_eq!(summary.skipped.get(&Skipped::TooLarge), Some(&1));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let (registry, out) = (registry(), TempDir::new().expect("a temporary folder"));
    let folder = registry.path().join("index-a/alpha-1.0.0");
    std::os::unix::fs::symlink("/etc/hostname", folder.join("README.md")).expect("a new link");
    std::os::unix::fs::symlink("..", folder.join("loop")).expect("a new link");
    let summary = cargo_docs(Some(registry.path()), &GatherOptions::new(out.path().join("data"))).expect("gathers");
    assert_eq!(summary.documents, 5);
    assert_eq!(summary.skipped.get(&Skipped::Link), Some(&1));
}

#[test]
fn pages_of_folders_are_gathered_with_their_markup() {
    let (pages, out) = (TempDir::new().expect("a temporary folder"), TempDir::new().expect("a temporary folder"));
    put(pages.path(), "book/b/index.html", "<title>Two</title>\n");
    put(pages.path(), "book/a.HTM", "<p>One");
    put(pages.path(), "book/search.js", "no page");
    put(pages.path(), "std/empty.html", "");
    let folders = [pages.path().join("book"), pages.path().join("std")];
    let output = out.path().join("data");

    let summary = html_pages(&folders, &GatherOptions::new(&output)).expect("gathers");

    let expected = "\
{\"id\":\"book/a.HTM#html\",\"text\":\"<p>One\",\"content_type\":\"text/html\",\"source\":\"book\",\"path\":\"a.HTM\",\"kind\":\"html\"}
{\"id\":\"book/b/index.html#html\",\"text\":\"<title>Two</title>\\n\",\"content_type\":\"text/html\",\"source\":\"book\",\"path\":\"b/index.html\",\"kind\":\"html\"}
";
    assert_eq!(contents(&output), [("part-00000.jsonl".to_owned(), expected.to_owned())].into());
    assert_eq!(summary.kinds, [(Kind::Html, 2)].into());
    assert_eq!(summary.skipped, [(Skipped::Empty, 1)].into());
}

#[test]
fn a_folder_without_pages_or_none_at_all_is_an_error() {
    let (empty, out) = (TempDir::new().expect("a temporary folder"), TempDir::new().expect("a temporary folder"));
    let options = GatherOptions::new(out.path().join("data"));
    let error = html_pages(&[empty.path().to_owned()], &options).expect_err("no page");
    assert!(matches!(error, GatherError::NoPages { .. }), "{error}");
    assert!(error.to_string().ends_with(&empty.path().display().to_string()), "{error}");
    let missing = html_pages(&[empty.path().join("no")], &options).expect_err("is not there");
    assert!(matches!(missing, GatherError::Folder { .. }), "{missing}");
    assert_eq!(fs::read_dir(out.path()).expect("is there").count(), 0, "nothing is left behind");
}
