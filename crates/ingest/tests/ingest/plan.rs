use textmill_document::ByteSize;
use textmill_ingest::{
    ColumnSource, ColumnType, Columns, Format, IngestError, IngestErrorKind, InputConfig, InputPlan, OnUnreadable,
    ReadOptions, document_schema,
};

use crate::helpers::{Folder, gzip, lines};

fn names(plan: &InputPlan) -> Vec<&str> {
    plan.shards.iter().map(|shard| shard.name.as_str()).collect()
}

fn columns(entries: &[(&str, &str)]) -> Columns {
    Columns::new(entries.iter().map(|(name, from)| ((*name).to_owned(), ColumnSource::string(*from))).collect())
}

#[test]
fn globs_directories_and_odd_names_are_found_in_order() {
    let folder = Folder::new();
    let odd = ["a b.jsonl", "a#1.jsonl", "a%20+.jsonl", "中文/é.jsonl", "x[1].jsonl", "deep/er/z.ndjson", "q.jsonl.gz"];
    for name in odd {
        folder.write(name, if name.ends_with("gz") { gzip(lines(0, 1).as_bytes()) } else { lines(0, 1).into() });
    }
    folder.write("README.md", "no input");
    folder.write(".hidden.jsonl", lines(0, 1));
    folder.write("_state/log.jsonl", lines(0, 1));
    let mut all: Vec<_> = odd.to_vec();
    all.sort_unstable();
    let plan = folder.plan(&folder.config("")).expect("a plan");
    assert_eq!(names(&plan), all);
    assert_eq!(plan.splits.len(), odd.len());
    let matched = |pattern: &str| {
        let plan = folder.plan(&folder.config(pattern)).expect("a plan");
        plan.shards.into_iter().map(|shard| shard.name).collect::<Vec<_>>()
    };
    assert_eq!(matched("a*.jsonl"), ["a b.jsonl", "a#1.jsonl", "a%20+.jsonl"]);
    assert_eq!(matched("**/*.{ndjson,jsonl.gz}"), ["deep/er/z.ndjson", "q.jsonl.gz"]);
    assert_eq!(matched("deep/**/z.*"), ["er/z.ndjson"]);
    assert_eq!(matched("x[1].jsonl"), ["x[1].jsonl"]);
    assert_eq!(matched("a[ #]*.jsonl"), ["a b.jsonl", "a#1.jsonl"]);
    assert_eq!(matched("中文"), ["é.jsonl"]);
    let url = InputConfig::new(vec![format!("file://{}", folder.path("a%20+.jsonl"))]);
    assert_eq!(names(&folder.plan(&url).expect("a plan")), ["a%20+.jsonl"]);
}

#[test]
fn a_file_named_twice_is_read_once_and_names_stay_unique() {
    let folder = Folder::new();
    folder.write("x/part.jsonl", lines(0, 1));
    folder.write("y/part.jsonl", lines(1, 1));
    std::os::unix::fs::symlink(folder.path("x/part.jsonl"), folder.path("y/same.jsonl")).expect("a link");
    let config = InputConfig::new(["x/*.jsonl", "y", "x/part.jsonl", "*/part.jsonl"].map(|p| folder.path(p)).to_vec());
    let plan = folder.plan(&config).expect("a plan");
    assert_eq!(names(&plan), [folder.path("x/part.jsonl"), folder.path("y/part.jsonl")]);
    assert_eq!(plan.notes, ["4 input files are named more than once and are read once"]);
    let mut shuffled = config.clone();
    shuffled.paths.reverse();
    assert_eq!(folder.plan(&shuffled).expect("a plan").splits, plan.splits);
    let json = serde_json::to_string(&plan).expect("serialises");
    assert_eq!(serde_json::from_str::<InputPlan>(&json).expect("parses"), plan);
}

