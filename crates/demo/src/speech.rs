//! How a meeting is talked through: who says what, when, and what comes of it.

use super::{
    companies::Company,
    dice::Dice,
    phrases::{Manners, Point, Thread, Topic},
};

/// The slots that stand for a number, with its least and greatest value.
const NUMBERS: [(&str, i32, i32); 3] = [("{few}", 2, 9), ("{many}", 12, 90), ("{percent}", 5, 60)];

/// Something that was said.
#[derive(Debug)]
pub struct Utterance {
    /// Who said it.
    pub speaker: usize,
    /// The words.
    pub text: String,
    /// The code of the language.
    pub language: &'static str,
    /// When it began, in milliseconds of the recording.
    pub start_ms: i32,
    /// When it ended, in milliseconds of the recording.
    pub end_ms: i32,
    /// What makes it worth remembering, if anything does.
    pub cue: Option<Cue>,
}

/// What an utterance does in the meeting.
#[derive(Debug)]
pub enum Cue {
    /// It opens the talk about a topic.
    Topic(String),
    /// It is a question.
    Question,
    /// It names a risk.
    Risk,
    /// It states a decision.
    Decision(String),
    /// It hands something out.
    Action(Action),
}

/// Something that was handed out.
#[derive(Debug)]
pub struct Action {
    /// What is to be done.
    pub title: String,
    /// What it follows from.
    pub background: String,
    /// Who was asked to do it.
    pub assignee: usize,
}

/// How many points fit into a meeting of this length.
pub fn points_within(minutes: i64) -> usize {
    if minutes <= 15 { 2 } else { 3 }
}

/// The talk of a meeting. `speakers` are at least three people, of whom the first is in the
/// chair.
pub fn meeting(
    company: &Company,
    topic: &Topic,
    agenda: &[Point],
    speakers: &[usize],
    dice: &mut Dice,
) -> Vec<Utterance> {
    let mut talk = Talk::new(company, topic, dice);
    let chair = speakers[0];
    talk.welcome(speakers);
    for (position, point) in agenda.iter().enumerate() {
        let others = talk.dice.shuffled(&speakers[1..]);
        talk.pause(2_000, 9_000);
        talk.point(position == 0, *point, chair, &others);
    }
    talk.goodbye(speakers);
    talk.utterances
}

/// What somebody says to themself about a point.
pub fn note(
    company: &Company,
    topic: &Topic,
    point: Point,
    speaker: usize,
    dice: &mut Dice,
) -> Vec<Utterance> {
    let mut talk = Talk::new(company, topic, dice);
    let (thread, thing) = point;
    for line in thread.report.iter().chain([&thread.risk]) {
        let text = talk.complete(line, &[("{thing}", thing)]);
        talk.say(speaker, text, None);
    }
    talk.utterances
}

/// A talk as it goes on.
struct Talk<'a> {
    company: &'a Company,
    manners: &'a Manners,
    dice: &'a mut Dice,
    now_ms: i32,
    utterances: Vec<Utterance>,
}

impl<'a> Talk<'a> {
    fn new(company: &'a Company, topic: &Topic, dice: &'a mut Dice) -> Self {
        Self {
            company,
            manners: topic.manners,
            dice,
            now_ms: 0,
            utterances: Vec::new(),
        }
    }

    /// The chair opens, and some of the others answer.
    fn welcome(&mut self, speakers: &[usize]) {
        self.phrase(speakers[0], self.manners.welcome);
        for &speaker in speakers[1..].iter().take(3) {
            self.greet(speaker, |manners| manners.hello);
        }
    }

    /// The chair closes, and two of the others take their leave.
    fn goodbye(&mut self, speakers: &[usize]) {
        self.phrase(speakers[0], self.manners.close);
        for &speaker in speakers[1..].iter().take(2) {
            self.greet(speaker, |manners| manners.goodbye);
        }
    }

