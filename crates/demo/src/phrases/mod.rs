//! What is said in the demo, as data: sentences with slots.
//!
//! A [`Topic`] has what is said about the subject of a meeting, and a [`Phrasebook`] what is said in
//! any meeting in one language. The slots are `{thing}` (a product, a depot or a client), `{name}` (a
//! first name), `{few}` (2 to 9), `{many}` (12 to 90) and `{percent}` (5 to 60). Sentences that are
//! put around a part of a [`Thread`] also have `{topic}`, `{decision}` or `{action}`.

mod english;
mod french;
mod german;
mod instruments;
mod logistics;
mod studio;

pub use self::{
    english::ENGLISH, french::FRENCH, german::GERMAN, instruments::INSTRUMENTS,
    logistics::LOGISTICS, studio::STUDIO,
};

/// What people say in any meeting in one language.
#[derive(Debug)]
pub struct Phrasebook {
    /// The language code.
    pub code: &'static str,
    /// The chair opens the meeting.
    pub welcome: &'static [&'static str],
    /// The others say hello.
    pub hello: &'static [&'static str],
    /// The chair goes on to `{topic}` and asks `{name}` to report. The first phrase is for the first
    /// topic.
    pub next: &'static [&'static str],
    /// Short signs of listening.
    pub listening: &'static [&'static str],
    /// Somebody has doubts. The risk follows in a sentence of its own.
    pub doubt: &'static [&'static str],
    /// The answer to a risk.
    pub reassurance: &'static [&'static str],
    /// The chair sums up a `{decision}`.
    pub decide: &'static [&'static str],
    /// Agreement.
    pub agree: &'static [&'static str],
    /// The chair asks `{name}` to do `{action}`.
    pub ask: &'static [&'static str],
    /// The person who was asked agrees to do it.
    pub accept: &'static [&'static str],
    /// The chair closes the meeting.
    pub close: &'static [&'static str],
    /// The others say goodbye.
    pub goodbye: &'static [&'static str],
    /// The description of a task, with the `{decision}` that it follows from.
    pub background: &'static str,
    /// The description of a meeting about `{topic}`.
    pub agenda: &'static str,
}

/// What a kind of meeting is about.
#[derive(Debug)]
pub struct Topic {
    /// What people say in the language of the meeting.
    pub phrasebook: &'static Phrasebook,
    /// The title of a meeting about `{thing}` outside of a series.
    pub title: &'static str,
    /// What can be discussed.
    pub threads: &'static [Thread],
}

/// A point of an agenda: a thread, and the thing that it is about.
pub type Point = (&'static Thread, &'static str);

/// The course of a discussion: report, questions, risk, decision, action items.
#[derive(Debug)]
pub struct Thread {
    /// Its name.
    pub topic: &'static str,
    /// What happened, told in this order by the person who is responsible.
    pub report: &'static [&'static str],
    /// Questions from the others, each with its answer.
    pub questions: &'static [(&'static str, &'static str)],
    /// What could go wrong.
    pub risk: &'static str,
    /// Possible decisions: main clauses without a capital letter and without a full stop.
    pub decisions: &'static [&'static str],
    /// Possible action items: infinitives without a capital letter and without a full stop.
    pub actions: &'static [&'static str],
}
