//! Where a record ends: what its length says is compared with what stands there.

use std::io;

use super::arc;
use super::cut::{Kind, LOOKAHEAD, RecordCutter};
use super::fault::Fault;
use super::marks::{begins_record, is_line_end, rest_is_start};
use super::splice::{Proof, is_damaged_record, proves_itself, swallows};
use crate::stream::Event;

/// Line ends behind a record that are looked at.
const MOST_GAP: usize = 64 << 10;
/// Bytes by which a declared length may be too small where the next record, or the end of the member, shows the end: wget
/// and others were a byte or two off.
const MOST_OFF: usize = 4;

/// What stands behind a place where a record may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    /// So many bytes of line ends, then another record or the end of the member or file.
    Record { gap: usize, lines: usize },
    /// Line ends, then something else.
    Other,
    /// More of the record.
    More,
    /// Damage.
    Damage,
}

impl RecordCutter {
    /// The length of the record whose header has `header` bytes and which declares to end behind `declared` bytes, all of
    /// which are there.
    pub(super) fn record_end(
        &mut self,
        kind: Kind,
        header: usize,
        declared: usize,
    ) -> io::Result<Result<usize, Fault>> {
        let (name, length) = (kind.length(), declared - header);
        let wrong = || Fault::malformed(format!("{name} {length} does not lead to the end of the record"));
        let separator = if kind == Kind::Arc { 1 } else { 4 };
        match self.behind(kind, declared)? {
            Behind::Record { gap, .. } => {
                let proof = Some(Proof { gap, separator });
                Ok(if self.is_whole(kind, header, declared, proof) { Ok(declared) } else { Err(swallowed(length)) })
            }
            Behind::Other if !self.is_whole(kind, header, declared, None) => Ok(Err(swallowed(length))),
            Behind::Other => Ok(if self.is_probable(kind, header, declared) { Ok(declared) } else { Err(wrong()) }),
            Behind::Damage => Ok(Err(Fault::incomplete("a record is damaged"))),
            Behind::More if kind == Kind::Arc => Ok(Err(wrong())),
            Behind::More => {
                for total in declared + 1..=declared + MOST_OFF {
                    let Behind::Record { gap, lines: 2.. } = self.behind(kind, total)? else {
                        continue;
                    };
                    let is_whole =
                        gap <= separator && self.is_whole(kind, header, total, Some(Proof { gap, separator }));
                    tracing::debug!(declared = length, found = total - header, is_whole, "a length is too small");
                    return Ok(if is_whole { Ok(total) } else { Err(wrong()) });
                }
                Ok(Err(wrong()))
            }
        }
    }

    /// What stands behind the next `total` bytes.
    fn behind(&mut self, kind: Kind, total: usize) -> io::Result<Behind> {
        let (mut at, mut lines) = (total, 0);
        loop {
            let rest = self.unread().get(at..).unwrap_or_default();
            let gap = rest.iter().take_while(|byte| is_line_end(**byte)).count();
            lines += rest.iter().take(gap).filter(|byte| **byte == b'\n').count();
            at += gap;
            let rest = rest.get(gap..).unwrap_or_default();
            let found = Behind::Record { gap: at - total, lines };
            if at > total + MOST_GAP || (rest.is_empty() && self.at_member_end()) {
                return Ok(found);
            }
            let is_known = match kind {
                Kind::Warc => rest.len() >= LOOKAHEAD,
                Kind::Arc => !rest.is_empty() && (!arc::may_begin(rest) || arc::undecided(rest) < rest.len()),
            };
            if !is_known && self.load()? {
                continue;
            }
            let rest = self.unread().get(at..).unwrap_or_default();
            let begins = match kind {
                Kind::Warc => begins_record(rest, lines > 0) || (!is_known && rest_is_start(Some(rest))),
                Kind::Arc => arc::parse(rest).is_some() || (!is_known && (rest.is_empty() || arc::may_begin(rest))),
            };
            return Ok(match &self.pending {
                Some(Event::Damage(_)) if !is_known && begins && !self.at_member_end() => Behind::Damage,
                _ if begins => found,
                _ if lines >= 2 || (lines == 1 && is_damaged(kind, rest)) => Behind::Other,
                _ => Behind::More,
            });
        }
    }

    /// Whether the block does not reach into another record, or has the digest that its header declares.
    fn is_whole(&self, kind: Kind, header: usize, total: usize, proof: Option<Proof>) -> bool {
        let bytes = self.unread();
        let is_cut = match kind {
            Kind::Warc => swallows(bytes, header, total, proof),
            Kind::Arc => arc::swallows(bytes, header, total, proof),
        };
        !is_cut || self.proves_itself(header, total)
    }

    /// Whether a record whose block is followed by two line ends and something else ends there all the same.
    fn is_probable(&self, kind: Kind, header: usize, total: usize) -> bool {
        let (block, rest) = self.unread().split_at(total);
        let gap = rest.iter().take_while(|byte| is_line_end(**byte)).count();
        let rest = rest.get(gap..).unwrap_or_default();
        is_damaged(kind, rest)
            || is_damaged_record(rest, block.get(header..).unwrap_or_default())
            || self.proves_itself(header, total)
    }

    fn proves_itself(&self, header: usize, total: usize) -> bool {
        let (header, rest) = self.unread().split_at(header);
        proves_itself(header, rest.get(..total - header.len()).unwrap_or_default())
    }
}

/// Whether what stands behind a record may be the begin of another one that is damaged.
fn is_damaged(kind: Kind, rest: &[u8]) -> bool {
    match kind {
        Kind::Warc => rest.starts_with(b"WARC/"),
        Kind::Arc => arc::is_damaged_line(rest),
    }
}

fn swallowed(length: usize) -> Fault {
    Fault::malformed(format!("the record is cut: another one begins inside its {length} bytes"))
}
