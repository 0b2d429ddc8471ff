//! Mutations of workspaces.

use async_graphql::{Enum, InputObject};
use sea_orm::{ActiveValue::Set, IntoActiveModel};
use serde_json::{Map, Value};

use super::{Workspace, actions::UPDATE};
use crate::{
    directive::id_of,
    error::user_error::{UserError, UserErrorCode},
    json,
    read::row::Id,
    scalar::Json,
    schema::mutation_field::{MutationField, field},
    schema::payload::ObjectOutcome,
    write::input::Command,
    write::limit::{Declared, JsonLimit, Limit},
    write::text::{check_json, check_json_size, check_numbers, json_bytes},
    write::transaction::{Abort, Transaction},
};

/// The mutations of workspaces.
pub(crate) const MUTATIONS: &[&dyn MutationField] = &[field::<WorkspaceUpdateInput>()];

/// How new settings are applied to the stored ones.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SettingsMode {
    /// Merges the given fields into the settings, recursively; `null` removes a field (JSON Merge
    /// Patch, RFC 7396).
    Merge,
    /// Replaces all settings with the given ones.
    Replace,
}

/// Updates the workspace. Omitted fields keep their values.
#[derive(InputObject)]
pub(crate) struct WorkspaceUpdateInput {
    /// The ID of the viewer's workspace.
    #[graphql(directive = id_of::apply(Id::<Workspace>::of()))]
    id: Id<Workspace>,
    /// The new name. At most 128 characters; must not be blank.
    #[graphql(directive = Declared::apply(Limit::WORKSPACE_NAME))]
    name: Option<String>,
    /// The new settings: a JSON object of at most 65,536 bytes and 4096 values, and at most 32 levels
    /// deep. The merged settings must not exceed this, either.
    #[graphql(directive = Declared::apply(JsonLimit::SETTINGS))]
    settings: Option<Json>,
    /// How `settings` is applied to the stored settings.
    #[graphql(default_with = "SettingsMode::Merge")]
    settings_mode: SettingsMode,
    /// All the settings that the user last saw. If the settings have been changed since, nothing is
    /// changed. If omitted, this check is skipped.
    expected_settings: Option<Json>,
}

impl Command for WorkspaceUpdateInput {
    const NAME: &'static str = "workspaceUpdate";

    type Outcome = ObjectOutcome<Workspace>;

    async fn execute(&self, tx: &mut Transaction) -> Result<Self::Outcome, Abort> {
        let workspace = tx.lock_by_id_for(&UPDATE, &self.id).await?;
        let stored = workspace
            .settings
            .clone()
            .unwrap_or_else(|| Value::Object(Map::new()));
        if self
            .expected_settings
            .as_ref()
            .is_some_and(|Json(seen)| !json::is_equal(seen, &stored))
        {
            tx.add_problem(UserError::new(
                UserErrorCode::Conflict,
                ["expectedSettings"],
                "The settings have been changed in the meantime. Refetch them, and repeat the \
                 change if it still makes sense.",
            ));
        }
        let mut changed = workspace.into_active_model();
        let name = self.name.as_deref();
        tx.set_text(&mut changed.name, name, Limit::WORKSPACE_NAME, "name");
        if let Some(Json(new)) = &self.settings {
            changed.settings = Set(Some(self.settings(tx, stored, new)));
        }
        tx.ensure_valid()?;
        Ok(ObjectOutcome::new(tx.update(changed).await?))
    }
}

impl WorkspaceUpdateInput {
    fn settings(&self, tx: &mut Transaction, mut stored: Value, new: &Value) -> Value {
        let limit = JsonLimit::SETTINGS;
        let checked = if new.is_object() {
            check_json(new, limit).and_then(|()| check_numbers(new, "settings"))
        } else {
            let message = "The settings must be a JSON object.";
            Err(UserError::new(UserErrorCode::Invalid, [], message))
        };
        if let Err(problem) = checked {
            tx.add_problem(problem.at(["settings"]));
            return stored;
        }
        // Other programs may have stored more, which must not block other changes.
        let limit = limit.allowing(&stored);
        let old = json_bytes(&stored);
        let settings = match self.settings_mode {
            SettingsMode::Merge => {
                merge(&mut stored, new);
                stored
            }
            SettingsMode::Replace => new.clone(),
        };
        tx.check(check_json_size(&settings, limit), ["settings"]);
        tx.replace_text(old, json_bytes(&settings));
        settings
    }
}

/// Applies a JSON Merge Patch (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, value) in patch {
            if value.is_null() {
                target.remove(key);
            } else {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_merged_as_rfc_7396_says() {
        let mut settings = json!({"a": {"b": 1, "c": 2}, "d": [1, 2]});
        merge(
            &mut settings,
            &json!({"a": {"b": null, "e": {"f": null}}, "d": [3], "g": null}),
        );
        assert_eq!(settings, json!({"a": {"c": 2, "e": {}}, "d": [3]}));
    }
}
