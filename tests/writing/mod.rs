//! What mutations do: their effects, their rules, and what they say when they refuse.

mod accounts;
mod admins;
mod analyses;
mod invitations;
mod markers;
mod meetings;
mod requests;
mod retries;
mod sessions;
mod tasks;
mod texts;
mod transcripts;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::{user, workspace};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use crate::support::{
    database::TestDatabase,
    seed::Seed,
    server::{Answer, Server},
    suite::Suite,
};

/// Adds the cases of these modules.
pub fn list(suite: &mut Suite) {
    accounts::list(suite);
    admins::list(suite);
    analyses::list(suite);
    invitations::list(suite);
    markers::list(suite);
    meetings::list(suite);
    requests::list(suite);
    retries::list(suite);
    sessions::list(suite);
    tasks::list(suite);
    texts::list(suite);
    transcripts::list(suite);
}

/// The workspace Acme with a user of each role, and a server.
struct World {
    server: Server,
    acme: workspace::Model,
    admin: user::Model,
    organizer: user::Model,
    member: user::Model,
}

impl World {
    async fn start(database: &TestDatabase) -> Result<Self, Failed> {
        let seed = Seed(database.connection());
        let acme = seed.workspace("acme").await?;
        let mut users = Vec::new();
        for (name, role) in [
            ("ada", user::Role::Admin),
            ("olga", user::Role::Organizer),
            ("max", user::Role::Member),
        ] {
            let mut user = seed.user(acme.id, name).await?.into_active_model();
            user.role = Set(Some(role));
            users.push(user.update(database.connection()).await?);
        }
        let [admin, organizer, member] =
            <[_; 3]>::try_from(users).map_err(|_| "there are three users")?;
        Ok(Self {
            server: Server::start(database)?,
            acme,
            admin,
            organizer,
            member,
        })
    }

    async fn client(&self, user: &user::Model) -> Result<Client<'_>, Failed> {
        Ok(Client {
            server: &self.server,
            token: self.server.sign_in(&user.username).await?,
        })
    }
}

/// Somebody who is signed in.
struct Client<'a> {
    server: &'a Server,
    token: String,
}

impl Client<'_> {
    /// Asks for one mutation and `selection` of its payload.
    async fn ask(&self, mutation: &str, input: Value, selection: &str) -> Result<Answer, Failed> {
        let document = document(mutation, selection);
        let variables = json!({"input": input});
        self.server.ask_as(&self.token, &document, variables).await
    }

    /// The payload of a mutation that must succeed.
    async fn run(&self, mutation: &str, input: Value, selection: &str) -> Result<Value, Failed> {
        let answer = self.ask(mutation, input, selection).await?;
        let payload = &answer.data()?[mutation];
        if payload["userErrors"] == json!([]) {
            Ok(payload.clone())
        } else {
            Err(format!("{mutation} was refused: {payload:#}").into())
        }
    }

    /// The id in the payload of a mutation that must succeed; `field` holds the object.
    async fn make(&self, mutation: &str, input: Value, field: &str) -> Result<String, Failed> {
        let payload = self
            .run(mutation, input, &format!("{field} {{ id }}"))
            .await?;
        Ok(payload[field]["id"].as_str().ok_or("no id")?.to_owned())
    }

    /// What a mutation says that must be refused: each error as `CODE path.to.field`.
    async fn mistakes(&self, mutation: &str, input: Value) -> Result<Vec<String>, Failed> {
        let answer = self.ask(mutation, input, "__typename").await?;
        Ok(mistakes(&answer.data()?[mutation]))
    }

    /// The code of the error with which a mutation fails.
    async fn error(&self, mutation: &str, input: Value) -> Result<String, Failed> {
        let answer = self.ask(mutation, input, "__typename").await?;
        assert_eq!(
            answer.body["data"],
            json!({ mutation: null }),
            "{answer:#?}"
        );
        let code = answer.body["errors"][0]["extensions"]["code"].as_str();
        Ok(code.ok_or("no code")?.to_owned())
    }

    async fn read(&self, document: &str) -> Result<Value, Failed> {
        self.server.read(&self.token, document).await
    }

    /// `fields` of the object with this id.
    async fn node(&self, id: &str, fields: &str) -> Result<Value, Failed> {
        let document = format!("query ($id: ID!) {{ node(id: $id) {{ ... on {fields} }} }}");
        let answer = self
            .server
            .ask_as(&self.token, &document, json!({"id": id}))
            .await?;
        Ok(answer.data()?["node"].clone())
    }
}

/// The document of one mutation.
fn document(mutation: &str, selection: &str) -> String {
    let mut name = mutation.to_owned();
    name[..1].make_ascii_uppercase();
    format!(
        "mutation ($input: {name}Input!) {{
            {mutation}(input: $input) {{ {selection} userErrors {{ code message path }} }}
        }}"
    )
}

/// The errors of a payload, each as `CODE path.to.field`.
fn mistakes(payload: &Value) -> Vec<String> {
    let errors = payload["userErrors"].as_array();
    let errors = errors.map_or(&[][..], Vec::as_slice).iter();
    errors
        .map(|error| {
            assert!(
                error["message"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
            );
            let path = error["path"].as_array().map_or(&[][..], Vec::as_slice);
            let path: Vec<&str> = path.iter().filter_map(Value::as_str).collect();
            format!(
                "{} {}",
                error["code"].as_str().unwrap_or_default(),
                path.join(".")
            )
        })
        .collect()
}

/// The global id of a row.
fn global_id(type_name: &str, id: i32) -> String {
    URL_SAFE_NO_PAD.encode(format!("{type_name}:{id}"))
}
