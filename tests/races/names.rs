//! Things of which there can be only one: names, invitations, and the last admin.

use std::collections::BTreeSet;

use entity::{
    participant,
    user::{self, Role},
    workspace,
};
use libtest_mimic::Failed;
use sea_orm::{ColumnTrait, ExprTrait};
use serde_json::{Value, json};

use super::arena::{Arena, Person, ROUNDS};
use crate::support::{
    Outcome,
    call::{Call, DONE},
    database::TestDatabase,
    seed::{PASSWORD, global_id},
};

/// The possible results for an admin: success, or a reason why another admin was faster.
const VERDICTS: [&str; 4] = [DONE, "LAST_ADMIN", "FORBIDDEN", "UNAUTHENTICATED"];

/// A workspace that is left without an admin can never get one again. Two admins can do
/// anything to each other and to themselves: one of them stays.
pub async fn last_admins(database: &TestDatabase) -> Outcome {
    let arena = Arena::start(database).await?;
    let ways: [fn(&Person, &Person) -> [Call; 2]; 6] = [
        |ada, grace| [demote(ada, grace), demote(grace, ada)],
        |ada, grace| [deactivate(ada, grace), deactivate(grace, ada)],
        |ada, grace| [demote(ada, ada), demote(grace, grace)],
        |ada, grace| [deactivate(ada, ada), deactivate(grace, grace)],
        |ada, grace| [demote(ada, grace), deactivate(grace, ada)],
        |ada, grace| [demote(ada, ada), deactivate(ada, grace)],
    ];
    for round in 0..ROUNDS {
        for (way, calls) in ways.iter().enumerate() {
            let workspace = arena.seed.workspace(&format!("two-{round}-{way}")).await?;
            let ada = admin_of(&arena, &workspace, "ada").await?;
            let grace = admin_of(&arena, &workspace, "grace").await?;
            let replies = arena.at_once(&calls(&ada, &grace)).await?;
            replies.assert_only(&VERDICTS)?;
            assert_eq!(replies.done().count(), 1, "way {way}: {replies:#?}");
            let left = active_admins(&arena, &workspace).await?;
            assert_eq!(left, 1, "way {way}: {replies:#?}");
        }
    }
    Ok(())
}

/// A former admin can no longer act as one, even if other admins are left: of two who take the role
/// from each other, the second has already lost it.
pub async fn admins_at_odds(database: &TestDatabase) -> Outcome {
    let arena = Arena::start(database).await?;
    for round in 0..ROUNDS {
        let workspace = arena.seed.workspace(&format!("three-{round}")).await?;
        let ada = admin_of(&arena, &workspace, "ada").await?;
        let grace = admin_of(&arena, &workspace, "grace").await?;
        admin_of(&arena, &workspace, "hedy").await?;
        let calls = [demote(&ada, &grace), demote(&grace, &ada)];
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 1), ("FORBIDDEN", 1)])?;
        assert_eq!(active_admins(&arena, &workspace).await?, 2);
    }
    Ok(())
}

fn demote(by: &Person, whom: &Person) -> Call {
    let id = global_id("User", whom.user.id);
    let input = json!({"id": id, "role": "MEMBER"});
    by.call("userSetRole", "user { role }", input)
}

fn deactivate(by: &Person, whom: &Person) -> Call {
    let input = json!({"id": global_id("User", whom.user.id)});
    by.call("userDeactivate", "user { isActive }", input)
}

async fn admin_of(
    arena: &Arena<'_>,
    workspace: &workspace::Model,
    name: &str,
) -> Result<Person, Failed> {
    let username = format!("{name}-{}", workspace.slug);
    arena.person_of(workspace, &username, Role::Admin).await
}

async fn active_admins(arena: &Arena<'_>, workspace: &workspace::Model) -> Result<u64, Failed> {
    let active_admins = user::Column::WorkspaceId
        .eq(workspace.id)
        .and(user::Column::Role.eq(Role::Admin))
        .and(user::Column::IsActive.eq(true));
    arena.count::<user::Entity>(active_admins).await
}

fn sign_up(workspace_name: &str, username: &str, email: &str) -> Call {
    let input = json!({
        "workspaceName": workspace_name,
        "username": username,
        "email": email,
        "password": PASSWORD,
    });
    Call::new("signUp", "token workspace { slug }", input)
}

