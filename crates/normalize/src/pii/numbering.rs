//! Numbers in four parts that count versions, sections or objects, not machines.
//!
//! The word before decides: `version`, `§`, `第`, the name of a program. After a word of networks a number is an address
//! whatever its form. Where the word is only a hint (a name that no list has, `see`), the number has to look like a
//! version as well: every part is small, which one address in four thousand is.

use std::ops::Range;

use super::context::{before, last_word, without_word};
use super::programs;

/// Numbers of a list that are walked back over: `versions 1.2.3.4, 1.2.3.5 and 1.2.3.6`.
const MAX_LISTED: usize = 8;
/// Parts of versions and sections are below this, where the words alone do not say enough.
const SMALL: u8 = 32;
/// Resolvers that everybody writes about by number.
const RESOLVERS: [[u8; 4]; 6] = [[1, 1, 1, 1], [1, 0, 0, 1], [8, 8, 8, 8], [8, 8, 4, 4], [9, 9, 9, 9], [4, 2, 2, 2]];
/// iso.org.dod.internet: the root of all objects of the internet's management (RFC 1155).
const INTERNET_OBJECTS: [u8; 4] = [1, 3, 6, 1];

/// Words after which numbers are versions, sections or objects, in lower case, in the languages of most corpora.
#[rustfmt::skip]
const COUNTED: &[&str] = &[
    "v", "ver", "vers", "version", "versions", "versión", "versão", "versione", "versioni", "versionen", "bản", "chương", "mục", "điều", "versi", "verze", "wersja",
    "sürüm", "rev", "revision", "release", "releases", "build", "firmware", "fw", "upgrade", "upgraded", "hotfix",
    "kernel", "driver", "drivers", "section", "sections", "sec", "sect", "subsection", "chapter", "chapters", "ch",
    "chap", "clause", "clauses", "article", "art", "annex", "appendix", "paragraph", "paragraphs", "para", "par",
    "table", "tables", "tab", "figure", "figures", "fig", "figs", "equation", "eq", "theorem", "lemma", "definition",
    "proposition", "corollary", "requirement", "oid", "oids", "mib", "asn", "abschnitt", "abschnitte", "kapitel",
    "absatz", "abs", "ziffer", "ziff", "punkt", "anhang", "anlage", "tabelle", "abbildung", "abb", "chapitre",
    "paragraphe", "annexe", "tableau", "sección", "seccion", "capítulo", "capitulo", "apartado", "artículo",
    "articulo", "párrafo", "seção", "secção", "artigo", "sezione", "capitolo", "paragrafo", "articolo", "версия",
    "версии", "версию", "версией", "раздел", "раздела", "разделе", "глава", "главе", "главы", "пункт", "пункта",
    "пункте", "параграф", "таблица", "рис", "рисунок", "статья", "статьи", "п",
];
/// The same in scripts without blanks between words.
#[rustfmt::skip]
const COUNTED_UNSPACED: &[&str] = &[
    "版本", "第", "章", "章节", "章節", "条款", "條款", "附录", "附錄", "公式", "定理", "内核", "固件", "驱动", "驅動", "补丁", "升级", "升級", "标准",
    "标识符", "更新日志", "バージョン", "버전", "제", "เวอร์ชัน", "संस्करण", "الإصدار", "إصدار", "نسخة", "גרסה",
];
/// Words before which they are.
const COUNTED_AFTER: &[&str] =
    &["版本", "版", "章", "节", "節", "条", "條", "款", "小节", "バージョン", "버전", "절", "장"];
/// What starts like one of them and is none: nodes, sections of boards.
const NOT_AFTER: &[&str] = &["节点", "節點", "版块", "版權", "条目"];
/// Words after or before which small numbers are.
#[rustfmt::skip]
const HINTS: &[&str] = &[
    "see", "cf", "item", "items", "step", "rule", "part", "page", "example", "ex", "update", "patch", "score",
    "scores", "countdown", "ratio", "rating", "level", "lesson", "unit", "module", "question", "problem", "task",
    "exercise", "series", "beta", "alpha", "rc", "siehe", "vgl", "voir", "véase", "vedi", "см",
];
const HINTS_UNSPACED: &[&str] =
    &["见", "見", "按", "按照", "依据", "根据", "更新", "版", "节", "節", "条", "條", "款", "表", "图", "圖"];

