//! A temporary folder, a command runner and small corpora.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A temporary folder that can run `textmill` inside itself.
pub struct Dir(tempfile::TempDir);

/// What a finished command printed.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(path);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("folders can be made");
        fs::write(&path, content).expect("the file can be written");
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_textmill"));
        command.args(args).current_dir(self.path()).env_remove("TEXTMILL_OUTPUT").env("TEXTMILL_LOG", "warn");
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("textmill starts"))
    }

    /// Runs and expects success.
    pub fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "textmill {args:?} failed\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs, expects success and parses standard output.
    pub fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args).stdout).expect("JSON on standard output")
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("textmill starts")
    }

    /// Starts a run into `output`, kills it once it has a plan, and leaves what it has written.
    pub fn killed_run(&self, args: &[&str], output: &str) {
        let mut child = self.spawn(args);
        let deadline = Instant::now() + Duration::from_mins(1);
        while !self.join(output).join("_textmill/plan").exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(100));
        child.kill().ok();
        child.wait().expect("the child ends");
    }

    /// The first file of a dataset.
    pub fn first_file(&self, dataset: &str) -> PathBuf {
        files(&self.join(dataset)).into_iter().next().expect("a file").1
    }

    /// Names of the columns of a dataset's first file.
    pub fn columns(&self, dataset: &str) -> Vec<String> {
        let file = fs::File::open(self.first_file(dataset)).expect("the file can be opened");
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
        reader.schema().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Digest of the published content of `output`.
    pub fn digest(&self, output: &str) -> String {
        let report = self.json(&["verify", output, "--format", "json"]);
        assert_eq!(report["complete"], true, "{report}");
        report["digest"].as_str().expect("a digest").to_owned()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The checkout that this test runs in. Asked for at run time: checkouts share compiled tests.
pub fn repository() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).expect("cargo says where the package is")
}

/// Folder of the development data, or `None` with a line that says the test is skipped.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TEXTMILL_DATA").map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("SKIPPED {test}: no development data at {} (set TEXTMILL_DATA)", root.display());
    None
}

/// A generator of reproducible pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

const WORDS: [&str; 24] = [
    "the", "river", "of", "morning", "light", "and", "stone", "to", "walk", "with", "quiet", "that", "have", "garden",
    "window", "be", "letter", "under", "bridge", "summer", "between", "paper", "voice", "road",
];

/// One English-looking document of about `words` words.
pub fn prose(random: &mut Random, words: u64) -> String {
    let mut text = String::new();
    for word in 0..words {
        let end = if word % 12 == 11 { ".\n" } else { " " };
        let pick = WORDS[random.below(WORDS.len() as u64) as usize];
        write!(text, "{pick}{end}").expect("strings take text");
    }
    text
}

/// JSONL with `documents` documents of several kinds: long and short English, Chinese, symbols.
pub fn jsonl(seed: u64, documents: u64) -> String {
    let mut random = Random(seed);
    let mut lines = String::new();
    for number in 0..documents {
        let text = match random.below(8) {
            0 => "too short to keep".to_owned(),
            1 => "今天的天气很好，我们一起去公园散步，看见许多花开了。".repeat(1 + random.below(9) as usize),
            2 => "# # # ... ... ###\n".repeat(40),
            3 => format!("\u{feff}\u{3000}{}\u{200b}\r\n", prose(&mut random, 90)),
            _ => {
                let words = 60 + random.below(300);
                prose(&mut random, words)
            }
        };
        let line =
            serde_json::json!({"id": format!("doc-{seed}-{number}"), "text": text, "source": format!("s{}", seed % 3)});
        writeln!(lines, "{line}").expect("strings take text");
    }
    lines
}

/// A pipeline with every stage: normalise, identify, branch by language, filter English.
pub const PIPELINE: &str = "\
version: 1
name: test
input:
  paths: [\"in/*\"]
  columns: {id: id, text: text, source: source}
stages:
  - id: clean
    run: {normalize: {}}
  - id: language
    run: {language_id: {}}
  - id: english
    run: {keep_where: \"language = 'en'\"}
  - id: other
    inputs: [language]
    run: {keep_where: \"language <> 'en' AND language_score >= 0.2\"}
  - id: rules
    inputs: [english]
    run: {filter: {use: [gopher_quality]}}
output:
  path: out
  inputs: [rules, other]
  columns: [id, text as content, source, language, language_score]
  dropped: all
";

/// A folder with `shards` JSONL shards of `documents` documents each and [`PIPELINE`].
pub fn corpus(shards: u64, documents: u64) -> Dir {
    let dir = Dir::new();
    for shard in 0..shards {
        dir.write(&format!("in/part-{shard:03}.jsonl"), jsonl(shard, documents));
    }
    dir.write("pipeline.yaml", PIPELINE);
    dir
}

/// Whether `output` holds a plan. A kill may leave the folder of the plans, or a plan under its temporary name.
pub fn is_planned(dir: &Dir, output: &str) -> bool {
    files(&dir.join(output).join("_textmill/plan"))
        .iter()
        .any(|(_, path)| path.extension().is_some_and(|of| of == "json"))
}

/// Every file below `folder`, sorted, with its path from there.
pub fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(String, PathBuf)>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, root, found);
            } else {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                found.push((name, path));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}
