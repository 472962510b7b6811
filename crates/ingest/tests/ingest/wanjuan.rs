use textmill_ingest::{Format, OtherFields, ReadOptions, document_schema};

use crate::helpers::{Folder, gzip, lines};

const EXAM: &str = r#"{"id": "BkQQ", "q_type": "单选题", "q_main": "下列属于同种物质的是（）", "option_a": "冰和水", "option_b": "红磷和白磷", "option_c": "", "option_d": null, "option_e": "", "std_ans": "A", "answer": "", "answer_detail": "冰是固态的水。", "grade": "九年级", "major": "化学", "keypoint": null}"#;

fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, content.as_bytes()).expect("memory");
    }
    builder.into_inner().expect("memory")
}

#[test]
fn every_file_of_an_archive_is_read_in_order() {
    let folder = Folder::new();
    let long = format!("{}/part.jsonl", "d".repeat(150));
    let no_line_end = "{\"id\": \"x\", \"content\": \"one\"}";
    let more: String = (0..2000).map(|n| format!("{{\"id\": \"m{n}\", \"content\": \"text {n}\"}}\n")).collect();
    let tar = archive(&[("a.jsonl", no_line_end), ("empty.jsonl", ""), (&long, &more), ("b.jsonl", EXAM)]);
    folder.write("part-000001-a894b46e.jsonl.tar.gz", gzip(&tar));
    let read = folder.read("*.tar.gz");
    assert_eq!(read.documents.len(), 2002);
    assert_eq!(read.quarantined, []);
    assert_eq!(read.documents[0].1, ["x", "one"]);
    assert_eq!(read.documents[2000].1, ["m1999", "text 1999"]);
    let exam = "下列属于同种物质的是（）\nA. 冰和水\nB. 红磷和白磷\n答案：A\n解析：冰是固态的水。";
    assert_eq!(read.documents[2001].1, ["BkQQ", exam]);
}

#[test]
fn exam_rows_need_some_text_and_keep_their_other_fields_on_request() {
    let folder = Folder::new();
    let empty = r#"{"id": "e", "q_main": "", "option_a": null}"#;
    folder.write("exam.jsonl", format!("{EXAM}\n{empty}\n{{\"id\": \"c\", \"content\": \"plain\"}}\n"));
    let mut options = ReadOptions::new(folder.config("exam.jsonl"));
    options.input.format = Some(Format::Wanjuan);
    options.input.other_fields = OtherFields::Metadata;
    let read = folder.read_with(&options);
    assert_eq!(read.causes(), [(1, "missing_text")]);
    assert_eq!(read.documents[1].1[1], "plain");
    let metadata = r#"{"q_type":"单选题","grade":"九年级","major":"化学","keypoint":null}"#;
    assert_eq!(read.documents[0].1[2], metadata);
    let schema = document_schema(&options.input);
    let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "text", "metadata"]);
}

#[test]
fn a_damaged_archive_keeps_what_came_before() {
    let folder = Folder::new();
    let content = lines(0, 100).replace("\"text\"", "\"content\"");
    let tar = archive(&[("a.jsonl", &content), ("b.jsonl", &content)]);
    // The checksum of the second header.
    let mut damaged = tar.clone();
    let second = 512 + content.len().next_multiple_of(512);
    damaged[second + 148] ^= 1;
    folder.write("a.jsonl.tar.gz", gzip(&damaged));
    let read = folder.read("a.jsonl.tar.gz");
    assert_eq!(read.documents.len(), 100, "there is no third header");
    assert_eq!(read.causes(), [(100, "malformed"), (101, "malformed")]);
    // Cut inside the second file: its first lines are kept, the cut line is quarantined.
    folder.write("a.jsonl.tar.gz", gzip(&tar[..second + 512 + 100]));
    let read = folder.read("a.jsonl.tar.gz");
    assert_eq!((read.documents.len(), read.causes()), (102, vec![(102, "truncated")]));
    let packed = gzip(&tar);
    folder.write("a.jsonl.tar.gz", &packed[..packed.len() - 4]);
    let read = folder.read("a.jsonl.tar.gz");
    assert_eq!((read.documents.len(), read.causes()), (200, vec![(200, "truncated")]));
}
