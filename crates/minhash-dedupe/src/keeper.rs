//! Which document of a cluster stays: the first in a declared order that has no ties.

use std::cmp::Ordering;

/// What a document has in a column that decides. Values of different kinds in one column compare by kind, in the order
/// of the variants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Key<'a> {
    /// A whole number, a truth value (0, 1), a time stamp.
    Integer(i128),
    /// A number. Not-a-number counts as no value.
    Number(f64),
    /// A text, compared byte by byte (ISO dates are in order that way).
    Text(&'a str),
    /// No value: last in either direction.
    Null,
}

/// The direction of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The least value stays.
    Ascending,
    /// The greatest value stays.
    Descending,
}

/// One of `keep: [column asc|desc, ...]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeepBy {
    /// The column.
    pub column: String,
    /// Which end of it stays.
    pub direction: Direction,
}

impl KeepBy {
    /// Reads `column`, `column asc` or `column desc`; a column alone is ascending. None for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let column = words.next()?.to_owned();
        let direction = match words.next() {
            None => Direction::Ascending,
            Some(word) if word.eq_ignore_ascii_case("asc") => Direction::Ascending,
            Some(word) if word.eq_ignore_ascii_case("desc") => Direction::Descending,
            Some(_) => return None,
        };
        words.next().is_none().then_some(Self { column, direction })
    }
}

/// A member of a cluster that may stay.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its values, one per column of the order. What is missing counts as [`Key::Null`].
    pub keys: &'a [Key<'a>],
    /// Its id.
    pub id: &'a str,
    /// Hash of its content: of two documents with all keys and the id in common, the one with the lesser hash stays.
    /// If that is equal too it does not matter which one stays.
    pub content: u128,
}

/// The order in which documents stay: the lesser of two is kept. Never equal for different (id, content).
pub fn compare(order: &[Direction], left: &Candidate<'_>, right: &Candidate<'_>) -> Ordering {
    for (column, direction) in order.iter().enumerate() {
        let (left, right) = (value(left, column), value(right, column));
        let ordering = match (left, right) {
            (Some(left), Some(right)) if *direction == Direction::Ascending => compare_keys(left, right),
            (Some(left), Some(right)) => compare_keys(right, left),
            // No value is last, whatever the direction.
            (left, right) => right.is_some().cmp(&left.is_some()),
        };
        if ordering.is_ne() {
            return ordering;
        }
    }
    left.id.cmp(right.id).then(left.content.cmp(&right.content))
}

/// What a document has in a column, if anything.
fn value<'a>(candidate: &Candidate<'a>, column: usize) -> Option<Key<'a>> {
    match candidate.keys.get(column).copied()? {
        Key::Number(number) if number.is_nan() => None,
        Key::Null => None,
        key => Some(key),
    }
}

/// The place in `members` of the one that stays; none only if there is no member.
pub fn keeper(order: &[Direction], members: &[Candidate<'_>]) -> Option<usize> {
    let best = members.iter().enumerate().min_by(|left, right| compare(order, left.1, right.1));
    best.map(|(place, _)| place)
}

fn compare_keys(left: Key<'_>, right: Key<'_>) -> Ordering {
    match (left, right) {
        (Key::Integer(left), Key::Integer(right)) => left.cmp(&right),
        // Adding zero makes the two zeros one.
        (Key::Number(left), Key::Number(right)) => (left + 0.0).total_cmp(&(right + 0.0)),
        (Key::Text(left), Key::Text(right)) => left.cmp(right),
        (left, right) => kind(left).cmp(&kind(right)),
    }
}

fn kind(key: Key<'_>) -> u8 {
    match key {
        Key::Integer(_) => 0,
        Key::Number(_) => 1,
        Key::Text(_) => 2,
        Key::Null => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate<'a>(keys: &'a [Key<'a>], id: &'a str) -> Candidate<'a> {
        Candidate { keys, id, content: 0 }
    }

    #[test]
    fn newest_then_longest_then_id() {
        let order = [Direction::Descending, Direction::Descending];
        let dates = [Key::Text("2024-01-02"), Key::Text("2023-12-31"), Key::Null];
        let rows: Vec<[Key<'_>; 2]> = vec![
            [dates[1], Key::Integer(900)],
            [dates[0], Key::Integer(10)],
            [dates[0], Key::Integer(20)],
            [dates[0], Key::Integer(20)],
            [dates[2], Key::Integer(99_999)],
        ];
        let members: Vec<_> =
            rows.iter().zip(["a", "b", "d", "c", "e"]).map(|(keys, id)| candidate(keys, id)).collect();
        assert_eq!(keeper(&order, &members), Some(3));
        for rotation in 0..members.len() {
            let mut turned = members.clone();
            turned.rotate_left(rotation);
            assert_eq!(keeper(&order, &turned).and_then(|place| turned.get(place)).map(|kept| kept.id), Some("c"));
        }
        assert_eq!(keeper(&order, &[]), None);
    }

    #[test]
    fn no_value_is_last_in_both_directions() {
        for direction in [Direction::Ascending, Direction::Descending] {
            let some = [Key::Number(f64::NEG_INFINITY)];
            for nothing in [&[Key::Null][..], &[Key::Number(f64::NAN)], &[]] {
                let pair = [candidate(nothing, "a"), candidate(&some, "b")];
                assert_eq!(keeper(&[direction], &pair), Some(1));
            }
        }
    }

    #[test]
    fn ties_end_at_the_content() {
        let zeros = [[Key::Number(0.0)], [Key::Number(-0.0)]];
        let mut pair = [candidate(&zeros[0], "x"), candidate(&zeros[1], "x")];
        pair[0].content = 9;
        assert_eq!(keeper(&[Direction::Ascending], &pair), Some(1));
    }

    #[test]
    fn columns_with_directions() {
        let by = |text| KeepBy::parse(text).map(|by| (by.column, by.direction));
        assert_eq!(by(" date DESC "), Some(("date".to_owned(), Direction::Descending)));
        assert_eq!(by("score"), Some(("score".to_owned(), Direction::Ascending)));
        assert_eq!(by("score up"), None);
        assert_eq!(by("a desc nulls"), None);
        assert_eq!(by(""), None);
    }
}
