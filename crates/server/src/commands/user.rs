//! `mina user`: creates users from the command line, such as the first admin, before anybody can do
//! so through the API.

use std::io;

use chrono::{NaiveDateTime, SubsecRound, Utc};
use clap::{Args, Subcommand, ValueEnum};
use entity::{user, workspace};
use mina_graphql::{UserError, Writer, check_email, check_password, check_username};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, SqlErr, TransactionTrait,
};
use serde_json::json;

use crate::{
    command_error::{CommandError, Outcome},
    config::{DatabaseSettings, PasswordSettings},
    database::{self, MissingFile, SchemaState},
    output,
};

/// Create users
#[derive(Args, Debug)]
#[command(arg_required_else_help = true)]
pub struct User {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    Create(Create),
}

/// Create a user, such as the first admin of a workspace
///
/// Prompts for the password, or reads it from standard input with --password-stdin.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  mina user create --username ada --email ada@example.com --role admin \\
    --workspace acme --workspace-name 'Acme Ltd'
  pass show mina/ada | mina user create --username ada --email ada@example.com --role admin \\
    --workspace acme --password-stdin")]
struct Create {
    /// The username to sign in with, unique across workspaces
    #[arg(long, value_name = "NAME", value_parser = username)]
    username: String,

    /// The email address, unique across workspaces
    #[arg(long, value_name = "ADDRESS", value_parser = email)]
    email: String,

    /// The role, which decides what the user may do
    #[arg(long, default_value = "member")]
    role: Role,

    /// The slug of the user's workspace
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    workspace: String,

    /// Create the workspace with this name
    #[arg(long, value_name = "NAME", value_parser = limited::<128>)]
    workspace_name: Option<String>,

    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,

    #[command(flatten)]
    database: DatabaseSettings,

    #[command(flatten)]
    passwords: PasswordSettings,
}

/// The roles, as they are typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    /// Manages the workspace and its users
    Admin,
    /// Creates meetings, and manages their own
    Organizer,
    /// Takes part in meetings
    Member,
}

impl From<Role> for user::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Organizer => Self::Organizer,
            Role::Member => Self::Member,
        }
    }
}

