//! What is discussed at a freight carrier. `{thing}` is a town with one of its depots.

use super::{ENGLISH, GERMAN, Thread, Topic};

/// Operations, the fleet, the new planning software and, in German, the depots.
pub const LOGISTICS: [&Topic; 4] = [&OPERATIONS, &FLEET, &PLANNING, &DEPOTS];

const OPERATIONS: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Operations review: {thing}",
    threads: &[
        Thread {
            topic: "late deliveries from {thing}",
            report: &[
                "{few} percent of the parcels from {thing} were late last week.",
                "Nearly all of that is the morning wave, the evening runs on time.",
                "The sorter stopped {few} times, once for {many} minutes.",
                "We helped ourselves with hand scanners, but that's half the speed.",
            ],
            questions: &[
                (
                    "What stops the sorter?",
                    "A worn belt. The spare has been on order for {few} weeks.",
                ),
                (
                    "Did we tell the customers?",
                    "The large ones by phone. The others saw it in the tracking.",
                ),
            ],
            risk: "If the belt tears before the spare arrives, the depot stands still for a day.",
            decisions: &[
                "the morning wave in {thing} starts half an hour earlier until the belt is in",
                "we borrow a belt for {thing} from another depot",
            ],
            actions: &[
                "call the supplier about the belt for {thing}",
                "plan the earlier morning wave in {thing}",
                "write to the customers served from {thing}",
            ],
        },
        Thread {
            topic: "peak season in {thing}",
            report: &[
                "For the peak we expect {percent} percent more volume in {thing}.",
                "We have {many} temporary people signed and would like {few} more.",
                "Parking is the bottleneck, the yard is full at six in the morning.",
                "The neighbour would rent us his car park until January.",
            ],
            questions: &[
                (
                    "What does the car park cost?",
                    "Less than one day of waiting trucks, I did the sum.",
                ),
                (
                    "Who trains the temporary people?",
                    "The shift leads, two evenings, the week before.",
                ),
            ],
            risk: "If it snows early, the upper yard can't be used and the car park won't be enough.",
            decisions: &[
                "we rent the car park in {thing} until the end of January",
                "{thing} gets a third shift for the four weeks of the peak",
            ],
            actions: &[
                "sign the lease for the car park in {thing}",
                "plan the training evenings in {thing}",
            ],
        },
        Thread {
            topic: "damaged goods in {thing}",
            report: &[
                "{thing} had {many} damage reports, twice as many as usual.",
                "Most are crushed corners, all from the same two lanes.",
                "The chute there is steeper since the conversion in spring.",
                "A mat at the bottom cost us nothing and took away {percent} percent.",
            ],
            questions: &[
                (
                    "Is that allowed, safety-wise?",
                    "For a trial, yes. For good it needs a proper fixing.",
                ),
                (
                    "Do the shippers pack worse than before?",
                    "One does. We've sent them photographs.",
                ),
            ],
            risk: "Our insurer raises the excess if this quarter looks like the last one.",
            decisions: &[
                "both chutes in {thing} get fixed mats",
                "we refuse badly packed pallets in {thing} from next month",
            ],
            actions: &[
                "have the mats in {thing} fixed properly",
                "send the damage report for {thing} to the insurer",
            ],
        },
    ],
};

