//! What is discussed at a maker of laboratory instruments. `{thing}` is one of its products.

use super::{ENGLISH, Thread, Topic};

/// Engineering, release planning, customer feedback and hiring, in this order.
pub const INSTRUMENTS: [&Topic; 4] = [&ENGINEERING, &RELEASES, &CUSTOMERS, &HIRING];

const ENGINEERING: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Incident review: {thing}",
    threads: &[
        Thread {
            topic: "slow answers from {thing}",
            report: &[
                "Since the weekend {thing} has needed {few} seconds to draw the first chart.",
                "It only happens to accounts with more than {many} instruments.",
                "I profiled it, and {percent} percent of the time goes into one query.",
                "The query reads all the readings and then throws most of them away.",
                "With an index on the time of the reading it's back below half a second.",
            ],
            questions: &[
                (
                    "Is the index on the live database already?",
                    "No, only on the copy. I wanted to talk about the locking first.",
                ),
                (
                    "How many customers noticed?",
                    "{few} wrote to us. The others probably just waited.",
                ),
                (
                    "Could we cache the chart instead?",
                    "We could, but then the newest reading would be missing for a minute.",
                ),
            ],
            risk: "If building the index locks the table, no instrument can report for that long.",
            decisions: &[
                "we build the index for {thing} on Sunday night",
                "we add the index to {thing} and leave caching alone",
            ],
            actions: &[
                "build the index for {thing} on the staging copy",
                "tell the affected customers that {thing} is fast again",
                "add an alert for slow charts in {thing}",
            ],
        },
        Thread {
            topic: "lost readings on {thing}",
            report: &[
                "We found a gap of {many} minutes in the readings of {thing}.",
                "The device had measured all along, it just didn't send.",
                "After the network came back it overwrote its buffer from the start.",
                "I can reproduce it on my desk by pulling the cable twice.",
            ],
            questions: &[
                (
                    "Is the data gone for good?",
                    "What was overwritten is gone. About {percent} percent is still on the device.",
                ),
                (
                    "Which firmware versions are affected?",
                    "Everything we shipped in the last {few} months.",
                ),
            ],
            risk: "One of the customers runs a drug trial and has to report every single gap.",
            decisions: &[
                "we stop the roll-out of the current firmware for {thing}",
                "we fix the buffer on {thing} before anything else",
            ],
            actions: &[
                "write a test that pulls the network from {thing} twice",
                "recover the readings that are left on {thing}",
                "draft the notice about the gap in {thing}",
            ],
        },
        Thread {
            topic: "the nightly build of {thing}",
            report: &[
                "The build of {thing} was red {few} times this week.",
                "{percent} percent of that is one flaky test that waits for a clock.",
                "The rest is real, and it came from the change to the calibration curve.",
                "A full run takes {many} minutes now, so people push without waiting for it.",
            ],
            questions: &[
                (
                    "Can't we simply run the flaky test again?",
                    "We did that for a year. It's how the real failures went unseen.",
                ),
                (
                    "What would make it faster?",
                    "Splitting the simulation off. It needs a machine of its own anyway.",
                ),
            ],
            risk: "If nobody trusts the build, the next real failure goes straight to a customer.",
            decisions: &[
                "nothing is merged into {thing} while its build is red",
                "the simulation of {thing} moves to a machine of its own",
            ],
            actions: &[
                "give the flaky test of {thing} a clock of its own",
                "move the simulation of {thing} to the new build machine",
            ],
        },
    ],
};

const RELEASES: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Release review: {thing}",
    threads: &[
        Thread {
            topic: "the next release of {thing}",
            report: &[
                "We have {many} changes merged for {thing}, and {few} are still open.",
                "The new export is done and the lab next door has tried it for a week.",
                "What's missing is the translation and one screen in the setup.",
                "The test plan is through up to the chapter on power failures.",
            ],
            questions: &[
                (
                    "Could we ship without the translation?",
                    "For the pilots, yes. Not for the hospitals.",
                ),
                (
                    "Who signs off the test plan?",
                    "Quality does, and they need {few} working days for it.",
                ),
            ],
            risk: "If we slip past the trade fair, we'd be showing a version nobody can buy.",
            decisions: &[
                "{thing} goes to the pilots first and to everybody two weeks later",
                "the release of {thing} waits for the translation",
            ],
            actions: &[
                "finish the test plan for {thing}",
                "write the release notes for {thing}",
                "book the sign-off of {thing} with quality",
            ],
        },
        Thread {
            topic: "the price of {thing}",
            report: &[
                "The new board makes {thing} about {percent} percent more expensive to build.",
                "Purchasing got an offer from a second supplier that halves the difference.",
                "Sales would rather leave the list price alone until the summer.",
                "Our margin would still be fine if we drop the printed manual.",
            ],
            questions: &[
                (
                    "Have we ever bought from that supplier?",
                    "Connectors, {few} years ago. They were late but the parts were good.",
                ),
                (
                    "What do competitors charge?",
                    "For something comparable, around {percent} percent more than we do.",
                ),
            ],
            risk: "A second supplier means a second certification, and that takes a quarter.",
            decisions: &[
                "the list price of {thing} stays as it is until the summer",
                "we order a small batch for {thing} from the second supplier",
            ],
            actions: &[
                "order sample boards for {thing} from the second supplier",
                "work out the margin of {thing} without the printed manual",
            ],
        },
        Thread {
            topic: "certification of {thing}",
            report: &[
                "The test house has had {thing} for {few} weeks now.",
                "Radiated emissions are fine, with room to spare.",
                "It failed the discharge test on the metal frame, twice.",
                "Mechanics thinks a longer spring on the ground contact will do.",
            ],
            questions: &[
                (
                    "Do we have to repeat everything?",
                    "Only the discharge test, if the frame itself stays the same.",
                ),
                (
                    "When is the next free slot?",
                    "They offered us one in {many} days.",
                ),
            ],
            risk: "If the spring isn't enough we need a new frame, and that costs us two months.",
            decisions: &[
                "we take the next slot for {thing} with the longer spring",
                "we repeat the discharge test of {thing} in our own lab first",
            ],
            actions: &[
                "confirm the slot for {thing} with the test house",
                "fit {few} samples of {thing} with the longer spring",
            ],
        },
    ],
};

