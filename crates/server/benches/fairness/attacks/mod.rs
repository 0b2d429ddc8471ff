//! The attacks. Each keeps within the limits that the server sets for a request.

mod bytes;
mod conditions;
mod documents;
mod events;
mod journal;
mod orders;
mod passwords;
mod slow;
mod sockets;
mod texts;

use std::fmt;

use futures_util::future::BoxFuture;

use super::slot::{Outcome, Slot};

/// Who attacks.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Origin {
    /// One account, from one address.
    Account,
    /// Ten accounts of one workspace, each from an address of its own.
    Accounts,
    /// Nobody who is signed in, from one address.
    Anonymous,
    /// Another program that writes to the database. The victim is watched when it has committed.
    Database,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Account => "1 account",
            Self::Accounts => "10 accounts",
            Self::Anonymous => "anonymous",
            Self::Database => "database",
        })
    }
}

/// An attack.
pub struct Attack {
    /// Its name in the table.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    /// From where it is made.
    pub origins: &'static [Origin],
    /// How many requests it can have in flight.
    pub concurrency: &'static [usize],
    /// Flags of the server.
    pub flags: &'static [&'static str],
    /// Whether the server must execute all of its requests.
    pub harmless: bool,
    /// Attacks over one connection. When it returns, it is called again.
    pub run: fn(Slot) -> BoxFuture<'static, Outcome>,
}

const SIGNED_IN: &[Origin] = &[Origin::Account, Origin::Accounts];
const ANONYMOUS: &[Origin] = &[Origin::Anonymous];
const ALL: &[usize] = &[1, 4, 16, 100];

impl Attack {
    const fn new(
        name: &'static str,
        about: &'static str,
        origins: &'static [Origin],
        run: fn(Slot) -> BoxFuture<'static, Outcome>,
    ) -> Self {
        Self {
            name,
            about,
            origins,
            concurrency: ALL,
            flags: &[],
            harmless: false,
            run,
        }
    }
}

/// Boxes the future of an attack.
macro_rules! run {
    ($function:path) => {
        |slot| Box::pin($function(slot))
    };
}

/// All attacks. Those that write much come last, because all share a database.
pub const ATTACKS: &[Attack] = &[
    Attack {
        concurrency: &[20],
        harmless: true,
        ..Attack::new(
            "bursts",
            "20 light queries at one moment, four times a second",
            SIGNED_IN,
            run!(slow::burst),
        )
    },
    Attack::new(
        "long-descriptions",
        "15 times 100 tasks, each with the 4 MB of its meeting's description",
        SIGNED_IN,
        run!(texts::descriptions),
    ),
    Attack::new(
        "settings-of-numbers",
        "15 times 100 tasks, each with its workspace's settings of 20,000 numbers",
        SIGNED_IN,
        run!(texts::settings),
    ),
    Attack::new(
        "search",
        "15 searches for what is hardly ever there",
        SIGNED_IN,
        run!(texts::search),
    ),
    Attack::new(
        "introspection",
        "the whole schema",
        ANONYMOUS,
        run!(texts::introspection),
    ),
    Attack::new(
        "long-documents",
        "bodies of 4 MB that are not valid",
        ANONYMOUS,
        run!(documents::long),
    ),
    Attack::new(
        "distinct-documents",
        "documents of the maximum length that were never sent before",
        ANONYMOUS,
        run!(documents::distinct),
    ),
    Attack::new(
        "nested-lists",
        "lists in lists, with many rows",
        SIGNED_IN,
        run!(orders::nested),
    ),
    Attack::new(
        "totals",
        "15 times the number of meetings whose title has some letters",
        SIGNED_IN,
        run!(orders::totals),
    ),
    Attack::new(
        "costly-events-sse",
        "events that each render 15,000 segments, as server-sent events",
        SIGNED_IN,
        run!(events::server_sent),
    ),
    Attack::new(
        "costly-events-websocket",
        "the same over WebSocket",
        SIGNED_IN,
        run!(events::websocket),
    ),
    Attack::new(
        "distinct-subscriptions",
        "up to 1,000 subscriptions with different documents, and one writer",
        SIGNED_IN,
        run!(events::distinct),
    ),
    Attack::new(
        "markers-by-type",
        "15 sorted lists of markers while another workspace has 200,000",
        SIGNED_IN,
        run!(orders::markers),
    ),
    Attack::new(
        "markers-abandoned",
        "the same, closing the connection after 0.5 s",
        SIGNED_IN,
        run!(orders::abandoned),
    ),
    Attack::new(
        "conditions-of-4",
        "`where` through four relations",
        SIGNED_IN,
        run!(conditions::four),
    ),
    Attack::new(
        "conditions-of-6",
        "`where` through six relations",
        SIGNED_IN,
        run!(conditions::six),
    ),
    Attack::new(
        "conditions-or",
        "`where` with 30 alternatives that each search texts of related rows",
        SIGNED_IN,
        run!(conditions::alternatives),
    ),
    Attack::new(
        "conditions-cancelled",
        "`where` through four relations, cancelled after 0.1 s on HTTP/2",
        SIGNED_IN,
        run!(conditions::cancelled),
    ),
    Attack::new(
        "sign-in",
        "sign-ins of users who do not exist",
        ANONYMOUS,
        run!(passwords::sign_in),
    ),
    Attack::new(
        "sign-in-reset",
        "the same, resetting the connection after 20 ms",
        ANONYMOUS,
        run!(passwords::reset),
    ),
    Attack::new(
        "sign-up",
        "new workspaces",
        ANONYMOUS,
        run!(passwords::sign_up),
    ),
    Attack::new(
        "user-create",
        "10 new users in each request of an admin",
        SIGNED_IN,
        run!(passwords::create),
    ),
    Attack::new(
        "user-set-password",
        "10 new passwords in each request of an admin",
        SIGNED_IN,
        run!(passwords::set),
    ),
    Attack::new(
        "window-of-0",
        "answers of megabytes on HTTP/2 that the client never lets the server send",
        SIGNED_IN,
        run!(slow::window),
    ),
    Attack::new(
        "slow-readers",
        "answers of megabytes on HTTP/1 that the client does not read",
        SIGNED_IN,
        run!(slow::reader),
    ),
    Attack::new(
        "slow-senders",
        "request bodies of which one byte comes each second",
        &[Origin::Account, Origin::Accounts, Origin::Anonymous],
        run!(slow::sender),
    ),
    Attack {
        flags: &["--max-connections", "200"],
        ..Attack::new(
            "idle-websockets",
            "20 WebSockets for each request in flight, where 200 connections are allowed",
            ANONYMOUS,
            run!(sockets::stay),
        )
    },
    Attack {
        concurrency: &[1],
        ..Attack::new(
            "large-transaction",
            "100,000 markers created in one transaction, and one subscriber to them",
            &[Origin::Database],
            run!(journal::transaction),
        )
    },
    Attack::new(
        "bulk-writers",
        "1,000 segments in each request",
        SIGNED_IN,
        run!(bytes::segments),
    ),
    Attack::new(
        "same-row",
        "15 updates of the same meeting in each request",
        SIGNED_IN,
        run!(bytes::same_row),
    ),
    Attack::new(
        "stored-bytes",
        "descriptions as long as the server accepts",
        SIGNED_IN,
        run!(bytes::descriptions),
    ),
];

/// A selection 15 times, under different aliases.
fn aliases(selection: &str) -> String {
    use fmt::Write;
    (0..15).fold(String::new(), |mut text, number| {
        let _ = write!(text, " a{number}: {selection}");
        text
    })
}