const FLEET: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Fleet review: {thing}",
    threads: &[
        Thread {
            topic: "electric vans in {thing}",
            report: &[
                "The {few} electric vans in {thing} have done {many} days without a fault.",
                "Their range in the cold was {percent} percent below the brochure.",
                "For the inner city that's plenty, for the villages it's tight.",
                "Drivers like them, mostly because of the quiet.",
            ],
            questions: &[
                (
                    "Can they charge over lunch?",
                    "If we get a second cable to the yard. The transformer has room.",
                ),
                (
                    "What about the villages?",
                    "I'd leave the diesels there for another winter.",
                ),
            ],
            risk: "Without the second cable, one blocked charger strands the whole afternoon round.",
            decisions: &[
                "{thing} gets the second charging cable before more vans",
                "the villages around {thing} keep their diesel vans this winter",
            ],
            actions: &[
                "ask the utility for a second cable in {thing}",
                "draw up the winter rounds for {thing}",
            ],
        },
        Thread {
            topic: "maintenance in {thing}",
            report: &[
                "{few} trucks from {thing} were off the road at the same time.",
                "The workshop found the same cracked bracket on each of them.",
                "The maker knows about it and sends a stronger one, free of charge.",
                "Until then we check every truck by eye, that's {many} minutes a day.",
            ],
            questions: &[
                (
                    "Is it safe to drive with a crack?",
                    "No. If you see one, the truck stays where it is.",
                ),
                (
                    "When do the brackets arrive?",
                    "In {few} weeks, if the maker keeps the promise.",
                ),
            ],
            risk: "If two more trucks fail, we can't cover the night line any longer.",
            decisions: &[
                "every truck in {thing} is checked before the first tour",
                "we rent {few} trucks for {thing} until the brackets are in",
            ],
            actions: &[
                "write the check list for the trucks in {thing}",
                "ask for rental trucks for {thing}",
                "follow up on the brackets for {thing}",
            ],
        },
        Thread {
            topic: "driver shifts in {thing}",
            report: &[
                "We have {few} shifts in {thing} that nobody wants, all of them Saturdays.",
                "Sick leave is at {few} percent there, higher than anywhere else.",
                "Two drivers asked whether they could swap tours by themselves.",
                "In the depot that already does it, it saved us {many} phone calls a week.",
            ],
            questions: &[
                (
                    "Does the works council agree?",
                    "They do, as long as rest times are checked by the system.",
                ),
                (
                    "What would make Saturdays bearable?",
                    "Knowing them four weeks ahead. That came up in every talk.",
                ),
            ],
            risk: "A swap that breaks the rest time costs us the licence, not just a fine.",
            decisions: &[
                "drivers in {thing} may swap tours, and the system checks the rest times",
                "Saturday shifts in {thing} are published four weeks ahead",
            ],
            actions: &[
                "set up tour swapping for {thing}",
                "publish the Saturday shifts for {thing}",
            ],
        },
    ],
};

const PLANNING: Topic = Topic {
    phrasebook: &ENGLISH,
    title: "Go-live of the planning software in {thing}",
    threads: &[
        Thread {
            topic: "the planning software in {thing}",
            report: &[
                "{thing} has been planning with the new software for {few} weeks.",
                "Tours are {percent} percent shorter on paper and a bit less in real life.",
                "Dispatchers override it {many} times a day, mostly because of loading times.",
                "It thinks that unloading a piano takes four minutes.",
            ],
            questions: &[
                (
                    "Can we teach it the loading times?",
                    "By type of goods, yes. By customer only in the next version.",
                ),
                (
                    "Do the dispatchers trust it?",
                    "More than a month ago. They'd like to see why it decides as it does.",
                ),
            ],
            risk: "If they override everything, we pay for the software and plan by hand.",
            decisions: &[
                "we measure the loading times in {thing} for two weeks",
                "the old planning board in {thing} stays up until the end of the month",
            ],
            actions: &[
                "measure the loading times in {thing}",
                "collect the reasons for overrides in {thing}",
                "train the dispatchers in {thing}",
            ],
        },
        Thread {
            topic: "address data for {thing}",
            report: &[
                "{percent} percent of the failed stops around {thing} are bad addresses.",
                "Half of those are new streets that no map has yet.",
                "The drivers know them all, but they only write them on paper.",
                "I took {many} slips home and typed them in, it took an evening.",
            ],
            questions: &[
                (
                    "Could drivers correct them on the scanner?",
                    "There's a field for it. It's {few} menus deep.",
                ),
                (
                    "Who checks the corrections?",
                    "Nobody yet. If two drivers say the same, I'd believe it.",
                ),
            ],
            risk: "A wrong correction sends every later parcel to the wrong door.",
            decisions: &[
                "a correction in {thing} counts once two drivers have made it",
                "the correction field goes to the first screen of the scanner",
            ],
            actions: &[
                "enter the remaining address slips from {thing}",
                "ask for the correction field on the first screen",
            ],
        },
    ],
};

