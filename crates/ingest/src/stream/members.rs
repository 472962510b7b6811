//! Files that are a sequence of independently compressed members (gzip members, zstd frames).
//!
//! Invariants:
//! 1. A member whose output is at most [`HELD_BYTES`] is handed on only after its checksum held.
//!    Of a larger one, what came before the damage was found has been handed on.
//! 2. A damaged member costs itself only: reading goes on at the next member header, which is
//!    searched from just behind the damaged member's own header where the member was held.
//! 3. A member that the file ends in keeps what could be decompressed of it.
//! 4. Zeros between or behind members are padding. Other bytes there are reported as damage, since
//!    they may have been a member; behind the last one only where they could have held one.

use std::io::{self, Read};

use textmill_document::Cause;

use super::{ByteSource, CHUNK, Event, Losses, RawInput};
use crate::quarantine::{Damage, Evidence};

/// Output of one member that is held back until its checksum was checked: 4 MiB.
const HELD_BYTES: usize = 4 << 20;

/// Output of one member before the decompression ratio is looked at: 64 MiB. A small file of one
/// repeated byte is no attack.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// Ways of beginning a member that are remembered; a file has one writer, or a few.
const MOST_HABITS: usize = 8;

/// A compression format whose files are sequences of members.
pub trait Codec: Read + Send + Sized {
    /// Name for messages.
    const NAME: &'static str;
    /// First byte of a member.
    const FIRST: u8;
    /// Bytes that [`Self::is_header`] looks at.
    const HEADER_BYTES: usize;
    /// Fewest bytes of a member.
    const SMALLEST: u64;

    /// Whether a member starts with `bytes` where one is due: all that the format demands, and no more, since the
    /// decoder finds out.
    fn may_begin(bytes: &[u8]) -> bool {
        Self::is_header(bytes)
    }

    /// Whether a member starts with `bytes` in the middle of anything. Strict, so that compressed data is not taken
    /// for one.
    fn is_header(bytes: &[u8]) -> bool;

    /// What the headers of one writer have in common, where [`Self::is_header`] may be too strict for it.
    fn habit(bytes: &[u8]) -> Option<[u8; 3]> {
        let _ = bytes;
        None
    }

    /// A decoder of the one member that starts here; `spare` is one that is no longer needed.
    fn open(raw: RawInput, spare: Option<Self>) -> io::Result<Self>;

    /// The input of the decoder.
    fn raw(&mut self) -> &mut RawInput;
}

/// The decompressed bytes of a file of members.
#[derive(Debug)]
pub struct Members<C> {
    /// The input while no member is open.
    raw: RawInput,
    /// The decoder of the open member, or a spare one.
    decoder: Option<C>,
    state: State,
    max_ratio: u64,
    /// Whether the end of a member is an event.
    boundaries: bool,
    /// How the members so far began: the next one behind damage will begin like one of them.
    habits: Vec<[u8; 3]>,
    losses: Losses,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Between,
    Inside { start: u64, produced: u64, held: bool },
    Ended,
}

impl<C: Codec> Members<C> {
    /// Decompresses `raw`; a member that expands more than `max_ratio` times is cut off.
    pub fn new(raw: RawInput, max_ratio: u32) -> Self {
        Self {
            raw,
            decoder: None,
            state: State::Between,
            max_ratio: u64::from(max_ratio),
            boundaries: false,
            habits: Vec::new(),
            losses: Losses::default(),
        }
    }

    /// Adds to `losses` what is lost to damage.
    #[must_use]
    pub fn with_losses(self, losses: Losses) -> Self {
        Self { losses, ..self }
    }

    /// Whether each member is followed by an [`Event::Boundary`].
    #[must_use]
    pub fn with_boundaries(self, boundaries: bool) -> Self {
        Self { boundaries, ..self }
    }

    /// Opens the next member. `Some` is an event that comes before it, or the end.
    fn enter(&mut self) -> io::Result<Option<Event>> {
        let offset = self.raw.offset();
        let head = self.raw.peek(C::HEADER_BYTES)?;
        if head.is_empty() {
            self.state = State::Ended;
            return Ok(Some(Event::End));
        }
        if !C::may_begin(head) {
            return self.between();
        }
        if let Some(habit) = C::habit(head)
            && !self.habits.contains(&habit)
            && self.habits.len() < MOST_HABITS
        {
            self.habits.push(habit);
        }
        self.raw.mark();
        let spare = self.decoder.take();
        self.decoder = Some(C::open(std::mem::take(&mut self.raw), spare)?);
        self.state = State::Inside { start: offset, produced: 0, held: true };
        Ok(None)
    }

