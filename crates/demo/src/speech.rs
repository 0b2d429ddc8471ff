//! What is said in a meeting, by whom and when.

use crate::{
    companies::Company,
    dice::Dice,
    phrases::{Phrasebook, Point, Thread, Topic},
};

/// The slots for numbers, with the smallest and the largest number.
const NUMBERS: [(&str, i32, i32); 3] = [("{few}", 2, 9), ("{many}", 12, 90), ("{percent}", 5, 60)];

/// Something that was said.
#[derive(Debug)]
pub struct Utterance {
    /// The speaker.
    pub speaker: usize,
    /// The words.
    pub text: String,
    /// The code of the language.
    pub language: &'static str,
    /// The start, in milliseconds from the start of the recording.
    pub start_ms: i32,
    /// The end, in milliseconds from the start of the recording.
    pub end_ms: i32,
    /// What makes it important, if anything does.
    pub highlight: Option<Highlight>,
}

/// What makes an utterance important.
#[derive(Debug)]
pub enum Highlight {
    /// It introduces a topic.
    Topic(String),
    /// It is a question.
    Question,
    /// It names a risk.
    Risk,
    /// It states a decision.
    Decision(String),
    /// It assigns an action item.
    Action(ActionItem),
}

/// Something that somebody is asked to do.
#[derive(Debug)]
pub struct ActionItem {
    /// What to do.
    pub title: String,
    /// Why.
    pub background: String,
    /// The person who is asked to do it.
    pub assignee: usize,
}

/// The number of points that fit into a meeting of this length.
pub fn points_within(minutes: i64) -> usize {
    if minutes <= 15 { 2 } else { 3 }
}

/// What is said in a meeting. There are at least three speakers, of whom the first is the chair.
pub fn meeting(
    company: &Company,
    topic: &Topic,
    agenda: &[Point],
    speakers: &[usize],
    dice: &mut Dice,
) -> Vec<Utterance> {
    let mut conversation = Conversation::new(company, topic, dice);
    let chair = speakers[0];
    conversation.welcome(speakers);
    for (position, point) in agenda.iter().enumerate() {
        let others = conversation.dice.shuffled(&speakers[1..]);
        conversation.pause(2_000, 9_000);
        conversation.point(position == 0, *point, chair, &others);
    }
    conversation.goodbye(speakers);
    conversation.utterances
}

/// What somebody says about a point in a spoken note.
pub fn note(
    company: &Company,
    topic: &Topic,
    point: Point,
    speaker: usize,
    dice: &mut Dice,
) -> Vec<Utterance> {
    let mut conversation = Conversation::new(company, topic, dice);
    let (thread, thing) = point;
    for line in thread.report.iter().chain([&thread.risk]) {
        let text = conversation.complete(line, &[("{thing}", thing)]);
        conversation.say(speaker, text, None);
    }
    conversation.utterances
}

/// A conversation so far.
struct Conversation<'a> {
    company: &'a Company,
    phrasebook: &'a Phrasebook,
    dice: &'a mut Dice,
    now_ms: i32,
    utterances: Vec<Utterance>,
}

impl<'a> Conversation<'a> {
    fn new(company: &'a Company, topic: &Topic, dice: &'a mut Dice) -> Self {
        Self {
            company,
            phrasebook: topic.phrasebook,
            dice,
            now_ms: 0,
            utterances: Vec::new(),
        }
    }

    /// The chair opens the meeting, and some of the others say hello.
    fn welcome(&mut self, speakers: &[usize]) {
        self.phrase(speakers[0], self.phrasebook.welcome);
        for &speaker in speakers[1..].iter().take(3) {
            self.greet(speaker, |phrasebook| phrasebook.hello);
        }
    }

    /// The chair closes the meeting, and two of the others say goodbye.
    fn goodbye(&mut self, speakers: &[usize]) {
        self.phrase(speakers[0], self.phrasebook.close);
        for &speaker in speakers[1..].iter().take(2) {
            self.greet(speaker, |phrasebook| phrasebook.goodbye);
        }
    }

