//! Days in the ways in which pages write them.

mod months;

use std::ops::Range;

use months::month;

/// A day of the Gregorian calendar.
#[allow(clippy::struct_field_names, reason = "a date has a day")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    year: u32,
    month: u32,
    day: u32,
}

/// First day that a page of the web can be of.
const FIRST: Day = Day { year: 1990, month: 1, day: 1 };
/// Last day that a page is believed to be of where nothing tells when it was fetched. A fixed day, so that the
/// same page gives the same answer at any time.
pub(crate) const LAST: Day = Day { year: 2027, month: 12, day: 31 };

/// Which comes first in a date of numbers only, such as `06/05/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Day,
    Month,
    /// Both are usual where the page is from: only dates that can be read in one way are.
    Unknown,
}

impl Order {
    /// What is usual for a locale such as `en_GB` or `de`. English without a country is written both ways, and
    /// Chinese, Japanese and Korean put the year first.
    pub(crate) fn of_locale(locale: &str) -> Self {
        let lower = locale.trim().to_ascii_lowercase();
        let mut parts = lower.split(['-', '_', '.']);
        let language = parts.next().unwrap_or("");
        let country = parts.find(|part| part.len() == 2);
        match (language, country) {
            (_, Some("us" | "ph")) => Self::Month,
            ("en", None | Some("ca")) | ("zh" | "ja" | "ko" | "", _) => Self::Unknown,
            _ => Self::Day,
        }
    }

    /// What is usual in the country of a host, such as `co.uk`.
    pub(crate) fn of_url(url: &str) -> Self {
        let host = url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?', '#', ':']).next();
        match host.and_then(|host| host.rsplit_once('.')).map_or("", |(_, label)| label) {
            "us" => Self::Month,
            "uk" | "au" | "nz" | "ie" | "in" | "za" | "sg" | "my" | "ng" | "ke" | "pk" => Self::Day,
            _ => Self::Unknown,
        }
    }
}

impl Day {
    /// The day, if the calendar has it.
    pub(crate) fn new(year: u32, month: u32, day: u32) -> Option<Self> {
        let known =
            (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        known.then_some(Self { year, month, day })
    }

    /// Whether a page can be of this day, if it was fetched on the day before `last` or on `last`.
    pub(crate) fn is_plausible(self, last: Self) -> bool {
        self >= FIRST && self <= last
    }

    /// The day after.
    pub(crate) fn next(self) -> Self {
        Self::new(self.year, self.month, self.day + 1)
            .or_else(|| Self::new(self.year, self.month + 1, 1))
            .or_else(|| Self::new(self.year + 1, 1, 1))
            .unwrap_or(self)
    }

    /// `YYYY-MM-DD`.
    pub(crate) fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    /// The day of a time in seconds since 1970, in UTC (days to civil date in the proleptic Gregorian calendar,
    /// counted from 1 March).
    fn of_unix_seconds(seconds: u64) -> Option<Self> {
        let days = seconds / 86_400 + 719_468;
        let era = days / 146_097;
        let of_era = days % 146_097;
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + u64::from(month <= 2);
        Self::new(u32::try_from(year).ok()?, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
    }
}

fn days_of(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The day of a value that is a date: in ISO 8601, of numbers, with the name of a month, or seconds or
/// milliseconds since 1970. A time zone moves nothing: the day is the one that is written.
pub(crate) fn day(value: &str, order: Order) -> Option<Day> {
    let value = value.trim();
    if matches!(value.len(), 10 | 13) && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u64 = value.parse().ok()?;
        return Day::of_unix_seconds(if value.len() == 13 { number / 1000 } else { number });
    }
    let (found, place) = find(value, order)?;
    // A weekday may come before it.
    (place.start <= MAX_BEFORE).then_some(found)
}

/// Bytes of a value that may stand before its date.
const MAX_BEFORE: usize = 24;

/// The first date in a text, and where it stands.
pub(crate) fn find(text: &str, order: Order) -> Option<(Day, Range<usize>)> {
    let tokens = tokens(text);
    (0..tokens.len()).find_map(|at| {
        let rest = tokens.get(at..)?;
        let (day, used) = [year_first, numbers, digits, day_month_year, month_day_year, vietnamese]
            .iter()
            .find_map(|pattern| pattern(rest, order))?;
        let end = rest.get(used - 1)?.place.end;
        Some((day, rest.first()?.place.start..end))
    })
}

/// A number, a word or a sign; spaces are none.
#[derive(Debug)]
struct Token<'a> {
    text: &'a str,
    place: Range<usize>,
}

impl Token<'_> {
    fn number(&self, digits: Range<usize>) -> Option<u32> {
        let fits = digits.contains(&self.text.len()) && self.text.bytes().all(|byte| byte.is_ascii_digit());
        if fits { self.text.parse().ok() } else { None }
    }

    fn short(&self) -> Option<u32> {
        self.number(1..3)
    }

    fn year(&self) -> Option<u32> {
        self.number(4..5)
    }

    fn is_any(&self, signs: &[&str]) -> bool {
        signs.iter().any(|sign| self.text.eq_ignore_ascii_case(sign))
    }
}

