//! The arguments of a plan in one request.

use async_graphql::{ID, Name, Variables};
use async_graphql_value::Value;
use sea_orm::Value as SqlValue;

use super::tree::{ListPlan, RootPlan, RootSource};
use crate::{
    account::viewer::Viewer,
    error::Error,
    global_id,
    guard::document::bind,
    read::edge::{Arguments, CheckedRequest, ListRequest},
    scalar::Uuid,
    schema::root::RootKey,
};

/// The arguments of a root field and of all lists below it.
pub(super) struct Request {
    /// The key of the single object.
    pub(super) key: Option<SqlValue>,
    /// By the numbers of the lists.
    lists: Vec<CheckedRequest>,
}

impl Request {
    /// The request for a list, or the error of its field.
    pub(super) fn list(&self, plan: &ListPlan) -> Result<&dyn ListRequest, Error> {
        match &self.lists[plan.number] {
            Ok(request) => Ok(&**request),
            Err(error) => Err(error.clone()),
        }
    }
}

impl RootPlan {
    /// The arguments of a request. None if there can be no object, or if an argument has to be
    /// explained by async-graphql.
    pub(super) fn request(&self, variables: &Variables, viewer: &Viewer) -> Option<Request> {
        let key = match &self.source {
            RootSource::List(_) => None,
            RootSource::One {
                key,
                arguments,
                target,
                ..
            } => {
                let arguments = bound(arguments, variables);
                Some(root_key(*key, target.ty.name, arguments, viewer)?)
            }
        };
        let lists = self.lists.iter().map(|list| {
            let mut arguments = bound(&list.values, variables);
            list.edge.request(&mut arguments)
        });
        Some(Request {
            key,
            lists: lists.collect::<Option<_>>()?,
        })
    }
}

fn bound(arguments: &[(Name, Value)], variables: &Variables) -> Arguments {
    let arguments = arguments.iter();
    let values = arguments.filter_map(|(name, value)| {
        let value = bind(value, variables)?;
        Some((name.to_string(), value))
    });
    Arguments(values.collect())
}

/// The key of the object that a root field is.
fn root_key(
    key: RootKey,
    type_name: &str,
    mut arguments: Arguments,
    viewer: &Viewer,
) -> Option<SqlValue> {
    let is_only = arguments.0.len() == 1;
    match key {
        RootKey::Id => {
            let id: ID = arguments.take("id")?;
            let (name, id) = global_id::decode(&id)?;
            (is_only && name == type_name).then(|| id.into())
        }
        RootKey::ExternalId => {
            let id: Uuid = arguments.take("externalId")?;
            is_only.then(|| id.0.into())
        }
        RootKey::Workspace => viewer.user().workspace_id.map(Into::into),
    }
}
