//! Decisions of the URL rules, and the speed and memory of a list of domains.
//!
//! ```text
//! url_filter decide CONFIG.json < URLS       (a JSON string a line; prints the reason or `kept`)
//! url_filter bench DOMAINS [HOSTS]           (files of one domain a line; DOMAINS as in a configuration)
//! ```

use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, BufWriter, Write};
use std::time::Instant;

use textmill_filter::UrlFilterConfig;
use textmill_filter::url::{UrlList, UrlParts, UrlRules};

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["decide", config] => decide(config),
        ["bench", domains] => bench(domains, None),
        ["bench", domains, hosts] => bench(domains, Some(hosts)),
        _ => Err("usage: url_filter decide CONFIG.json < URLS | url_filter bench DOMAINS [HOSTS]".into()),
    }
}

fn decide(config: &str) -> Outcome {
    let config: UrlFilterConfig = serde_json::from_str(&fs::read_to_string(config)?)?;
    let rules = UrlRules::load(&config)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let url: String = serde_json::from_str(&line?)?;
        let found = rules.find(&url, &UrlParts::of(&url));
        writeln!(out, "{}", found.map_or("kept", |found| found.reason.code))?;
    }
    Ok(out.flush()?)
}

fn bench(domains: &str, hosts: Option<&str>) -> Outcome {
    let mut out = io::stdout().lock();
    let black_domains = UrlList { files: vec![domains.to_owned()], entries: vec![] };
    let config = UrlFilterConfig { black_domains, ..UrlFilterConfig::default() };
    let (before, start) = (resident_mb("VmRSS")?, Instant::now());
    let rules = UrlRules::load(&config)?;
    writeln!(out, "domains          {}", rules.domain_count())?;
    writeln!(out, "load             {:.2} s", start.elapsed().as_secs_f64())?;
    writeln!(out, "memory, counted  {:.1} MB", rules.memory_bytes() as f64 / 1e6)?;
    writeln!(
        out,
        "memory, resident {:.1} MB more, {:.1} MB at most",
        resident_mb("VmRSS")? - before,
        resident_mb("VmHWM")?
    )?;
    let Some(hosts) = hosts else { return Ok(()) };

    let listed = fs::read_to_string(hosts)?;
    let mut urls: Vec<String> = listed.lines().step_by(9).map(|host| format!("http://{host}/index.html")).collect();
    shuffle(&mut urls);
    let found = look_up(&mut out, "in the list", &rules, &urls)?;
    writeln!(out, "missed           {}", urls.len() - found)?;
    let exact: HashSet<&str> = listed.lines().collect();
    let clean = |host: &String| UrlParts::of(host).domains().all(|domain| !exact.contains(domain));
    // Near misses: what a listed name becomes with one more letter in front or behind.
    let near = listed.lines().step_by(40).flat_map(|host| [format!("q{host}"), format!("{host}q")]);
    let mut others: Vec<String> = near.filter(clean).map(|host| format!("http://{host}/index.html")).collect();
    shuffle(&mut others);
    let found = look_up(&mut out, "not in the list", &rules, &others)?;
    writeln!(out, "false positives  {found} of {}", others.len())?;
    Ok(())
}

/// Looks up all URLs, parsing included, and prints how many a second, and how many names (a host and
/// every domain above it).
fn look_up(out: &mut impl Write, what: &str, rules: &UrlRules, urls: &[String]) -> io::Result<usize> {
    let names: usize = urls.iter().map(|url| UrlParts::of(url).domains().count()).sum();
    let start = Instant::now();
    let found = urls.iter().filter(|url| black_box(rules.domain_list(&UrlParts::of(url))).is_some()).count();
    let micros = start.elapsed().as_secs_f64() * 1e6;
    let (of_urls, of_names) = (urls.len() as f64 / micros, names as f64 / micros);
    writeln!(out, "look-ups         {of_urls:.2} M URLs/s, {of_names:.2} M names/s, {} URLs {what}", urls.len())?;
    Ok(found)
}

/// The same order every time, but one that no cache foresees.
fn shuffle(urls: &mut [String]) {
    urls.sort_by_cached_key(|url| xxhash_rust::xxh3::xxh3_64(url.as_bytes()));
}

/// A memory figure of this process in megabytes; 0 where the system does not tell.
fn resident_mb(field: &str) -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field)).unwrap_or("0");
    let kib: f64 = line.split_whitespace().nth(1).unwrap_or("0").parse()?;
    Ok(kib * 1024.0 / 1e6)
}
