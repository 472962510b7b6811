use std::io;

use super::layout::{Values, is_no_lines};
use super::utf16::{self, Utf16};
use super::{ByteSource, Event};

/// Bytes that are looked at to know how text is written: 64 KiB.
const LOOK: usize = 64 << 10;

/// JSON text as lines of UTF-8, however it is written: UTF-16 is decoded, and values that are not one a line become
/// so. Each part of an archive is looked at for itself.
pub(crate) struct JsonText {
    inner: Box<dyn ByteSource>,
    part: Part,
    /// Bytes on their way.
    buffer: Vec<u8>,
}

enum Part {
    /// Too little has been seen; these are the bytes.
    Start(Vec<u8>),
    Known {
        encoding: Option<Utf16>,
        values: Option<Values>,
    },
}

impl JsonText {
    pub(crate) fn new(inner: Box<dyn ByteSource>) -> Self {
        Self { inner, part: Part::Start(Vec::new()), buffer: Vec::new() }
    }

    /// Looks at the first bytes of a part.
    fn know(head: Vec<u8>, whole: bool, out: &mut Vec<u8>) -> Part {
        let (encoding, head) = match utf16::detect(&head) {
            Some((order, mark)) => {
                let (mut decoder, mut text) = (Utf16::new(order), Vec::new());
                decoder.decode(head.get(mark..).unwrap_or_default(), &mut text);
                (Some(decoder), text)
            }
            None => (None, head),
        };
        let mut values = is_no_lines(&head, whole).then(Values::new);
        match &mut values {
            Some(values) => {
                let mark = head.strip_prefix(b"\xef\xbb\xbf").map_or(0, |_| 3);
                out.extend(head.get(..mark).unwrap_or_default());
                values.rewrite(head.get(mark..).unwrap_or_default(), out);
            }
            None => out.extend_from_slice(&head),
        }
        Part::Known { encoding, values }
    }

    /// What an event means for the part that it interrupts or ends.
    fn pass(&mut self, event: &Event, out: &mut Vec<u8>) {
        if let Part::Known { encoding, values } = &mut self.part {
            if let (Some(decoder), false) = (encoding, matches!(event, Event::Data)) {
                decoder.finish(out);
            }
            if let (Some(values), Event::Damage(_)) = (values, event) {
                values.interrupt();
            }
        }
        if matches!(event, Event::Boundary) {
            self.part = Part::Start(Vec::new());
        }
    }
}

impl ByteSource for JsonText {
    fn fill(&mut self, out: &mut Vec<u8>) -> io::Result<Event> {
        let event = match &mut self.part {
            Part::Start(head) => {
                let event = self.inner.fill(head)?;
                if matches!(event, Event::Data) && head.len() < LOOK {
                    return Ok(event);
                }
                let whole = !matches!(event, Event::Data);
                self.part = Self::know(std::mem::take(head), whole, out);
                event
            }
            Part::Known { encoding: None, values: None } => self.inner.fill(out)?,
            Part::Known { encoding, values } => {
                self.buffer.clear();
                let event = self.inner.fill(&mut self.buffer)?;
                let text = match encoding {
                    Some(decoder) => {
                        let mut text = Vec::new();
                        decoder.decode(&self.buffer, &mut text);
                        std::mem::swap(&mut self.buffer, &mut text);
                        &self.buffer
                    }
                    None => &self.buffer,
                };
                match values {
                    Some(values) => values.rewrite(text, out),
                    None => out.extend_from_slice(text),
                }
                event
            }
        };
        self.pass(&event, out);
        Ok(event)
    }

    fn is_as_stored(&self) -> bool {
        match &self.part {
            Part::Start(_) => true,
            Part::Known { encoding, values } => encoding.is_none() && values.is_none(),
        }
    }
}
