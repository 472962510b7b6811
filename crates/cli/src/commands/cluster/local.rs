//! `textmill cluster local`: starts the processes of a cluster on this machine, shows what they log, starts those that die
//! again, and ends them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use textmill_document::ByteSize;
use textmill_engine::MemoryBudget;

use crate::args::LocalClusterArgs;
use crate::commands::block_on;
use crate::exit::CommandError;
use crate::{Exit, output, signals};

/// Between two looks at the processes, and before a dead one is started again.
const PAUSE: Duration = Duration::from_millis(500);

pub(super) fn run(args: &LocalClusterArgs) -> Result<Exit, CommandError> {
    let mut cluster = Cluster::start(args)?;
    output::data(&format!("df://{}\n", cluster.address))?;
    output::line(&format!("{} executors; textmill run FILE --cluster df://{}", args.executors, cluster.address));
    output::line("Ctrl-C ends them");
    block_on(1, async {
        let mut stop = Box::pin(signals::stop());
        loop {
            tokio::select! {
                () = &mut stop => break Ok(signals::exit()),
                () = tokio::time::sleep(PAUSE) => cluster.look()?,
            }
        }
    })
}

/// The running processes; they end with this.
struct Cluster {
    address: String,
    scheduler: Process,
    executors: Vec<Process>,
    arguments: Vec<String>,
}

impl Cluster {
    fn start(args: &LocalClusterArgs) -> Result<Self, CommandError> {
        let port = args.port.to_string();
        let (scheduler, address) = Process::scheduler(&port)?;
        let executors = usize::from(args.executors);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = args.threads.map_or((cores / executors).max(1), usize::from);
        let memory = args.memory.unwrap_or(ByteSize(MemoryBudget::new(None).bytes() / executors as u64));
        let mut arguments = vec![
            format!("--scheduler={address}"),
            format!("--threads={threads}"),
            format!("--memory={}", memory.bytes()),
        ];
        arguments.extend(args.work_dir.iter().map(|folder| format!("--work-dir={}", folder.display())));
        let mut cluster = Self { address, scheduler, executors: Vec::new(), arguments };
        for number in 1..=executors {
            cluster.executors.push(Process::executor(number, &cluster.arguments)?);
        }
        Ok(cluster)
    }

    /// Starts dead executors again. Without its scheduler there is no cluster.
    fn look(&mut self) -> Result<(), CommandError> {
        if let Some(status) = self.scheduler.ended()? {
            return Err(CommandError::Process { name: self.scheduler.name.clone(), status });
        }
        for (number, executor) in (1..).zip(&mut self.executors) {
            if let Some(status) = executor.ended()? {
                output::warning(&format!("{} ended ({status}); it is started again", executor.name));
                *executor = Process::executor(number, &self.arguments)?;
            }
        }
        Ok(())
    }
}

/// A process of the cluster.
struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// A scheduler, and the address that it prints.
    fn scheduler(port: &str) -> Result<(Self, String), CommandError> {
        let mut process = Self::spawn("scheduler".to_owned(), &["scheduler", "--port", port])?;
        let mut line = String::new();
        if let Some(stdout) = process.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|error| not_started(&error))?;
        }
        match line.trim().strip_prefix("df://") {
            Some(address) => Ok((process, address.to_owned())),
            None => {
                let status = process.child.wait().map_err(|error| not_started(&error))?.to_string();
                Err(CommandError::Process { name: process.name.clone(), status })
            }
        }
    }

    fn executor(number: usize, arguments: &[String]) -> Result<Self, CommandError> {
        let arguments: Vec<&str> = std::iter::once("executor").chain(arguments.iter().map(String::as_str)).collect();
        Self::spawn(format!("executor {number}"), &arguments)
    }

    fn spawn(name: String, arguments: &[&str]) -> Result<Self, CommandError> {
        let program = std::env::current_exe().map_err(|error| not_started(&error))?;
        let mut command = Command::new(program);
        command.arg("cluster").args(arguments).arg("--exit-with-parent");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| not_started(&error))?;
        if let Some(stderr) = child.stderr.take() {
            let name = name.clone();
            std::thread::spawn(move || forward(&name, stderr));
        }
        Ok(Self { name, child })
    }

    fn ended(&mut self) -> Result<Option<String>, CommandError> {
        let ended = self.child.try_wait().map_err(|error| not_started(&error))?;
        Ok(ended.map(|status| status.to_string()))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that ended by itself is none to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn not_started(error: &std::io::Error) -> CommandError {
    CommandError::Threads(format!("a process of the cluster: {error}"))
}

/// Shows the lines of a process with its name before them.
fn forward(name: &str, lines: impl Read) {
    for line in BufReader::new(lines).lines().map_while(Result::ok) {
        output::line(&format!("[{name}] {line}"));
    }
}
