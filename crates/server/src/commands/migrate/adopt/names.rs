//! Names of another program for tables and columns of the data contract.

use std::{collections::BTreeMap, str::FromStr};

use super::catalog::Catalog;
use crate::database::contract::{TABLES, Table};

/// What a table or column of the database is in the contract, as `users=user` or
/// `task.owner=created_by_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// A table with another name.
    Table { found: String, table: &'static str },
    /// A column with another name. The table has its name in the database.
    Column {
        table: String,
        found: String,
        column: String,
    },
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (found, name) = text
            .split_once('=')
            .ok_or("expected NAME=TABLE or TABLE.NAME=COLUMN")?;
        if let Some((table, found)) = found.split_once('.') {
            let is_column = TABLES
                .iter()
                .any(|table| table.columns.iter().any(|column| column.name == name));
            if !is_column {
                return Err(format!("the data contract has no column {name}"));
            }
            return Ok(Self::Column {
                table: table.to_owned(),
                found: found.to_owned(),
                column: name.to_owned(),
            });
        }
        let table = TABLES.iter().find(|table| table.name == name);
        let table = table.ok_or_else(|| format!("the data contract has no table {name}"))?;
        Ok(Self::Table {
            found: found.to_owned(),
            table: table.name,
        })
    }
}

/// The names that tables and columns of the contract have in the database.
#[derive(Default)]
pub struct Names {
    tables: BTreeMap<&'static str, String>,
    /// By table and column of the contract.
    columns: BTreeMap<(&'static str, String), String>,
    /// Mappings of names that the database does not have.
    pub unknown: Vec<String>,
}

impl Names {
    /// Finds tables by their names in the contract, by the mappings and, if `plurals` is set, by
    /// their plurals.
    pub fn new(catalog: &Catalog, mappings: &[Mapping], plurals: bool) -> Self {
        let mut names = Self::default();
        for mapping in mappings {
            if let Mapping::Table { found, table } = mapping {
                if catalog.contains_key(found) {
                    names.tables.insert(table, found.clone());
                } else {
                    names.unknown.push(found.clone());
                }
            }
        }
        for table in &TABLES {
            if plurals
                && !catalog.contains_key(table.name)
                && let Some(plural) = plural_of(table, catalog)
            {
                names.tables.entry(table.name).or_insert(plural);
            }
        }
        for mapping in mappings {
            let Mapping::Column {
                table,
                found,
                column,
            } = mapping
            else {
                continue;
            };
            let known = TABLES
                .iter()
                .find(|known| known.name == table || names.table(known) == table);
            let exists = known.is_some_and(|known| {
                let found_table = catalog.get(names.table(known));
                found_table.is_some_and(|it| it.column(found).is_some())
            });
            match known {
                Some(known) if exists => {
                    let key = (known.name, column.clone());
                    names.columns.insert(key, found.clone());
                }
                _ => names.unknown.push(format!("{table}.{found}")),
            }
        }
        names
    }

    /// The name of a table in the database.
    pub fn table(&self, table: &Table) -> &str {
        self.tables.get(table.name).map_or(table.name, |it| it)
    }

    /// The name of a column in the database.
    pub fn column<'a>(&'a self, table: &Table, column: &'a str) -> &'a str {
        let columns = self.columns.iter();
        let mut of_table = columns.filter(|((name, _), _)| *name == table.name);
        let found = of_table.find(|((_, name), _)| name == column);
        found.map_or(column, |(_, found)| found)
    }

    /// The tables with other names, as pairs of the found and the contract's name.
    pub fn renamed_tables(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let tables = self.tables.iter().map(|(name, found)| (&**found, *name));
        tables.filter(|(found, name)| found != name)
    }

    /// The columns with other names: the table of the contract, the found and the contract's name.
    pub fn renamed_columns(&self) -> impl Iterator<Item = (&'static str, &str, &str)> {
        let columns = self.columns.iter();
        columns.map(|((table, name), found)| (*table, &**found, &**name))
    }
}

/// The plural of a table's name, if the database has such a table.
pub fn plural_of(table: &Table, catalog: &Catalog) -> Option<String> {
    let plural = format!("{}s", table.name);
    catalog.contains_key(&plural).then_some(plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_names_the_contract() {
        let table = Mapping::Table {
            found: "people".to_owned(),
            table: "user",
        };
        assert_eq!("people=user".parse(), Ok(table));
        let column = Mapping::Column {
            table: "task".to_owned(),
            found: "owner".to_owned(),
            column: "created_by_id".to_owned(),
        };
        assert_eq!("task.owner=created_by_id".parse(), Ok(column));
        for (text, reason) in [
            ("people", "expected NAME=TABLE or TABLE.NAME=COLUMN"),
            ("people=human", "the data contract has no table human"),
            ("task.owner=boss", "the data contract has no column boss"),
        ] {
            assert_eq!(text.parse::<Mapping>(), Err(reason.to_owned()));
        }
    }
}
