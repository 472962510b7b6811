//! Processes of a cluster are killed while it works.

use std::process::Child;
use std::time::{Duration, Instant};

use super::processes::{Cluster, kill, wait_until};
use super::{doubled, pipeline};
use crate::util::{Dir, Random, files, is_planned};

/// Longest time that a run may take to say that it cannot go on.
const NO_HANG: Duration = Duration::from_mins(1);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Victim {
    /// One executor, when some tasks are committed.
    Mapping,
    /// One executor, while the driver takes sorted keys.
    Sorting,
    Executors,
    Scheduler,
    Driver,
}

const ALL: [Victim; 5] = [Victim::Mapping, Victim::Sorting, Victim::Executors, Victim::Scheduler, Victim::Driver];

/// Tasks of all phases that are committed.
fn committed(dir: &Dir) -> usize {
    files(&dir.join("out/_textmill/tasks")).len()
}

fn driver(dir: &Dir, cluster: &Cluster) -> Child {
    let log = std::fs::File::create(dir.join("logs/driver")).expect("a file");
    let mut command =
        dir.command(&["run", "pipeline.yaml", "--cluster", &cluster.url, "--cluster-patience-secs", "20"]);
    command.stdout(std::process::Stdio::null()).stderr(log).spawn().expect("textmill starts")
}

/// Waits for the moment, kills, and starts again what a person would.
fn strike(dir: &Dir, cluster: &mut Cluster, run: &mut Child, victim: Victim, random: &mut Random) {
    let tasks = files(&dir.join("in")).len();
    let moment = match victim {
        Victim::Sorting => tasks,
        _ => random.below(tasks as u64) as usize,
    };
    let reached = |run: &mut Child| committed(dir) >= moment || run.try_wait().expect("can be asked").is_some();
    wait_until(Duration::from_mins(3), || reached(run));
    std::thread::sleep(Duration::from_millis(random.below(300)));
    match victim {
        Victim::Mapping | Victim::Sorting => {
            let index = random.below(cluster.executors.len() as u64) as usize;
            cluster.kill_executor(index);
            cluster.add_executor();
        }
        Victim::Executors => {
            while !cluster.executors.is_empty() {
                cluster.kill_executor(0);
            }
            std::thread::sleep(Duration::from_millis(random.below(3000)));
            (0..3).for_each(|_| cluster.add_executor());
        }
        Victim::Scheduler => {
            kill(&mut cluster.scheduler);
            std::thread::sleep(Duration::from_millis(random.below(3000)));
            cluster.restart_scheduler();
        }
        Victim::Driver => kill(run),
    }
}

/// Runs once with a kill in between, and again until it is done.
fn round(dir: &Dir, cluster: &mut Cluster, victim: Victim, seed: u64) -> String {
    let mut random = Random(seed);
    let mut run = driver(dir, cluster);
    strike(dir, cluster, &mut run, victim, &mut random);
    let struck = Instant::now();
    for attempt in 0..5 {
        let before = committed(dir);
        let ended = wait_until(Duration::from_mins(4), || run.try_wait().expect("can be asked").is_some());
        let log = std::fs::read_to_string(dir.join("logs/driver")).unwrap_or_default();
        assert!(ended, "{victim:?}, seed {seed}: hangs after {:?}\n{log}\n{}", struck.elapsed(), cluster.log());
        let status = run.wait().expect("ends");
        if status.success() {
            return dir.digest("out");
        }
        let killed = victim == Victim::Driver && attempt == 0;
        let code = status.code();
        assert!(killed || code == Some(6), "{victim:?}, seed {seed}: {status}\n{log}\n{}", cluster.log());
        assert!(killed || log.contains("resumes the run"), "{log}");
        if is_planned(dir, "out") {
            assert_eq!(dir.run(&["verify", "out"]).code, 0, "damage after a kill");
        }
        assert!(committed(dir) >= before, "committed tasks are gone");
        run = driver(dir, cluster);
    }
    panic!("{victim:?}, seed {seed}: not done after five attempts\n{}", cluster.log())
}

fn chaos(dir: &Dir, seeds: std::ops::Range<u64>, victims: &[Victim]) {
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let expected = dir.digest("local");
    let mut cluster = Cluster::start(dir, 3, &[]);
    for seed in seeds {
        for victim in victims {
            assert_eq!(round(dir, &mut cluster, *victim, seed), expected, "{victim:?}, seed {seed}: other bytes");
            std::fs::remove_dir_all(dir.join("out")).expect("the output can be removed");
        }
    }
}

#[test]
fn an_executor_that_dies_costs_no_document() {
    chaos(&doubled(8, 500), 1..2, &[Victim::Mapping]);
}

