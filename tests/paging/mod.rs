//! Lists, page by page, against a model in memory: random rows, orders, filters, page sizes and
//! changes between pages. `PROPTEST_CASES` says how many cases to draw.

mod cursors;
mod model;
mod strategy;

use cursors::bad_input;

use std::env;

use proptest::test_runner::{Config, TestCaseError, TestRunner};
use sea_orm::{ConnectionTrait, DatabaseConnection, sea_query::Query};
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;

use self::{
    model::{Row, Subject, USERS, Value, World},
    strategy::{Case, Change, Window},
};
use crate::support::{
    Outcome,
    database::TestDatabase,
    seed::{Seed, global_id},
    server::Server,
    suite::Suite,
};

/// Adds the cases of this module.
pub fn list(suite: &mut Suite) {
    suite.on_both_databases(like_the_model);
    suite.on_both_databases(bad_input);
}

/// The number of cases, unless `PROPTEST_CASES` says otherwise: about ten seconds' worth.
const CASES: u32 = 60;

/// For any rows, filter and order, a client that follows the cursors gets each row
/// exactly once and in the order of the model, while other rows come and go.
async fn like_the_model(database: &TestDatabase) -> Outcome {
    let session = Session::start(database).await?;
    let mut config = Config::default();
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    config.failure_persistence = None;
    // The runner is synchronous, so that it can shrink; it blocks a thread of its own.
    let handle = Handle::current();
    tokio::task::spawn_blocking(move || {
        TestRunner::new(config)
            .run(&strategy::case(), |case| {
                handle.block_on(session.check(case))
            })
            .map_err(|error| error.to_string().into())
    })
    .await?
}

/// A server with the users of the model, and the viewer's token.
struct Session {
    server: Server,
    connection: DatabaseConnection,
    token: String,
}

/// A client that pages through one list.
struct Walk {
    parent: Option<i32>,
    /// The cursor of the next page, and the row that had it.
    position: Option<(String, Row)>,
    /// The cursors that it has come by, with their rows.
    seen: Vec<(String, Row)>,
    is_done: bool,
}

impl Walk {
    fn new(parent: Option<i32>) -> Self {
        Self {
            parent,
            position: None,
            seen: Vec::new(),
            is_done: false,
        }
    }
}

/// The arguments of a list that differ from page to page.
struct Page<'a> {
    size: usize,
    backward: bool,
    after: Option<&'a (String, Row)>,
    before: Option<&'a (String, Row)>,
}

type Checked<T = ()> = Result<T, TestCaseError>;

fn reject(error: impl std::fmt::Debug) -> TestCaseError {
    TestCaseError::fail(format!("{error:?}"))
}

impl Session {
    async fn start(database: &TestDatabase) -> Result<Self, libtest_mimic::Failed> {
        let seed = Seed(database.connection());
        for (slug, usernames) in [("acme", &["ada", "grace"][..]), ("evil", &["mallory"])] {
            let workspace = seed.workspace(slug).await?;
            for username in usernames {
                let user = seed.user(workspace.id, username).await?;
                let session = seed.session(&user).await?;
                assert!(user.id == session.id && USERS.contains(&user.id));
            }
        }
        let server = Server::start_for_large_documents(database)?;
        let token = server.sign_in("ada").await?;
        Ok(Self {
            server,
            connection: database.connection().clone(),
            token,
        })
    }

    async fn check(&self, mut case: Case) -> Checked {
        self.store(&case.world).await.map_err(reject)?;
        let mut walks: Vec<Walk> = match case.list.parent {
            Some(parent) if parent.type_name == "Meeting" => case
                .world
                .rows(Subject::Meeting)
                .filter(|row| case.world.is_visible(row))
                .map(|row| Walk::new(Some(row.id)))
                .collect(),
            Some(_) => USERS[..2].iter().map(|&id| Walk::new(Some(id))).collect(),
            // The same list twice in one request, from different places.
            None => vec![Walk::new(None), Walk::new(None)],
        };
        let mut changes = std::mem::take(&mut case.changes).into_iter();
        // Without a visible meeting there is no list to walk.
        let rounds = if walks.is_empty() { 0 } else { usize::MAX };
        for round in 0..rounds {
            let size = case.sizes[round % case.sizes.len()];
            self.turn_pages(&case, &mut walks, round, size).await?;
            if walks.iter().all(|walk| walk.is_done) {
                break;
            }
            if let Some(change) = changes.next() {
                self.apply(&mut case, change).await.map_err(reject)?;
            }
        }
        for window in &case.windows {
            for walk in &walks {
                self.check_window(&case, walk, window).await?;
            }
        }
        Ok(())
    }

