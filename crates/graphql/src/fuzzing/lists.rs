//! Fuzzing of list arguments: cursors and filters, for each type that has lists.

use arbitrary::Unstructured;
use async_graphql::{InputType, Name, Value};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use generator::Place;
use sea_orm::{
    DbBackend, StatementBuilder,
    sea_query::{Asterisk, SelectStatement},
};
use serde_json::json;

use super::{SCHEMA, generator};
use crate::{
    account::viewer::Viewer,
    read::filter::{self, ROOT_TABLE},
    read::order::{OrderBy, OrderDirection, SortKind, TotalOrder},
    read::page::cursor as cursors,
    read::page::keyset::{Bound, Position, Seek},
    read::page::listed::Listed,
    read::source,
    schema::analytics::Analytics,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::participant::Participant,
    schema::segment::Segment,
    schema::session::Session,
    schema::task::Task,
    schema::user::User,
};

const BACKENDS: [DbBackend; 2] = [DbBackend::Sqlite, DbBackend::Postgres];

/// Checks any text as the cursor of a list in any order, or a generated cursor.
///
/// # Panics
///
/// If a decoded cursor is not encoded to the same text, or an encoded one cannot be decoded.
pub fn cursor(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let _ = match u.int_in_range(0..=7) {
        Ok(0) => cursor_of::<Analytics>(u),
        Ok(1) => cursor_of::<Marker>(u),
        Ok(2) => cursor_of::<Meeting>(u),
        Ok(3) => cursor_of::<Participant>(u),
        Ok(4) => cursor_of::<Segment>(u),
        Ok(5) => cursor_of::<Session>(u),
        Ok(6) => cursor_of::<Task>(u),
        _ => cursor_of::<User>(u),
    };
}

/// Checks any JSON as the `where` of a list, or a value that follows the schema.
///
/// # Panics
///
/// If an accepted filter cannot be turned into statements for both databases.
pub fn filter(data: &[u8]) {
    let u = &mut Unstructured::new(data);
    let _ = match u.int_in_range(0..=7) {
        Ok(0) => filter_of::<Analytics>(u),
        Ok(1) => filter_of::<Marker>(u),
        Ok(2) => filter_of::<Meeting>(u),
        Ok(3) => filter_of::<Participant>(u),
        Ok(4) => filter_of::<Segment>(u),
        Ok(5) => filter_of::<Session>(u),
        Ok(6) => filter_of::<Task>(u),
        _ => filter_of::<User>(u),
    };
}

pub(super) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn cursor_of<T: Listed>(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let order = order::<T>(u)?;
    let text = match u.int_in_range(0..=2)? {
        0 => String::from_utf8_lossy(u.bytes(u.len())?).into_owned(),
        1 => {
            let inside = String::from_utf8_lossy(u.bytes(u.len())?).into_owned();
            base64(format!("[\"{}\",{inside}]", order.name()).as_bytes())
        }
        _ => {
            let mut position = Position::new();
            for term in &order.terms {
                position.push(if term.nullable && u.ratio(1, 4)? {
                    serde_json::Value::Null
                } else {
                    component(u, term.kind)?
                });
            }
            let text = cursors::encode(&order, &position);
            let read = cursors::decode(&order, "after", &text);
            assert_eq!(
                read.ok(),
                Some(position),
                "a cursor is not decoded to what was encoded"
            );
            text
        }
    };
    if let Ok(position) = cursors::decode(&order, "after", &text) {
        assert_eq!(cursors::encode(&order, &position), text);
        for backend in BACKENDS {
            for seek in [Seek::After, Seek::Before] {
                let values = Bound::Values(&position);
                let in_batch = Bound::Batch {
                    slot: 2,
                    example: &position,
                };
                for bound in [values, in_batch] {
                    let mut rows = source::visible_rows::<T>(&viewer(Some(1)));
                    rows.column((ROOT_TABLE, Asterisk));
                    rows.cond_where(order.side(ROOT_TABLE.into(), backend, seek, &bound));
                    order.sort(&mut rows, ROOT_TABLE, backend, seek == Seek::Before);
                    check_statement(&rows, backend);
                }
            }
        }
    }
    Ok(())
}

