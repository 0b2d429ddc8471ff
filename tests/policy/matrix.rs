//! Tries every action on one type of object, and compares three things with the expectation: the
//! predictions, the replies, and the database afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    iter::zip,
};

use entity::user::{self, Role};
use futures_util::future::try_join_all;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::support::{Outcome, database::TestDatabase, seed::Seed, server::Server};

use super::{
    action::{Action, Relationship, Reply, State},
    ask::{Prediction, Question, mutate, predict},
    scene::{Place, Rows, Scene, insert_all, insert_scenes, user_row, workspace_row},
    snapshot::{Anchor, Snapshot, effects},
};

/// The roles of viewers, and the names of these viewers.
const ROLES: [(Role, &str); 3] = [
    (Role::Member, "member"),
    (Role::Organizer, "organizer"),
    (Role::Admin, "admin"),
];

/// The number of viewers who ask at once. With more, the queue for checking passwords would be
/// full.
const MOST_AT_ONCE: usize = 8;

/// The number of failures that are shown.
const MOST_SHOWN: usize = 25;

/// The name of the viewer from another workspace.
const OUTSIDER: &str = "outsider";

/// The actions on one type of object, with all relationships to it and all its states.
pub struct Matrix {
    /// The GraphQL type of the object.
    pub type_name: &'static str,
    pub actions: &'static [Action],
    pub relationships: &'static [Relationship],
    pub states: fn() -> Vec<State>,
    /// The rows around an object. None if no viewer can have this relationship to an object in
    /// this state.
    pub scene: fn(Relationship, State) -> Option<Scene>,
    /// The states that `allowedTransitions` names, for a type that has it.
    pub transitions: Option<fn(State) -> Vec<&'static str>>,
    /// Whether each action is tried in a workspace of its own, because it changes the whole
    /// workspace or the viewer.
    pub is_alone: bool,
}

/// One action, by one viewer, on one object.
struct Trial {
    action: &'static Action,
    role: Role,
    relationship: Relationship,
    state: State,
    /// The name with which the viewer signs in.
    login: String,
    rows: Rows,
    anchor: Anchor,
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            action,
            role,
            relationship,
            state,
            ..
        } = self;
        write!(
            f,
            "{} by {role:?}, {relationship:?}, {} in a meeting that is {}",
            action.mutation, state.object, state.meeting
        )
    }
}

impl Matrix {
    /// Tries everything.
    ///
    /// # Errors
    ///
    /// Fails with the differences from the expectations.
    pub async fn check(&'static self, database: &TestDatabase) -> Outcome {
        let trials = self.stage(database).await?;
        assert!(trials.len() >= self.actions.len() * ROLES.len());
        let server = Server::start_for_large_documents(database)?;
        let mut wrong = Vec::new();

        let staged = Snapshot::take(database.connection()).await?;
        wrong.extend(self.reject_others(&server, &trials).await?);
        let rejected = Snapshot::take(database.connection()).await?;
        let (_, strays) = effects(&staged, &rejected, &[]);
        wrong.extend(strays.into_iter().map(|stray| format!("others: {stray}")));

        let parties: Vec<(&str, Vec<&Trial>)> = by_login(&trials).into_iter().collect();
        for some in parties.chunks(MOST_AT_ONCE) {
            let each = some.iter();
            let each = each.map(|(login, party)| self.try_all(&server, login, party));
            wrong.extend(try_join_all(each).await?.into_iter().flatten());
        }

        let done = Snapshot::take(database.connection()).await?;
        let anchors: Vec<Anchor> = trials.iter().map(|trial| trial.anchor).collect();
        let (effects, strays) = effects(&rejected, &done, &anchors);
        for (trial, effect) in zip(&trials, effects) {
            let pattern = match trial.forecast() {
                (_, Reply::Done) => trial.action.effect,
                _ => &[],
            };
            let difference = effect.difference(pattern);
            wrong.extend(difference.map(|difference| format!("{trial}: {difference}")));
        }
        wrong.extend(strays.into_iter().map(|stray| format!("beside: {stray}")));
        report(&wrong, trials.len())
    }

