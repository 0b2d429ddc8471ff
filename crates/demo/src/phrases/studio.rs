//! What is discussed at a design studio. `{thing}` is one of its clients.

use super::{ENGLISH, FRENCH, Thread, Topic};

/// Projects, pitches, the studio itself and, in French, the clients.
pub const STUDIO: [&Topic; 4] = [&PROJECTS, &PITCHES, &HOUSE, &CLIENTS];

const PROJECTS: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Project review: {thing}",
    threads: &[
        Thread {
            topic: "the website for {thing}",
            report: &[
                "The new pages for {thing} are built, {few} templates are still open.",
                "On an old phone the home page needs {few} seconds, most of it the film.",
                "We tested it with {many} people and nearly all found the opening hours.",
                "Hardly anybody found the shop, they look for it in the wrong corner.",
            ],
            questions: &[
                (
                    "Can we drop the film?",
                    "The client loves it. A still with a play button would do the same.",
                ),
                (
                    "Who writes the missing texts?",
                    "They do. We've had {percent} percent of them so far.",
                ),
            ],
            risk: "If the texts arrive in the last week, nobody will have time to proofread them.",
            decisions: &[
                "the film on the site of {thing} only starts when it's asked for",
                "the shop of {thing} moves into the main menu",
            ],
            actions: &[
                "cut a still from the film for {thing}",
                "remind {thing} of the missing texts",
                "move the shop of {thing} into the main menu",
            ],
        },
        Thread {
            topic: "the identity for {thing}",
            report: &[
                "{thing} has seen three routes and put the first one aside at once.",
                "The second is the one with the stencil letters, they keep coming back to it.",
                "In print it works down to {few} millimetres, below that it fills in.",
                "The green is {percent} percent darker on their paper than on ours.",
            ],
            questions: &[
                (
                    "Do we have the rights for the typeface?",
                    "For print, yes. For the app we'd need a bigger licence.",
                ),
                (
                    "Who decides on their side?",
                    "The founder. Everybody else says it's lovely.",
                ),
            ],
            risk: "The founder is away for a month, and the shop signs are ordered before that.",
            decisions: &[
                "we go on with the stencil route for {thing}",
                "{thing} gets a version of the mark for small sizes",
            ],
            actions: &[
                "draw the small version of the mark for {thing}",
                "print the green for {thing} on their own paper",
                "ask for a larger licence for the typeface of {thing}",
            ],
        },
        Thread {
            topic: "the photo shoot for {thing}",
            report: &[
                "We have {few} days on location for {thing} and {many} pictures to bring home.",
                "The photographer has seen the rooms and wants more light from the north.",
                "Two of the people we cast have cancelled, I'm asking around.",
                "If it rains we can swap the days, the hotel agreed to that.",
            ],
            questions: &[
                (
                    "Are we allowed to show the neighbours' house?",
                    "Only if nobody can be recognised. I have it in writing.",
                ),
                (
                    "What does the second day cost?",
                    "About {percent} percent more than the first, because it's a Sunday.",
                ),
            ],
            risk: "If the second day falls through as well, the brochure misses the printer's slot.",
            decisions: &[
                "the shoot for {thing} starts with the indoor pictures",
                "we book a day in reserve for {thing}",
            ],
            actions: &[
                "find two more people for the shoot for {thing}",
                "write the list of pictures for {thing}",
            ],
        },
    ],
};

const PITCHES: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Pitch rehearsal: {thing}",
    threads: &[
        Thread {
            topic: "the pitch for {thing}",
            report: &[
                "{thing} has invited {few} studios, and we go last.",
                "They want to hear about the idea, not about us, they said so twice.",
                "We have {many} slides, which is about double what fits.",
                "The strongest part is the story about the night watchman.",
            ],
            questions: &[
                (
                    "Do we show a finished poster?",
                    "One, at the very end, printed, and we leave it there.",
                ),
                (
                    "Who speaks?",
                    "Two people at most. Somebody new should do the first half.",
                ),
            ],
            risk: "If we show too much, they argue about a colour and forget the idea.",
            decisions: &[
                "the pitch for {thing} has twelve slides and one poster",
                "we open the pitch for {thing} with the night watchman",
            ],
            actions: &[
                "cut the slides for {thing} down to twelve",
                "print the poster for {thing}",
                "book a room to rehearse the pitch for {thing}",
            ],
        },
        Thread {
            topic: "the estimate for {thing}",
            report: &[
                "I get to {many} days for {thing}, a third of that is illustration.",
                "Their budget is {percent} percent below what we'd usually ask.",
                "If they take the photos themselves, we're nearly there.",
                "They'd pay half in advance, which helps.",
            ],
            questions: &[
                (
                    "Could we do it in two steps?",
                    "Yes, the shop could wait until the autumn.",
                ),
                (
                    "What happened with the last fixed price?",
                    "We were {few} days over, because nobody had counted the corrections.",
                ),
            ],
            risk: "Without a limit on corrections a fixed price eats the whole margin.",
            decisions: &[
                "the offer for {thing} includes two rounds of corrections",
                "we offer {thing} the work in two steps",
            ],
            actions: &[
                "write the offer for {thing}",
                "ask the illustrator about dates for {thing}",
            ],
        },
    ],
};