/// A random order of a list.
fn order<T: Listed>(u: &mut Unstructured<'_>) -> arbitrary::Result<TotalOrder<T>> {
    let names = SCHEMA
        .names(&T::OrderField::type_name())
        .unwrap_or_default();
    let mut steps = Vec::new();
    for _ in 0..u.int_in_range(0..=3)? {
        let name = Value::Enum(Name::new(u.choose(&names)?));
        let Ok(field) = T::OrderField::parse(Some(name)) else {
            panic!("an order is not accepted");
        };
        let direction = if u.arbitrary()? {
            OrderDirection::Desc
        } else {
            OrderDirection::Asc
        };
        steps.push(OrderBy { field, direction });
    }
    Ok(TotalOrder::new(&steps))
}

/// A random value of this kind.
fn component(u: &mut Unstructured<'_>, kind: SortKind) -> arbitrary::Result<serde_json::Value> {
    Ok(match kind {
        SortKind::Integer => json!(u.arbitrary::<i32>()?),
        SortKind::Float => {
            let value: f64 = u.arbitrary()?;
            json!(if value.is_finite() { value } else { 0.5 })
        }
        SortKind::Text => json!(u.arbitrary::<String>()?.replace('\0', "")),
        SortKind::Date => json!(format!("{:04}-02-28", u.int_in_range(1..=9999)?)),
        SortKind::Timestamp => {
            let micros = u.int_in_range(0..=253_402_300_799_999_999_i64)?;
            let moment = chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default();
            json!(moment.format(crate::value::TIMESTAMP_FORMAT).to_string())
        }
    })
}

fn filter_of<T: Listed>(u: &mut Unstructured<'_>) -> arbitrary::Result<()> {
    let value = if u.ratio(1, 4)? {
        let json = serde_json::from_slice(u.bytes(u.len())?);
        json.ok().and_then(|json| Value::from_json(json).ok())
    } else {
        let ty = async_graphql::parser::types::Type::new(&format!("{}!", T::Where::type_name()));
        let place = Place {
            owner: "Query.any",
            field: "where",
        };
        ty.map(|ty| generator().value(u, &ty, place)).transpose()?
    };
    let Ok(filter) = T::Where::parse(value) else {
        return Ok(());
    };
    for backend in BACKENDS {
        for workspace in [Some(1), None] {
            let viewer = viewer(workspace);
            if let Ok((condition, _)) = filter::condition(&filter, ROOT_TABLE, &viewer, backend) {
                let mut rows = source::visible_rows::<T>(&viewer);
                rows.column((ROOT_TABLE, Asterisk)).cond_where(condition);
                check_statement(&rows, backend);
            }
        }
    }
    Ok(())
}

/// Checks that the bound values match the placeholders, and that both databases can store them.
fn check_statement(select: &SelectStatement, backend: DbBackend) {
    let statement = StatementBuilder::build(select, &backend);
    let bound = statement.values.map(|it| it.0).unwrap_or_default();
    let places = match backend {
        // Placeholders are numbered.
        DbBackend::Postgres => {
            let numbers = statement.sql.split('$').skip(1).map(|rest| {
                let end = rest.find(|it: char| !it.is_ascii_digit());
                rest[..end.unwrap_or(rest.len())].parse().unwrap_or(0)
            });
            numbers.max().unwrap_or(0)
        }
        _ => statement.sql.matches('?').count(),
    };
    assert_eq!(places, bound.len(), "{}", statement.sql);
    for value in &bound {
        check_value(value);
    }
}

fn check_value(value: &sea_orm::Value) {
    match value {
        sea_orm::Value::String(Some(text)) => {
            assert!(!text.contains('\0'), "a text with NUL is bound: {text:?}");
        }
        sea_orm::Value::Array(_, Some(values)) => values.iter().for_each(check_value),
        _ => {}
    }
}

fn viewer(workspace_id: Option<i32>) -> Viewer {
    Viewer::from(entity::user::Model {
        id: 1,
        username: String::new(),
        email: String::new(),
        password_hash: None,
        workspace_id,
        role: None,
        is_active: Some(true),
        created_at: None,
    })
}
