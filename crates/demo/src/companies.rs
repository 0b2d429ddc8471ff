//! The three workspaces: their people, what they work on, and their weekly calendar.

use entity::user::Role;

use crate::phrases::{ENGLISH, FRENCH, GERMAN, INSTRUMENTS, LOGISTICS, Phrasebook, STUDIO, Topic};

/// The workspaces.
pub const COMPANIES: [Company; 3] = [
    Company {
        name: "Whitlock Instruments",
        slug: "whitlock",
        home: &ENGLISH,
        timezone: "Europe/London",
        things: ["Atlas", "Beacon", "Cobalt", "Drift", "Ember", "Fathom"],
        topics: INSTRUMENTS,
        people: &[
            admin("Ada", "Whitlock"),
            admin("Rufus", "Ellery"),
            organizer("Miriam", "Okafor"),
            organizer("Tobias", "Lindqvist"),
            organizer("Priya", "Raman"),
            organizer("Caleb", "Thorne"),
            member("Ines", "Duarte"),
            member("Jonas", "Weller"),
            member("Hana", "Sato"),
            member("Oscar", "Bellamy"),
            member("Leila", "Haddad"),
            member("Marcus", "Finch"),
            member("Sofia", "Marin"),
            member("Dmitri", "Volkov"),
            member("Grace", "Adeyemi"),
            former("Noah", "Pembroke"),
        ],
        calendar: &[
            weekly(
                "Engineering weekly",
                0,
                (0, 9, 30),
                45,
                2,
                &[6, 7, 8, 13, 15],
            ),
            weekly("Firmware stand-up", 0, (1, 9, 15), 15, 2, &[7, 8, 13, 15]),
            weekly("Support hand-over", 2, (2, 12, 30), 15, 5, &[10, 12, 14]),
            weekly("Release planning", 1, (2, 14, 0), 45, 3, &[6, 9, 11, 0, 2]),
            weekly("Customer round", 2, (3, 10, 0), 30, 4, &[10, 12, 14, 1]),
            fortnightly("Hiring sync", 3, (1, 16, 0), 30, 0, &[5, 4, 1]),
        ],
    },
    Company {
        name: "Nordlicht Spedition",
        slug: "nordlicht",
        home: &GERMAN,
        timezone: "Europe/Berlin",
        things: ["Bremen", "Rostock", "Kassel", "Erfurt", "Emden", "Passau"],
        topics: LOGISTICS,
        people: &[
            admin("Greta", "Hansen"),
            organizer("Holger", "Petersen"),
            organizer("Wiebke", "Lorenz"),
            organizer("Anton", "Krause"),
            member("Svenja", "Brandt"),
            member("Malte", "Jansen"),
            member("Yasemin", "Kaya"),
            member("Ulrich", "Voß"),
            member("Katrin", "Seidel"),
            member("Piotr", "Zieliński"),
            member("Femke", "de Vries"),
            member("Lars", "Nyborg"),
            member("Dorothee", "Engel"),
            former("Timur", "Aydın"),
        ],
        calendar: &[
            weekly("Operations call", 0, (0, 7, 30), 30, 1, &[4, 5, 8, 13]),
            weekly("Depotrunde", 3, (1, 8, 0), 30, 0, &[4, 7, 12, 1]),
            weekly("Morning wave check", 0, (2, 12, 0), 15, 1, &[5, 8, 11]),
            weekly("Fleet round", 1, (2, 14, 0), 30, 2, &[6, 9, 10, 7]),
            weekly(
                "Planning software roll-out",
                2,
                (3, 9, 0),
                45,
                3,
                &[6, 8, 10, 13],
            ),
            fortnightly("Drivers' round", 1, (4, 10, 30), 30, 3, &[9, 11, 5]),
        ],
    },
    Company {
        name: "Atelier Lumen",
        slug: "atelier-lumen",
        home: &FRENCH,
        timezone: "Europe/Paris",
        things: [
            "Verlet",
            "Tilia",
            "Luciole",
            "Galerie Nord",
            "Mistral",
            "Maison Brun",
        ],
        topics: STUDIO,
        people: &[
            admin("Camille", "Aubert"),
            organizer("Benoit", "Charron"),
            organizer("Solene", "Marchand"),
            organizer("Theo", "Vasseur"),
            member("Amandine", "Roux"),
            member("Bastien", "Leroy"),
            member("Elodie", "Garnier"),
            member("Mathilde", "Perrin"),
            member("Karim", "Benali"),
            member("Juliette", "Moreau"),
            member("Pascal", "Dubois"),
            member("Rose", "Whelan"),
            former("Emil", "Novák"),
        ],
        calendar: &[
            weekly("Monday table", 0, (0, 10, 0), 45, 0, &[4, 5, 8, 12, 1]),
            weekly("Pitch workshop", 1, (1, 13, 0), 60, 2, &[6, 11, 9]),
            weekly("Design critique", 0, (2, 13, 0), 30, 2, &[5, 7, 11, 12]),
            weekly("Project check", 0, (2, 14, 15), 30, 1, &[4, 8, 10]),
            weekly("Point clients", 3, (3, 9, 30), 30, 3, &[6, 9, 7, 0]),
            fortnightly("Studio planning", 2, (4, 9, 0), 30, 0, &[1, 2, 3]),
        ],
    },
];

