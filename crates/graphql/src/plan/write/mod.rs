//! Writes the answer of a plan from the rows.

mod list;

use async_graphql::{Name, PathSegment, Pos, ServerError, Value};
use async_graphql_value::indexmap::IndexMap;
use sea_orm::QueryResult;

use super::{
    load::{Objects, Ones, Related, Root},
    request::Request,
    tree::{FieldPlan, Key, ObjectPlan, RootPlan, RootSource},
};
use crate::{error::Error, global_id, read::format::write_json, shares::Meter};

/// Why a value is not written.
enum Missing {
    /// It has failed, and the error is recorded. What is around it is null, as far out as it takes
    /// until something can be null.
    Failed,
    /// The answer has become too long, so it fails as a whole.
    NoRoom,
}

type Written = Result<(), Missing>;

/// How many bytes of an answer are counted at once.
const COUNTED_AT_ONCE: usize = 16 * 1024;

/// An answer with the value of another root field, and the errors in it.
pub(super) struct Output {
    pub(super) json: Vec<u8>,
    pub(super) errors: Vec<ServerError>,
}

impl Output {
    /// Appends the value of a root field to the JSON before it. It is null if it has failed.
    pub(super) fn of<'a>(
        json: Vec<u8>,
        (key, plan): (&'a Key, &'a RootPlan),
        request: &'a Request,
        root: &Root,
        meter: &'a Meter,
    ) -> Self {
        let begin = json.len();
        let mut writer = Writer {
            request,
            json,
            errors: Vec::new(),
            path: vec![Step::Field(&key.name)],
            meter,
            counted: begin,
        };
        let written = match (&plan.source, root) {
            (RootSource::List(list), Root::List(lists)) => writer.list((key, list), lists, 0),
            (RootSource::One { target, .. }, Root::One(Ok(ones))) => {
                writer.one(target, ones, 0).map(|is_there| {
                    if !is_there {
                        writer.null();
                    }
                })
            }
            (_, Root::One(Err(error))) => writer.fail(error.clone(), key.position),
            _ => Err(Missing::Failed),
        };
        if written.is_err() {
            writer.json.truncate(begin);
            writer.null();
        }
        Self {
            json: writer.json,
            errors: writer.errors,
        }
    }
}

/// A step of a path.
#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a Name),
    Index(usize),
}

struct Writer<'a> {
    request: &'a Request,
    json: Vec<u8>,
    errors: Vec<ServerError>,
    /// The fields and indices around what is written.
    path: Vec<Step<'a>>,
    meter: &'a Meter,
    /// How many bytes were counted.
    counted: usize,
}

impl<'a> Writer<'a> {
    fn null(&mut self) {
        self.json.extend_from_slice(b"null");
    }

    fn text(&mut self, text: &str) {
        write_json(&mut self.json, text);
    }

    /// Writes the fields of an object.
    fn fields<F>(
        &mut self,
        fields: &'a [(Key, F)],
        mut write: impl FnMut(&mut Self, usize, &'a Key, &'a F) -> Written,
    ) -> Written {
        self.json.push(b'{');
        for (number, (key, field)) in fields.iter().enumerate() {
            if number > 0 {
                self.json.push(b',');
            }
            self.json.extend_from_slice(key.json.as_bytes());
            write(self, number, key, field)?;
        }
        self.json.push(b'}');
        Ok(())
    }

