//! Beginning a subscription runs no more SQL statements and reads no more rows than its field
//! declares.

use libtest_mimic::Failed;

use super::scene::Scene;
use crate::{
    outsider::{none, operands::Operands},
    support::{Outcome, database::TestDatabase, server::Server, suite::Suite},
};

/// Adds the case of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(are_declared);
}

/// Each subscription is begun with its required arguments alone, and with each of the others. An
/// argument that names an object costs the statement that looks the object up.
async fn are_declared(database: &TestDatabase) -> Outcome {
    let scene = Scene::start(database).await?;
    let rows = scene.some_rows();
    let operands = Operands::learn(&scene.schema, &rows, &[]);
    let (_, token) = scene.people.first().ok_or("nobody can subscribe")?;
    let type_name = &scene.schema.subscription;
    let mut found = Vec::new();
    for field in scene.schema.get(type_name).fields() {
        let declared = scene.declarations.of(type_name, &field.name);
        let required = operands.required(field)?;
        let required = required.first().map_or("", String::as_str);
        let mut all_arguments = vec![required.to_owned()];
        for argument in field.args.iter().filter(|it| !it.is_required()) {
            let values = operands.values(field, argument)?;
            let value = values.first().ok_or("an argument has no value")?;
            all_arguments.push(format!("{required} {}: {value}", argument.name));
        }
        for arguments in all_arguments {
            let in_parentheses = match arguments.as_str() {
                "" => String::new(),
                _ => format!("({arguments})"),
            };
            let document = format!(
                "subscription {{ {}{in_parentheses} {{ __typename }} }}",
                field.name
            );
            let rows_before = rows_read(&scene.server).await?;
            let answer = scene.server.begin_subscription(token, &document).await?;
            let rows = rows_read(&scene.server).await? - rows_before;
            let mut ran = scene.server.statements(&answer)?;
            // The stream looks up the user of the token again, which is not part of the field.
            ran.retain(|sql| !sql.contains("mina_token_generation"));
            // One of the declared statements reads the rows of an event, and there is none yet.
            if ran.len() >= declared.most_statements() || rows > declared.rows {
                found.push(format!(
                    "{document} declares {} statements and {} rows; {rows} rows were read by {ran:#?}",
                    declared.most_statements(),
                    declared.rows
                ));
            }
            if arguments.to_lowercase().contains("id:") && ran.is_empty() {
                found.push(format!("{document} does not look the object up"));
            }
        }
    }
    none(
        "Subscriptions begin at another price than they declare",
        &found,
    )
}

/// How many rows the server has read for responses.
async fn rows_read(server: &Server) -> Result<usize, Failed> {
    let metrics = server.metrics().await?;
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix("mina_sql_rows_total "));
    Ok(value.ok_or("no rows are counted")?.parse()?)
}
