//! A workspace with somebody of each role in it, and what they ask for.

use entity::{user, workspace};
use libtest_mimic::Failed;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Value, json};

use super::{
    database::TestDatabase,
    seed::Seed,
    server::{Answer, Server},
};

/// The workspace Acme with a user of each role, and a server.
pub struct World {
    pub server: Server,
    pub acme: workspace::Model,
    pub admin: user::Model,
    pub organizer: user::Model,
    pub member: user::Model,
}

impl World {
    pub async fn start(database: &TestDatabase) -> Result<Self, Failed> {
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

    pub async fn client(&self, user: &user::Model) -> Result<Client<'_>, Failed> {
        Ok(Client {
            server: &self.server,
            token: self.server.sign_in(&user.username).await?,
        })
    }
}

/// Somebody who is signed in.
pub struct Client<'a> {
    pub server: &'a Server,
    pub token: String,
}

impl Client<'_> {
    /// Asks for one mutation and `selection` of its payload.
    pub async fn ask(
        &self,
        mutation: &str,
        input: Value,
        selection: &str,
    ) -> Result<Answer, Failed> {
        let document = document(mutation, selection);
        let variables = json!({"input": input});
        self.server.ask_as(&self.token, &document, variables).await
    }

    /// The payload of a mutation that must succeed.
    pub async fn run(
        &self,
        mutation: &str,
        input: Value,
        selection: &str,
    ) -> Result<Value, Failed> {
        let answer = self.ask(mutation, input, selection).await?;
        let payload = &answer.data()?[mutation];
        if payload["userErrors"] == json!([]) {
            Ok(payload.clone())
        } else {
            Err(format!("{mutation} was rejected: {payload:#}").into())
        }
    }

    /// The id in the payload of a mutation that must succeed; `field` holds the object.
    pub async fn make(&self, mutation: &str, input: Value, field: &str) -> Result<String, Failed> {
        let payload = self
            .run(mutation, input, &format!("{field} {{ id }}"))
            .await?;
        Ok(payload[field]["id"].as_str().ok_or("no id")?.to_owned())
    }

    /// The problems of a mutation that must be rejected, each as `CODE path.to.field`.
    pub async fn problems(&self, mutation: &str, input: Value) -> Result<Vec<String>, Failed> {
        let answer = self.ask(mutation, input, "__typename").await?;
        Ok(problems(&answer.data()?[mutation]))
    }

    /// The code of the error with which a mutation fails.
    pub async fn error(&self, mutation: &str, input: Value) -> Result<String, Failed> {
        let answer = self.ask(mutation, input, "__typename").await?;
        assert_eq!(
            answer.body["data"],
            json!({ mutation: null }),
            "{answer:#?}"
        );
        let code = answer.body["errors"][0]["extensions"]["code"].as_str();
        Ok(code.ok_or("no code")?.to_owned())
    }

    pub async fn read(&self, document: &str) -> Result<Value, Failed> {
        self.server.read(&self.token, document).await
    }

    /// `fields` of the object with this id.
    pub async fn node(&self, id: &str, fields: &str) -> Result<Value, Failed> {
        let document = format!("query ($id: ID!) {{ node(id: $id) {{ ... on {fields} }} }}");
        let answer = self
            .server
            .ask_as(&self.token, &document, json!({"id": id}))
            .await?;
        Ok(answer.data()?["node"].clone())
    }
}

/// The document of one mutation.
pub fn document(mutation: &str, selection: &str) -> String {
    let mut name = mutation.to_owned();
    name[..1].make_ascii_uppercase();
    format!(
        "mutation ($input: {name}Input!) {{
            {mutation}(input: $input) {{ {selection} userErrors {{ code message path }} }}
        }}"
    )
}

/// The errors of a payload, each as `CODE path.to.field`.
pub fn problems(payload: &Value) -> Vec<String> {
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
