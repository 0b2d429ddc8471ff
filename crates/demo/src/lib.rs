//! Demo data: a data set to explore, the same every time for a given day.
//!
//! Three workspaces with their people, a quarter of a year of meetings, what was said in them and
//! what followed from it. All of it is invented. It depends only on a fixed seed and on one instant,
//! `now`: meetings before it are over, those around it are live, and the others are scheduled. Ids,
//! names, texts and UUIDs are the same for every `now`, and all times move along with it. Only the
//! salt of the password is different each time.
//!
//! [`fill`] writes the data to a database. `companies` and `phrases` are the data that everything is
//! made from, `plan` decides which meetings there are, and `speech` what is said in them. The other
//! modules turn that into rows, table by table; `rows` collects them in memory, and `store` writes
//! them.

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

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use entity::user::Role;
use sea_orm::{DatabaseTransaction, TransactionTrait};

pub use self::store::FillError;
use self::{companies::COMPANIES, dice::Dice, rows::Rows, tasks::Latest};

/// The version of the data set. Increase it with every change to the data.
pub const VERSION: i32 = 1;

/// The password of all users of the demo.
pub const PASSWORD: &str = "mina-demo";

/// The bcrypt cost of that password. It is low, because the password is public, so a costly hash
/// would protect nothing.
pub const BCRYPT_COST: u32 = 6;

/// The number of recordings without a meeting in a workspace.
const NOTES: usize = 4;

/// A user of the demo to sign in as.
#[derive(Debug)]
pub struct SignIn {
    /// The username.
    pub username: String,
    /// What the user may do.
    pub role: Role,
    /// The name of the workspace.
    pub workspace: &'static str,
}

/// The users to sign in as: one of each role in the first workspace, and the admins of the others.
#[must_use]
pub fn sign_ins() -> Vec<SignIn> {
    let [first, others @ ..] = &COMPANIES;
    let roles = [Role::Admin, Role::Organizer, Role::Member];
    let of_first = roles.map(|role| (first, role));
    let of_others = others.iter().map(|company| (company, Role::Admin));
    let all = of_first.into_iter().chain(of_others);
    all.filter_map(|(company, role)| {
        let person = company.people.iter().find(|person| person.role == role)?;
        Some(SignIn {
            username: person.username(),
            role,
            workspace: company.name,
        })
    })
    .collect()
}

/// The instant of a demo: 14:20 UTC on the day that it is made for.
#[must_use]
pub fn now(today: NaiveDate) -> NaiveDateTime {
    today.and_time(NaiveTime::from_hms_opt(14, 20, 0).unwrap_or_default())
}

/// Fills an empty, migrated database. After each statement, `progress` is called with the number of
/// rows that it inserted and the total number of rows.
///
/// # Errors
///
/// If there are workspaces already, or the database fails. Then nothing is written.
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

/// Generates all rows of the demo as of `now`.
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
