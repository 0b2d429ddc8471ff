//! WebVTT (<https://www.w3.org/TR/webvtt1/>).
//!
//! The structure is read as browsers read it, with lines of blanks between blocks as well as empty
//! ones. Browsers silently skip what belongs to no cue; here each such block is a warning, because
//! it may contain words.

use crate::{
    Draft, Reason, Repair,
    json::graph_cue,
    lines::{Block, Lines, is_blank, lines, number, trim_marks},
    markup,
    timestamp::{has_arrow, parse_times},
};

/// The beginning of every WebVTT file.
const SIGNATURE: &str = "WEBVTT";

/// The identifier of a cue that ends when it starts. WebVTT has no such cues, so that Mina writes one
/// millisecond instead, and this.
pub(crate) const INSTANT: &str = "instant";

/// The comment in which Mina names the language. Strict parsers reject headers.
pub(crate) const LANGUAGE: &str = "NOTE Language: ";

/// The comment in which Mina says that labels in a file, such as `Ada: `, belong to the words.
pub(crate) const VOICES_ONLY: &str = "NOTE Speakers: voice tags";

/// The blocks that are not cues: nothing in them is spoken.
const OTHER_BLOCKS: [&str; 3] = ["NOTE", "STYLE", "REGION"];

/// Reads a WebVTT file into an empty draft.
pub(crate) fn read(content: &str, draft: Draft) -> Draft {
    let mut reader = Reader {
        content,
        lines: lines(content),
        draft,
    };
    reader.read_header();
    while let Some((line, number)) = reader.lines.next() {
        reader.read_block(line, number);
    }
    reader.draft
}

/// Whether a text begins as a WebVTT file does.
pub(crate) fn has_signature(content: &str) -> bool {
    begins_with_word(trim_marks(content), SIGNATURE)
}

/// A file that is being read.
struct Reader<'a> {
    /// The file.
    content: &'a str,
    /// The lines that are left.
    lines: Lines<'a>,
    /// What has been read.
    draft: Draft,
}

/// The line above the times of a cue.
#[derive(Default)]
struct Identifier<'a> {
    /// The number of the cue, if it has one.
    number: Option<u64>,
    /// The speaker, whom Webex names there.
    speaker: Option<&'a str>,
    /// Whether the cue ends when it starts.
    is_instant: bool,
}

impl<'a> Identifier<'a> {
    /// Reads an identifier, such as `12` or `12 "Ada Lovelace" (4711)`.
    fn new(line: &'a str) -> Self {
        let webex = || {
            let (first, rest) = trim_marks(line).split_once(" \"")?;
            let (speaker, id) = rest.rsplit_once("\" (")?;
            number(first).and(number(id.strip_suffix(')')?))?;
            Some(speaker)
        };
        Self {
            number: number(line),
            speaker: webex(),
            is_instant: line == INSTANT,
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads what comes before the first empty line or cue.
    fn read_header(&mut self) {
        while self.lines.next_if(|(line, _)| is_blank(line)).is_some() {}
        let has_signature = |(line, _): &(&str, usize)| has_signature(line);
        if self.lines.next_if(has_signature).is_none() {
            let line = self.lines.peek().map_or(1, |(_, number)| *number);
            self.draft.repair(line, Repair::Signature);
            return;
        }
        let in_header = |line: &str| !is_blank(line) && !has_arrow(line);
        while let Some((line, at)) = self.lines.next_if(|(line, _)| in_header(line)) {
            let is_above_times = self.lines.peek().is_some_and(|(next, _)| has_arrow(next));
            if let Some(language) = line.strip_prefix("Language:") {
                self.draft.name_language(at, language);
            } else if !line.contains([':', '=']) && !is_above_times {
                self.draft.pass_over(at, line, Reason::NoCue);
            }
        }
    }

    /// Reads the block that begins with a line, or skips the line if it is blank.
    fn read_block(&mut self, line: &'a str, at: usize) {
        if is_blank(line) {
            return;
        }
        if has_arrow(line) {
            self.read_cue(line, at, &Identifier::default());
        } else if let Some((times, at)) = self.lines.next_if(|(line, _)| has_arrow(line)) {
            self.read_cue(times, at, &Identifier::new(line));
        } else {
            self.read_other(line, at);
        }
    }

    /// Reads a block that is no cue.
    fn read_other(&mut self, first: &'a str, at: usize) {
        let mut block = Block::default();
        block.add(self.content, first);
        self.add_rest_of_block(&mut block);
        let is_understood = OTHER_BLOCKS
            .iter()
            .any(|word| begins_with_word(trim_marks(first), word));
        if !is_understood {
            self.draft.pass_over(at, block.text, Reason::NoCue);
        } else if block.count == 1 {
            let note = first;
            if note == VOICES_ONLY {
                self.draft.has_voices_only = true;
            } else if let Some(language) = note.strip_prefix(LANGUAGE) {
                self.draft.name_language(at, language);
            }
        }
    }

    /// Reads the cue whose times are on a line.
    fn read_cue(&mut self, times: &'a str, at: usize, identifier: &Identifier<'a>) {
        let mut caption = Block::default();
        self.add_rest_of_block(&mut caption);
        let end_of_caption = at + caption.count;
        let is_above_times = self.lines.peek().is_some_and(|(next, _)| has_arrow(next));
        if is_above_times
            && let Some((next, is_certain)) = caption.take_number(identifier.number)
            && !is_certain
        {
            let next = next.to_string();
            self.draft.pass_over(end_of_caption, &next, Reason::Number);
        }
        let caption = caption.text;
        let mut parsed = match parse_times(times) {
            Ok(parsed) => parsed,
            Err(reason) => {
                let block = format!("{times}\n{caption}");
                return self.draft.pass_over(at, block.trim_end(), reason);
            }
        };
        if identifier.is_instant {
            parsed.range.1 = parsed.range.0;
        }
        self.draft.note_times(at, &parsed);
        if let Some(cue) = graph_cue(caption) {
            if let Some(language) = cue.language {
                self.draft.name_language(at, &language);
            }
            self.draft
                .push(at, parsed.range, cue.speaker.as_deref(), &cue.text, None);
        } else {
            let range = parsed.range;
            markup::push_cues(&mut self.draft, at, range, identifier.speaker, caption);
        }
    }

    /// Adds the lines up to the next empty one, or up to the times of the next cue, in case the empty
    /// line is missing.
    fn add_rest_of_block(&mut self, block: &mut Block<'a>) {
        let in_block = |line: &str| !line.is_empty() && !has_arrow(line);
        while let Some((line, _)) = self.lines.next_if(|(line, _)| in_block(line)) {
            block.add(self.content, line);
        }
    }
}

/// Whether a line is `word`, alone or followed by other words.
fn begins_with_word(line: &str, word: &str) -> bool {
    line.strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n']))
}
