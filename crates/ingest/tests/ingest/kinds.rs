//! What files are, whatever they are called, and what is left out.

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use textmill_ingest::{Compression, Format, IngestErrorKind, InputConfig, OnUnreadable};

use crate::helpers::{Folder, gzip, lines, parquet, zstd};

fn some_parquet() -> Vec<u8> {
    let column = |text: &str| -> ArrayRef { std::sync::Arc::new(StringArray::from(vec![text])) };
    parquet(&RecordBatch::try_from_iter([("id", column("p")), ("text", column("text"))]).expect("a batch"), 10)
}

fn warc(kinds: &[&str]) -> Vec<u8> {
    let record = |kind: &&str| {
        let body = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Some words.</p>";
        let mime = if *kind == "response" { "application/http; msgtype=response" } else { "text/plain" };
        format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n\
             WARC-Target-URI: http://a.example/\r\nContent-Type: {mime}\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n",
            body.len()
        )
    };
    kinds.iter().map(record).collect::<String>().into_bytes()
}

/// Name, format and compression of each file that is read.
fn read_as(folder: &Folder, config: &InputConfig) -> Vec<(String, Format, Compression)> {
    let plan = folder.plan(config).expect("a plan");
    plan.shards.into_iter().map(|shard| (shard.name, shard.format, shard.compression)).collect()
}

#[test]
fn files_of_a_folder_are_told_by_their_first_bytes() {
    let folder = Folder::new();
    let text = lines(0, 3);
    folder.write("000000_0", some_parquet());
    folder.write("part-00000", &text);
    folder.write("part-00001.snappy.PARQUET", some_parquet());
    folder.write("data.out", gzip(text.as_bytes()));
    folder.write("x.parq", some_parquet());
    folder.write("y.json.gz", gzip(format!("[{}]", text.trim().replace('\n', ",")).as_bytes()));
    folder.write("z.tmp", zstd(text.as_bytes()));
    folder.write("_SUCCESS", "");
    folder.write(".part.crc", "crc");
    folder.write("_logs/history.jsonl", &text);
    folder.write("README.md", "# words");
    folder.write("empty", "");
    folder.write("db.sqlite", "SQLite format 3\0....");
    let found = read_as(&folder, &folder.config(""));
    let (jsonl, pq, none) = (Format::Jsonl, Format::Parquet, Compression::None);
    let right = [
        ("000000_0", pq, none),
        ("data.out", jsonl, Compression::Gzip),
        ("part-00000", jsonl, none),
        ("part-00001.snappy.PARQUET", pq, none),
        ("x.parq", pq, none),
        ("y.json.gz", jsonl, Compression::Gzip),
        ("z.tmp", jsonl, Compression::Zstd),
    ];
    assert_eq!(found, right.map(|(name, format, compression)| (name.to_owned(), format, compression)));
    let notes = folder.plan(&folder.config("")).expect("a plan").notes.join("\n");
    for (name, why) in [
        ("_SUCCESS", "begins with `.` or `_`"),
        (".part.crc", "begins with `.` or `_`"),
        ("_logs/", "begins with `.` or `_`"),
        ("README.md", "neither its name nor its begin, `# words`, tells the format"),
        ("empty", "it is empty"),
        ("db.sqlite", "an SQLite database"),
    ] {
        let note = notes.lines().find(|note| note.contains(name)).unwrap_or_else(|| panic!("{name} in {notes}"));
        assert!(note.contains("left out") && note.contains(why), "{note}");
    }
    assert!(!notes.contains("history.jsonl"), "{notes}");
}

