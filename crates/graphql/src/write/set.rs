//! Writing a set of rows with one statement.
//!
//! PostgreSQL gets the rows as one JSON value, so that the text of the statement is always the same
//! and its plan is reused. SQLite gets each value as a parameter, because it does not read every
//! float in JSON as exactly the number that was written. There, the number of rows is rounded up to
//! a power of two, so that few texts occur.

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait,
    PrimaryKeyToColumn, Statement, Value, sea_query::ArrayType,
};

use super::transaction::Transaction;
use crate::{
    error::Error,
    read::row::{ColumnOf, ModelOf, Row},
    value::to_json,
};

/// The number of parameters that SQLite accepts in a statement.
const MAX_PARAMETERS: usize = 32_766;

impl Transaction {
    /// Inserts rows, and returns them in the same order with the ids that the database has given
    /// them. The ids of `rows` are ignored.
    pub(crate) async fn insert_all<T: Row>(
        &self,
        mut rows: Vec<ModelOf<T>>,
    ) -> Result<Vec<ModelOf<T>>, Error> {
        let is_id = |column: &ColumnOf<T>| column.as_str() == T::ID.as_str();
        let columns: Vec<_> = ColumnOf::<T>::iter()
            .filter(|column| !is_id(column))
            .collect();
        let mut ids = Vec::with_capacity(rows.len());
        for set in Set::split(&rows, columns, self.backend()) {
            let id = quoted(T::ID.as_str());
            let statement = set.insert(&format!(" RETURNING {id}"));
            for row in self.connection.query_all_raw(statement).await? {
                ids.push(row.try_get_by_index::<i32>(0)?);
            }
        }
        if ids.len() != rows.len() {
            return Err(DbErr::RecordNotInserted.into());
        }
        // Ids are assigned in the order of the rows, but the database may return them in another.
        ids.sort_unstable();
        for (row, id) in rows.iter_mut().zip(ids) {
            row.try_set(T::ID, id.into())?;
        }
        Ok(rows)
    }

    /// Stores the values that some columns have in `rows`. The rows must be locked.
    pub(crate) async fn update_all<T: Row>(
        &self,
        rows: &[ModelOf<T>],
        columns: &[ColumnOf<T>],
    ) -> Result<(), Error> {
        let with_id = std::iter::once(T::ID).chain(columns.iter().copied());
        for set in Set::split(rows, with_id.collect(), self.backend()) {
            let expected = set.rows.len() as u64;
            let updated = self.connection.execute_raw(set.update()).await?;
            if updated.rows_affected() != expected {
                return Err(DbErr::RecordNotUpdated.into());
            }
        }
        Ok(())
    }

    /// Inserts rows of a table that has no ids of its own.
    pub(crate) async fn insert_keyed<M: ModelTrait>(&self, rows: &[M]) -> Result<(), Error> {
        self.insert_rows(rows, "").await
    }

    /// Inserts rows of a table that has no ids of its own, in place of those with the same primary
    /// keys.
    pub(crate) async fn replace_all<M: ModelTrait>(&self, rows: &[M]) -> Result<(), Error> {
        self.insert_rows(rows, &on_conflict::<M::Entity>()).await
    }

    async fn insert_rows<M: ModelTrait>(&self, rows: &[M], suffix: &str) -> Result<(), Error> {
        let columns = <M::Entity as EntityTrait>::Column::iter().collect();
        for set in Set::split(rows, columns, self.backend()) {
            self.connection.execute_raw(set.insert(suffix)).await?;
        }
        Ok(())
    }
}

/// The rows of one statement, and the columns whose values are written.
struct Set<'a, M: ModelTrait> {
    rows: &'a [M],
    columns: Vec<<M::Entity as EntityTrait>::Column>,
    backend: DbBackend,
}

impl<'a, M: ModelTrait> Set<'a, M> {
    /// As few sets as possible. PostgreSQL needs one, because it gets all rows in one parameter.
    fn split(
        rows: &'a [M],
        columns: Vec<<M::Entity as EntityTrait>::Column>,
        backend: DbBackend,
    ) -> impl Iterator<Item = Self> {
        let size = match backend {
            DbBackend::Postgres => rows.len(),
            _ => most_rows(columns.len()),
        };
        rows.chunks(size.max(1)).map(move |rows| Self {
            rows,
            columns: columns.clone(),
            backend,
        })
    }