#[test]
#[ignore = "takes minutes: every process is killed at five moments (scripts/test --long)"]
fn whoever_dies_the_bytes_are_the_same() {
    chaos(&doubled(12, 1500), 0..5, &ALL);
}

#[test]
#[ignore = "takes a minute: nothing is started again (scripts/test --long)"]
fn a_cluster_that_is_gone_is_given_up_within_a_minute() {
    let dir = doubled(12, 1500);
    for scheduler_too in [false, true] {
        let mut cluster = Cluster::start(&dir, 2, &[]);
        let mut run = driver(&dir, &cluster);
        wait_until(Duration::from_mins(1), || committed(&dir) > 0);
        if scheduler_too {
            kill(&mut cluster.scheduler);
        }
        while !cluster.executors.is_empty() {
            cluster.kill_executor(0);
        }
        let ended = wait_until(NO_HANG, || run.try_wait().expect("can be asked").is_some());
        let log = std::fs::read_to_string(dir.join("logs/driver")).unwrap_or_default();
        assert!(ended, "hangs\n{log}");
        assert_eq!(run.wait().expect("ends").code(), Some(6), "{log}");
    }
    dir.ok(&["run", "pipeline.yaml"]);
}

/// A split on which every executor dies: the test kills whoever begins it.
fn poison(dir: &Dir, cluster: &mut Cluster, key: &str) -> (Child, usize) {
    let mut deaths = 0;
    // Those of an earlier run stay until the output is published.
    let marks = || files(&dir.join("out/_textmill/attempts"));
    let mut seen: std::collections::BTreeSet<String> = marks().into_iter().map(|(name, _)| name).collect();
    let mut run = driver(dir, cluster);
    wait_until(Duration::from_mins(3), || {
        for (name, path) in marks() {
            // A mark that is being written is none yet.
            if name.contains(key) && !textmill_store::is_temporary(&name) && seen.insert(name) {
                let port = std::fs::read_to_string(path).unwrap_or_default();
                let port = port.trim().rsplit(':').next().expect("a port").to_owned();
                let index = cluster.executors.iter().position(|child| listens(child.id(), &port));
                cluster.kill_executor(index.expect("the executor lives"));
                cluster.add_executor();
                deaths += 1;
            }
        }
        run.try_wait().expect("can be asked").is_some()
    });
    (run, deaths)
}

/// Whether the executor with this process listens on `port`: its work folder is named after both.
fn listens(pid: u32, port: &str) -> bool {
    let command = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let folder = format!("-{pid}-{port}");
    command
        .filter_map(|entry| std::fs::read_link(entry.path()).ok())
        .map(|path| path.to_string_lossy().into_owned())
        .any(|path| path.contains("textmill-executor-") && path.contains(&folder))
}

/// Key of the task that reads `name`, out of the plan of a finished run.
fn key_of(dir: &Dir, output: &str, name: &str) -> String {
    let (_, plan) = files(&dir.join(output).join("_textmill/plan")).pop().expect("a plan");
    let plan: serde_json::Value = serde_json::from_slice(&std::fs::read(plan).unwrap()).unwrap();
    let tasks = plan["body"]["tasks"].as_array().expect("tasks").clone();
    let task =
        tasks.iter().find(|task| task["work"]["split"]["shard"]["name"].as_str().is_some_and(|of| of.contains(name)));
    task.expect("a task for it")["key"].as_str().expect("a key").to_owned()
}

#[test]
#[ignore = "takes minutes: dead executors are noticed after 17 s each (scripts/test --long)"]
fn a_split_that_kills_every_executor_is_given_up_and_the_others_go_on() {
    let dir = doubled(4, 1500);
    let quarantining = pipeline().replace("  paths:", "  on_unreadable: quarantine\n  paths:");
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let key = key_of(&dir, "local", "part-001");
    let mut cluster = Cluster::start(&dir, 2, &[]);
    for (text, code, said) in [(pipeline(), 4, "is given up"), (quarantining, 3, "1 whole shard(s)")] {
        dir.write("pipeline.yaml", text);
        let (mut run, deaths) = poison(&dir, &mut cluster, &key);
        let log = std::fs::read_to_string(dir.join("logs/driver")).unwrap_or_default();
        assert_eq!(run.wait().expect("ends").code(), Some(code), "{log}\n{}", cluster.log());
        assert_eq!(deaths, 4, "{log}");
        assert!(log.contains(said), "{log}");
    }
    assert_eq!(dir.json(&["verify", "out", "--format", "json"])["complete"], true);
}