/// Longest text whose tokens are looked at.
const MAX_TOKENS: usize = 400;

fn tokens(text: &str) -> Vec<Token<'_>> {
    let kind = |char: char| match char {
        '0'..='9' => 0,
        // Vowel signs are part of their words.
        _ if char.is_alphabetic() || matches!(char, '\u{300}'..='\u{36f}' | '\u{94d}') => 1,
        _ => 2,
    };
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut start = 0;
    let mut last = 3;
    for (at, char) in text.char_indices().chain([(text.len(), ' ')]) {
        let now = if char.is_whitespace() { 3 } else { kind(char) };
        if (now != last || now == 2) && last != 3 {
            found.extend(text.get(start..at).map(|part| Token { text: part, place: start..at }));
        }
        if now != last || now == 2 {
            start = at;
        }
        last = now;
        if found.len() >= MAX_TOKENS {
            break;
        }
    }
    found
}

type Found = Option<(Day, usize)>;

/// `2024-05-06`, `2024/5/6`, `2024.05.06`, `2024年5月6日`, `2024년 5월 6일`, `2024. május 6.`
fn year_first(tokens: &[Token<'_>], _: Order) -> Found {
    let [year, first, rest @ ..] = tokens else { return None };
    let year = year.year()?;
    if let [month_token, second, day, more @ ..] = rest {
        let cjk = |token: &Token<'_>, signs: [char; 2]| token.text.starts_with(signs);
        let signs = first.is_any(&["-", "/", "."]) && second.text == first.text;
        if signs || (cjk(first, ['年', '년']) && cjk(second, ['月', '월'])) {
            let day = Day::new(year, month_token.short()?, day.short()?)?;
            let closed = more.first().is_some_and(|token| token.text.starts_with(['日', '일', '号', '號']));
            return Some((day, 5 + usize::from(closed)));
        }
    }
    let (skipped, rest) = if first.is_any(&[".", "m", ","]) { (2, rest) } else { (1, tokens.get(1..)?) };
    let (name, used) = month_name(rest)?;
    Some((Day::new(year, name, rest.get(used)?.short()?)?, skipped + used + 1))
}

/// `6.5.2024`, `06/05/2024`, `06-05-2024`. With dots the day is first everywhere.
fn numbers(tokens: &[Token<'_>], order: Order) -> Found {
    let [first, sign, second, same, year, ..] = tokens else { return None };
    let (first, second, year) = (first.short()?, second.short()?, year.year()?);
    if !sign.is_any(&["/", ".", "-"]) || sign.text != same.text {
        return None;
    }
    let day_first = Day::new(year, second, first);
    let month_first = Day::new(year, first, second);
    let day = match order {
        _ if sign.text == "." => day_first,
        Order::Day => day_first.or(month_first),
        Order::Month => month_first.or(day_first),
        Order::Unknown if day_first.is_some() && month_first.is_some() && day_first != month_first => None,
        Order::Unknown => day_first.or(month_first),
    };
    Some((day?, 5))
}

/// `20240506`, also with a time of four or six digits behind it.
fn digits(tokens: &[Token<'_>], _: Order) -> Found {
    let token = tokens.first()?;
    if !matches!(token.text.len(), 8 | 12 | 14) || !token.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value: u32 = token.text.get(..8)?.parse().ok()?;
    let day = Day::new(value / 10_000, value / 100 % 100, value % 100)?;
    day.is_plausible(LAST).then_some((day, 1))
}

/// `6 May 2024`, `6th of May, 2024`, `6. Mai 2024`, `1er mai 2024`, `6 de mayo de 2024`, `06-May-2024`
fn day_month_year(tokens: &[Token<'_>], _: Order) -> Found {
    let day = tokens.first()?.short()?;
    let between = [".", "-", "/", "st", "nd", "rd", "th", "er", "º", "ª", "de", "of", "e", "'", "∙"];
    let mut at = 1 + tokens.iter().skip(1).take(2).take_while(|token| token.is_any(&between)).count();
    let (name, used) = month_name(tokens.get(at..)?)?;
    at += used;
    let between = ["-", "/", ",", "de", "del", "of"];
    at += tokens.iter().skip(at).take(2).take_while(|token| token.is_any(&between)).count();
    Some((Day::new(tokens.get(at)?.year()?, name, day)?, at + 1))
}

/// `May 6, 2024`, `Dec. 6th 2024`
fn month_day_year(tokens: &[Token<'_>], _: Order) -> Found {
    let (name, used) = month_name(tokens)?;
    let day = tokens.get(used)?.short()?;
    let between = [",", "st", "nd", "rd", "th", "."];
    let at = used + 1 + tokens.iter().skip(used + 1).take(2).take_while(|token| token.is_any(&between)).count();
    Some((Day::new(tokens.get(at)?.year()?, name, day)?, at + 1))
}

/// `6 tháng 5 năm 2024`, `6 tháng 5, 2024`
fn vietnamese(tokens: &[Token<'_>], _: Order) -> Found {
    let [day, word, month, sign, year, ..] = tokens else { return None };
    (word.text.to_lowercase() == "tháng" && (sign.is_any(&[",", "/"]) || sign.text.to_lowercase() == "năm"))
        .then_some(())?;
    Some((Day::new(year.year()?, month.short()?, day.short()?)?, 5))
}

/// The month that a word names and how many tokens that takes, with the dot of an abbreviation.
fn month_name(tokens: &[Token<'_>]) -> Option<(u32, usize)> {
    let found = month(tokens.first()?.text)?;
    Some((found, 1 + usize::from(tokens.get(1).is_some_and(|token| token.text == "."))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str, order: Order) -> Option<String> {
        day(value, order).map(Day::iso)
    }

    #[test]
    fn one_day_in_many_ways() {
        for value in [
            "2024-05-06",
            "2024-05-06T23:30:00+08:00",
            "2024-5-6",
            "2024/05/06 10:20",
            "2024.5.6",
            "20240506",
            "20240506T1020",
            "20240506102030",
            "1714990830",
            "1714990830000",
            "6 May 2024",
            "May 6, 2024",
            "May 6th, 2024",
            "Mon, 06 May 2024 10:20:30 +0000",
            "Monday, May 6, 2024",
            "06-May-2024",
            "6th of May 2024",
            "6. Mai 2024",
            "6 mai 2024",
            "6 de mayo de 2024",
            "6 de maio de 2024",
            "6 maggio 2024",
            "6 mei 2024",
            "6 maja 2024",
            "6 мая 2024 г.",
            "6 травня 2024",
            "6 Mayıs 2024",
            "6 maj 2024",
            "6. toukokuuta 2024",
            "6. května 2024",
            "6 mai 2024",
            "2024. május 6.",
            "6 Mei 2024",
            "ngày 6 tháng 5 năm 2024",
            "6 Μαΐου 2024",
            "6 مايو 2024",
            "6 मई 2024",
            "2024年5月6日",
            "2024年05月06日 10:20",
            "2024년 5월 6일",
            "6.5.2024",
            "06.05.2024 08:00",
        ] {
            assert_eq!(read(value, Order::Unknown).as_deref(), Some("2024-05-06"), "{value}");
        }
    }

    #[test]
    fn numbers_alone_are_read_as_the_country_writes_them() {
        for (value, order, right) in [
            ("06/05/2024", Order::Day, Some("2024-05-06")),
            ("05/06/2024", Order::Month, Some("2024-05-06")),
            ("06/05/2024", Order::Unknown, None),
            ("16/05/2024", Order::Unknown, Some("2024-05-16")),
            ("05/16/2024", Order::Day, Some("2024-05-16")),
            ("05/05/2024", Order::Unknown, Some("2024-05-05")),
            ("31/31/2024", Order::Unknown, None),
        ] {
            assert_eq!(read(value, order).as_deref(), right, "{value} {order:?}");
        }
        for (locale, order) in [
            ("en_GB", Order::Day),
            ("en-US", Order::Month),
            ("en", Order::Unknown),
            ("de", Order::Day),
            ("zh-CN", Order::Unknown),
            ("es_US", Order::Month),
            ("", Order::Unknown),
            ("pt-BR", Order::Day),
        ] {
            assert_eq!(Order::of_locale(locale), order, "{locale}");
        }
        assert_eq!(Order::of_url("https://example.co.uk/a.us"), Order::Day);
        assert_eq!(Order::of_url("https://example.org/"), Order::Unknown);
    }

    #[test]
    fn what_is_no_day_is_none() {
        for value in [
            "",
            "2024",
            "2024-05",
            "2024年5月",
            "May 2024",
            "2024-13-01",
            "2023-02-29",
            "0000-00-00",
            "v2024.1",
            "6 Foo 2024",
            "yesterday",
            "10.0.0.1",
            "12345678",
            "May the 4th",
            "2024-05-",
            "6 May",
            "１月",
        ] {
            assert_eq!(read(value, Order::Day), None, "{value}");
        }
    }

    #[test]
    fn days_have_bounds() {
        let of = |value| day(value, Order::Day).expect("a day");
        assert!(!of("1970-01-01").is_plausible(LAST) && !of("1989-12-31").is_plausible(LAST));
        assert!(of("1990-01-01").is_plausible(LAST) && of("2027-12-31").is_plausible(LAST));
        assert!(!of("2124-05-06").is_plausible(LAST) && !of("2024-05-07").is_plausible(of("2024-05-06")));
        assert_eq!(of("2024-02-28").next().iso(), "2024-02-29");
        assert_eq!(of("2023-12-31").next().iso(), "2024-01-01");
        assert_eq!(read("0000000000", Order::Day).as_deref(), Some("1970-01-01"));
    }

    #[test]
    fn dates_are_found_within_a_text() {
        let text = "发布时间：2024年5月6日 10:20 来源";
        let (day, place) = find(text, Order::Unknown).expect("a date");
        assert_eq!((day.iso().as_str(), text.get(place)), ("2024-05-06", Some("2024年5月6日")));
        assert_eq!(find(&"a 1 ".repeat(10_000), Order::Day), None);
    }
}
