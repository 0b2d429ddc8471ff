//! The schema as introspection describes it, which is all that these cases know about it.

use std::collections::{BTreeMap, BTreeSet};

use libtest_mimic::Failed;
use serde::Deserialize;

use crate::support::server::Server;

const INTROSPECTION: &str = "{
    __schema {
        queryType { name }
        mutationType { name }
        subscriptionType { name }
        types {
            kind name
            fields(includeDeprecated: true) {
                name type { ...reference }
                args(includeDeprecated: true) { name defaultValue type { ...reference } }
            }
            inputFields(includeDeprecated: true) { name defaultValue type { ...reference } }
            enumValues(includeDeprecated: true) { name }
            interfaces { name }
            possibleTypes { name }
        }
    }
}
fragment reference on __Type {
    kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } }
}";

/// The interface of all rows.
const NODE: &str = "Node";

/// The types, and the root types of operations.
pub struct Schema {
    /// The type of queries.
    pub query: String,
    /// The type of mutations.
    pub mutation: String,
    /// The type of subscriptions.
    pub subscription: String,
    types: BTreeMap<String, Type>,
}

/// A type with the parts that its kind has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Type {
    pub name: String,
    kind: Kind,
    fields: Option<Vec<Field>>,
    input_fields: Option<Vec<Input>>,
    enum_values: Option<Vec<Named>>,
    interfaces: Option<Vec<Named>>,
    possible_types: Option<Vec<Named>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
    List,
    NonNull,
}

/// A field of an object.
#[derive(Deserialize)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub of: Reference,
    pub args: Vec<Input>,
}

/// An argument, or a field of an input object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    pub name: String,
    #[serde(rename = "type")]
    pub of: Reference,
    default_value: Option<String>,
}

/// A type, or a list or the non-null form of one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reference {
    kind: Kind,
    name: Option<String>,
    of_type: Option<Box<Reference>>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Input {
    /// Whether it is required.
    pub fn is_required(&self) -> bool {
        self.of.kind == Kind::NonNull && self.default_value.is_none()
    }
}

impl Field {
    /// The required arguments of the field.
    pub fn required(&self) -> impl Iterator<Item = &Input> {
        self.args.iter().filter(|argument| argument.is_required())
    }

    /// The arguments that the field takes but does not need.
    pub fn optional(&self) -> impl Iterator<Item = &Input> {
        self.args.iter().filter(|argument| !argument.is_required())
    }
}

impl Reference {
    /// The name of the type, without lists and non-null.
    pub fn base(&self) -> &str {
        match (&self.of_type, &self.name) {
            (Some(inner), _) => inner.base(),
            (None, name) => name.as_deref().unwrap_or_default(),
        }
    }

    /// The type of the items, if it is a list.
    pub fn item(&self) -> Option<&Self> {
        let inner = self.of_type.as_deref();
        match self.kind {
            Kind::List => inner,
            Kind::NonNull => inner?.item(),
            _ => None,
        }
    }
}

impl Schema {
    /// Asks the server.
    ///
    /// # Errors
    ///
    /// Fails if the answer is not one to introspection.
    pub async fn ask(server: &Server) -> Result<Self, Failed> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Told {
            query_type: Named,
            mutation_type: Named,
            subscription_type: Named,
            types: Vec<Type>,
        }
        let answer = server.ask(INTROSPECTION).await?;
        let received: Told = serde_json::from_value(answer.data()?["__schema"].clone())?;
        let types = received.types.into_iter();
        Ok(Self {
            query: received.query_type.name,
            mutation: received.mutation_type.name,
            subscription: received.subscription_type.name,
            types: types.map(|of| (of.name.clone(), of)).collect(),
        })
    }

    /// The type with this name.
    pub fn get(&self, name: &str) -> &Type {
        &self.types[name]
    }

    /// The object types, without those of introspection itself.
    pub fn objects(&self) -> impl Iterator<Item = &Type> {
        self.types
            .values()
            .filter(|of| of.kind == Kind::Object && !of.name.starts_with("__"))
    }

    /// The fields of some of the object types, as `Type.field`.
    pub fn fields(&self, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = String> {
        self.objects()
            .filter(move |of| is_wanted(&of.name))
            .flat_map(|of| {
                let fields = of.fields().iter();
                fields.map(|field| format!("{}.{}", of.name, field.name))
            })
    }

    /// The names of the types that fields lead to from this one on, itself included.
    pub fn reachable<'a>(&'a self, from: &'a str) -> BTreeSet<&'a str> {
        let mut reached = BTreeSet::new();
        let mut left = vec![from];
        while let Some(name) = left.pop() {
            if reached.insert(name) {
                let of = self.get(name);
                left.extend(of.possible_types());
                left.extend(of.fields().iter().map(|field| field.of.base()));
            }
        }
        reached
    }

    /// The names of the types that are rows.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.objects()
            .map(|of| of.name.as_str())
            .filter(|name| self.is_node(name))
    }

    /// Whether the objects of the type are rows.
    pub fn is_node(&self, name: &str) -> bool {
        let interfaces = self.get(name).interfaces.iter().flatten();
        interfaces
            .into_iter()
            .any(|interface| interface.name == NODE)
    }

    /// Whether the type is an interface or a union.
    pub fn is_abstract(&self, name: &str) -> bool {
        matches!(self.get(name).kind, Kind::Interface | Kind::Union)
    }

    /// The type of rows whose name the name of another type begins with.
    pub fn node_of(&self, name: &str) -> Option<&str> {
        self.nodes()
            .filter(|node| name.starts_with(node))
            .max_by_key(|node| node.len())
    }
}

impl Type {
    /// The kind of type.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether values of it have no fields.
    pub fn is_leaf(&self) -> bool {
        matches!(self.kind, Kind::Scalar | Kind::Enum)
    }

    /// The fields of an object or interface.
    pub fn fields(&self) -> &[Field] {
        self.fields.as_deref().unwrap_or_default()
    }

    /// The field with this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// The fields of an input object.
    pub fn input_fields(&self) -> &[Input] {
        self.input_fields.as_deref().unwrap_or_default()
    }

    /// The values of an enum.
    pub fn enum_values(&self) -> impl Iterator<Item = &str> {
        let values = self.enum_values.iter().flatten();
        values.map(|value| value.name.as_str())
    }

    /// The objects that an interface or union may be.
    pub fn possible_types(&self) -> impl Iterator<Item = &str> {
        let types = self.possible_types.iter().flatten();
        types.map(|of| of.name.as_str())
    }
}