    /// One point from the report to what is handed out. `others` are at least two.
    fn point(&mut self, opens: bool, (thread, thing): Point, chair: usize, others: &[usize]) {
        let (owner, asker) = (others[0], others[1]);
        let topic = self.complete(thread.topic, &[("{thing}", thing)]);
        let next = if opens {
            self.manners.next[0]
        } else {
            *self.dice.pick(&self.manners.next[1..])
        };
        let text = self.complete(
            next,
            &[("{topic}", &topic), ("{name}", self.first_name(owner))],
        );
        self.say(chair, text, Some(Cue::Topic(capitalized(&topic))));

        for (position, line) in thread.report.iter().enumerate() {
            if position == 2 {
                self.phrase(asker, self.manners.listening);
            }
            let text = self.complete(line, &[("{thing}", thing)]);
            self.say(owner, text, None);
        }
        for (question, answer) in self.dice.shuffled(thread.questions).iter().take(2) {
            let speaker = *self.dice.pick(&others[1..]);
            let text = self.complete(question, &[("{thing}", thing)]);
            self.say(speaker, text, Some(Cue::Question));
            let text = self.complete(answer, &[("{thing}", thing)]);
            self.say(owner, text, None);
        }
        self.phrase(asker, self.manners.doubt);
        let text = self.complete(thread.risk, &[("{thing}", thing)]);
        self.say(asker, text, Some(Cue::Risk));
        self.phrase(owner, self.manners.reassurance);
        self.outcome((thread, thing), chair, others);
    }

    /// What is decided, and what is handed out for it.
    fn outcome(&mut self, (thread, thing): (&Thread, &str), chair: usize, others: &[usize]) {
        let decision = *self.dice.pick(thread.decisions);
        let decision = self.complete(decision, &[("{thing}", thing)]);
        let decide = *self.dice.pick(self.manners.decide);
        let text = self.complete(decide, &[("{decision}", &decision)]);
        self.say(chair, text, Some(Cue::Decision(capitalized(&decision))));
        for &speaker in others.iter().take(2) {
            self.phrase(speaker, self.manners.agree);
        }

        let count = self.dice.between(1..=2);
        let actions = self.dice.shuffled(thread.actions);
        let assignees = self.dice.shuffled(others);
        for (action, assignee) in actions.into_iter().zip(assignees).take(count) {
            let action = self.complete(action, &[("{thing}", thing)]);
            let ask = *self.dice.pick(self.manners.ask);
            let name = self.first_name(assignee);
            let text = self.complete(ask, &[("{action}", &action), ("{name}", name)]);
            let background = self.manners.background;
            let cue = Cue::Action(Action {
                title: capitalized(&action),
                background: self.complete(background, &[("{decision}", &decision)]),
                assignee,
            });
            self.say(chair, text, Some(cue));
            self.phrase(assignee, self.manners.accept);
        }
    }

    /// Says one of several phrases that have no slots.
    fn phrase(&mut self, speaker: usize, phrases: &[&str]) {
        let text = (*self.dice.pick(phrases)).to_owned();
        self.say(speaker, text, None);
    }

    /// Says a greeting, now and then in the language of the house.
    fn greet(&mut self, speaker: usize, phrases: fn(&'a Manners) -> &'a [&'a str]) {
        let manners = self.manners;
        if self.dice.chance(30) {
            self.manners = self.company.home;
        }
        self.phrase(speaker, phrases(self.manners));
        self.manners = manners;
    }

    /// Says a text at a natural speed, after a natural pause.
    fn say(&mut self, speaker: usize, text: String, cue: Option<Cue>) {
        self.pause(200, 3_200);
        let start_ms = self.now_ms;
        let words = text.split_whitespace();
        let speaking: i32 = words.map(|_| self.dice.between(260..=460)).sum();
        self.now_ms += 250 + speaking;
        self.utterances.push(Utterance {
            speaker,
            text,
            language: self.manners.code,
            start_ms,
            end_ms: self.now_ms,
            cue,
        });
    }

    fn pause(&mut self, least_ms: i32, most_ms: i32) {
        self.now_ms += self.dice.between(least_ms..=most_ms);
    }

    /// Fills the slots of a sentence: those given, and the numbers, each anew.
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

/// The text with its first letter large.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
