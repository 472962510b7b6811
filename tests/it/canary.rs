//! Secrets that must be seen nowhere: set in the environment of every process of a test, and looked for in everything
//! that these processes print, write, or show of themselves.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::util::{Ran, files};

/// Variables and their secrets.
pub struct Canaries(Vec<(&'static str, String)>);

impl Canaries {
    /// Credentials of S3. The secrets are of the shape of real ones, with characters that need encoding in URLs.
    pub fn s3() -> Self {
        Self(vec![
            ("AWS_ACCESS_KEY_ID", "AKIACANARYCANARY0001".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "canary/secret+key0002canary/secret+key02".to_owned()),
            ("AWS_SESSION_TOKEN", "canarytoken0003//+==canarytoken0003".to_owned()),
        ])
    }

    /// One more.
    pub fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.0.retain(|(known, _)| *known != variable);
        self.0.push((variable, value.to_owned()));
        self
    }

    pub fn get(&self, variable: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == variable).map(|(_, value)| value.as_str()).expect("a canary")
    }

    /// Gives a process the secrets, and has it log all that it can.
    pub fn set(&self, command: &mut Command) {
        command.env("RUST_LOG", "trace").env("TEXTMILL_LOG", "trace");
        command.envs(self.0.iter().map(|(name, value)| (*name, value.as_str())));
    }

    /// Runs a command with the secrets and fails if any is seen in its output or on its command line.
    pub fn run(&self, mut command: Command) -> Ran {
        self.set(&mut command);
        let shown = format!("{command:?}");
        let args = shown.rsplit("textmill\"").next().unwrap_or_default().to_owned();
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("textmill starts");
        let pid = child.id();
        let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let out = std::thread::spawn(move || read(&mut out));
        let err = std::thread::spawn(move || read(&mut err));
        let status = loop {
            self.check_process(pid);
            match child.try_wait().expect("a child") {
                Some(status) => break status,
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let (out, err) = (out.join().expect("read"), err.join().expect("read"));
        self.check(&format!("standard output of {args}"), &out);
        self.check(&format!("standard error of {args}"), &err);
        Ran {
            code: status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&out).into_owned(),
            stderr: String::from_utf8_lossy(&err).into_owned(),
        }
    }

    /// Looks at what other users of the machine see of a process.
    pub fn check_process(&self, pid: u32) {
        if let Ok(line) = std::fs::read(format!("/proc/{pid}/cmdline")) {
            self.check(&format!("command line of process {pid}"), &line);
        }
    }

    /// Looks into every file below `folder` whose path `wanted` takes, and at the paths.
    pub fn check_files(&self, folder: &Path, wanted: impl Fn(&str) -> bool) -> usize {
        let found: Vec<_> = files(folder).into_iter().filter(|(name, _)| wanted(name)).collect();
        for (name, path) in &found {
            self.check("a path", name.as_bytes());
            self.check(name, &std::fs::read(path).expect("a file"));
        }
        found.len()
    }

    /// Fails if any secret is in `bytes`: as it is, percent-encoded, with its first or last half only.
    pub fn check(&self, what: &str, bytes: &[u8]) {
        for (name, value) in &self.0 {
            for form in forms(value) {
                let at = bytes.windows(form.len()).position(|window| window == form.as_bytes());
                if let Some(at) = at {
                    let around = String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 80).min(bytes.len())]);
                    panic!("{name} is in {what}: ...{around}...");
                }
            }
        }
    }
}

fn read(from: &mut impl std::io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes).expect("readable");
    bytes
}

/// The forms in which a secret could be shown: user and password of a URL each by itself too.
fn forms(value: &str) -> BTreeSet<String> {
    let inside = value.split_once("://").map_or(value, |(_, rest)| rest.split('@').next().unwrap_or(rest));
    let mut forms = BTreeSet::new();
    for part in std::iter::once(inside).chain(inside.split(':')).filter(|part| part.len() >= 6) {
        let encoded: String = part
            .bytes()
            .map(
                |byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") },
            )
            .collect();
        let half = part.len() / 2;
        forms.extend([part.to_owned(), encoded]);
        if part.len() >= 16 {
            forms.extend([part.chars().take(half).collect(), part.chars().skip(half).collect()]);
        }
    }
    forms
}