    /// The statement that inserts the rows, in their order.
    fn insert(&self, suffix: &str) -> Statement {
        let (table, columns) = (Self::table(), self.names().join(", "));
        let Given { with, from, nth } = self.given();
        let sql = format!(
            "{with}INSERT INTO {table} ({columns}) SELECT {columns} FROM {from} \
             ORDER BY {nth}{suffix}"
        );
        self.statement(sql)
    }

    /// The statement that updates the rows, which are found by the first of the columns: an integer.
    fn update(&self) -> Statement {
        let (table, names) = (Self::table(), self.names());
        let Given { with, from, nth: _ } = self.given();
        let changes = names.iter().skip(1);
        let changes: Vec<_> = changes
            .map(|name| format!("{name} = given.{name}"))
            .collect();
        let (changes, id) = (changes.join(", "), &names[0]);
        // Without the ids, PostgreSQL may read the whole table, as it does not know how many rows
        // are in the JSON value. SQLite's list has a condition already.
        let is_any = if self.is_json() {
            format!(" WHERE {table}.{id} = ANY ($2)")
        } else {
            String::new()
        };
        let mut statement = self.statement(format!(
            "{with}UPDATE {table} SET {changes} FROM {from}{is_any} AND {table}.{id} = given.{id}"
        ));
        if self.is_json()
            && let Some(values) = &mut statement.values
        {
            values.0.push(self.ids());
        }
        statement
    }

    /// The values of the first of the columns.
    fn ids(&self) -> Value {
        let ids = self.rows.iter().map(|row| row.get(self.columns[0]));
        Value::Array(ArrayType::Int, Some(Box::new(ids.collect())))
    }

    /// The rows as a table of the statement.
    fn given(&self) -> Given {
        if self.is_json() {
            let row_type = Self::table();
            let rows = format!("json_populate_recordset(NULL::{row_type}, $1::json)");
            return Given {
                with: String::new(),
                from: format!("{rows} WITH ORDINALITY AS given"),
                nth: "ordinality",
            };
        }
        let columns = self.names().join(", ");
        let parameters = ", ?".repeat(self.columns.len());
        let rows: Vec<_> = (0..self.padded_rows())
            .map(|nth| format!("({nth}{parameters})"))
            .collect();
        let rows = rows.join(", ");
        Given {
            with: format!("WITH given (nth, {columns}) AS (VALUES {rows}) "),
            from: "given WHERE nth < ?".to_owned(),
            nth: "nth",
        }
    }

    fn statement(&self, sql: String) -> Statement {
        let values = if self.is_json() {
            vec![self.json().into()]
        } else {
            self.parameters()
        };
        Statement::from_sql_and_values(self.backend, sql, values)
    }

    /// The rows as a JSON list of objects.
    fn json(&self) -> String {
        let object = |row: &M| -> serde_json::Value {
            let columns = self.columns.iter();
            let fields = columns.map(|column| {
                let name = column.as_str().to_owned();
                (name, to_json(row.get(*column)))
            });
            fields.collect::<serde_json::Map<_, _>>().into()
        };
        let rows: serde_json::Value = self.rows.iter().map(object).collect();
        rows.to_string()
    }

    /// The values of the rows, then NULLs for the rows that only fill the list up, and at last the
    /// number of rows.
    fn parameters(&self) -> Vec<Value> {
        let padding = self.padded_rows() - self.rows.len();
        let count = i32::try_from(self.rows.len()).unwrap_or(i32::MAX);
        let of_row = |row: &'a M| self.columns.iter().map(|column| row.get(*column));
        let nulls = std::iter::repeat_n(Value::Int(None), padding * self.columns.len());
        let values = self.rows.iter().flat_map(of_row).chain(nulls);
        values.chain([count.into()]).collect()
    }

    fn padded_rows(&self) -> usize {
        self.rows.len().next_power_of_two()
    }

    fn is_json(&self) -> bool {
        self.backend == DbBackend::Postgres
    }

    fn table() -> String {
        quoted(M::Entity::default().table_name())
    }

    fn names(&self) -> Vec<String> {
        let columns = self.columns.iter();
        columns.map(|column| quoted(column.as_str())).collect()
    }
}

/// How a statement gets its rows.
struct Given {
    /// What comes before the statement.
    with: String,
    /// The table with the rows, called `given`.
    from: String,
    /// The column with the position of each row.
    nth: &'static str,
}