    /// All trials, with their rows.
    async fn stage(&'static self, database: &TestDatabase) -> Result<Vec<Trial>, Failed> {
        let mut cells = Vec::new();
        for action in self.actions {
            for (role, name) in ROLES {
                for relationship in self.relationships {
                    for state in (self.states)() {
                        if let Some(scene) = (self.scene)(*relationship, state) {
                            cells.push((action, role, name, *relationship, state, scene));
                        }
                    }
                }
            }
        }
        let connection = database.connection();
        let seed = Seed(connection);
        let elsewhere = seed.workspace("elsewhere").await?;
        let like = seed.user(elsewhere.id, "like").await?;
        let outsider = user_row((elsewhere.id, &like), OUTSIDER, Role::Admin);
        insert_all(connection, vec![outsider]).await?;

        let places = if self.is_alone {
            let roles: Vec<Role> = cells.iter().map(|(_, role, ..)| *role).collect();
            places(database, &like, &roles).await?
        } else {
            let places = shared_places(database, &like).await?;
            let of_role = |role| ROLES.iter().position(|(of, _)| *of == role);
            let places = cells
                .iter()
                .map(|(_, role, ..)| places[of_role(*role).unwrap()]);
            places.collect()
        };
        let scenes: Vec<(Scene, Place)> = zip(&cells, &places)
            .map(|((.., scene), place)| (*scene, *place))
            .collect();
        let rows = insert_scenes(connection, &scenes).await?;
        let trials =
            zip(cells, rows).map(|((action, role, _, relationship, state, _), rows)| Trial {
                action,
                role,
                relationship,
                state,
                login: viewer_name(rows.place.workspace, role),
                anchor: if self.is_alone {
                    ("workspace", rows.place.workspace)
                } else {
                    ("meeting", rows.database_id("Meeting"))
                },
                rows,
            });
        Ok(trials.collect())
    }

    /// Reads the predictions and then tries the actions, all on behalf of one viewer.
    async fn try_all(
        &self,
        server: &Server,
        login: &str,
        trials: &[&Trial],
    ) -> Result<Vec<String>, Failed> {
        let token = server.sign_in(login).await?;
        let questions = questions(trials);
        let transitions = self.transitions.map(|_| self.type_name);
        let predicted = predict(server, &token, &questions, transitions).await?;
        let replies = mutate(server, Some(&token), &questions).await?;
        let mut wrong = Vec::new();
        for (trial, (predicted, reply)) in zip(trials, zip(predicted, replies)) {
            let (can, expected) = trial.forecast();
            wrong.extend(self.misjudged(trial, can, &predicted));
            if reply != expected.words() {
                wrong.push(format!("{trial}: {reply}, not {}", expected.words()));
            }
        }
        Ok(wrong)
    }

    /// An outsider never finds the object, and anonymous requests are told to sign in.
    async fn reject_others(
        &self,
        server: &Server,
        trials: &[Trial],
    ) -> Result<Vec<String>, Failed> {
        // Relationships within the workspace do not matter to an outsider, so one is enough.
        let named = trials.iter().filter(|trial| {
            trial.action.names_object
                && trial.role == Role::Admin
                && Some(&trial.relationship) == self.relationships.last()
        });
        let named: Vec<&Trial> = named.collect();
        let mut each: Vec<&Trial> = trials.iter().collect();
        each.dedup_by_key(|trial| trial.action.mutation);
        let token = server.sign_in(OUTSIDER).await?;
        let mut wrong = Vec::new();
        for (who, token, code, trials) in [
            (OUTSIDER, Some(token.as_str()), "NOT_FOUND", named),
            ("nobody", None, "UNAUTHENTICATED", each),
        ] {
            let replies = mutate(server, token, &questions(&trials)).await?;
            for (trial, reply) in zip(trials, replies) {
                let expected = match token {
                    Some(_) => trial.action.rejection(code),
                    // Anonymous requests are rejected before anything is looked up.
                    None => Reply::Error(code),
                };
                if reply != expected.words() {
                    let expected = expected.words();
                    wrong.push(format!("{who}, {trial}: {reply}, not {expected}"));
                }
            }
        }
        Ok(wrong)
    }

