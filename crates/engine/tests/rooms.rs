//! The floor plan of this crate: its rooms (the folders and files directly below `src`) use each other in one direction
//! only, and no more than three files anywhere use each other in a circle.
//!
//! A use is a path that begins with `crate`, `self` or `super`, in a `use` declaration or inside code. A name that a
//! `mod.rs` or `lib.rs` only passes on leads to the file that has it. Comments and the tests at the end of a file do not
//! count.

#![expect(clippy::string_slice, reason = "places that were found by searching the same text")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Most files that may use each other in a circle.
const LARGEST_CIRCLE: usize = 3;

/// Which files use which.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// The modules of a crate.
struct Modules {
    /// Text of each module, by its path without `crate`: `task::graph`, and an empty one for `lib.rs`.
    texts: BTreeMap<String, String>,
    /// Names that a module passes on, and the full path of each.
    passed_on: BTreeMap<String, BTreeMap<String, String>>,
}

impl Modules {
    fn new(texts: BTreeMap<String, String>) -> Self {
        let mut modules = Self { texts, passed_on: BTreeMap::new() };
        for (module, text) in &modules.texts {
            let mut names = BTreeMap::new();
            for path in
                declarations(text).into_iter().filter(|(is_public, _)| *is_public).flat_map(|(_, tree)| expand(&tree))
            {
                let (path, name) = match path.split_once(" as ") {
                    Some((path, name)) => (path.to_owned(), name.to_owned()),
                    None => (path.clone(), last(&path)),
                };
                if let Some(full) = modules.absolute(module, &path) {
                    names.insert(name, full);
                }
            }
            modules.passed_on.insert(module.clone(), names);
        }
        modules
    }

    /// `path` as it is seen in `module`, without `crate`; none where it leads out of the crate.
    fn absolute(&self, module: &str, path: &str) -> Option<String> {
        let mut parts = path.split("::").peekable();
        let mut at: Vec<&str> = match parts.next()? {
            "crate" => Vec::new(),
            "self" => split(module),
            "super" => parent(module),
            // In `mod.rs`, and only there, a child needs no `self`.
            child if self.texts.contains_key(&join(module, child)) => [split(module), vec![child]].concat(),
            _ => return None,
        };
        while parts.next_if_eq(&"super").is_some() {
            at.pop();
        }
        at.extend(parts);
        Some(at.join("::"))
    }

    /// The module that has what `path` (without `crate`) names.
    fn owner(&self, path: &str) -> String {
        let mut module = String::new();
        let mut rest = split(path).into_iter();
        while let Some(part) = rest.next() {
            if self.texts.contains_key(&join(&module, part)) {
                module = join(&module, part);
                continue;
            }
            return match self.passed_on.get(&module).and_then(|names| names.get(part)) {
                Some(full) if full != path => {
                    let tail: Vec<&str> = std::iter::once(full.as_str()).chain(rest).collect();
                    self.owner(&tail.join("::"))
                }
                _ => module,
            };
        }
        module
    }

    /// Which modules each module uses. What it only passes on is no use.
    fn uses(&self) -> Uses {
        let of = |(module, text): (&String, &String)| {
            let declared = declarations(text).into_iter().filter(|(is_public, _)| !is_public);
            let paths = declared.flat_map(|(_, tree)| expand(&tree)).chain(inline(text));
            let owners = paths.filter_map(|path| {
                let path = path.split(" as ").next().unwrap_or_default().to_owned();
                Some(self.owner(&self.absolute(module, &path)?))
            });
            (module.clone(), owners.filter(|owner| owner != module).collect())
        };
        self.texts.iter().map(of).collect()
    }
}

fn split(path: &str) -> Vec<&str> {
    path.split("::").filter(|part| !part.is_empty()).collect()
}

fn join(module: &str, part: &str) -> String {
    if module.is_empty() { part.to_owned() } else { format!("{module}::{part}") }
}

fn parent(module: &str) -> Vec<&str> {
    let mut parts = split(module);
    parts.pop();
    parts
}

fn last(path: &str) -> String {
    path.rsplit("::").next().unwrap_or_default().to_owned()
}

/// `text` without comments and without the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The `use` declarations of `text`: whether each passes its names on, and what stands between `use` and `;`.
fn declarations(text: &str) -> Vec<(bool, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].lines().next_back().unwrap_or_default().trim();
        let starts = at == 0 || rest[..at].ends_with('\n') || before.starts_with("pub");
        rest = &rest[at + "use ".len()..];
        if starts && let Some((tree, after)) = rest.split_once(';') {
            found.push((before.starts_with("pub"), tree.split_whitespace().collect::<Vec<_>>().join(" ")));
            rest = after;
        }
    }
    found
}