/// A workspace, and everything about it that is not random.
#[derive(Debug)]
pub struct Company {
    /// Its name.
    pub name: &'static str,
    /// Its slug, which is also the domain of its email addresses.
    pub slug: &'static str,
    /// What its people say in their own language.
    pub home: &'static Phrasebook,
    /// Its time zone, one of its settings.
    pub timezone: &'static str,
    /// What its meetings are about.
    pub things: [&'static str; 6],
    /// What is said about these things.
    pub topics: [&'static Topic; 4],
    /// Its people. All other modules refer to a person by their index in this list. The first one
    /// is the admin whose sign-in is shown.
    pub people: &'static [Person],
    /// Its recurring meetings.
    pub calendar: &'static [Series],
}

/// Somebody who works there. First names are unique across all workspaces and consist of ASCII
/// letters, because they become the usernames.
#[derive(Debug)]
pub struct Person {
    first_name: &'static str,
    last_name: &'static str,
    /// Their role.
    pub role: Role,
    /// Whether they have left the company, so that their account is deactivated.
    pub left: bool,
}

impl Person {
    /// The name that colleagues use.
    pub fn first_name(&self) -> &'static str {
        self.first_name
    }

    /// First and last name, as transcripts show the speaker.
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// The name to sign in with.
    pub fn username(&self) -> String {
        self.first_name.to_ascii_lowercase()
    }
}

/// A recurring meeting.
#[derive(Debug)]
pub struct Series {
    /// Its title.
    pub title: &'static str,
    /// What it is about, as an index in the company's topics.
    pub topic: usize,
    /// The weekday (0 is Monday), hour and minute at which it starts.
    pub at: (i64, i64, i64),
    /// Its planned length.
    pub minutes: i64,
    /// The number of weeks from one meeting to the next.
    pub every: usize,
    /// The organizer.
    pub organizer: usize,
    /// The other participants. The first two have not left the company, and never miss a meeting.
    pub team: &'static [usize],
}

const fn weekly(
    title: &'static str,
    topic: usize,
    at: (i64, i64, i64),
    minutes: i64,
    organizer: usize,
    team: &'static [usize],
) -> Series {
    Series {
        title,
        topic,
        at,
        minutes,
        every: 1,
        organizer,
        team,
    }
}

const fn fortnightly(
    title: &'static str,
    topic: usize,
    at: (i64, i64, i64),
    minutes: i64,
    organizer: usize,
    team: &'static [usize],
) -> Series {
    Series {
        every: 2,
        ..weekly(title, topic, at, minutes, organizer, team)
    }
}

const fn admin(first_name: &'static str, last_name: &'static str) -> Person {
    Person {
        role: Role::Admin,
        ..member(first_name, last_name)
    }
}

const fn organizer(first_name: &'static str, last_name: &'static str) -> Person {
    Person {
        role: Role::Organizer,
        ..member(first_name, last_name)
    }
}

const fn member(first_name: &'static str, last_name: &'static str) -> Person {
    Person {
        first_name,
        last_name,
        role: Role::Member,
        left: false,
    }
}

const fn former(first_name: &'static str, last_name: &'static str) -> Person {
    Person {
        left: true,
        ..member(first_name, last_name)
    }
}