#[test]
fn a_name_that_lies_is_said_and_the_file_is_read() {
    let text = lines(0, 3);
    for (name, bytes, compression, says) in [
        ("a.jsonl", gzip(text.as_bytes()), Compression::Gzip, "it is gzip"),
        ("a.jsonl", zstd(text.as_bytes()), Compression::Zstd, "it is zstd"),
        ("a.jsonl.gz", text.clone().into_bytes(), Compression::None, "it is not compressed"),
        ("a.jsonl.gz", zstd(text.as_bytes()), Compression::Zstd, "it is zstd"),
        ("a.jsonl.zst", gzip(text.as_bytes()), Compression::Gzip, "it is gzip"),
        ("a.jsonl", some_parquet(), Compression::None, "it is a Parquet file"),
    ] {
        let folder = Folder::new();
        folder.write(name, bytes);
        let plan = folder.plan(&folder.config("*")).expect("a plan");
        assert_eq!(plan.shards[0].compression, compression, "{name}");
        assert!(plan.notes[0].contains(name) && plan.notes[0].contains(says), "{:?}", plan.notes);
        assert!(!folder.read("*").documents.is_empty(), "{name}");
    }
}

#[test]
fn what_is_no_data_is_named_with_what_it_is() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 146946961\n";
    for (name, content, says) in [
        ("a.parquet", pointer, "git lfs pull"),
        ("a.jsonl", pointer, "git lfs pull"),
        ("a.warc.gz", pointer, "git lfs pull"),
        ("a.jsonl.gz", "<!DOCTYPE html>\n<html>sign in</html>", "an HTML page"),
        ("a.parquet", "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "XML"),
        ("a.jsonl", "../../../blobs/9f86d081884c7d65", "the text of a link"),
        ("a.jsonl", "PK\x03\x04 and so on", "a zip archive"),
        ("a.jsonl", "\u{4}\"M\u{18}lz4", "lz4"),
    ] {
        let folder = Folder::new();
        folder.write(name, content);
        folder.write("good.jsonl", lines(0, 1));
        let mut config = folder.config("*.*");
        if name.contains("warc") {
            config = folder.config("*.warc.gz");
        }
        let errors = folder.plan_errors(&config);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(errors[0].starts_with(name) && errors[0].contains(says), "{}", errors[0]);
        assert_eq!(folder.plan(&config).expect_err("an error")[0].kind(), IngestErrorKind::Unreadable);
        config.on_unreadable = OnUnreadable::Quarantine;
        assert_eq!(folder.plan(&config).expect("a plan").unreadable.len(), 1);
    }
}

#[test]
fn of_a_folder_of_crawls_the_right_kind_is_read() {
    let folder = Folder::new();
    folder.write("cc/a.warc.gz", gzip(&warc(&["warcinfo", "request", "response"])));
    folder.write("cc/a.warc.wat.gz", gzip(&warc(&["warcinfo", "metadata"])));
    folder.write("cc/a.warc.wet.gz", gzip(&warc(&["warcinfo", "conversion"])));
    folder.write("cc/b", gzip(&warc(&["response"])));
    folder.write("cc/cdx-0.gz", gzip(b"example,a)/ 2024 {\"url\": 1}\n"));
    folder.write("cc/site.wacz", "PK\x03\x04rest");
    let mut config = folder.config("cc");
    let names = |config: &InputConfig| {
        let plan = folder.plan(config).expect("a plan");
        (plan.shards.into_iter().map(|shard| shard.name).collect::<Vec<_>>(), plan.notes.join("\n"))
    };
    config.format = Some(Format::Warc);
    let (read, notes) = names(&config);
    assert_eq!(read, ["a.warc.gz", "b"]);
    for name in ["a.warc.wat.gz", "a.warc.wet.gz", "cdx-0.gz", "site.wacz", "WAT", "WACZ"] {
        assert!(notes.contains(name), "{name} in {notes}");
    }
    config.format = Some(Format::Wet);
    assert_eq!(names(&config).0, ["a.warc.wet.gz"]);
    config.paths = vec![folder.path("cc/*.gz")];
    assert_eq!(names(&config).0, ["a.warc.wet.gz"]);
    config.paths = vec![folder.path("cc/site.wacz")];
    let reasons: Vec<_> = config.check().iter().map(ToString::to_string).collect();
    assert!(reasons[0].contains("unpack it"), "{reasons:?}");
}