const CUSTOMERS: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Customer visit: {thing} in the field",
    threads: &[
        Thread {
            topic: "what users say about {thing}",
            report: &[
                "We talked to {many} people who use {thing} every day.",
                "They love that it starts at once, nearly all of them said so unasked.",
                "{percent} percent have never opened the settings and don't want to.",
                "What they all stumble over is the calibration, always at the second step.",
            ],
            questions: &[
                (
                    "What goes wrong in the second step?",
                    "It asks for the reference value, and they type in the measured one.",
                ),
                (
                    "Did anybody ask for the mobile view?",
                    "Two did. Most just want a bigger number on the screen.",
                ),
            ],
            risk: "A wrong calibration looks perfectly fine until somebody audits the lab.",
            decisions: &[
                "the second calibration step of {thing} gets a picture and a check",
                "we redo the calibration of {thing} before adding anything new",
            ],
            actions: &[
                "sketch the new calibration screen for {thing}",
                "invite {few} users of {thing} to try the sketch",
                "count how often the calibration of {thing} is repeated",
            ],
        },
        Thread {
            topic: "support requests for {thing}",
            report: &[
                "{thing} brought in {many} requests, which is about the usual.",
                "A third of them are forgotten passwords of shared accounts.",
                "There are {few} reports of a display that stays dark after an update.",
                "Answering took us {few} hours in the median, a bit better than before.",
            ],
            questions: &[
                (
                    "Is the dark display the same fault each time?",
                    "Two are a loose cable. The others we haven't seen ourselves yet.",
                ),
                (
                    "Why do they share accounts at all?",
                    "Because a bench has one tablet and three shifts.",
                ),
            ],
            risk: "With shared accounts nobody can say later who approved a result.",
            decisions: &[
                "we offer badge sign-in for {thing} to the pilot labs",
                "units of {thing} with a dark display come back to us at our cost",
            ],
            actions: &[
                "write an answer about shared accounts on {thing}",
                "get one of the dark displays of {thing} back to the lab",
            ],
        },
        Thread {
            topic: "the university pilot with {thing}",
            report: &[
                "The university has {few} units of {thing} running since last month.",
                "They collected more data than we did in the whole of last year.",
                "The students wrote their own script to read it, which is flattering.",
                "Their contract ends with the term, and they'd like to buy {few} more.",
            ],
            questions: &[
                (
                    "Can we use their data?",
                    "For the drift model, yes. Their names have to come out first.",
                ),
                (
                    "Does their script use the public interface?",
                    "Mostly. In one place it reads the page and picks the number out of it.",
                ),
            ],
            risk: "If we change that page, their experiment stops in the middle of the term.",
            decisions: &[
                "the university keeps {thing} at the pilot price for a year",
                "we leave that page of {thing} alone until the term ends",
            ],
            actions: &[
                "send the university an offer for {thing}",
                "document the interface that the students need from {thing}",
            ],
        },
    ],
};

const HIRING: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Planning the team for {thing}",
    threads: &[
        Thread {
            topic: "the open position on {thing}",
            report: &[
                "We had {many} applications for the firmware position on {thing}.",
                "I'd like to see {few} of them, and two look really strong.",
                "One has built exactly this kind of sensor, but wants to work remotely.",
                "The other lives around the corner and could start next month.",
            ],
            questions: &[
                (
                    "Does the work need somebody on site?",
                    "For the first weeks, yes. After that a bench at home would do.",
                ),
                (
                    "Who else talks to them?",
                    "I'd like one person from quality and one from mechanics.",
                ),
            ],
            risk: "Good people are gone within two weeks, and last time we needed five.",
            decisions: &[
                "we invite both candidates for {thing} within a week",
                "the position on {thing} can be done remotely after the first month",
            ],
            actions: &[
                "call both candidates for {thing}",
                "prepare the practical exercise for the position on {thing}",
            ],
        },
        Thread {
            topic: "who knows {thing}",
            report: &[
                "Only {few} people can change the core of {thing} without help.",
                "When they are on leave, nothing moves. We saw that in the summer.",
                "Pairing worked well, the two newcomers fixed {many} small faults.",
                "The one thing nobody has written down is the bring-up of a new board.",
            ],
            questions: &[
                (
                    "How long does a bring-up take?",
                    "Half a day for somebody who knows it. Last time it was a week.",
                ),
                (
                    "Shall we record it this time?",
                    "Yes please, with the transcript. I'd add the commands afterwards.",
                ),
            ],
            risk: "If one more person leaves, {thing} is maintained by hope.",
            decisions: &[
                "the next bring-up of {thing} is done in pairs and recorded",
                "a tenth of each week goes into handing on what we know of {thing}",
            ],
            actions: &[
                "record the next bring-up of {thing}",
                "list what only one person knows about {thing}",
            ],
        },
    ],
};