    /// Turns a page in every walk, all in one request.
    async fn turn_pages(
        &self,
        case: &Case,
        walks: &mut [Walk],
        round: usize,
        size: usize,
    ) -> Checked {
        let mut open: Vec<&mut Walk> = walks
            .iter_mut()
            .enumerate()
            .filter(|(number, walk)| {
                // At the root the second walk sets out later.
                !walk.is_done && (walk.parent.is_some() || *number <= round)
            })
            .map(|(_, walk)| walk)
            .collect();
        let pages: Vec<(Option<i32>, Page)> = open
            .iter()
            .map(|walk| {
                let position = walk.position.as_ref();
                let page = Page {
                    size,
                    backward: case.backward,
                    after: position.filter(|_| !case.backward),
                    before: position.filter(|_| case.backward),
                };
                (walk.parent, page)
            })
            .collect();
        let edges = self.check_pages(case, &pages).await?;
        drop(pages);
        for (walk, (edges, more)) in open.iter_mut().zip(edges) {
            let last = if case.backward {
                edges.first()
            } else {
                edges.last()
            };
            if let Some(last) = last {
                walk.position = Some(last.clone());
            }
            walk.seen.extend(edges);
            walk.is_done = !more;
        }
        Ok(())
    }

    /// Asks for a page between two rows that a walk has come by.
    async fn check_window(&self, case: &Case, walk: &Walk, window: &Window) -> Checked {
        if walk.seen.is_empty() {
            return Ok(());
        }
        let page = Page {
            size: window.size,
            backward: window.backward,
            after: Some(window.after.get(&walk.seen)),
            before: Some(window.before.get(&walk.seen)),
        };
        self.check_pages(case, &[(walk.parent, page)]).await?;
        Ok(())
    }