/// Words of networks: what follows is an address.
#[rustfmt::skip]
const NETWORK: &[&str] = &[
    "ip", "ips", "ipv4", "host", "hosts", "hostname", "server", "servers", "dns", "nameserver", "address",
    "addresses", "addr", "gateway", "router", "subnet", "netmask", "network", "net", "client", "clients", "peer",
    "peers", "proxy", "remote", "local", "source", "src", "destination", "dst", "dest", "target", "node", "nodes",
    "endpoint", "url", "uri", "http", "https", "ftp", "sftp", "ssh", "telnet", "rdp", "vnc", "smtp", "imap", "pop3",
    "ntp", "dhcp", "tcp", "udp", "icmp", "vpn", "nat", "wan", "lan", "ping", "traceroute", "nslookup", "dig",
    "whois", "curl", "wget", "connect", "connected", "connecting", "connection", "login", "logged", "bind", "listen",
    "listening", "interface", "port", "inet", "range", "cidr", "block", "blocked", "banned", "ban", "allow", "deny",
    "route", "reach", "resolve", "resolves", "resolved", "resolver", "domain", "site", "website", "machine",
    "computer", "device", "isp", "user", "visitor", "attacker", "reverse", "ptr", "адрес", "сервер", "adresse",
    "dirección", "adresa",
];
const NETWORK_UNSPACED: &[&str] =
    &["地址", "服务器", "伺服器", "主机", "网关", "登录", "访问", "来自", "解析", "代理", "路由器", "サーバー"];
/// Capitalised words that are no names.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "the", "a", "an", "in", "on", "at", "by", "from", "to", "via", "with", "for", "and", "or", "of", "as", "if",
    "when", "while", "then", "this", "that", "it", "is", "was", "use", "using", "try", "visit", "our", "your", "my",
    "i", "we", "he", "she", "they", "please", "contact", "send", "sent", "received", "request", "requests", "get",
    "post", "head", "put", "hello", "dear", "yes", "no", "not", "but", "also", "here", "there", "now", "today",
    "der", "die", "das", "von", "le", "la", "el", "de",
];

/// Whether the number in four parts at `range` is a version, a section or an object, and no address.
pub(super) fn is_numbering(text: &str, range: &Range<usize>, parts: [u8; 4]) -> bool {
    if parts == INTERNET_OBJECTS {
        return true;
    }
    let small = parts.iter().all(|part| *part < SMALL) && !RESOLVERS.contains(&parts);
    let after = text.get(range.end..).unwrap_or_default();
    let head = list_head(text, range.start);
    match said_before(before(text, head)) {
        Said::Network => false,
        Said::Counted => true,
        Said::Hint if small => true,
        _ => counted_after(after) || small && (hint_after(after) || is_heading(before(text, range.start), after)),
    }
}

/// What the words before a number say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Network,
    Counted,
    Hint,
    Nothing,
}

fn said_before(line: &str) -> Said {
    let Before { rest, compared, loose } = Before::of(line);
    let ends_in = |words: &[&str]| words.iter().any(|word| rest.ends_with(word));
    if ends_in(NETWORK_UNSPACED) {
        return Said::Network;
    }
    // `moved MySQL to 93.184.216.34`: a name that does not stand right before the number is a hint only.
    let named = if loose { Said::Hint } else { Said::Counted };
    if rest.ends_with('§') || ends_in(COUNTED_UNSPACED) {
        return Said::Counted;
    }
    if programs::ends_unspaced(rest) {
        return named;
    }
    if ends_in(HINTS_UNSPACED) {
        return Said::Hint;
    }
    let word = last_word(rest);
    let lower = word.to_lowercase();
    let last_part = lower.rsplit('_').next().unwrap_or_default();
    let is_in = |words: &[&str]| words.contains(&last_part);
    let joined = compared || line.ends_with('-') || is_product(line, word);
    if word.is_empty() {
        if compared { Said::Counted } else { Said::Nothing }
    } else if programs::is_name(without_word(rest, word), word) {
        named
    } else if is_in(NETWORK) {
        Said::Network
    } else if is_in(COUNTED) || lower.ends_with("version") || joined && word.contains(char::is_alphabetic) {
        Said::Counted
    } else if is_in(HINTS) || (word.contains(char::is_uppercase) && !is_in(NO_NAMES)) {
        Said::Hint
    } else {
        Said::Nothing
    }
}

/// What stands before a number, without what may stand between a word and its number.
struct Before<'t> {
    rest: &'t str,
    /// A comparison stood between: `torch==2.1.0.1`.
    compared: bool,
    /// A word stood between: `version is`, `updated to`.
    loose: bool,
}