    /// Skips bytes that belong to no member.
    fn between(&mut self) -> io::Result<Option<Event>> {
        let offset = self.raw.offset();
        let mut evidence = Evidence::at(Some(offset));
        self.raw.skip_zeros(&mut evidence)?;
        // Behind padding a member is due.
        let due = evidence.len() > 0 && C::may_begin(self.raw.peek(C::HEADER_BYTES)?);
        let more = due || self.skip_to_header(&mut evidence)?;
        let bytes = evidence.len();
        if !more && bytes < C::SMALLEST && evidence.starts_with(C::FIRST) {
            let detail = format!("the file ends inside the header of the {} member at byte {offset}", C::NAME);
            self.losses.cut(&detail);
            return Ok(Some(Event::Damage(Box::new(evidence.damage(Cause::Truncated, detail)))));
        }
        if evidence.only_zeros() || (!more && bytes < C::SMALLEST) {
            tracing::warn!(offset, bytes, "skipped padding in a {} file", C::NAME);
            return Ok(Some(Event::Data));
        }
        self.losses.stored(bytes);
        let detail = format!("{bytes} bytes at byte {offset} of the file are no {} member", C::NAME);
        Ok(Some(Event::Damage(Box::new(evidence.damage(Cause::CorruptCompression, detail)))))
    }

    fn skip_to_header(&mut self, evidence: &mut Evidence) -> io::Result<bool> {
        let habits = &self.habits;
        let alike = |bytes: &[u8]| C::may_begin(bytes) && C::habit(bytes).is_some_and(|habit| habits.contains(&habit));
        self.raw.skip_to(C::FIRST, C::HEADER_BYTES, &|bytes| C::is_header(bytes) || alike(bytes), evidence)
    }

    fn leave(&mut self) {
        if let Some(decoder) = &mut self.decoder {
            self.raw = std::mem::take(decoder.raw());
        }
        self.state = State::Between;
    }

    fn decode(&mut self, start: u64, produced: u64, held: bool, out: &mut Vec<u8>) -> io::Result<Event> {
        let Some(decoder) = &mut self.decoder else {
            self.state = State::Ended;
            return Ok(Event::End);
        };
        let kept = out.len();
        let wanted = if held { HELD_BYTES } else { CHUNK };
        out.reserve(CHUNK);
        let result = decoder.by_ref().take(wanted as u64).read_to_end(out);
        let produced = produced + (out.len() - kept) as u64;
        if let Err(error) = result {
            return self.damaged(&error, start, held, kept, out);
        }
        if (out.len() - kept) < wanted {
            self.leave();
            self.losses.progress(self.raw.offset() - start, produced);
            self.raw.unmark();
            return Ok(if self.boundaries { Event::Boundary } else { Event::Data });
        }
        decoder.raw().unmark();
        let consumed = decoder.raw().offset() - start;
        if produced > RATIO_FREE_BYTES && produced > self.max_ratio.saturating_mul(consumed.max(1)) {
            return self.bomb(start, produced, consumed, kept, out);
        }
        self.state = State::Inside { start, produced, held: false };
        Ok(Event::Data)
    }

    fn bomb(&mut self, start: u64, produced: u64, consumed: u64, kept: usize, out: &mut Vec<u8>) -> io::Result<Event> {
        out.truncate(kept);
        self.leave();
        let mut evidence = Evidence::at(Some(self.raw.offset()));
        self.skip_to_header(&mut evidence)?;
        self.losses.stored(evidence.len());
        let detail = format!(
            "the {} member at byte {start} expands to {produced} bytes from {consumed}, above \
             limits.max_decompression_ratio ({}); the rest of it was skipped",
            C::NAME,
            self.max_ratio
        );
        Ok(Event::Damage(Box::new(evidence.damage(Cause::DecompressionBomb, detail))))
    }

    fn damaged(
        &mut self,
        error: &io::Error,
        start: u64,
        held: bool,
        kept: usize,
        out: &mut Vec<u8>,
    ) -> io::Result<Event> {
        self.leave();
        if let Some(failure) = self.raw.take_failure() {
            return Err(failure);
        }
        if held {
            self.raw.rewind();
        }
        let mut evidence = Evidence::at(Some(self.raw.offset()));
        if held {
            // Search behind the first byte of the damaged member's own header.
            self.raw.skip(1, &mut evidence);
        }
        let more = self.skip_to_header(&mut evidence)?;
        let name = C::NAME;
        if error.kind() == io::ErrorKind::UnexpectedEof && !more {
            let detail = format!("the file ends inside the {name} member at byte {start}");
            self.losses.cut(&detail);
            return Ok(Event::Damage(Box::new(evidence.damage(Cause::Truncated, detail))));
        }
        let before = if held {
            out.truncate(kept);
            "nothing of it was read"
        } else {
            "what came before was read and may be altered"
        };
        self.losses.stored(evidence.len());
        let what = if error.kind() == io::ErrorKind::Unsupported { "cannot be read" } else { "is damaged" };
        let detail = format!("the {name} member at byte {start} {what}: {error}; {before}");
        Ok(Event::Damage(Box::new(evidence.damage(Cause::CorruptCompression, detail))))
    }
}

impl<C: Codec> ByteSource for Members<C> {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        match self.state {
            State::Ended => Ok(Event::End),
            State::Inside { start, produced, held } => self.decode(start, produced, held, out),
            State::Between => match self.enter()? {
                Some(event) => Ok(event),
                None => self.fill(out),
            },
        }
    }

    fn stored(&self) -> Option<u64> {
        matches!(self.state, State::Between).then(|| self.raw.offset())
    }
}

/// Damage at the end of a stream that a layer above could not go on with.
pub(super) fn lost(detail: String) -> Event {
    Event::Damage(Box::new(Damage::of(Cause::Malformed, detail, None, &[])))
}