const HOUSE: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Looking back on {thing}",
    threads: &[
        Thread {
            topic: "what we learnt from {thing}",
            report: &[
                "{thing} is closed, {percent} percent over the hours and with a happy client.",
                "What went well was the weekly call, {few} of us said that.",
                "What went badly was the handover, the files had {many} different names.",
                "The printer called three times because he had the wrong version.",
            ],
            questions: &[
                (
                    "Why were there several versions?",
                    "Because we sent them by mail while the folder was being moved.",
                ),
                (
                    "Would a naming rule have helped?",
                    "A rule and one person who looks. A rule alone, no.",
                ),
            ],
            risk: "The same people start the next project on Monday, with the same folder.",
            decisions: &[
                "files go to the printer from one folder only",
                "each project names one person who looks after its files",
            ],
            actions: &[
                "tidy up the folder of {thing}",
                "write one page about naming files, with {thing} as the example",
            ],
        },
        Thread {
            topic: "who works on {thing} next month",
            report: &[
                "For {thing} we need {few} people in the first two weeks.",
                "Illustration is booked out, animation has {percent} percent free.",
                "Two of us are on leave at the same time, that was agreed long ago.",
                "A freelancer I know could take {many} hours, at a fair rate.",
            ],
            questions: &[
                (
                    "Has the freelancer worked for us before?",
                    "On the festival posters. Quick, and no surprises.",
                ),
                (
                    "Can the start move?",
                    "By a week, if we tell the client now.",
                ),
            ],
            risk: "If anybody falls ill in those two weeks, there's no one left to step in.",
            decisions: &[
                "we bring in a freelancer for {thing}",
                "{thing} starts a week later",
            ],
            actions: &[
                "call the freelancer about {thing}",
                "agree on the new start with {thing}",
            ],
        },
    ],
};

const CLIENTS: Topic = Topic {
    phrasebook: &FRENCH,
    title: "Point client : {thing}",
    threads: &[
        Thread {
            topic: "la campagne pour {thing}",
            report: &[
                "La campagne pour {thing} tourne depuis {few} semaines.",
                "On a {percent} pour cent de visites en plus sur le site.",
                "Les affiches du métro marchent mieux que les annonces en ligne.",
                "Le client voudrait prolonger de {many} jours, sans rallonge.",
            ],
            questions: &[
                (
                    "Est-ce que le budget le permet ?",
                    "Si on arrête les annonces en ligne, oui.",
                ),
                (
                    "On a encore des affiches ?",
                    "Il en reste une centaine à l'imprimerie.",
                ),
            ],
            risk: "Si on prolonge trop, les gens ne verront plus les affiches.",
            decisions: &[
                "on prolonge la campagne pour {thing} dans le métro seulement",
                "les annonces en ligne pour {thing} s'arrêtent vendredi",
            ],
            actions: &[
                "réserver les emplacements pour {thing}",
                "préparer le bilan de la campagne pour {thing}",
            ],
        },
        Thread {
            topic: "la brochure de {thing}",
            report: &[
                "La maquette de la brochure pour {thing} est prête, {many} pages.",
                "Les textes sont relus, sauf ceux de la fin.",
                "Le papier recyclé coûte {percent} pour cent de plus que prévu.",
                "L'imprimeur peut nous garder la machine pendant {few} jours.",
            ],
            questions: &[
                (
                    "Qui valide les textes ?",
                    "La directrice, elle rentre lundi.",
                ),
                (
                    "On peut réduire le nombre de pages ?",
                    "De quatre, sans toucher aux photos.",
                ),
            ],
            risk: "Si la validation tarde, on perd la machine chez l'imprimeur.",
            decisions: &[
                "on garde le papier recyclé et on enlève quatre pages",
                "la brochure de {thing} part à l'impression dès la validation",
            ],
            actions: &[
                "envoyer les derniers textes à {thing}",
                "confirmer la date avec l'imprimeur pour {thing}",
            ],
        },
        Thread {
            topic: "l'exposition avec {thing}",
            report: &[
                "Pour l'exposition avec {thing}, la salle est réservée.",
                "Il nous faut {few} vitrines, on en a deux.",
                "Le transport prend {percent} pour cent du budget à lui seul.",
                "On attend {many} invités pour le vernissage.",
            ],
            questions: &[
                (
                    "On peut emprunter des vitrines ?",
                    "Le musée d'en face en prête, contre une affiche.",
                ),
                (
                    "Les œuvres sont assurées ?",
                    "À partir du chargement, pas avant.",
                ),
            ],
            risk: "Si une vitrine manque le jour même, la moitié des pièces reste en caisse.",
            decisions: &[
                "on emprunte les vitrines au musée",
                "le vernissage avec {thing} a lieu un jeudi",
            ],
            actions: &[
                "appeler le musée pour les vitrines",
                "rédiger l'invitation pour le vernissage avec {thing}",
            ],
        },
    ],
};