const DEPOTS: Topic = Topic {
    phrasebook: &GERMAN,
    title: "Standortgespräch {thing}",
    threads: &[
        Thread {
            topic: "die neue Rampe in {thing}",
            report: &[
                "Die Rampe in {thing} ist seit {few} Wochen in Betrieb.",
                "Wir laden dort jetzt {percent} Prozent schneller als vorher.",
                "Bei Regen steht allerdings Wasser vor Tor {few}.",
                "Der Bauleiter hat es sich angesehen und will eine Rinne setzen.",
            ],
            questions: &[
                (
                    "Müssen wir dafür sperren?",
                    "Zwei Tage, und nur die halbe Rampe.",
                ),
                (
                    "Wer bezahlt die Rinne?",
                    "Das läuft noch unter Gewährleistung.",
                ),
            ],
            risk: "Wenn es vorher friert, wird die Zufahrt zur Rutschbahn.",
            decisions: &[
                "wir setzen die Rinne in {thing} noch vor dem ersten Frost",
                "Tor {few} in {thing} bleibt bis dahin zu",
            ],
            actions: &[
                "den Termin für die Rinne in {thing} festmachen",
                "Streugut für {thing} bestellen",
            ],
        },
        Thread {
            topic: "die Nachtschicht in {thing}",
            report: &[
                "In {thing} fehlen uns nachts {few} Leute.",
                "Krank gemeldet sind {few} Prozent, das ist viel.",
                "Viele sagen, dass der letzte Bus das Problem ist.",
                "Ein Sammeltaxi würde {many} Euro am Tag kosten.",
            ],
            questions: &[
                (
                    "Würden die Leute das Taxi nutzen?",
                    "Ich habe gefragt, fast alle würden mitfahren.",
                ),
                (
                    "Was sagt der Betriebsrat?",
                    "Der ist dafür, wenn es auch am Wochenende fährt.",
                ),
            ],
            risk: "Fällt noch jemand aus, bekommen wir die Frühtouren nicht mehr geladen.",
            decisions: &[
                "wir probieren das Sammeltaxi in {thing} einen Monat lang",
                "die Nachtschicht in {thing} beginnt eine halbe Stunde früher",
            ],
            actions: &[
                "ein Angebot für das Sammeltaxi in {thing} einholen",
                "den Schichtplan für {thing} anpassen",
            ],
        },
        Thread {
            topic: "die Retouren in {thing}",
            report: &[
                "In {thing} stehen noch {many} Paletten mit Retouren.",
                "Gut die Hälfte wartet nur auf eine Freigabe der Kunden.",
                "Ein Kunde antwortet seit {few} Wochen nicht mehr.",
                "Der Platz fehlt uns jetzt im Wareneingang.",
            ],
            questions: &[
                (
                    "Dürfen wir die Ware zurückschicken?",
                    "Laut Vertrag ja, aber auf unsere Kosten.",
                ),
                (
                    "Können wir das Lager nebenan nutzen?",
                    "Ab Montag, für {few} Wochen.",
                ),
            ],
            risk: "Wenn der Wareneingang voll ist, stehen die Lkw auf der Straße.",
            decisions: &[
                "die Retouren aus {thing} gehen vorübergehend ins Lager nebenan",
                "wir setzen dem Kunden eine Frist von zwei Wochen",
            ],
            actions: &[
                "den Kunden wegen der Retouren in {thing} anschreiben",
                "den Umzug der Paletten in {thing} planen",
            ],
        },
    ],
};
