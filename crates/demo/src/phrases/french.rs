//! What people say in any French meeting.

use super::Phrasebook;

/// The French phrasebook.
pub const FRENCH: Phrasebook = Phrasebook {
    code: "fr",
    welcome: &[
        "Bonjour à tous, on peut commencer.",
        "Bonjour. Je crois que tout le monde est là.",
        "Allez, c'est l'heure. Merci d'être venus.",
    ],
    hello: &[
        "Bonjour.",
        "Salut, vous m'entendez bien ?",
        "Bonjour à tous, désolé pour le bruit derrière moi.",
        "Salut tout le monde.",
    ],
    next: &[
        "Premier point pour moi : {topic}. {name}, on en est où ?",
        "Passons au point suivant, {topic}. {name}, tu commences ?",
        "Ensuite, {topic}. {name}, je te laisse la parole.",
    ],
    listening: &[
        "D'accord.",
        "Je vois.",
        "Très bien.",
        "C'est mieux que ce que je craignais.",
        "Oui, j'ai eu le même retour.",
        "C'est noté.",
    ],
    doubt: &[
        "Une chose m'inquiète quand même.",
        "Je me fais l'avocat du diable une seconde.",
        "Avant de décider, je voudrais signaler un risque.",
    ],
    reassurance: &[
        "C'est juste, on le note.",
        "Je le vois aussi, mais pour l'instant ça reste gérable.",
        "Bonne remarque, on en reparle la prochaine fois.",
    ],
    decide: &[
        "Donc on est d'accord : {decision}.",
        "Je note comme décision : {decision}.",
        "Si personne ne s'y oppose, {decision}.",
    ],
    agree: &[
        "D'accord.",
        "Ça me va.",
        "Oui, faisons comme ça.",
        "Pas d'objection.",
    ],
    ask: &[
        "{name}, tu peux {action} ?",
        "Qui peut {action} ? {name}, c'est pour toi ?",
        "Et {name}, je te laisse {action} ?",
    ],
    accept: &[
        "Oui, je m'en occupe.",
        "D'accord, mets mon nom.",
        "Volontiers, j'aurai une première version pour la prochaine fois.",
    ],
    close: &[
        "C'est tout pour moi. Merci à tous.",
        "Bien, on a fait le tour. À bientôt.",
    ],
    goodbye: &["Au revoir.", "Merci, à bientôt.", "Bonne journée à tous."],
    background: "Suite à la décision : {decision}.",
    agenda: "À l'ordre du jour : {topic}. Merci d'ajouter vos points avant la réunion.",
};