#[test]
fn what_cannot_be_found_or_told_is_an_error_for_each() {
    let folder = Folder::new();
    folder.write("notes.txt", "x");
    let config =
        InputConfig::new(["*.jsonl", "gone.parquet", "a[.jsonl", "notes.txt"].map(|p| folder.path(p)).to_vec());
    assert_eq!(
        folder.plan_errors(&config),
        [
            "input path `*.jsonl` matches no file; check the path (globs: `**`, `*`, `?`, `[..]`, `{a,b}`)",
            "input path `gone.parquet` matches no file; check the path (globs: `**`, `*`, `?`, `[..]`, `{a,b}`)",
            "input path `a[.jsonl`: error parsing glob 'a[.jsonl': unclosed character class; missing ']'",
            "notes.txt: neither its name nor its begin, `x`, tells the format; set `input.format`, or name files .parquet, \
             .jsonl, .warc or .wet (all but .parquet also with .gz, .zst, .bz2 or .xz), or .jsonl.tar.gz",
        ]
    );
    let kinds: Vec<_> = folder.plan(&config).expect_err("errors").iter().map(IngestError::kind).collect();
    assert_eq!(kinds[..2], [IngestErrorKind::Unreadable; 2]);
    assert_eq!(kinds[2..], [IngestErrorKind::Config; 2]);
    let mut forced = folder.config("notes.txt");
    forced.format = Some(Format::Jsonl);
    let plan = folder.plan(&forced).expect("a plan");
    assert_eq!(plan.notes, [format!("{}: none of the first records is a JSON object", folder.path("notes.txt"))]);
}

#[test]
fn a_wrong_mapping_is_one_error_a_file() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"id\": 1, \"content\": \"x\", \"titel\": \"t\", \"n\": \"12\"}\n");
    folder.write("b.jsonl", "{\"id\": 1, \"contents\": \"x\", \"n\": 1.5}\nbroken\n");
    folder.write("c.jsonl", "{\"body\": \"x\", \"title\": null, \"n\": 3}\n");
    let mut config = folder.config("*.jsonl");
    let mut entries =
        vec![("text".to_owned(), ColumnSource::string("body")), ("title".to_owned(), ColumnSource::string("title"))];
    entries.push(("n".to_owned(), ColumnSource::typed("n", ColumnType::Int64)));
    config.columns = Columns::new(entries);
    assert_eq!(
        folder.plan_errors(&config),
        [
            "a.jsonl: column `text` is mapped to field `body`, which is missing in its first record; column `title` is mapped to field \
             `title`, which is missing in its first record (did you mean `titel`?); column `n` is declared as int64, but field `n` is a \
             string; the file has: content, id, n, titel; where files may lack a field, write `{from: NAME, optional: true}`",
            "b.jsonl: column `text` is mapped to field `body`, which is missing in its first 2 records; column `title` is mapped to field \
             `title`, which is missing in its first 2 records; column `n` is declared as int64, but field `n` is a number; the file has: \
             contents, id, n; where files may lack a field, write `{from: NAME, optional: true}`",
        ]
    );
    config.columns = columns(&[("id", "key"), ("text", "content")]);
    let errors = folder.plan_errors(&config);
    assert!(
        errors[1].contains("field `content`, which is missing in its first 2 records (did you mean `contents`?)"),
        "{}",
        errors[1]
    );
    assert_eq!(errors.len(), 3);
}

#[test]
fn contradictions_in_the_section_are_found_without_files() {
    let mut config = InputConfig::new(Vec::new());
    config.columns = Columns::new(vec![("text".to_owned(), ColumnSource::typed("t", ColumnType::Int64))]);
    config.limits.max_decompression_ratio = 0;
    config.limits.max_document_bytes = ByteSize(3 << 30);
    config.split_bytes = ByteSize(0);
    let reasons: Vec<_> = config.check().iter().map(ToString::to_string).collect();
    assert_eq!(
        reasons,
        [
            "input: `paths` is empty; name at least one file, directory or glob",
            "input: column `text` must be a string, not int64; leave its `type` out",
            "input: `limits.max_decompression_ratio` must be at least 1",
            "input: `limits.max_document_bytes` must be above 0 and at most 2 GiB",
            "input: `split_bytes` must be above 0",
        ]
    );
}

