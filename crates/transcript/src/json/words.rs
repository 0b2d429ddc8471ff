//! Cues from words, for tools that write nothing larger.

use super::entry::{End, Entry, Time};

/// The most words of a cue. Speech without punctuation would be one cue otherwise.
const MAX_WORDS: usize = 40;

/// Joins words to sentences. A change of the speaker ends one, too. Stops at one sentence more than `max`.
pub(crate) fn sentences<'a>(words: impl Iterator<Item = Entry<'a>>, max: usize) -> Vec<Entry<'a>> {
    let mut sentences: Vec<Entry<'a>> = Vec::new();
    let mut count = 0;
    for word in words {
        // Amazon Transcribe writes punctuation as a word without times.
        let is_punctuation =
            word.start == Time::Unknown && !word.text.contains(char::is_alphanumeric);
        let goes_on = |sentence: &&mut Entry<'a>| {
            is_punctuation
                || (count < MAX_WORDS
                    && sentence.speaker == word.speaker
                    && !sentence
                        .text
                        .trim_end()
                        .ends_with(['.', '?', '!', '。', '？', '！']))
        };
        if let Some(sentence) = sentences.last_mut().filter(goes_on) {
            let text = sentence.text.to_mut();
            if !is_punctuation && !word.text.starts_with(char::is_whitespace) {
                text.push(' ');
            }
            text.push_str(&word.text);
            if word.end != End::At(Time::Unknown) {
                sentence.end = word.end;
            }
            count += 1;
        } else if sentences.len() > max {
            break;
        } else {
            sentences.push(Entry {
                // Each word has its own, which says little about the sentence.
                confidence: None,
                odd_confidence: None,
                ..word
            });
            count = 1;
        }
    }
    sentences
}
