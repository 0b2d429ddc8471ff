//! What people say in any English meeting.

use super::Phrasebook;

/// The English phrasebook.
pub const ENGLISH: Phrasebook = Phrasebook {
    code: "en",
    welcome: &[
        "Good morning everyone, let's get going.",
        "Hello all. I think we're complete, so let's start.",
        "Right, it's time. Thanks for joining.",
        "Okay, welcome. The recording is on, just so everybody knows.",
        "Hi everyone. We have a full list today, so I'll keep an eye on the clock.",
    ],
    hello: &[
        "Morning.",
        "Hi, can you hear me all right?",
        "Hello from the train, I may drop out for a moment.",
        "Good to see you all.",
        "Hi. I have to leave a few minutes early today.",
        "Hello, sorry, I was on mute.",
    ],
    next: &[
        "First on my list: {topic}. {name}, where are we?",
        "Let's turn to {topic}. {name}, do you want to start?",
        "The next point: {topic}. {name}, that's yours.",
        "{name}, could you bring us up to date on {topic}?",
        "Then on to {topic}. {name}, over to you.",
    ],
    listening: &[
        "Okay.",
        "Right.",
        "Mm-hm.",
        "That's better than I expected.",
        "Good to know.",
        "Yes, I saw that too.",
        "Makes sense.",
        "Thanks, that's clear.",
        "Interesting.",
    ],
    doubt: &[
        "One thing worries me, though.",
        "Can I play devil's advocate for a second?",
        "I'm not quite comfortable with that yet.",
        "Before we decide, let me raise one risk.",
    ],
    reassurance: &[
        "That's fair, we should write it down.",
        "I see that as well, but I think we can live with it for now.",
        "Good point. Let's watch it and talk again next time.",
        "True. I'd rather know it now than in a month.",
    ],
    decide: &[
        "So we're agreed: {decision}.",
        "Let me put that down as decided: {decision}.",
        "Then that's settled, {decision}.",
        "If nobody objects, {decision}.",
    ],
    agree: &[
        "Agreed.",
        "Fine with me.",
        "Yes, let's do that.",
        "No objections here.",
        "Sounds right to me.",
        "I can live with that.",
    ],
    ask: &[
        "{name}, could you {action}?",
        "Who can {action}? {name}, is that something for you?",
        "And {name}, would you please {action}?",
        "We still need somebody to {action}. {name}?",
    ],
    accept: &[
        "Sure, I'll take that.",
        "Yes, put my name on it.",
        "Will do. You'll hear from me before the next meeting.",
        "I can, but not before I've finished what's on my desk.",
        "Happy to.",
    ],
    close: &[
        "That's everything from me. Thanks, all.",
        "Good, we're through the list. Talk to you soon.",
        "Let's stop here. The notes will be in the usual place.",
        "Thanks, that was quick. Have a good day.",
    ],
    goodbye: &[
        "Thanks, bye.",
        "See you.",
        "Thank you all.",
        "Bye, everyone.",
    ],
    background: "Follows from the decision that {decision}.",
    agenda: "On the agenda: {topic}. Please add your points before the meeting.",
};
