//! The checks on one URL.

use std::borrow::Cow;
use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use textmill_document::Reason;

use super::domains::Domains;
use super::entry::{Line, without_comment};
use super::host::{normal_host, registrable, without_scheme};
use super::list::{self, Loaded};
use super::{StringSet, StringSetBuilder, UrlFilterConfig, UrlList, UrlListError, UrlMatching, UrlParts};

/// The document has no URL.
pub const NO_URL: Reason = Reason { code: "no_url", summary: "the document has no URL" };
/// The registered domain, or one above it, is in a black list.
pub const BLOCKED_DOMAIN: Reason =
    Reason { code: "blocked_domain", summary: "the domain of the URL is in `black_domains`" };
/// A domain below the registered one is in a black list.
pub const BLOCKED_SUBDOMAIN: Reason =
    Reason { code: "blocked_subdomain", summary: "a subdomain of the URL is in `black_domains`" };
/// The host itself is in a list.
pub const BLOCKED_HOST: Reason = Reason { code: "blocked_host", summary: "the host of the URL is in `hosts`" };
/// The URL itself is in a list.
pub const BLOCKED_URL: Reason = Reason { code: "blocked_url", summary: "the URL is in `urls`" };
/// The path starts as one in a list.
pub const BLOCKED_PATH: Reason =
    Reason { code: "blocked_path", summary: "the path of the URL starts with one of `path_prefixes`" };
/// A banned word stands in the URL.
pub const BANNED_URL_WORD: Reason =
    Reason { code: "banned_url_word", summary: "a word of the URL is in `banned_words`" };
/// Too many soft words stand in the URL.
pub const TOO_MANY_SOFT_URL_WORDS: Reason = Reason {
    code: "too_many_soft_url_words",
    summary: "at least `min_soft_words` different words of the URL are in `soft_words`",
};
/// A banned text is in the URL.
pub const BANNED_URL_SUBSTRING: Reason =
    Reason { code: "banned_url_substring", summary: "the URL contains one of `banned_substrings`" };

/// A list of domains. The first of these that has a host decides on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainList {
    /// Kept.
    White,
    /// Dropped.
    Black,
    /// Reported.
    Silver,
    /// Reported.
    Gray,
}

impl DomainList {
    /// Its name in the column `url_list`.
    pub fn name(self) -> &'static str {
        match self {
            Self::White => "white",
            Self::Black => "black",
            Self::Silver => "silver",
            Self::Gray => "gray",
        }
    }
}

/// Why a URL is dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct UrlFinding {
    /// One of the reasons of the stage `url_filter`.
    pub reason: Reason,
    /// The entry that the URL matched.
    pub entry: String,
    /// For soft words: how many different ones.
    pub soft_words: Option<u64>,
}

/// The lists, loaded.
#[derive(Debug, Clone)]
pub struct UrlRules {
    matching: UrlMatching,
    domains: Vec<(DomainList, Domains)>,
    hosts: Domains,
    urls: StringSet,
    path_prefixes: StringSet,
    banned_words: StringSet,
    soft_words: StringSet,
    min_soft_words: u64,
    substrings: Option<Substrings>,
    loaded: Loaded,
}

#[derive(Debug, Clone)]
struct Substrings {
    texts: Vec<String>,
    finder: AhoCorasick,
}

impl UrlRules {
    /// Loads the lists that `config` names.
    pub fn load(config: &UrlFilterConfig) -> Result<Self, UrlListError> {
        let matching = config.matching;
        let mut loaded = Loaded::default();
        let ranked = [
            (DomainList::White, &config.white_domains, "white_domains"),
            (DomainList::Black, &config.black_domains, "black_domains"),
            (DomainList::Silver, &config.silver_domains, "silver_domains"),
            (DomainList::Gray, &config.gray_domains, "gray_domains"),
        ];
        let mut domains = Vec::new();
        for (rank, list, field) in ranked {
            domains.push((rank, Domains::load(list, field, matching, &mut loaded)?));
        }
        let hosts = Domains::load_hosts(&config.hosts, "hosts", matching, &mut loaded)?;
        let url = |entry: &str| match matching {
            UrlMatching::Subdomains => address(entry).map(|entry| comparable_url(entry, matching).to_owned()),
            UrlMatching::Datatrove => Ok(entry.to_owned()),
        };
        Ok(Self {
            matching,
            domains,
            hosts,
            urls: set(&config.urls, "urls", &mut loaded, url)?,
            path_prefixes: set(&config.path_prefixes, "path_prefixes", &mut loaded, path_prefix)?,
            banned_words: set(&config.banned_words, "banned_words", &mut loaded, word)?,
            soft_words: set(&config.soft_words, "soft_words", &mut loaded, word)?,
            min_soft_words: config.min_soft_words,
            substrings: substrings(&config.banned_substrings, &mut loaded)?,
            loaded,
        })
    }