/// The paths of a tree of a `use` declaration: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some((before, inside)) = tree.split_once('{') else { return vec![tree.trim().to_owned()] };
    let inside = inside.rsplit_once('}').map_or(inside, |(inside, _)| inside);
    let mut paths = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, letter) in inside.char_indices().chain([(inside.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let branch = inside[from..at].trim();
                paths.extend(expand(branch).into_iter().filter(|path| !path.is_empty()).map(
                    |path| match path.as_str() {
                        "self" => before.trim().trim_end_matches("::").to_owned(),
                        _ => format!("{}{path}", before.trim()),
                    },
                ));
                from = at + 1;
            }
            _ => {}
        }
    }
    paths
}

/// The paths inside code that begin with `crate::` or `super::`, such as `crate::layout::plan(1)`.
fn inline(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in text.match_indices(start) {
            let is_path = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
            if at > 0 && text[..at].ends_with(is_path) {
                continue;
            }
            let end = text[at..].find(|letter| !is_path(letter)).map_or(text.len(), |length| at + length);
            let path = text[at..end].trim_end_matches(':');
            // In a `use` declaration with braces it is only the beginning.
            if path.contains("::") {
                found.push(path.to_owned());
            }
        }
    }
    found
}

/// Everything that can be reached from `start`.
fn reached<'a>(uses: &'a Uses, start: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for next in uses.get(at).into_iter().flatten() {
            if reached.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    reached
}

/// The circles: sets of two and more, each of which reaches all others.
fn circles(uses: &Uses) -> BTreeSet<BTreeSet<&str>> {
    let all: BTreeMap<&str, BTreeSet<&str>> =
        uses.keys().map(|module| (module.as_str(), reached(uses, module))).collect();
    let circle = |module: &&str| -> BTreeSet<&str> {
        all.keys().filter(|other| all[*module].contains(**other) && all[**other].contains(*module)).copied().collect()
    };
    all.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}

/// The rooms and which of them use which.
fn rooms(uses: &Uses) -> Uses {
    let room = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let mut rooms = Uses::new();
    for (module, used) in uses {
        let others = used.iter().map(|used| room(used)).filter(|used| *used != room(module));
        rooms.entry(room(module)).or_default().extend(others);
    }
    rooms
}

fn read(folder: &Path, module: &str, texts: &mut BTreeMap<String, String>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().expect("a name").to_str().expect("Unicode");
        if path.is_dir() {
            read(&path, &join(module, name), texts);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests" {
            let of = if matches!(name, "mod" | "lib") { module.to_owned() } else { join(module, name) };
            texts.insert(of, code(&fs::read_to_string(&path).expect("readable")));
        }
    }
}

fn engine() -> Modules {
    let mut texts = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut texts);
    Modules::new(texts)
}

#[test]
fn rooms_use_each_other_in_one_direction() {
    let uses = engine().uses();
    let rooms = rooms(&uses);
    assert!(rooms.len() > 8 && rooms["run"].contains("publish"), "the rooms are not found: {rooms:#?}");
    let circles = circles(&rooms);
    assert!(circles.is_empty(), "rooms in a circle: {circles:#?}\nof {rooms:#?}");
}

#[test]
fn no_more_than_three_files_use_each_other() {
    let uses = engine().uses();
    assert!(uses["task::run_task"].contains("task::context"), "uses are not found: {uses:#?}");
    let circles = circles(&uses);
    let large: Vec<_> = circles.iter().filter(|circle| circle.len() > LARGEST_CIRCLE).collect();
    assert!(large.is_empty(), "{large:#?}");
}

#[test]
fn circles_are_found_through_names_that_are_passed_on() {
    let texts = [
        ("", "mod a;\nmod b;\npub use a::{Thing, part::Other as Renamed};\n"),
        ("a", "mod part;\npub(crate) use self::part::Other;\nuse crate::b;\n"),
        ("a::part", "use std::fmt;\nuse super::super::b::{self, deep::{One, Two}};\n"),
        ("b", "fn f() { crate::Renamed::new() }\n"),
        ("c", "// use crate::a::Thing;\n"),
    ];
    let texts = texts.map(|(module, text)| (module.to_owned(), code(text)));
    let uses = Modules::new(texts.into_iter().collect()).uses();
    let used = |module: &str| uses[module].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(used("a"), ["b"]);
    assert_eq!(used("a::part"), ["b"]);
    assert_eq!(used("b"), ["a::part"]);
    assert!(used("c").is_empty() && used("").is_empty());
    assert_eq!(circles(&uses), BTreeSet::from([BTreeSet::from(["a::part", "b"])]));
    assert_eq!(circles(&rooms(&uses)), BTreeSet::from([BTreeSet::from(["a", "b"])]));
}