    /// Asks for pages of one list under several parents, in one request, and compares each with
    /// the model. Returns the edges of each and whether it goes on.
    async fn check_pages(
        &self,
        case: &Case,
        pages: &[(Option<i32>, Page<'_>)],
    ) -> Checked<Vec<(Vec<(String, Row)>, bool)>> {
        let (document, variables) = request(case, pages);
        let answer = self
            .server
            .ask_as(&self.token, &document, variables.clone())
            .await
            .map_err(reject)?;
        let data = answer
            .data()
            .map_err(|error| reject((error, &document, &variables)))?;
        let mut checked = Vec::new();
        for (number, (parent, page)) in pages.iter().enumerate() {
            let mut connection = &data[format!("list{number}")];
            if case.list.parent.is_some() {
                connection = &connection["list"];
            }
            let all = case.world.list(&case.list, *parent);
            let mut range: Vec<&Row> = all
                .iter()
                .copied()
                .filter(|row| {
                    let is_after =
                        |(_, position): &(String, Row)| case.list.compare(row, position).is_gt();
                    let is_before =
                        |(_, position): &(String, Row)| case.list.compare(row, position).is_lt();
                    page.after.is_none_or(is_after) && page.before.is_none_or(is_before)
                })
                .collect();
            let more = range.len() > page.size;
            if page.backward {
                range.drain(..range.len().saturating_sub(page.size));
            } else {
                range.truncate(page.size);
            }
            let expected = json!({
                "ids": range.iter().map(|row| row.id).collect::<Vec<_>>(),
                "hasNextPage": if page.backward { page.before.is_some() } else { more },
                "hasPreviousPage": if page.backward { more } else { page.after.is_some() },
                "totalCount": all.len(),
            });
            let edges = connection["edges"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            let info = &connection["pageInfo"];
            let found = json!({
                "ids": edges.iter().map(|edge| &edge["node"]["databaseId"]).collect::<Vec<_>>(),
                "hasNextPage": info["hasNextPage"],
                "hasPreviousPage": info["hasPreviousPage"],
                "totalCount": connection["totalCount"],
            });
            let cursor =
                |edge: Option<&Json>| edge.map_or(Json::Null, |edge| edge["cursor"].clone());
            let is_consistent = info["startCursor"] == cursor(edges.first())
                && info["endCursor"] == cursor(edges.last());
            if found != expected || !is_consistent {
                return Err(TestCaseError::fail(format!(
                    "list{number} is {connection:#}\nbut should be {expected}\n{document}\n\
                     {variables:#}"
                )));
            }
            let cursors = edges
                .iter()
                .map(|edge| edge["cursor"].as_str().unwrap_or_default().to_owned());
            let edges = cursors.zip(range.into_iter().cloned()).collect();
            checked.push((edges, more));
        }
        Ok(checked)
    }

    /// Replaces the rows of the database by those of the model.
    async fn store(&self, world: &World) -> Result<(), sea_orm::DbErr> {
        for subject in Subject::DRAWN.into_iter().rev() {
            let delete = format!("DELETE FROM {}", subject.table());
            self.connection.execute_unprepared(&delete).await?;
        }
        for subject in Subject::DRAWN {
            self.insert(subject, world.rows(subject)).await?;
        }
        Ok(())
    }

    async fn insert(
        &self,
        subject: Subject,
        rows: impl Iterator<Item = &Row>,
    ) -> Result<(), sea_orm::DbErr> {
        let mut insert = Query::insert();
        let fields = subject.fields().iter().map(|field| field.column);
        let links = subject.links().iter().map(|link| link.column);
        insert
            .into_table(subject.table())
            .columns(fields.chain(links));
        let mut any = false;
        for row in rows {
            any = true;
            let values = subject.fields().iter().zip(&row.values);
            let values = values.map(|(field, value)| Value::to_sql(value.as_ref(), field.kind));
            let links = row.links.iter().map(|id| (*id).into());
            insert.values_panic(values.chain(links).map(sea_orm::sea_query::Expr::value));
        }
        if any {
            self.connection.execute(&insert).await?;
        }
        Ok(())
    }

    /// Changes the database and the model.
    async fn apply(&self, case: &mut Case, change: Change) -> Result<(), sea_orm::DbErr> {
        let subject = case.list.subject;
        match change {
            Change::Insert(draw) => {
                if let Some(row) = draw.settle(subject, &case.world) {
                    self.insert(subject, [&row].into_iter()).await?;
                    case.world.0.push(row);
                }
            }
            Change::Delete(index) => {
                let ids: Vec<i32> = case.world.rows(subject).map(|row| row.id).collect();
                if !ids.is_empty() {
                    let id = *index.get(&ids);
                    let delete = format!("DELETE FROM {} WHERE id = {id}", subject.table());
                    self.connection.execute_unprepared(&delete).await?;
                    case.world.delete(subject, id);
                }
            }
        }
        Ok(())
    }
}

/// The document and the variables that ask for the pages, as `list0`, `list1` and so on.
fn request(case: &Case, pages: &[(Option<i32>, Page)]) -> (String, Json) {
    let list = &case.list;
    let type_name = list.subject.type_name();
    let field = match list.subject {
        Subject::Analytics => "analytics".to_owned(),
        _ => format!("{}s", list.subject.table()),
    };
    let mut variables = json!({"orderBy": list.order_by_json()});
    if let Some(filter) = &list.filter {
        variables["where"] = filter.to_json(list.subject);
    }
    let mut declarations = vec![format!(
        "$size: Int, $where: {type_name}Where, $orderBy: [{type_name}Order!]"
    )];
    let mut selections = Vec::new();
    for (number, (parent, page)) in pages.iter().enumerate() {
        variables["size"] = page.size.into();
        let size = if page.backward { "last" } else { "first" };
        let mut arguments = vec![format!("{size}: $size, where: $where, orderBy: $orderBy")];
        for (name, position) in [("after", page.after), ("before", page.before)] {
            if let Some((cursor, _)) = position {
                declarations.push(format!("${name}{number}: String"));
                arguments.push(format!("{name}: ${name}{number}"));
                variables[format!("{name}{number}")] = cursor.as_str().into();
            }
        }
        let arguments = arguments.join(", ");
        let body = format!(
            "({arguments}) {{
                edges {{ cursor node {{ databaseId }} }}
                pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                totalCount
            }}"
        );
        selections.push(match (&list.parent, parent) {
            (Some(of), Some(id)) => {
                declarations.push(format!("$id{number}: ID!"));
                variables[format!("id{number}")] = global_id(of.type_name, *id).into();
                let root = of.root;
                format!("list{number}: {root}(id: $id{number}) {{ list: {field}{body} }}")
            }
            _ => format!("list{number}: {field}{body}"),
        });
    }
    let declarations = declarations.join(", ");
    let selections = selections.join("\n");
    (
        format!("query ({declarations}) {{\n{selections}\n}}"),
        variables,
    )
}
