//! Mutations of admins on users and the workspace.

use entity::user;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    Outcome,
    client::World,
    database::TestDatabase,
    seed::{Seed, global_id},
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(users);
    suite.on_both_databases(names_are_unique);
    suite.on_both_databases(the_last_one_stays);
    suite.on_both_databases(settings);
    suite.on_both_databases(without_workspace);
}

/// An admin makes users and gives them roles, which count at once.
async fn users(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let (ada, max) = (
        world.client(&world.admin).await?,
        world.client(&world.member).await?,
    );
    let input = json!({
        "username": "new",
        "email": "new@example.org",
        "password": "long enough",
        "role": "ORGANIZER",
    });
    let selection = "user { role isActive workspace { slug } }
        query { workspace { users { totalCount } } }";
    let payload = ada.run("userCreate", input, selection).await?;
    let expected = json!({"role": "ORGANIZER", "isActive": true, "workspace": {"slug": "acme"}});
    assert_eq!(payload["user"], expected);
    // Fields below the payload show the state after the mutation.
    assert_eq!(payload["query"]["workspace"]["users"]["totalCount"], 4);

    let meeting = json!({"title": "Not yet"});
    assert_eq!(
        max.error("meetingCreate", meeting.clone()).await?,
        "FORBIDDEN"
    );
    let input = json!({"id": global_id("User", world.member.id), "role": "ORGANIZER"});
    ada.run("userSetRole", input, "user { role }").await?;
    max.run("meetingCreate", meeting, "meeting { id }").await?;
    Ok(())
}

/// A username and an address belong to one user only, across all workspaces.
async fn names_are_unique(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let other = seed.workspace("other").await?;
    seed.user(other.id, "zoe").await?;
    let ada = world.client(&world.admin).await?;
    let input = json!({"username": "zoe", "email": "ZOE@example.org", "password": "long enough"});
    let taken = ada.problems("userCreate", input).await?;
    assert_eq!(taken, ["TAKEN username", "TAKEN email"]);

    let max = world.client(&world.member).await?;
    let id = global_id("User", world.member.id);
    let input = json!({"id": id, "username": "ada"});
    assert_eq!(max.problems("userUpdate", input).await?, ["TAKEN username"]);
    // One's own name is free.
    let input = json!({"id": id, "username": "max", "email": "Max@Example.org"});
    let payload = max
        .run("userUpdate", input, "user { username email }")
        .await?;
    assert_eq!(
        payload["user"],
        json!({"username": "max", "email": "max@example.org"})
    );
    Ok(())
}

/// A workspace never loses its last active admin.
async fn the_last_one_stays(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let (id, other) = (
        global_id("User", world.admin.id),
        global_id("User", world.organizer.id),
    );
    let demote = json!({"id": id, "role": "MEMBER"});
    assert_eq!(
        ada.problems("userSetRole", demote.clone()).await?,
        ["LAST_ADMIN role"]
    );
    assert_eq!(
        ada.problems("userDeactivate", json!({"id": id})).await?,
        ["LAST_ADMIN id"]
    );

    let promote = json!({"id": other, "role": "ADMIN"});
    ada.run("userSetRole", promote, "user { id }").await?;
    ada.run("userDeactivate", json!({"id": other}), "user { id }")
        .await?;
    // A deactivated admin is none.
    assert_eq!(
        ada.problems("userSetRole", demote.clone()).await?,
        ["LAST_ADMIN role"]
    );
    ada.run("userReactivate", json!({"id": other}), "user { id }")
        .await?;
    ada.run("userSetRole", demote, "user { role }").await?;
    assert_eq!(
        ada.error("userDeactivate", json!({"id": other})).await?,
        "FORBIDDEN"
    );
    Ok(())
}

/// Settings are merged or replaced, and somebody else's change is not overwritten unseen.
async fn settings(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let ada = world.client(&world.admin).await?;
    let id = global_id("Workspace", world.acme.id);
    let set = async |fields: Value| {
        let mut input = json!({"id": id});
        input
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        let payload = ada
            .run("workspaceUpdate", input, "workspace { name settings }")
            .await?;
        Ok::<Value, libtest_mimic::Failed>(payload["workspace"]["settings"].clone())
    };
    let stored = set(json!({"settings": {"a": {"b": 1, "c": [1]}, "ä": "👩"}})).await?;
    assert_eq!(stored, json!({"a": {"b": 1, "c": [1]}, "ä": "👩"}));
    let stored = set(json!({"settings": {"a": {"b": null, "d": 0.1}}, "name": "Acme Ltd"})).await?;
    assert_eq!(stored, json!({"a": {"c": [1], "d": 0.1}, "ä": "👩"}));
    let replace = json!({
        "settings": {"x": 1},
        "settingsMode": "REPLACE",
        "expectedSettings": stored,
    });
    assert_eq!(set(replace.clone()).await?, json!({"x": 1}));
    let workspace = ada.read("{ workspace { name settings } }").await?;
    let expected = json!({"workspace": {"name": "Acme Ltd", "settings": {"x": 1}}});
    assert_eq!(workspace, expected);

    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!({"a": deep});
    }
    for (input, expected) in [
        (replace, "CONFLICT expectedSettings"),
        (json!({"settings": [1]}), "INVALID settings"),
        (json!({"settings": {"a": "\0"}}), "INVALID settings"),
        (json!({"settings": {"a\0": 1}}), "INVALID settings"),
        (json!({"settings": deep}), "TOO_LONG settings"),
        (
            json!({"settings": {"a": "x".repeat(70_000)}}),
            "TOO_LONG settings",
        ),
        (json!({"name": " "}), "BLANK name"),
        (json!({"name": "x".repeat(129)}), "TOO_LONG name"),
    ] {
        let mut all = json!({"id": id});
        all.as_object_mut()
            .unwrap()
            .extend(input.as_object().unwrap().clone());
        assert_eq!(ada.problems("workspaceUpdate", all).await?, [expected]);
    }
    Ok(())
}

/// A user without a workspace sees and changes only themself.
async fn without_workspace(database: &TestDatabase) -> Outcome {
    let world = World::start(database).await?;
    let seed = Seed(database.connection());
    let mut loner = seed.user(world.acme.id, "loner").await?.into_active_model();
    loner.workspace_id = Set(None);
    loner.role = Set(Some(user::Role::Admin));
    let loner = loner.update(database.connection()).await?;
    let loner = world.client(&loner).await?;
    let id = loner.read("{ viewer { id } }").await?["viewer"]["id"].clone();
    let input = json!({"id": id, "username": "lonely"});
    loner.run("userUpdate", input, "user { username }").await?;
    for (mutation, input) in [
        ("meetingCreate", json!({"title": "Nowhere"})),
        ("sessionCreate", json!({})),
        ("analyticsClaim", json!({})),
        (
            "userCreate",
            json!({"username": "a", "email": "a@b", "password": "long enough"}),
        ),
    ] {
        assert_eq!(
            loner.error(mutation, input).await?,
            "FORBIDDEN",
            "{mutation}"
        );
    }
    Ok(())
}
