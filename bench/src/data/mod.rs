//! The data that the queries read: two workspaces, of which the first has nine tenths of the rows.
//! They depend on the seed and the scale only, so they are the same on both databases.

mod tables;
mod words;

pub use tables::{TABLES, Table};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The user who sends the requests: an admin of the first workspace.
pub const VIEWER: i32 = 1;

/// The viewer's login and password.
pub const LOGIN: [&str; 2] = ["user1", "correct horse battery staple"];

/// The bcrypt hash of the password, at the lowest cost.
const PASSWORD_HASH: &str = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

/// The sessions of the viewer that are recording, and have no segments yet.
pub const RECORDING: i32 = 64;

/// The tasks of a meeting.
pub const TASKS: i32 = 10;

/// The participants of a meeting.
const PARTICIPANTS: i32 = 8;

/// The segments of every other session.
const SEGMENTS: i32 = 1250;

/// Of the users, sessions and meetings, each tenth belongs to the second workspace. Tasks,
/// participants and analyses belong to the workspace of their meeting.
pub const SECOND_EVERY: i32 = 10;

/// How many rows there are, and the seed of their values.
#[derive(Clone, Copy)]
pub struct Size {
    pub seed: u64,
    pub users: i32,
    pub meetings: i32,
    /// The sessions that have segments.
    pub sessions: i32,
}

impl Size {
    /// At scale 1 there are 5,000 meetings, 50,000 tasks, 40,000 participants and 500,000 segments.
    pub fn new(seed: u64, scale: f64) -> Self {
        Self {
            seed,
            users: scaled(500, scale).max(200),
            meetings: scaled(5000, scale),
            sessions: scaled(400, scale),
        }
    }

    pub fn tasks(self) -> i32 {
        self.meetings * TASKS
    }

    pub fn participants(self) -> i32 {
        self.meetings * PARTICIPANTS
    }

    pub fn segments(self) -> i32 {
        self.sessions * SEGMENTS
    }

    /// The number of rows of a table.
    pub fn rows(self, table: &Table) -> i32 {
        (table.rows)(self)
    }
}

/// A number at a scale, as a multiple of ten, so that each tenth row is of the second workspace.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a scale that leads to more rows than an id can number fails later"
)]
fn scaled(number: i32, scale: f64) -> i32 {
    ((f64::from(number) * scale / 10.0) as i32).max(1) * 10
}

/// The global id of a row.
pub fn global_id(type_name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{type_name}:{id}"))
}