impl<'t> Before<'t> {
    fn of(line: &'t str) -> Self {
        const MARKS: &[char] = &[
            ' ', '\u{a0}', ':', '：', '=', '>', '<', '~', '^', '!', '≥', '≤', '≈', '(', '（', '[', '【', '"', '\'',
            '“', '*', '`', '-', '/', '#',
        ];
        const WORDS: &[&str] = &["is", "was", "are", "to", "from", "of", "no", "nr", "number", "num"];
        const UNSPACED: &[char] = &['为', '是', '到', '至', '号', '號', '码', '数', '从'];
        let mut rest = line.trim_end();
        let compared = ["==", ">=", "<=", "~=", "!=", "^", "~"].iter().any(|sign| rest.ends_with(sign));
        let mut loose = false;
        loop {
            let marked = rest.trim_end_matches(MARKS);
            // An abbreviation has a point (`ver.`, `Sec.`), and so has the end of a sentence.
            let abbreviated =
                marked.strip_suffix('.').filter(|head| (1..=4).contains(&last_word(head).chars().count()));
            let marked = abbreviated.unwrap_or(marked);
            let word = last_word(marked);
            let head = without_word(marked, word);
            let connects = head.ends_with(' ') && WORDS.contains(&word.to_lowercase().as_str());
            let next = if connects { head } else { marked.trim_end_matches(UNSPACED) };
            loose |= next.len() < marked.len();
            if next.len() == rest.len() {
                return Self { rest, compared, loose };
            }
            rest = next;
        }
    }
}

/// `Chrome/119.0.0.0`: the product of a user agent (RFC 9110), and no part of a path.
fn is_product(line: &str, word: &str) -> bool {
    let Some(head) = line.strip_suffix('/').and_then(|line| line.strip_suffix(word)) else { return false };
    !word.is_empty()
        && !head.ends_with(|char: char| !char.is_whitespace() && !matches!(char, '(' | ';' | '"' | ',' | '+'))
}

/// Where the list starts of which the number at `at` is a part.
fn list_head(text: &str, at: usize) -> usize {
    let mut head = at;
    for _ in 0..MAX_LISTED {
        let line = before(text, head);
        let Some(rest) = without_separator(line.trim_end()) else { break };
        let rest = rest.trim_end();
        let number: usize = rest.bytes().rev().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let written = rest.get(rest.len() - number..).unwrap_or_default();
        let alone =
            !rest.get(..rest.len() - number).unwrap_or_default().ends_with(|char: char| char.is_ascii_alphanumeric());
        if !written.contains('.') || !written.starts_with(|char: char| char.is_ascii_digit()) || !alone {
            break;
        }
        head -= line.len() - (rest.len() - number);
    }
    head
}

fn without_separator(line: &str) -> Option<&str> {
    let signs = [",", "，", "、", ";", "；", "/", "&", "-", "–", "~", "和", "与", "或", "及", "至", "到"];
    let words = [" and", " or", " to", " und", " oder", " bis", " et", " ou", " y", " o", " e", " и"];
    let rest = signs.iter().chain(&words).find_map(|separator| line.strip_suffix(separator))?;
    // `1.2.3.4, and 1.2.3.5`.
    Some(rest.trim_end().trim_end_matches([',', '，']))
}

fn counted_after(after: &str) -> bool {
    let after = after.trim_start_matches(' ');
    COUNTED_AFTER.iter().any(|word| after.starts_with(word)) && !NOT_AFTER.iter().any(|word| after.starts_with(word))
}

fn hint_after(after: &str) -> bool {
    let after = after.trim_start_matches(' ');
    let word = after.get(..after.bytes().take_while(u8::is_ascii_alphabetic).count()).unwrap_or_default();
    let lower = word.to_ascii_lowercase();
    ["version", "release", "build", "firmware"].contains(&lower.as_str()) || HINTS.contains(&lower.as_str())
}

/// A line that starts with its number and a title: `3.2.1.4 Overview`, `### 1.2.3.4 概述`.
fn is_heading(line: &str, after: &str) -> bool {
    let title = after.trim_start_matches([' ', '\t', '\u{3000}']);
    let mut chars = title.chars();
    let (first, second) = (chars.next(), chars.next());
    let is_han = |char: char| ('\u{4e00}'..='\u{9fff}').contains(&char);
    let capitalised = title.len() < after.len()
        && first.is_some_and(char::is_uppercase)
        && second.is_some_and(|char| char.is_lowercase() || char.is_whitespace());
    line.chars().all(|char| matches!(char, ' ' | '\t' | '#' | '*')) && (capitalised || first.is_some_and(is_han))
}
