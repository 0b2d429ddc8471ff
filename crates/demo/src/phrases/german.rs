//! What people say in any German meeting.

use super::Phrasebook;

/// The German phrasebook.
pub const GERMAN: Phrasebook = Phrasebook {
    code: "de",
    welcome: &[
        "Guten Morgen zusammen, fangen wir an.",
        "Hallo in die Runde. Ich glaube, wir sind vollzählig.",
        "So, es ist Zeit. Schön, dass alle da sind.",
    ],
    hello: &[
        "Moin.",
        "Guten Morgen.",
        "Hallo, hört ihr mich?",
        "Morgen zusammen, ich sitze noch im Zug.",
    ],
    next: &[
        "Erster Punkt bei mir: {topic}. {name}, wie sieht es aus?",
        "Kommen wir zu {topic}. {name}, magst du anfangen?",
        "Nächster Punkt: {topic}. {name}, bitte.",
    ],
    listening: &[
        "Okay.",
        "Verstehe.",
        "Genau.",
        "Das deckt sich mit dem, was ich gehört habe.",
        "Gut zu wissen.",
        "Das ist mehr, als ich dachte.",
    ],
    doubt: &[
        "Eine Sorge habe ich noch.",
        "Darf ich kurz dagegenhalten?",
        "Ganz wohl ist mir dabei noch nicht.",
    ],
    reassurance: &[
        "Stimmt, das schreiben wir auf.",
        "Das sehe ich auch, aber damit können wir erst einmal leben.",
        "Guter Punkt, das behalten wir im Auge.",
    ],
    decide: &[
        "Dann halten wir fest: {decision}.",
        "Wenn niemand widerspricht: {decision}.",
        "Also beschlossen: {decision}.",
    ],
    agree: &[
        "Einverstanden.",
        "Ja, so machen wir das.",
        "Von mir aus gern.",
        "Passt.",
    ],
    ask: &[
        "{name}, kannst du {action}?",
        "Wer kann {action}? {name}, wäre das etwas für dich?",
        "Und {name}, würdest du bitte {action}?",
    ],
    accept: &[
        "Ja, mache ich.",
        "Schreib meinen Namen dran.",
        "Gern, bis zum nächsten Mal habe ich etwas.",
    ],
    close: &[
        "Das war alles von meiner Seite. Danke euch.",
        "Gut, dann sind wir durch. Bis bald.",
    ],
    goodbye: &["Tschüss.", "Danke, bis dann.", "Schönen Tag noch."],
    background: "Folgt aus dem Beschluss: {decision}.",
    agenda: "Auf der Tagesordnung: {topic}. Bitte Punkte vorab ergänzen.",
};