    /// Digests of the files of all lists, in the order of the configuration: part of what decides a result.
    pub fn digests(&self) -> &[String] {
        &self.loaded.digests
    }

    /// Lists with lines that were not understood, and lists without an entry.
    pub fn warnings(&self) -> Vec<String> {
        self.loaded.warnings()
    }

    /// How many entries each list has.
    pub fn notes(&self) -> Vec<String> {
        self.loaded.notes()
    }

    /// Bytes of memory that the lists of domains, hosts, URLs and paths hold.
    pub fn memory_bytes(&self) -> usize {
        let sets = self.urls.memory_bytes() + self.path_prefixes.memory_bytes();
        self.domains.iter().map(|(_, set)| set).chain([&self.hosts]).map(Domains::memory_bytes).sum::<usize>() + sets
    }

    /// Number of entries in the lists of domains.
    pub fn domain_count(&self) -> usize {
        self.domains.iter().map(|(_, set)| set.len()).sum()
    }

    /// The first check that drops `url`, whose parts are `parts`.
    pub fn find(&self, url: &str, parts: &UrlParts<'_>) -> Option<UrlFinding> {
        let found = |reason, entry: &str| Some(UrlFinding { reason, entry: entry.to_owned(), soft_words: None });
        if let Some((DomainList::Black, domain)) = self.domain_list(parts) {
            let below = registrable(&parts.host).is_some_and(|registered| domain.len() > registered.len());
            return found(if below { BLOCKED_SUBDOMAIN } else { BLOCKED_DOMAIN }, domain);
        }
        if self.hosts.contains(&parts.host) {
            return found(BLOCKED_HOST, &parts.host);
        }
        let spelled = comparable_url(url, self.matching);
        if self.urls.contains(spelled.as_bytes()) {
            return found(BLOCKED_URL, spelled);
        }
        if let Some(entry) = self.path_prefix(parts) {
            return found(BLOCKED_PATH, &entry);
        }
        self.find_text(url)
    }

    /// The list that decides on the host, and the shortest of its domains that has the host.
    pub fn domain_list<'a>(&self, parts: &'a UrlParts<'_>) -> Option<(DomainList, &'a str)> {
        let lists = self.domains.iter().filter(|(_, set)| !set.is_empty());
        match self.matching {
            UrlMatching::Subdomains => lists.into_iter().find_map(|(list, set)| Some((*list, set.shortest(parts)?))),
            UrlMatching::Datatrove if parts.rewritten => None,
            UrlMatching::Datatrove => {
                let registered = registrable(&parts.host)?;
                let looked_up = [registered, parts.host.as_ref()];
                lists.into_iter().find_map(|(list, set)| {
                    let domain = looked_up.into_iter().find(|name| set.contains(name))?;
                    Some((*list, domain))
                })
            }
        }
    }

    /// Number of different soft words in `url`.
    pub fn soft_word_count(&self, url: &str) -> u64 {
        self.soft_words_of(&self.cased(url)).len() as u64
    }

    fn find_text(&self, url: &str) -> Option<UrlFinding> {
        let cased = self.cased(url);
        if let Some(word) = url_words(&cased).find(|word| self.banned_words.contains(word.as_bytes())) {
            return Some(UrlFinding { reason: BANNED_URL_WORD, entry: word.to_owned(), soft_words: None });
        }
        let soft = self.soft_words_of(&cased);
        let count = soft.len() as u64;
        if count >= self.min_soft_words {
            let entry = soft.into_iter().collect::<Vec<_>>().join(" ");
            return Some(UrlFinding { reason: TOO_MANY_SOFT_URL_WORDS, entry, soft_words: Some(count) });
        }
        let substrings = self.substrings.as_ref()?;
        let found = substrings.finder.find(&alphanumeric(url))?;
        let entry = substrings.texts.get(found.pattern().as_usize())?.clone();
        Some(UrlFinding { reason: BANNED_URL_SUBSTRING, entry, soft_words: None })
    }

    fn soft_words_of<'a>(&self, cased: &'a str) -> BTreeSet<&'a str> {
        if self.soft_words.is_empty() {
            return BTreeSet::new();
        }
        url_words(cased).filter(|word| self.soft_words.contains(word.as_bytes())).collect()
    }

    /// The URL in the letter case in which its words are compared.
    fn cased<'a>(&self, url: &'a str) -> Cow<'a, str> {
        match self.matching {
            UrlMatching::Subdomains if url.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Cow::Owned(url.to_ascii_lowercase())
            }
            _ => Cow::Borrowed(url),
        }
    }

    /// The entry with which the path starts, on any host or on a domain of this one.
    fn path_prefix(&self, parts: &UrlParts<'_>) -> Option<String> {
        if self.path_prefixes.is_empty() {
            return None;
        }
        let longest = self.path_prefixes.longest();
        let path = parts.path.trim_end_matches('/');
        let ends = || path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        std::iter::once("").chain(parts.domains()).find_map(|host| {
            ends().take_while(|end| host.len() + end <= longest).find_map(|end| {
                let entry = [host, path.get(..end)?].concat();
                self.path_prefixes.contains(entry.as_bytes()).then_some(entry)
            })
        })
    }
}

