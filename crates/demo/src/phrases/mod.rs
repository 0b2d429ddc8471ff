//! What is said in the demo, as data: sentences with slots.
//!
//! [`Topic`]s hold what a meeting is about and [`Manners`] hold what people of one language say
//! in any meeting. The slots are `{thing}` (a product, a depot or a client), `{name}` (a first
//! name), `{few}` (2 to 9), `{many}` (12 to 90), `{percent}` (5 to 60), and where a sentence
//! wraps a part of a [`Thread`] also `{topic}`, `{decision}` and `{action}`.

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

/// What people say in any meeting held in one language.
#[derive(Debug)]
pub struct Manners {
    /// The language code.
    pub code: &'static str,
    /// The chair opens.
    pub welcome: &'static [&'static str],
    /// The others answer.
    pub hello: &'static [&'static str],
    /// The chair moves to `{topic}` and asks `{name}` to report. The first of these opens the list.
    pub next: &'static [&'static str],
    /// Short signs of listening.
    pub listening: &'static [&'static str],
    /// Something is put in doubt; a risk follows in a sentence of its own.
    pub doubt: &'static [&'static str],
    /// The answer to a risk.
    pub reassurance: &'static [&'static str],
    /// The chair sums up a `{decision}`.
    pub decide: &'static [&'static str],
    /// Agreement.
    pub agree: &'static [&'static str],
    /// The chair asks `{name}` to do `{action}`.
    pub ask: &'static [&'static str],
    /// `{name}` will.
    pub accept: &'static [&'static str],
    /// The chair closes.
    pub close: &'static [&'static str],
    /// The others leave.
    pub goodbye: &'static [&'static str],
    /// The description of a task, from the `{decision}` that it follows from.
    pub background: &'static str,
    /// The description of a meeting about `{topic}`.
    pub agenda: &'static str,
}

/// What a kind of meeting is about.
#[derive(Debug)]
pub struct Topic {
    /// The language it is talked about in.
    pub manners: &'static Manners,
    /// The title of a meeting of its own about `{thing}`.
    pub title: &'static str,
    /// What may come up.
    pub threads: &'static [Thread],
}

/// A subject with the thing that it is about.
pub type Point = (&'static Thread, &'static str);

/// One subject as it is talked through: reported, asked about, doubted, decided, handed out.
#[derive(Debug)]
pub struct Thread {
    /// Its name.
    pub topic: &'static str,
    /// What happened, from whoever looks after it, in this order.
    pub report: &'static [&'static str],
    /// Questions from the others, each with its answer.
    pub questions: &'static [(&'static str, &'static str)],
    /// What may go wrong.
    pub risk: &'static str,
    /// What may be decided: a main clause that begins small and has no full stop.
    pub decisions: &'static [&'static str],
    /// What may be handed out: infinitive phrases that begin small and have no full stop.
    pub actions: &'static [&'static str],
}
