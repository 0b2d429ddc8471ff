//! Texts that have about the length of real ones.

use fastrand::Rng;

const WORDS: [&str; 40] = [
    "agenda", "budget", "design", "review", "launch", "metrics", "customer", "feedback", "roadmap",
    "quarter", "team", "hiring", "security", "release", "support", "the", "a", "we", "should",
    "discuss", "plan", "before", "after", "with", "about", "and", "then", "project", "because",
    "deadline", "next", "week", "update", "status", "open", "question", "decide", "owner", "risk",
    "follow",
];

/// A text of so many words.
pub fn text(random: &mut Rng, words: std::ops::Range<usize>) -> String {
    let count = random.usize(words);
    let words = (0..count).map(|_| WORDS[random.usize(..WORDS.len())]);
    words.collect::<Vec<_>>().join(" ")
}