    /// One point, from the report to the action items. There are at least two `others`.
    fn point(&mut self, opens: bool, (thread, thing): Point, chair: usize, others: &[usize]) {
        let (owner, asker) = (others[0], others[1]);
        let topic = self.complete(thread.topic, &[("{thing}", thing)]);
        let next = if opens {
            self.phrasebook.next[0]
        } else {
            *self.dice.pick(&self.phrasebook.next[1..])
        };
        let text = self.complete(
            next,
            &[("{topic}", &topic), ("{name}", self.first_name(owner))],
        );
        self.say(chair, text, Some(Highlight::Topic(capitalized(&topic))));

        for (position, line) in thread.report.iter().enumerate() {
            if position == 2 {
                self.phrase(asker, self.phrasebook.listening);
            }
            let text = self.complete(line, &[("{thing}", thing)]);
            self.say(owner, text, None);
        }
        for (question, answer) in self.dice.shuffled(thread.questions).iter().take(2) {
            let speaker = *self.dice.pick(&others[1..]);
            let text = self.complete(question, &[("{thing}", thing)]);
            self.say(speaker, text, Some(Highlight::Question));
            let text = self.complete(answer, &[("{thing}", thing)]);
            self.say(owner, text, None);
        }
        self.phrase(asker, self.phrasebook.doubt);
        let text = self.complete(thread.risk, &[("{thing}", thing)]);
        self.say(asker, text, Some(Highlight::Risk));
        self.phrase(owner, self.phrasebook.reassurance);
        self.outcome((thread, thing), chair, others);
    }

    /// The decision on a point, and the action items that follow from it.
    fn outcome(&mut self, (thread, thing): (&Thread, &str), chair: usize, others: &[usize]) {
        let decision = *self.dice.pick(thread.decisions);
        let decision = self.complete(decision, &[("{thing}", thing)]);
        let decide = *self.dice.pick(self.phrasebook.decide);
        let text = self.complete(decide, &[("{decision}", &decision)]);
        self.say(
            chair,
            text,
            Some(Highlight::Decision(capitalized(&decision))),
        );
        for &speaker in others.iter().take(2) {
            self.phrase(speaker, self.phrasebook.agree);
        }

        let count = self.dice.between(1..=2);
        let actions = self.dice.shuffled(thread.actions);
        let assignees = self.dice.shuffled(others);
        for (action, assignee) in actions.into_iter().zip(assignees).take(count) {
            let action = self.complete(action, &[("{thing}", thing)]);
            let ask = *self.dice.pick(self.phrasebook.ask);
            let name = self.first_name(assignee);
            let text = self.complete(ask, &[("{action}", &action), ("{name}", name)]);
            let background = self.phrasebook.background;
            let highlight = Highlight::Action(ActionItem {
                title: capitalized(&action),
                background: self.complete(background, &[("{decision}", &decision)]),
                assignee,
            });
            self.say(chair, text, Some(highlight));
            self.phrase(assignee, self.phrasebook.accept);
        }
    }

    /// Says one of several phrases without slots.
    fn phrase(&mut self, speaker: usize, phrases: &[&str]) {
        let text = (*self.dice.pick(phrases)).to_owned();
        self.say(speaker, text, None);
    }

    /// Says a greeting, sometimes in the language of the company.
    fn greet(&mut self, speaker: usize, phrases: fn(&'a Phrasebook) -> &'a [&'a str]) {
        let phrasebook = self.phrasebook;
        if self.dice.chance(30) {
            self.phrasebook = self.company.home;
        }
        self.phrase(speaker, phrases(self.phrasebook));
        self.phrasebook = phrasebook;
    }

    /// Says a text at a natural speed, after a natural pause.
    fn say(&mut self, speaker: usize, text: String, highlight: Option<Highlight>) {
        self.pause(200, 3_200);
        let start_ms = self.now_ms;
        let words = text.split_whitespace();
        let speaking: i32 = words.map(|_| self.dice.between(260..=460)).sum();
        self.now_ms += 250 + speaking;
        self.utterances.push(Utterance {
            speaker,
            text,
            language: self.phrasebook.code,
            start_ms,
            end_ms: self.now_ms,
            highlight,
        });
    }

    fn pause(&mut self, least_ms: i32, most_ms: i32) {
        self.now_ms += self.dice.between(least_ms..=most_ms);
    }

    /// Fills the slots of a sentence: those that are given, and each slot for a number with a number
    /// of its own.
    fn complete(&mut self, sentence: &str, words: &[(&str, &str)]) -> String {
        let mut text = sentence.to_owned();
        for (slot, word) in words {
            text = text.replace(slot, word);
        }
        for (slot, least, most) in NUMBERS {
            while text.contains(slot) {
                text = text.replacen(slot, &self.dice.between(least..=most).to_string(), 1);
            }
        }
        text
    }

    fn first_name(&self, person: usize) -> &'static str {
        self.company.people[person].first_name()
    }
}

/// The text with a capital first letter.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
