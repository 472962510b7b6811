use super::entry::{self, Line};
use super::host::normal_host;
use super::list::{self, Loaded};
use super::{StringSet, StringSetBuilder, UrlList, UrlListError, UrlMatching, UrlParts};

/// A list of domains, without what its own exceptions take out of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Domains {
    set: StringSet,
    except: StringSet,
}

impl Domains {
    /// The domains of `list`, in any of the forms of [`entry`].
    pub(crate) fn load(
        list: &UrlList,
        field: &'static str,
        matching: UrlMatching,
        loaded: &mut Loaded,
    ) -> Result<Self, UrlListError> {
        Self::load_if(list, field, matching, loaded, |_| None)
    }

    /// Names of hosts: a line that stands for what is below a domain is none.
    pub(crate) fn load_hosts(
        list: &UrlList,
        field: &'static str,
        matching: UrlMatching,
        loaded: &mut Loaded,
    ) -> Result<Self, UrlListError> {
        Self::load_if(list, field, matching, loaded, |line| {
            let below = line.starts_with("*.") || line.starts_with('.');
            below.then_some("it stands for all hosts below a domain; `black_domains` takes it")
        })
    }

    fn load_if(
        list: &UrlList,
        field: &'static str,
        matching: UrlMatching,
        loaded: &mut Loaded,
        odd: impl Fn(&str) -> Option<&'static str>,
    ) -> Result<Self, UrlListError> {
        let too_large = |_| UrlListError::TooLarge { field };
        let (mut set, mut except) = (StringSetBuilder::default(), StringSetBuilder::default());
        list::read(list, field, loaded, |line| {
            if matching == UrlMatching::Datatrove {
                set.push(normal_domain(line).as_bytes()).map_err(too_large)?;
                return Ok(as_datatrove(line));
            }
            if let Some(why) = odd(line) {
                return Ok(Line::Odd(why));
            }
            let mut full = Ok(());
            let read = entry::read(line, |name, out| {
                let builder = if out { &mut except } else { &mut set };
                full = std::mem::replace(&mut full, Ok(())).and_then(|()| builder.push(normal_domain(name).as_bytes()));
            });
            full.map_err(too_large)?;
            Ok(read)
        })?;
        Ok(Self { set: set.finish().map_err(too_large)?, except: except.finish().map_err(too_large)? })
    }

    /// The shortest domain of the list that has the host.
    pub(crate) fn shortest<'a>(&self, parts: &'a UrlParts<'_>) -> Option<&'a str> {
        let found = parts.domains().filter(|domain| self.set.contains(domain.as_bytes())).last()?;
        let out = !self.except.is_empty() && parts.domains().any(|domain| self.except.contains(domain.as_bytes()));
        (!out).then_some(found)
    }

    /// Whether the list has `name` itself.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.set.contains(name.as_bytes()) && !self.except.contains(name.as_bytes())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.set.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.set.len()
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.set.memory_bytes() + self.except.memory_bytes()
    }
}

/// datatrove takes every line as it is.
fn as_datatrove(line: &str) -> Line {
    if entry::is_plain(line) {
        Line::Taken(1)
    } else if entry::is_remark(line) {
        Line::Passed
    } else {
        Line::Odd("with `matching: datatrove` a line is the name of a domain and nothing else, as in datatrove")
    }
}

fn normal_domain(entry: &str) -> String {
    normal_host(entry.trim_end_matches('.')).into_owned()
}