/// Why a user was not created.
#[derive(Debug, thiserror::Error)]
enum CreateError {
    #[error("this password is not allowed. {0}")]
    Password(String),
    #[error("the two passwords are different")]
    PasswordsDiffer,
    #[error("cannot read the password: {0}")]
    PasswordUnreadable(io::Error),
    #[error("cannot hash the password: {0}")]
    Hash(bcrypt::BcryptError),
    #[error("there is no workspace {slug}")]
    NoWorkspace { slug: String },
    #[error("the workspace {slug} already exists")]
    WorkspaceTaken { slug: String },
    #[error("a user with this {0} already exists")]
    Taken(&'static str),
    #[error(transparent)]
    Database(DbErr),
}

impl CommandError for CreateError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::PasswordUnreadable(_) => {
                "without a terminal, pass it on standard input with --password-stdin"
            }
            Self::NoWorkspace { .. } => "create it by adding --workspace-name NAME",
            Self::WorkspaceTaken { .. } => "leave out --workspace-name to add the user to it",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<DbErr> for CreateError {
    fn from(error: DbErr) -> Self {
        // SQLite names the column, and PostgreSQL the index, whose name contains the column's.
        let Some(SqlErr::UniqueConstraintViolation(message)) = error.sql_err() else {
            return Self::Database(error);
        };
        ["username", "email"]
            .into_iter()
            .find(|column| message.contains(column))
            .map_or(Self::Database(error), Self::Taken)
    }
}

/// Runs the chosen subcommand.
pub async fn run(arguments: User) -> Outcome {
    let UserCommand::Create(arguments) = arguments.command;
    let database = database::connect(&arguments.database, MissingFile::Fail, None).await?;
    SchemaState::read(&database.reader)
        .await?
        .require_current()?;
    let password = read_password(arguments.password_stdin)?;
    let cost = arguments.passwords.bcrypt_cost;
    let password_hash = bcrypt::hash(&password, cost).map_err(CreateError::Hash)?;
    // The database stores microseconds.
    let now = Utc::now().naive_utc().trunc_subsecs(6);
    let id = create_user(&database.writer, &arguments, password_hash, now).await?;
    output::line(&format!(
        "created user {} (id {id}) in workspace {}",
        arguments.username, arguments.workspace
    ))?;
    database::close(&database).await;
    Ok(())
}

/// Inserts the user, and the workspace if its name is given. Returns the id of the user.
async fn create_user(
    writer: &Writer,
    arguments: &Create,
    password_hash: String,
    now: NaiveDateTime,
) -> Result<i32, CreateError> {
    let transaction = writer.begin().await?;
    let workspace_id = workspace_id(&transaction, arguments, now).await?;
    let user = user::ActiveModel {
        username: Set(arguments.username.clone()),
        email: Set(arguments.email.clone()),
        password_hash: Set(Some(password_hash)),
        workspace_id: Set(Some(workspace_id)),
        role: Set(Some(arguments.role.into())),
        is_active: Set(Some(true)),
        created_at: Set(Some(now)),
        ..Default::default()
    };
    let user = user.insert(&transaction).await?;
    transaction.commit().await?;
    Ok(user.id)
}

/// Finds the workspace, or creates it if its name is given. Returns its id.
async fn workspace_id(
    transaction: &impl ConnectionTrait,
    arguments: &Create,
    now: NaiveDateTime,
) -> Result<i32, CreateError> {
    let slug = arguments.workspace.clone();
    let found = workspace::Entity::find()
        .filter(workspace::Column::Slug.eq(&slug))
        .one(transaction)
        .await?;
    match (found, &arguments.workspace_name) {
        (Some(workspace), None) => Ok(workspace.id),
        (Some(_), Some(_)) => Err(CreateError::WorkspaceTaken { slug }),
        (None, None) => Err(CreateError::NoWorkspace { slug }),
        (None, Some(name)) => {
            let workspace = workspace::ActiveModel {
                name: Set(name.clone()),
                slug: Set(slug),
                settings: Set(Some(json!({}))),
                created_at: Set(Some(now)),
                ..Default::default()
            };
            Ok(workspace.insert(transaction).await?.id)
        }
    }
}

/// Prompts twice on a terminal, or reads the first line of standard input.
fn read_password(from_stdin: bool) -> Result<String, CreateError> {
    let password = if from_stdin {
        let mut line = String::new();
        io::stdin()
            .read_line(&mut line)
            .map_err(CreateError::PasswordUnreadable)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    } else {
        let prompt =
            |text: &str| rpassword::prompt_password(text).map_err(CreateError::PasswordUnreadable);
        let password = prompt("Password: ")?;
        if prompt("Password again: ")? != password {
            return Err(CreateError::PasswordsDiffer);
        }
        password
    };
    check_password(&password).map_err(|error| CreateError::Password(error.message))?;
    Ok(password)
}

/// Trims a text, and checks that it is not blank and fits its column.
fn limited<const MAXIMUM: usize>(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("must not be blank".to_owned()),
        text if text.chars().count() > MAXIMUM => {
            Err(format!("must have at most {MAXIMUM} characters"))
        }
        text => Ok(text.to_owned()),
    }
}

fn username(text: &str) -> Result<String, String> {
    check_username(text).map_err(|UserError { message, .. }| message)
}

fn email(text: &str) -> Result<String, String> {
    check_email(text).map_err(|UserError { message, .. }| message)
}

fn slug(text: &str) -> Result<String, String> {
    let text = limited::<64>(text)?;
    let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    if text.chars().all(|letter| allowed(letter) || letter == '-') {
        Ok(text)
    } else {
        Err("must consist of the letters a to z, digits and hyphens".to_owned())
    }
}
