//! A scheduler and executors as processes that can be killed and started again.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::util::Dir;

/// A cluster whose processes end with it.
pub struct Cluster {
    pub url: String,
    pub scheduler: Child,
    pub executors: Vec<Child>,
    environment: Vec<(String, String)>,
    folder: std::path::PathBuf,
    started: usize,
}

impl Cluster {
    /// A scheduler and `executors` executors of one thread each, started in `dir`.
    pub fn start(dir: &Dir, executors: usize, environment: &[(String, String)]) -> Self {
        let environment = environment.to_vec();
        let folder = dir.path().to_owned();
        let mut scheduler = spawn(&folder, &environment, "scheduler", &["scheduler", "--port", "0"]);
        let url = first_line(scheduler.stdout.take().expect("a pipe"));
        let mut cluster = Self { url, scheduler, executors: Vec::new(), environment, folder, started: 0 };
        for _ in 0..executors {
            cluster.add_executor();
        }
        cluster
    }

    /// Kills the scheduler, if it lives, and starts another at its address.
    pub fn restart_scheduler(&mut self) {
        kill(&mut self.scheduler);
        let port = self.url.rsplit(':').next().expect("a port").to_owned();
        self.scheduler = spawn(&self.folder, &self.environment, "scheduler-again", &["scheduler", "--port", &port]);
        first_line(self.scheduler.stdout.take().expect("a pipe"));
    }

    pub fn add_executor(&mut self) {
        self.started += 1;
        let name = format!("executor-{}", self.started);
        let scheduler = self.url.trim_start_matches("df://");
        let args = ["executor", "--scheduler", scheduler, "--threads", "1", "--memory", "1GiB", "--work-dir", "work"];
        self.executors.push(spawn(&self.folder, &self.environment, &name, &args));
    }

    /// Kills an executor with signal 9.
    pub fn kill_executor(&mut self, index: usize) {
        kill(&mut self.executors.remove(index));
    }

    /// What all its processes logged.
    pub fn log(&self) -> String {
        let mut all = String::new();
        for entry in std::fs::read_dir(self.folder.join("logs")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(entry.path()).unwrap_or_default();
            all.push_str(&format!("--- {}\n{text}\n", entry.file_name().to_string_lossy()));
        }
        all
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.executors.iter_mut().for_each(kill);
        kill(&mut self.scheduler);
    }
}

fn spawn(folder: &std::path::Path, environment: &[(String, String)], name: &str, args: &[&str]) -> Child {
    std::fs::create_dir_all(folder.join("logs")).expect("a folder");
    let log = File::create(folder.join("logs").join(name)).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_textmill"));
    command.arg("cluster").args(args).arg("--exit-with-parent").current_dir(folder);
    command.env("TEXTMILL_LOG", "info").envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command.spawn().expect("textmill starts")
}

pub fn kill(child: &mut Child) {
    child.kill().ok();
    child.wait().expect("the child ends");
}

/// Asks a process to end.
pub fn terminate(child: &Child) {
    let pid = rustix::process::Pid::from_child(child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it lives");
}

pub fn first_line(stdout: impl Read) -> String {
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("a line");
    assert!(!line.is_empty(), "the process ended without a word");
    line.trim().to_owned()
}

/// Waits until `happened`, at most `patience`.
pub fn wait_until(patience: Duration, mut happened: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < patience {
        if happened() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    false
}