/// Many who call their workspaces the same all get one, each with a slug of its own.
pub async fn slugs(database: &TestDatabase) -> Outcome {
    let arena = Arena::start(database).await?;
    for round in 0..ROUNDS {
        let name = format!("Nova {round}");
        let calls: Vec<Call> = (0..8)
            .map(|number| {
                let username = format!("user-{round}-{number}");
                sign_up(&name, &username, &format!("{username}@example.org"))
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 8)])?;
        let slugs: BTreeSet<&str> = replies
            .done()
            .map(|payload| payload["workspace"]["slug"].as_str().unwrap())
            .collect();
        assert_eq!(slugs.len(), 8, "{replies:#?}");
        let of_name = workspace::Column::Name.eq(name);
        assert_eq!(arena.count::<workspace::Entity>(of_name).await?, 8);
    }
    Ok(())
}

/// A username and an email address go to one of those who want them. A failed sign-up leaves no
/// workspace behind.
pub async fn usernames(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    // Few enough that the answers that a name is taken are not limited yet.
    for round in 0..3 {
        let wanted = format!("grace-{round}");
        let mut calls = Vec::new();
        for number in 0..6 {
            let other = format!("{wanted}-{number}");
            // In turns the username is the same, and the address.
            let (username, email) = if round % 2 == 0 {
                (&wanted, format!("{other}@example.org"))
            } else {
                (&other, format!("{wanted}@example.org"))
            };
            calls.push(if number % 2 == 0 {
                sign_up(&wanted, username, &email)
            } else {
                let input = json!({"username": username, "email": email, "password": PASSWORD});
                ada.call("userCreate", "user { username }", input)
            });
        }
        let replies = arena.at_once(&calls).await?;
        replies.assert_tally(&[(DONE, 1), ("TAKEN", 5)])?;
        let has_it = user::Column::Username
            .eq(&wanted)
            .or(user::Column::Email.eq(format!("{wanted}@example.org")));
        assert_eq!(arena.count::<user::Entity>(has_it).await?, 1);
        let signed_up = replies
            .done()
            .filter(|payload| payload["token"].is_string())
            .count();
        let of_name = workspace::Column::Name.eq(&wanted);
        let workspaces = arena.count::<workspace::Entity>(of_name).await?;
        assert_eq!(workspaces, signed_up as u64, "{replies:#?}");
    }
    Ok(())
}

/// The same people are invited once, however many invite them.
pub async fn invitations(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let guests = guests(&arena).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let input = json!({
            "meetingId": global_id("Meeting", meeting.id),
            "invitations": guests,
        });
        let invite = ada.call("participantsInvite", "participants { id }", input);
        let replies = arena.at_once(&vec![invite; 4]).await?;
        replies.assert_tally(&[(DONE, 1), ("TAKEN", 3)])?;
        let invited = participant::Column::MeetingId.eq(meeting.id);
        let invited = arena.count::<participant::Entity>(invited).await?;
        assert_eq!(invited, guests.len() as u64);
    }
    Ok(())
}

/// Lists that overlap: each response has the users that it invited, and nobody is invited twice.
pub async fn overlapping(database: &TestDatabase) -> Outcome {
    let (arena, ada) = Arena::with_admin(database).await?;
    let guests = guests(&arena).await?;
    for _ in 0..ROUNDS {
        let meeting = arena.seed.meeting(&ada.user, "Plan").await?;
        let calls: Vec<Call> = guests
            .windows(3)
            .map(|guests| {
                let input = json!({
                    "meetingId": global_id("Meeting", meeting.id),
                    "invitations": guests,
                    "allOrNothing": false,
                });
                let selection = "participants { user { id } }";
                ada.call("participantsInvite", selection, input)
            })
            .collect();
        let replies = arena.at_once(&calls).await?;
        replies.assert_only(&[DONE, "TAKEN"])?;
        let mut invited: Vec<&Value> = replies
            .0
            .iter()
            .flat_map(|reply| reply.payload["participants"].as_array().unwrap())
            .map(|participant| &participant["user"]["id"])
            .collect();
        invited.sort_by_key(ToString::to_string);
        let mut expected: Vec<&Value> = guests.iter().map(|guest| &guest["userId"]).collect();
        expected.sort_by_key(ToString::to_string);
        assert_eq!(invited, expected, "{replies:#?}");
        let invited = participant::Column::MeetingId.eq(meeting.id);
        let invited = arena.count::<participant::Entity>(invited).await?;
        assert_eq!(invited, guests.len() as u64);
    }
    Ok(())
}

/// Invitations of six members.
async fn guests(arena: &Arena<'_>) -> Result<Vec<Value>, Failed> {
    let mut guests = Vec::new();
    for number in 0..6 {
        let username = format!("guest-{number}");
        let guest = arena.seed.user(arena.workspace.id, &username).await?;
        guests.push(json!({"userId": global_id("User", guest.id)}));
    }
    Ok(guests)
}