/// The maximum number of rows of one statement on SQLite.
fn most_rows(columns: usize) -> usize {
    let rows = (MAX_PARAMETERS - 1) / columns.max(1);
    // Rounding up must not exceed the limit.
    1 << rows.max(1).ilog2()
}

/// The end of an INSERT that replaces rows with the same primary key.
fn on_conflict<E: EntityTrait>() -> String {
    let keys: Vec<_> = E::PrimaryKey::iter()
        .map(|key| quoted(key.into_column().as_str()))
        .collect();
    let names = E::Column::iter().map(|column| quoted(column.as_str()));
    let changes: Vec<_> = names
        .filter(|name| !keys.contains(name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    let (keys, changes) = (keys.join(", "), changes.join(", "));
    format!(" ON CONFLICT ({keys}) DO UPDATE SET {changes}")
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use entity::bookkeeping::analysis_lease::{Entity, Model};

    use super::*;

    fn leases(count: i32) -> Vec<Model> {
        let lease = |analytics_id| Model {
            analytics_id,
            token: "it's".to_owned(),
            expires_at: NaiveDate::from_ymd_opt(2026, 1, 2)
                .unwrap()
                .and_hms_micro_opt(3, 4, 5, 600_000)
                .unwrap(),
        };
        (1..=count).map(lease).collect()
    }

    fn set(rows: &[Model], backend: DbBackend) -> Set<'_, Model> {
        let columns = <Entity as EntityTrait>::Column::iter().collect();
        Set::split(rows, columns, backend).next().unwrap()
    }

    #[test]
    fn postgresql_gets_one_json_value() {
        let rows = leases(1);
        let set = set(&rows, DbBackend::Postgres);
        let statement = set.insert(&on_conflict::<Entity>());
        assert_eq!(
            statement.sql,
            "INSERT INTO \"mina_analysis_lease\" (\"analytics_id\", \"token\", \"expires_at\") \
             SELECT \"analytics_id\", \"token\", \"expires_at\" \
             FROM json_populate_recordset(NULL::\"mina_analysis_lease\", $1::json) \
             WITH ORDINALITY AS given ORDER BY ordinality \
             ON CONFLICT (\"analytics_id\") DO UPDATE SET \"token\" = excluded.\"token\", \
             \"expires_at\" = excluded.\"expires_at\""
        );
        let json = r#"[{"analytics_id":1,"expires_at":"2026-01-02 03:04:05.600","token":"it's"}]"#;
        assert_eq!(set.json(), json);
        let statement = set.update();
        assert!(
            statement.sql.ends_with(
                "WHERE \"mina_analysis_lease\".\"analytics_id\" = ANY ($2) \
                 AND \"mina_analysis_lease\".\"analytics_id\" = given.\"analytics_id\""
            ),
            "{}",
            statement.sql
        );
        assert_eq!(statement.values.unwrap().0.len(), 2);
    }

    #[test]
    fn sqlite_gets_a_list_that_is_filled_up() {
        let rows = leases(3);
        let statement = set(&rows, DbBackend::Sqlite).update();
        assert_eq!(
            statement.sql,
            "WITH given (nth, \"analytics_id\", \"token\", \"expires_at\") AS (VALUES \
             (0, ?, ?, ?), (1, ?, ?, ?), (2, ?, ?, ?), (3, ?, ?, ?)) \
             UPDATE \"mina_analysis_lease\" SET \"token\" = given.\"token\", \
             \"expires_at\" = given.\"expires_at\" FROM given WHERE nth < ? \
             AND \"mina_analysis_lease\".\"analytics_id\" = given.\"analytics_id\""
        );
        assert_eq!(statement.values.unwrap().0.len(), 4 * 3 + 1);
    }

    #[test]
    fn statements_on_sqlite_stay_within_its_limit() {
        for columns in 1..=20 {
            assert!(most_rows(columns) * columns < MAX_PARAMETERS);
            assert!(most_rows(columns) >= 1024);
        }
        let rows = leases(20_000);
        let columns = <Entity as EntityTrait>::Column::iter().collect();
        let sets = Set::split(&rows, columns, DbBackend::Sqlite);
        assert_eq!(sets.map(|set| set.rows.len()).sum::<usize>(), 20_000);
    }
}