#[test]
fn special_files_are_left_out_or_refused_and_nothing_hangs() {
    let folder = Folder::new();
    folder.write("in/a.jsonl", lines(0, 2));
    folder.write("x.jsonl/part-0.jsonl", lines(0, 2));
    let _socket = std::os::unix::net::UnixListener::bind(folder.path("in/c.jsonl")).expect("a socket");
    let made = std::process::Command::new("mkfifo").arg(folder.path("in/b.jsonl")).status().expect("mkfifo");
    assert!(made.success());
    for paths in ["in", "in/*.jsonl", "in/*"] {
        let plan = folder.plan(&folder.config(paths)).expect("a plan");
        assert_eq!(plan.shards.len(), 1, "{paths}");
        let notes = plan.notes.join("\n");
        assert!(
            notes.contains("it is a named pipe): b.jsonl") && notes.contains("it is a socket): c.jsonl"),
            "{notes}"
        );
    }
    for (path, says) in [
        (folder.path("in/b.jsonl"), "a named pipe"),
        ("-".to_owned(), "standard input"),
        ("/dev/stdin".to_owned(), "standard input"),
        ("/dev/null".to_owned(), "a device"),
    ] {
        let errors = folder.plan(&InputConfig::new(vec![path])).expect_err("refused");
        assert!(errors[0].to_string().contains(says), "{}", errors[0]);
        assert_eq!(errors[0].kind(), IngestErrorKind::Config);
    }
    // A folder that is called like a file is one of Spark's.
    let plan = folder.plan(&folder.config("*.jsonl")).expect("a plan");
    assert_eq!(plan.shards[0].name, "x.jsonl/part-0.jsonl");
    assert_eq!(plan.shards.len(), 1);
}

#[test]
fn links_keep_the_names_that_say_what_they_are() {
    let folder = Folder::new();
    folder.write("hub/blobs/9f86d081884c7d65", some_parquet());
    std::fs::create_dir_all(folder.path("hub/snapshots/abc/data")).expect("folders");
    let link = folder.path("hub/snapshots/abc/data/train-0.parquet");
    std::os::unix::fs::symlink("../../../blobs/9f86d081884c7d65", link).expect("a link");
    for (path, name) in [
        ("hub/snapshots/abc", "data/train-0.parquet"),
        ("hub/**/data/*.parquet", "snapshots/abc/data/train-0.parquet"),
        ("hub", "snapshots/abc/data/train-0.parquet"),
    ] {
        let plan = folder.plan(&folder.config(path)).expect("a plan");
        assert_eq!(plan.shards.iter().map(|shard| shard.name.as_str()).collect::<Vec<_>>(), [name], "{path}");
    }
}

#[test]
fn excluded_files_are_counted_and_patterns_that_take_none_are_named() {
    let folder = Folder::new();
    for name in ["a.jsonl", "b.jsonl", "old/c.jsonl", "old/deep/d.jsonl"] {
        folder.write(name, lines(0, 1));
    }
    let mut config = folder.config("");
    config.exclude = vec!["b.*".to_owned(), "old/".to_owned(), "*.tmp".to_owned()];
    let plan = folder.plan(&config).expect("a plan");
    assert_eq!(plan.shards.iter().map(|shard| shard.name.as_str()).collect::<Vec<_>>(), ["a.jsonl"]);
    assert_eq!(
        plan.notes[..2],
        ["3 input files are left out by `input.exclude`", "`input.exclude`: `*.tmp` matches no input file"]
    );
    config.exclude = vec!["**/*".to_owned()];
    let errors = folder.plan_errors(&config);
    assert!(
        errors[0].contains("nothing there can be read; 4 input files are left out by `input.exclude`"),
        "{errors:?}"
    );
}
