//! What has the form of an e-mail address and is code: package versions, image names, units, method calls, remotes.

use std::ops::Range;

use super::context;
use super::domain::Host;

/// Kinds of units of systemd (systemd.unit(5)); some of them are top-level domains.
const UNITS: [&str; 11] =
    ["service", "socket", "device", "mount", "automount", "swap", "target", "path", "timer", "slice", "scope"];
/// Package managers, and what they are told to do with packages.
#[rustfmt::skip]
const MANAGERS: [&str; 18] = [
    "npm", "pnpm", "yarn", "bun", "pip", "pip3", "pipx", "uv", "cargo", "go", "gem", "brew", "conda", "mamba",
    "composer", "deno", "docker", "helm",
];
#[rustfmt::skip]
const ORDERS: [&str; 19] = [
    "install", "i", "add", "get", "update", "upgrade", "remove", "uninstall", "exec", "dlx", "require", "create",
    "init", "publish", "view", "info", "pull", "run", "ci",
];
/// Programs that run a package and need no order.
const RUNNERS: [&str; 4] = ["npx", "bunx", "pnpx", "uvx"];

/// Whether the address at `range`, of `local` and `host`, is none by what it says or by what stands around it.
pub(super) fn is_code(text: &str, range: &Range<usize>, local: &str, host: &Host) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    is_version(before, host)
        || is_image_scale(host)
        || is_unit(host)
        || is_remote(local, after)
        || is_call(before, after)
        || is_package(context::before(text, range.start))
}

/// `pkg@1.2.dev`, `@scope/pkg@v4.dev`, `pkg@latest.beta.io`: no host starts with two numbers, or is called `latest`.
fn is_version(before: &str, host: &Host) -> bool {
    let is_number = |label: &str| {
        let digits = label.strip_prefix('v').unwrap_or(label);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut labels = host.labels();
    let (first, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    let scoped = before.ends_with(['/', '@']);
    is_number(first) && (is_number(second) || scoped) || first == "latest"
}

/// `icon@2x.ai`: a picture for screens with twice the points.
fn is_image_scale(host: &Host) -> bool {
    let first = host.labels().next().unwrap_or_default();
    host.labels().count() == 2 && matches!(first.as_bytes(), [b'1'..=b'4', b'x'])
}

/// `foo@bar.target`.
fn is_unit(host: &Host) -> bool {
    host.labels().count() == 2 && UNITS.contains(&host.top_level())
}

/// `git@example.org:path`: an account that all share, and the path of a repository.
fn is_remote(local: &str, after: &str) -> bool {
    let path = after.strip_prefix(':').unwrap_or_default();
    local == "git"
        && path.starts_with(|char: char| char.is_ascii_alphanumeric() || matches!(char, '/' | '~' | '_' | '.'))
}

/// `y = a@b.to(device)`: a matrix product in an expression, of which a method is called.
fn is_call(before: &str, after: &str) -> bool {
    let called = after.strip_prefix('(').is_some_and(|inside| inside.starts_with(|char: char| char.is_ascii()));
    if !called {
        return false;
    }
    let head = before.trim_end_matches(' ');
    let in_call = head.strip_suffix('(').is_some_and(|name| name.ends_with(|char: char| char.is_ascii_alphanumeric()));
    let in_expression = head.ends_with(['=', '+', '*', '@']) || context::last_word(head) == "return";
    in_call || in_expression
}

/// Whether a package manager is called on the line, and nothing ended the command.
fn is_package(line: &str) -> bool {
    let mut words = line.split_whitespace().peekable();
    let mut called = false;
    while let Some(word) = words.next() {
        if word.ends_with(['.', ',', ';', ':', '?', '!', ')', '&', '|']) || !word.is_ascii() {
            called = false;
        } else if RUNNERS.contains(&word) {
            called = true;
        } else if MANAGERS.contains(&word) {
            called |= words.peek().is_some_and(|order| ORDERS.contains(order));
        }
    }
    called
}