    /// The predictions that are not as expected.
    fn misjudged(&self, trial: &Trial, can: bool, predicted: &Prediction) -> Vec<String> {
        let abilities = zip(trial.action.predicted_by, &predicted.abilities);
        let mut wrong: Vec<String> = abilities
            .filter(|(_, value)| **value != Value::Bool(can))
            .map(|(ability, value)| format!("{trial}: {ability} is {value}, not {can}"))
            .collect();
        if let Some(transitions) = self.transitions {
            let names = transitions(trial.state).into_iter();
            let expected: BTreeSet<String> = names.map(str::to_uppercase).collect();
            let found = &predicted.transitions;
            if *found != expected {
                wrong.push(format!(
                    "{trial}: allowedTransitions is {found:?}, not {expected:?}"
                ));
            }
        }
        wrong
    }
}

impl Trial {
    fn forecast(&self) -> (bool, Reply) {
        self.action
            .forecast(self.role, self.relationship, self.state)
    }
}

fn questions<'a>(trials: &[&'a Trial]) -> Vec<Question<'a>> {
    trials
        .iter()
        .map(|trial| (trial.action, &trial.rows))
        .collect()
}

fn by_login(trials: &[Trial]) -> BTreeMap<&str, Vec<&Trial>> {
    let mut parties: BTreeMap<&str, Vec<&Trial>> = BTreeMap::new();
    for trial in trials {
        parties.entry(&trial.login).or_default().push(trial);
    }
    parties
}

fn viewer_name(workspace_id: i32, role: Role) -> String {
    let name = ROLES.iter().find(|(of, _)| *of == role);
    format!("{}-{workspace_id}", name.unwrap().1)
}

/// One workspace with a viewer of each role.
async fn shared_places(database: &TestDatabase, like: &user::Model) -> Result<Vec<Place>, Failed> {
    let connection = database.connection();
    let seed = Seed(connection);
    let workspace = seed.workspace("acme").await?;
    let viewers = ROLES.map(|(role, _)| {
        let name = viewer_name(workspace.id, role);
        user_row((workspace.id, like), &name, role)
    });
    let viewers = insert_all(connection, viewers.to_vec()).await?;
    let others = [("other", Role::Organizer), ("guest", Role::Member)]
        .map(|(name, role)| user_row((workspace.id, like), name, role));
    let others = insert_all(connection, others.to_vec()).await?;
    let meeting = seed.meeting(&others[0], "Elsewhere").await?;
    let task = seed.task(&meeting, "Elsewhere").await?;
    let places = viewers.iter().map(|viewer| Place {
        workspace: workspace.id,
        viewer: viewer.id,
        other: others[0].id,
        guest: others[1].id,
        task: Some(task.id),
    });
    Ok(places.collect())
}

/// Workspaces with one viewer each. The other user is an admin, so that a viewer who is an admin
/// can lose that role.
async fn places(
    database: &TestDatabase,
    like: &user::Model,
    roles: &[Role],
) -> Result<Vec<Place>, Failed> {
    let connection = database.connection();
    let workspaces = (0..roles.len()).map(workspace_row).collect();
    let workspaces = insert_all(connection, workspaces).await?;
    let people = zip(&workspaces, roles).flat_map(|(workspace, role)| {
        let id = workspace.id;
        [
            (viewer_name(id, *role), *role),
            (format!("other-{id}"), Role::Admin),
            (format!("guest-{id}"), Role::Member),
        ]
        .map(|(name, role)| user_row((id, like), &name, role))
    });
    let people = insert_all(connection, people.collect()).await?;
    let places = zip(&workspaces, people.chunks(3)).map(|(workspace, people)| Place {
        workspace: workspace.id,
        viewer: people[0].id,
        other: people[1].id,
        guest: people[2].id,
        task: None,
    });
    Ok(places.collect())
}

fn report(wrong: &[String], trials: usize) -> Outcome {
    if wrong.is_empty() {
        return Ok(());
    }
    let shown = wrong[..wrong.len().min(MOST_SHOWN)].join("\n");
    let count = wrong.len();
    Err(format!("{count} things are wrong in {trials} trials:\n{shown}").into())
}