/// The runs of ASCII letters and digits.
fn url_words(url: &str) -> impl Iterator<Item = &str> {
    url.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}

/// The ASCII letters and digits, in lower case.
fn alphanumeric(text: &str) -> String {
    text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| char::from(byte.to_ascii_lowercase())).collect()
}

fn comparable_url(url: &str, matching: UrlMatching) -> &str {
    match matching {
        UrlMatching::Subdomains => without_scheme(url.trim()).trim_end_matches('/'),
        UrlMatching::Datatrove => url,
    }
}

/// Why a line of a list is no entry.
type Why = &'static str;

/// An address as it stands in a list, without what a comment says of it.
fn address(entry: &str) -> Result<&str, Why> {
    let entry = without_comment(entry);
    if entry.starts_with('|') || entry.starts_with("*.") || entry.ends_with('^') {
        return Err("it stands for a domain; `black_domains` takes it");
    }
    if entry.contains(char::is_whitespace) {
        return Err("an address has no blank");
    }
    Ok(entry)
}

/// An entry of `path_prefixes` as it is looked up: host in its normal form, no final slash.
fn path_prefix(entry: &str) -> Result<String, Why> {
    let entry = without_scheme(address(entry)?).trim_end_matches(['*', '/']);
    if entry.contains('*') {
        return Err("it is a pattern; the beginning of a path is compared as it is");
    }
    let (host, path) = entry.split_at(entry.find('/').unwrap_or(entry.len()));
    Ok([normal_host(host).as_ref(), path].concat())
}

/// A word as it is looked up.
fn word(entry: &str) -> Result<String, Why> {
    Some(alphanumeric(entry)).filter(|word| !word.is_empty()).ok_or(NO_LETTER)
}

const NO_LETTER: Why = "it has no ASCII letter or digit, and nothing else of an address is compared";

fn set(
    list: &UrlList,
    field: &'static str,
    loaded: &mut Loaded,
    normal: impl Fn(&str) -> Result<String, Why>,
) -> Result<StringSet, UrlListError> {
    let too_large = |_| UrlListError::TooLarge { field };
    let mut builder = StringSetBuilder::default();
    list::read(list, field, loaded, |entry| match normal(entry) {
        Ok(entry) if entry.is_empty() => Ok(Line::Passed),
        Ok(entry) => builder.push(entry.as_bytes()).map(|()| Line::Taken(1)).map_err(too_large),
        Err(why) => Ok(Line::Odd(why)),
    })?;
    builder.finish().map_err(too_large)
}

fn substrings(list: &UrlList, loaded: &mut Loaded) -> Result<Option<Substrings>, UrlListError> {
    let field = "banned_substrings";
    let mut texts = BTreeSet::new();
    list::read(list, field, loaded, |entry| {
        let text = alphanumeric(entry);
        let read = if text.is_empty() { Line::Odd(NO_LETTER) } else { Line::Taken(1) };
        texts.insert(text);
        Ok(read)
    })?;
    texts.remove("");
    let texts: Vec<String> = texts.into_iter().collect();
    let finder = AhoCorasick::new(&texts).map_err(|_| UrlListError::TooLarge { field })?;
    Ok((!texts.is_empty()).then_some(Substrings { texts, finder }))
}