    /// Writes a list.
    fn items<T>(
        &mut self,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> Written,
    ) -> Written {
        self.json.push(b'[');
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            self.path.push(Step::Index(index));
            write(self, item)?;
            self.path.pop();
            self.count()?;
        }
        self.json.push(b']');
        Ok(())
    }

    /// Counts what was written since the last time.
    fn count(&mut self) -> Written {
        let more = self.json.len().saturating_sub(self.counted);
        if more < COUNTED_AT_ONCE {
            return Ok(());
        }
        self.counted = self.json.len();
        if self.meter.admits(more) {
            Ok(())
        } else {
            Err(Missing::NoRoom)
        }
    }

    /// The path of what is written.
    fn path(&self) -> impl Iterator<Item = PathSegment> {
        self.path.iter().map(|step| match step {
            Step::Field(name) => PathSegment::Field(name.to_string()),
            Step::Index(index) => PathSegment::Index(*index),
        })
    }

    /// Records the error of the field around.
    fn fail(&mut self, error: Error, position: Pos) -> Written {
        let error = async_graphql::Error::from(error);
        let mut error = error.into_server_error(position);
        error.path = self.path().collect();
        self.errors.push(error);
        Err(Missing::Failed)
    }

    /// Writes a part of the answer below a field.
    fn below(&mut self, key: &'a Key, write: impl FnOnce(&mut Self) -> Written) -> Written {
        self.path.push(Step::Field(&key.name));
        write(self)?;
        self.path.pop();
        Ok(())
    }

    /// Writes a value that can be null, and null if it has failed.
    fn nullable(&mut self, write: impl FnOnce(&mut Self) -> Written) -> Written {
        let (length, depth) = (self.json.len(), self.path.len());
        match write(self) {
            Err(Missing::Failed) => {
                self.json.truncate(length);
                self.path.truncate(depth);
                self.null();
                Ok(())
            }
            written => written,
        }
    }

    fn object(&mut self, plan: &'a ObjectPlan, objects: &Objects, index: usize) -> Written {
        let row = objects
            .picked
            .get(index)
            .and_then(|&row| objects.received.get(row));
        let Some(row) = row else {
            return Err(Missing::Failed);
        };
        let part = self.part(plan, objects, index)?;
        self.fields(&plan.fields, |writer, number, key, field| {
            let column = |number| objects.received.index(number);
            match field {
                FieldPlan::Code => {
                    let value = part.and_then(|values| values.get(&key.name));
                    write_json(&mut writer.json, &value);
                }
                FieldPlan::Typename => writer.text(plan.ty.name),
                FieldPlan::Id => {
                    let id = writer.id(row, column(plan.ty.id), key)?;
                    global_id::write(&mut writer.json, plan.ty.name, id);
                }
                FieldPlan::DatabaseId => {
                    let id = writer.id(row, column(plan.ty.id), key)?;
                    write_json(&mut writer.json, &id);
                }
                FieldPlan::Column { number, format } => {
                    let bytes = format.write(row, column(*number), &mut writer.json);
                    if bytes > 0 && !writer.meter.admits(bytes) {
                        return Err(Missing::NoRoom);
                    }
                }
                FieldPlan::One {
                    is_required,
                    target,
                    ..
                } => {
                    let Some(Related::One(ones)) = objects.fields.get(number) else {
                        return Err(Missing::Failed);
                    };
                    return writer.related(key, (target, *is_required), ones, index);
                }
                FieldPlan::List { list, .. } => {
                    let Some(Related::Lists(lists)) = objects.fields.get(number) else {
                        return Err(Missing::Failed);
                    };
                    return writer.below(key, |it| it.list((key, list), lists, index));
                }
            }
            Ok(())
        })
    }

    /// The values of the fields of an object with code behind them. Records their errors.
    fn part<'o>(
        &mut self,
        plan: &'a ObjectPlan,
        objects: &'o Objects,
        index: usize,
    ) -> Result<Option<&'o IndexMap<Name, Value>>, Missing> {
        let Some(parts) = &objects.parts else {
            return Ok(None);
        };
        let part = match parts.get(index) {
            Ok(part) => part.ok_or(Missing::Failed)?,
            Err(error) => {
                let mut fields = plan.fields.iter();
                let code = fields.find(|(_, field)| matches!(field, FieldPlan::Code));
                let (key, _) = code.ok_or(Missing::Failed)?;
                self.below(key, |it| it.fail(error, key.position))?;
                return Ok(None);
            }
        };
        for error in &part.errors {
            let mut error = error.clone();
            let below = std::mem::take(&mut error.path);
            error.path = self.path().chain(below).collect();
            self.errors.push(error);
        }
        match &part.values {
            Some(values) => Ok(Some(values)),
            None => Err(Missing::Failed),
        }
    }

    fn id(&mut self, row: &QueryResult, index: usize, key: &'a Key) -> Result<i32, Missing> {
        row.try_get_by_index(index).map_err(|error| {
            let _ = self.below(key, |it| it.fail(error.into(), key.position));
            Missing::Failed
        })
    }

    fn related(
        &mut self,
        key: &'a Key,
        (target, is_required): (&'a ObjectPlan, bool),
        ones: &Result<Ones, Error>,
        parent: usize,
    ) -> Written {
        self.below(key, |writer| {
            let write = |writer: &mut Self| match ones {
                Err(error) => writer.fail(error.clone(), key.position),
                Ok(ones) => match writer.one(target, ones, parent)? {
                    true => Ok(()),
                    false if is_required => writer.fail(Error::Gone(target.ty.name), key.position),
                    false => {
                        writer.null();
                        Ok(())
                    }
                },
            };
            if is_required {
                write(writer)
            } else {
                writer.nullable(write)
            }
        })
    }

    /// Writes the object that a parent is related to. Returns whether there is one.
    fn one(&mut self, plan: &'a ObjectPlan, ones: &Ones, parent: usize) -> Result<bool, Missing> {
        match ones.of_parent.get(parent).copied().flatten() {
            Some(index) => {
                self.object(plan, &ones.objects, index)?;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}