#[test]
fn unread_fields_are_noted_and_empty_files_counted() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"text\": \"x\", \"url\": \"u\", \"lang\": \"en\"}\n");
    folder.write("b.jsonl", "");
    let plan = folder.plan(&folder.config("*.jsonl")).expect("a plan");
    assert_eq!((plan.shards.len(), plan.splits.len()), (2, 1));
    assert_eq!(
        plan.notes,
        [
            "1 input file holds no records",
            "fields that are not read: lang, url; declare them in input.columns, or keep them with \
             input.other_fields: metadata",
        ]
    );
}

#[test]
fn a_changed_file_is_refused() {
    let folder = Folder::new();
    let path = folder.write("a.jsonl", lines(0, 3));
    let options = ReadOptions::new(folder.config("a.jsonl"));
    let plan = folder.plan(&options.input).expect("a plan");
    let reread = || folder.try_read(&plan.splits, &options);
    assert_eq!(reread().expect("unchanged").documents.len(), 3);
    folder.write("a.jsonl", lines(3, 3));
    let error = reread().expect_err("another time stamp");
    assert_eq!(error.kind(), IngestErrorKind::Changed);
    assert!(error.to_string().contains("changed since the run was planned"), "{error}");
    std::fs::remove_file(path).expect("removes");
    assert_eq!(reread().expect_err("gone").kind(), IngestErrorKind::Changed);
}

#[test]
fn unreadable_files_fail_the_plan_or_go_to_quarantine() {
    let folder = Folder::new();
    folder.write("a.parquet", "this is no Parquet file at all");
    folder.write("b.jsonl.gz", "this is no gzip file at all, and more than twenty bytes");
    folder.write("c.jsonl", lines(0, 1));
    let mut config = folder.config("*");
    let errors = folder.plan(&config).expect_err("two bad files");
    assert_eq!(errors.iter().map(IngestError::kind).collect::<Vec<_>>(), [IngestErrorKind::Unreadable; 2]);
    assert!(errors[0].to_string().contains("a.parquet: no Parquet file: "), "{}", errors[0]);
    assert!(errors[1].to_string().contains("are no gzip member"), "{}", errors[1]);
    config.on_unreadable = OnUnreadable::Quarantine;
    let plan = folder.plan(&config).expect("a plan");
    assert_eq!(
        plan.unreadable.iter().map(|bad| bad.shard.name.as_str()).collect::<Vec<_>>(),
        ["a.parquet", "b.jsonl.gz"]
    );
    assert_eq!(names(&plan), ["c.jsonl"]);
}

#[test]
fn the_section_is_read_strictly_and_written_back_the_same() {
    let json = r#"{"paths": ["a"], "format": "wanjuan", "columns": {"text": "content",
        "score": {"from": "quality", "type": "float64"}}, "other_fields": "metadata", "split_bytes": "1GiB"}"#;
    let config: InputConfig = serde_json::from_str(json).expect("parses");
    let back = serde_json::to_string(&config).expect("serialises");
    assert_eq!(serde_json::from_str::<InputConfig>(&back).expect("parses"), config);
    let schema = document_schema(&config);
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "text", "score", "metadata"]);
    for (bad, message) in [
        (r#"{"paths": [], "colums": {}}"#, "unknown field `colums`"),
        (r#"{"paths": [], "columns": {"a": 1}}"#, "expected the name of a field, or {from: name"),
        (r#"{"paths": [], "columns": {"a": {"form": "b"}}}"#, "unknown field `form`"),
        (r#"{"paths": [], "columns": {"a": {"from": "b", "type": "int"}}}"#, "unknown variant `int`"),
        (r#"{"paths": [], "columns": {"a": "b", "a": "c"}}"#, "column `a` is declared twice"),
        (r#"{"paths": [], "limits": {"max_bytes": "1B"}}"#, "unknown field `max_bytes`"),
    ] {
        let error = serde_json::from_str::<InputConfig>(bad).expect_err(bad).to_string();
        assert!(error.contains(message), "{error}");
    }
    let schema = serde_json::to_string(&schemars::schema_for!(InputConfig)).expect("serialises");
    assert!(schema.contains("anyOf") && schema.contains("\"split_bytes\""), "{schema}");
}
