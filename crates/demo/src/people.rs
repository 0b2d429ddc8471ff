//! The workspaces and the people in them.

use chrono::{NaiveDateTime, TimeDelta};
use entity::{user, workspace};
use serde_json::json;

use crate::{
    companies::{COMPANIES, Company},
    rows::{Rows, next_id},
};

/// How long ago the people who have left did so.
pub const LEFT_BEFORE: TimeDelta = TimeDelta::days(30);

/// A company with its rows.
#[derive(Debug)]
pub struct Staff {
    /// The company.
    pub company: &'static Company,
    /// The id of its workspace.
    pub workspace_id: i32,
    /// The ids of its people, in the same order.
    pub user_ids: Vec<i32>,
}

impl Staff {
    /// Whether a person was with the company at the time `then`.
    pub fn has(&self, person: usize, then: NaiveDateTime, now: NaiveDateTime) -> bool {
        !self.company.people[person].left || then < now - LEFT_BEFORE
    }
}

/// Adds all workspaces and users.
pub fn add(rows: &mut Rows, now: NaiveDateTime) -> Vec<Staff> {
    COMPANIES
        .iter()
        .map(|company| add_company(rows, company, now))
        .collect()
}

fn add_company(rows: &mut Rows, company: &'static Company, now: NaiveDateTime) -> Staff {
    let founded_at = now - TimeDelta::days(400);
    let workspace_id = next_id(&rows.workspaces);
    rows.workspaces.push(workspace::Model {
        id: workspace_id,
        name: company.name.to_owned(),
        slug: company.slug.to_owned(),
        settings: Some(json!({
            "default_language": company.home.code,
            "timezone": company.timezone,
        })),
        created_at: Some(founded_at),
    });
    let mut created_at = founded_at;
    let mut user_ids = Vec::new();
    for person in company.people {
        let id = next_id(&rows.users);
        let username = person.username();
        created_at += TimeDelta::minutes(7 * 24 * 60 + 37);
        user_ids.push(id);
        rows.users.push(user::Model {
            id,
            email: format!("{username}@{}.example", company.slug),
            username,
            password_hash: None,
            workspace_id: Some(workspace_id),
            role: Some(person.role),
            is_active: Some(!person.left),
            created_at: Some(created_at),
        });
    }
    Staff {
        company,
        workspace_id,
        user_ids,
    }
}
