//! The demo: a data set to look around in, the same every time.
//!
//! Three workspaces with their people, a quarter of a year of meetings, what was said in them and
//! what came of it. All of it is invented. It follows from a fixed seed and one instant, `now`:
//! meetings before it have taken place, those around it are live, and the rest are to come. Ids,
//! names, texts and UUIDs are the same for every `now`, and all times move along with it; only
//! the salt of the password differs from one filling to the next.
//!
//! [`fill`] writes it to a database. Inside, `rows` holds the rows in memory, and `store`
//! writes them. Between the two, `companies`
//! and `phrases` are data, `plan` says which meetings there are, `speech` what is said in
//! them, and the others turn that into rows, table by table.

mod companies;
mod dice;
mod insights;
mod markers;
mod meetings;
mod people;
mod phrases;
mod plan;
mod recordings;
mod rows;
mod speech;
mod store;
mod tasks;
#[cfg(test)]
mod tests;

use chrono::{NaiveDate, NaiveDateTime};
use sea_orm::{DatabaseTransaction, TransactionTrait};

pub use self::store::FillError;
use self::{companies::COMPANIES, dice::Dice, rows::Rows, tasks::Latest};

/// The version of the data set, to be raised with every change of it.
pub const VERSION: i32 = 1;

/// The password of everybody in the demo, admins and members alike.
pub const PASSWORD: &str = "mina-demo";

/// The bcrypt cost of that password: it is public, so that a costly hash would protect nothing.
pub const BCRYPT_COST: u32 = 6;

/// How many recordings a workspace has that belong to no meeting.
const NOTES: usize = 4;

/// A workspace of the demo, and who may sign in to it as its admin.
#[derive(Debug)]
pub struct SignIn {
    /// The name of the workspace.
    pub workspace: &'static str,
    /// The username of the admin.
    pub username: String,
}

/// The sign-ins to show, one for each workspace.
#[must_use]
pub fn sign_ins() -> [SignIn; 3] {
    COMPANIES.map(|company| SignIn {
        workspace: company.name,
        username: company.people[0].username(),
    })
}

/// The instant of the demo: Wednesday, 18 November 2026, 14:20 UTC.
#[must_use]
pub fn now() -> NaiveDateTime {
    NaiveDate::from_ymd_opt(2026, 11, 18)
        .and_then(|date| date.and_hms_opt(14, 20, 0))
        .unwrap_or_default()
}

/// Fills an empty, migrated database. `progress` is told after each batch how many rows it had,
/// and how many there will be.
///
/// # Errors
///
/// If there are workspaces already or the database fails; then nothing is written.
pub async fn fill(
    database: &impl TransactionTrait<Transaction = DatabaseTransaction>,
    now: NaiveDateTime,
    progress: impl Fn(usize, usize),
) -> Result<(), FillError> {
    let mut rows = generate(now);
    let hash = bcrypt::hash(PASSWORD, BCRYPT_COST)?;
    for user in &mut rows.users {
        user.password_hash = Some(hash.clone());
    }
    let total = rows.count();
    store::store(rows, database, |count| progress(count, total)).await
}

/// All rows of the demo as of `now`.
fn generate(now: NaiveDateTime) -> Rows {
    let mut rows = Rows::default();
    let staffs = people::add(&mut rows, now);
    let plans = plan::plans(now);
    let mut latest = Latest::default();
    for (number, plan) in plans.iter().enumerate() {
        let dice = &mut Dice::new(&format!("meeting {number}"));
        let staff = &staffs[plan.company];
        let meeting = meetings::add(&mut rows, staff, plan, now, dice);
        if let Some(minutes) = recordings::add(&mut rows, &meeting, now, dice) {
            tasks::add(&mut rows, &mut latest, &meeting, &minutes, now, dice);
            markers::add(&mut rows, &meeting, &minutes, now, dice);
            insights::add(&mut rows, &meeting, &minutes, now, dice);
        }
    }
    for staff in &staffs {
        let dice = &mut Dice::new(&format!("notes of {}", staff.company.slug));
        for _ in 0..NOTES {
            recordings::add_note(&mut rows, staff, now, dice);
        }
    }
    rows
}
