//! The model that the server is compared with: rows in memory, and what `where` and `orderBy`
//! mean, said as plainly as Rust can say it.

use std::{cmp::Ordering, collections::BTreeMap};

use sea_orm::prelude::{Date, DateTime};
use serde_json::json;

/// The id of the workspace of the viewer.
pub const WORKSPACE: i32 = 1;
/// The id of a workspace that the viewer must not see.
pub const OTHER_WORKSPACE: i32 = 2;
/// The ids of the users, of whom the last is in the other workspace, and of their sessions.
pub const USERS: [i32; 3] = [1, 2, 3];

/// A type whose rows are listed or related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Meeting,
    Task,
    Segment,
    Analytics,
    User,
}

/// The type of a field's values.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Integer,
    Float,
    Text,
    Date,
    Timestamp,
    /// A closed set, in the order of its declaration.
    Member(&'static [&'static str]),
}

/// A column that can be filtered and perhaps sorted by.
#[derive(Debug)]
pub struct Field {
    /// Its name in `where`.
    pub name: &'static str,
    /// Its name in `orderBy`, if it has one.
    pub order: Option<&'static str>,
    pub column: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    /// What NULL stands for.
    pub default: Option<fn() -> Value>,
}

/// A foreign key: the column, what it refers to, and whether it can be NULL.
#[derive(Debug)]
pub struct Link {
    pub column: &'static str,
    pub to: Target,
    pub nullable: bool,
}

/// The target of a foreign key.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    Workspace,
    User,
    Session,
    Meeting,
    /// A meeting that no row before refers to.
    MeetingOfItsOwn,
    /// A task that is made before.
    EarlierTask,
}

/// A field of `where` that leads to other rows.
#[derive(Debug)]
pub struct Relation {
    pub name: &'static str,
    pub to: Subject,
    /// The foreign key, in the row itself or, where `many`, in the rows that it leads to.
    pub column: &'static str,
    pub many: bool,
}

const MEETING_STATUS: Kind =
    Kind::Member(&["draft", "scheduled", "live", "completed", "cancelled"]);
const TASK_STATUS: Kind = Kind::Member(&["todo", "in_progress", "completed", "cancelled"]);
const TASK_PRIORITY: Kind = Kind::Member(&["low", "medium", "high", "critical"]);
const SEGMENT_KIND: Kind = Kind::Member(&["interim", "final", "corrected"]);
const ANALYSIS_STATUS: Kind = Kind::Member(&["pending", "processing", "completed", "error"]);

/// The id, which is the first field of every subject.
const ID: Field = Field {
    name: "databaseId",
    order: Some("ID"),
    column: "id",
    kind: Kind::Integer,
    nullable: false,
    default: None,
};

const fn field(
    name: &'static str,
    order: Option<&'static str>,
    column: &'static str,
    kind: Kind,
) -> Field {
    Field {
        name,
        order,
        column,
        kind,
        nullable: true,
        default: None,
    }
}

/// A column whose NULL stands for a value of a closed set.
const fn member(
    name: &'static str,
    order: Option<&'static str>,
    column: &'static str,
    kind: Kind,
    default: fn() -> Value,
) -> Field {
    Field {
        default: Some(default),
        ..field(name, order, column, kind)
    }
}

/// A column whose NULL stands for the start of 1970.
const fn time_of_change(
    name: &'static str,
    order: Option<&'static str>,
    column: &'static str,
) -> Field {
    Field {
        default: Some(|| Value::Timestamp(DateTime::default())),
        ..field(name, order, column, Kind::Timestamp)
    }
}

const CREATED_AT: Field = time_of_change("createdAt", Some("CREATED_AT"), "created_at");
const UPDATED_AT: Field = time_of_change("updatedAt", Some("UPDATED_AT"), "updated_at");
const TITLE: Field = Field {
    nullable: false,
    ..field("title", Some("TITLE"), "title", Kind::Text)
};

const MEETING_FIELDS: &[Field] = &[
    ID,
    TITLE,
    member("status", Some("STATUS"), "status", MEETING_STATUS, || {
        Value::Member(0, "draft")
    }),
    field(
        "scheduledStart",
        Some("SCHEDULED_START"),
        "scheduled_start",
        Kind::Timestamp,
    ),
    CREATED_AT,
    UPDATED_AT,
];
const TASK_FIELDS: &[Field] = &[
    ID,
    TITLE,
    field("description", None, "description", Kind::Text),
    member("status", Some("STATUS"), "status", TASK_STATUS, || {
        Value::Member(0, "todo")
    }),
    member(
        "priority",
        Some("PRIORITY"),
        "priority",
        TASK_PRIORITY,
        || Value::Member(1, "medium"),
    ),
    field("dueDate", Some("DUE_DATE"), "due_date", Kind::Date),
    field(
        "completedAt",
        Some("COMPLETED_AT"),
        "completed_at",
        Kind::Timestamp,
    ),
    CREATED_AT,
    UPDATED_AT,
];
const SEGMENT_FIELDS: &[Field] = &[
    ID,
    Field {
        nullable: false,
        ..field("text", None, "text", Kind::Text)
    },
    field("confidence", None, "confidence", Kind::Float),
    field("startMs", Some("START_MS"), "start_ms", Kind::Integer),
    field("endMs", Some("END_MS"), "end_ms", Kind::Integer),
    field("speaker", None, "speaker", Kind::Text),
    member("kind", None, "kind", SEGMENT_KIND, || {
        Value::Member(1, "final")
    }),
    CREATED_AT,
];
const ANALYTICS_FIELDS: &[Field] = &[
    ID,
    member(
        "analysisStatus",
        Some("ANALYSIS_STATUS"),
        "analysis_status",
        ANALYSIS_STATUS,
        || Value::Member(0, "pending"),
    ),
    field(
        "overallSentimentScore",
        Some("OVERALL_SENTIMENT_SCORE"),
        "overall_sentiment_score",
        Kind::Float,
    ),
    field(
        "overallEngagementScore",
        Some("OVERALL_ENGAGEMENT_SCORE"),
        "overall_engagement_score",
        Kind::Float,
    ),
    UPDATED_AT,
];
const USER_FIELDS: &[Field] = &[
    ID,
    Field {
        nullable: false,
        ..field("username", Some("USERNAME"), "username", Kind::Text)
    },
];

const fn link(column: &'static str, to: Target, nullable: bool) -> Link {
    Link {
        column,
        to,
        nullable,
    }
}

const fn one(name: &'static str, to: Subject, column: &'static str) -> Relation {
    Relation {
        name,
        to,
        column,
        many: false,
    }
}

const fn many(name: &'static str, to: Subject, column: &'static str) -> Relation {
    Relation {
        name,
        to,
        column,
        many: true,
    }
}

impl Subject {
    /// The subjects of which a case has rows of its own, each after those that it refers to.
    pub const DRAWN: [Self; 4] = [Self::Meeting, Self::Task, Self::Segment, Self::Analytics];

    /// The name of its GraphQL type.
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Meeting => "Meeting",
            Self::Task => "Task",
            Self::Segment => "Segment",
            Self::Analytics => "Analytics",
            Self::User => "User",
        }
    }

    /// The name of its table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::Task => "task",
            Self::Segment => "segment",
            Self::Analytics => "analytics",
            Self::User => "user",
        }
    }

    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Meeting => MEETING_FIELDS,
            Self::Task => TASK_FIELDS,
            Self::Segment => SEGMENT_FIELDS,
            Self::Analytics => ANALYTICS_FIELDS,
            Self::User => USER_FIELDS,
        }
    }

    pub fn links(self) -> &'static [Link] {
        const MEETING: &[Link] = &[
            link("workspace_id", Target::Workspace, false),
            link("organizer_id", Target::User, false),
        ];
        const TASK: &[Link] = &[
            link("meeting_id", Target::Meeting, false),
            link("created_by_id", Target::User, false),
            link("assigned_to_id", Target::User, true),
            link("depends_on_task_id", Target::EarlierTask, true),
        ];
        const SEGMENT: &[Link] = &[link("session_id", Target::Session, false)];
        const ANALYTICS: &[Link] = &[link("meeting_id", Target::MeetingOfItsOwn, false)];
        match self {
            Self::Meeting => MEETING,
            Self::Task => TASK,
            Self::Segment => SEGMENT,
            Self::Analytics => ANALYTICS,
            Self::User => &[],
        }
    }

    pub fn relations(self) -> &'static [Relation] {
        const MEETING: &[Relation] = &[
            one("organizer", Subject::User, "organizer_id"),
            many("tasks", Subject::Task, "meeting_id"),
        ];
        const TASK: &[Relation] = &[
            one("meeting", Subject::Meeting, "meeting_id"),
            one("createdBy", Subject::User, "created_by_id"),
            one("assignedTo", Subject::User, "assigned_to_id"),
            one("dependsOn", Subject::Task, "depends_on_task_id"),
            many("dependents", Subject::Task, "depends_on_task_id"),
        ];
        const ANALYTICS: &[Relation] = &[one("meeting", Subject::Meeting, "meeting_id")];
        match self {
            Self::Meeting => MEETING,
            Self::Task => TASK,
            Self::Analytics => ANALYTICS,
            Self::Segment | Self::User => &[],
        }
    }

    /// The order of a list that names none.
    pub fn default_order(self) -> Vec<Step> {
        let (column, descending) = match self {
            Self::Segment => ("start_ms", false),
            Self::User => ("id", false),
            Self::Meeting | Self::Task | Self::Analytics => ("id", true),
        };
        let field = self
            .fields()
            .iter()
            .position(|field| field.column == column)
            .expect("every subject has the field of its order");
        vec![Step { field, descending }]
    }
}

/// The value of a field. Values of one field are of one variant, so that they compare.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum Value {
    Integer(i32),
    Float(f64),
    Text(String),
    Date(Date),
    Timestamp(DateTime),
    /// The index in the closed set, and the value as it is stored.
    Member(usize, &'static str),
}

impl Value {
    /// The value as GraphQL takes it.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Integer(value) => json!(value),
            Self::Float(value) => json!(value),
            Self::Text(value) => json!(value),
            Self::Date(value) => json!(value.to_string()),
            Self::Timestamp(value) => json!(value.format("%FT%T%.fZ").to_string()),
            Self::Member(_, value) => json!(value.to_uppercase()),
        }
    }

    /// The value as the database takes it, or NULL of the same type.
    pub fn to_sql(value: Option<&Self>, kind: Kind) -> sea_orm::Value {
        match (kind, value) {
            (_, Some(Self::Integer(value))) => (*value).into(),
            (_, Some(Self::Float(value))) => (*value).into(),
            (_, Some(Self::Text(value))) => value.as_str().into(),
            (_, Some(Self::Date(value))) => (*value).into(),
            (_, Some(Self::Timestamp(value))) => (*value).into(),
            (_, Some(Self::Member(_, value))) => (*value).into(),
            (Kind::Integer, None) => None::<i32>.into(),
            (Kind::Float, None) => None::<f64>.into(),
            (Kind::Text | Kind::Member(_), None) => None::<String>.into(),
            (Kind::Date, None) => None::<Date>.into(),
            (Kind::Timestamp, None) => None::<DateTime>.into(),
        }
    }
}

/// A row, with the values of its fields and its links in their order.
#[derive(Clone, Debug)]
pub struct Row {
    pub subject: Subject,
    pub id: i32,
    pub values: Vec<Option<Value>>,
    pub links: Vec<Option<i32>>,
}

impl Row {
    /// The value of a field, or what its NULL stands for.
    pub fn value(&self, field: usize) -> Option<Value> {
        let default = self.subject.fields()[field].default;
        self.values[field]
            .clone()
            .or_else(|| default.map(|default| default()))
    }

    /// The id that the foreign key refers to.
    pub fn link(&self, column: &str) -> Option<i32> {
        let position = self
            .subject
            .links()
            .iter()
            .position(|link| link.column == column)?;
        self.links[position]
    }
}

/// All rows of a case.
#[derive(Clone, Debug)]
pub struct World(pub Vec<Row>);

impl World {
    /// The rows of a subject, regardless of permissions.
    pub fn rows(&self, subject: Subject) -> impl Iterator<Item = &Row> {
        self.0.iter().filter(move |row| row.subject == subject)
    }

    fn find(&self, subject: Subject, id: i32) -> Option<&Row> {
        self.rows(subject).find(|row| row.id == id)
    }

    /// Whether the viewer may see a row.
    pub fn is_visible(&self, row: &Row) -> bool {
        match row.subject {
            Subject::User => row.id != USERS[2],
            Subject::Segment => row.link("session_id") != Some(USERS[2]),
            Subject::Meeting => row.link("workspace_id") == Some(WORKSPACE),
            Subject::Task | Subject::Analytics => row
                .link("meeting_id")
                .and_then(|id| self.find(Subject::Meeting, id))
                .is_some_and(|meeting| self.is_visible(meeting)),
        }
    }

    /// Deletes a row, as the database does it: who depended on it depends on nothing.
    pub fn delete(&mut self, subject: Subject, id: i32) {
        self.0.retain(|row| row.subject != subject || row.id != id);
        for row in &mut self.0 {
            for (link, value) in row.subject.links().iter().zip(&mut row.links) {
                if subject == Subject::Task
                    && link.column == "depends_on_task_id"
                    && *value == Some(id)
                {
                    *value = None;
                }
            }
        }
    }

    /// The list that the viewer sees: under the parent, under the filter, in the order.
    pub fn list(&self, list: &List, parent: Option<i32>) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self
            .rows(list.subject)
            .filter(|row| self.is_visible(row))
            .filter(|row| match (&list.parent, parent) {
                (Some(of), Some(id)) => row.link(of.column) == Some(id),
                _ => true,
            })
            .filter(|row| {
                list.filter
                    .as_ref()
                    .is_none_or(|filter| filter.holds(self, row))
            })
            .collect();
        rows.sort_by(|left, right| list.compare(left, right));
        rows
    }

    /// The visible rows that a relation leads to.
    fn related(&self, row: &Row, relation: &Relation) -> Vec<&Row> {
        self.rows(relation.to)
            .filter(|other| self.is_visible(other))
            .filter(|other| {
                if relation.many {
                    other.link(relation.column) == Some(row.id)
                } else {
                    row.link(relation.column) == Some(other.id)
                }
            })
            .collect()
    }
}

/// A list as a request asks for it.
#[derive(Clone, Debug)]
pub struct List {
    pub subject: Subject,
    /// The type that has the list, where it is not the root.
    pub parent: Option<Parent>,
    pub filter: Option<Filter>,
    pub order_by: Vec<Step>,
}

/// A type that has lists.
#[derive(Clone, Copy, Debug)]
pub struct Parent {
    pub type_name: &'static str,
    /// The root field that finds one by its id.
    pub root: &'static str,
    /// The foreign key in the listed rows.
    pub column: &'static str,
}

/// A step of an order.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The index of the field.
    pub field: usize,
    pub descending: bool,
}

impl List {
    /// The order of two rows: step by step, absent values greatest, and the id last, in the
    /// direction of the last step. A field that is named again changes nothing.
    pub fn compare(&self, left: &Row, right: &Row) -> Ordering {
        let order_by = match self.order_by.as_slice() {
            [] => self.subject.default_order(),
            order_by => order_by.to_vec(),
        };
        let mut steps: Vec<Step> = Vec::new();
        for step in order_by {
            if steps.iter().all(|known| known.field != step.field) {
                steps.push(step);
            }
        }
        steps.push(Step {
            field: 0,
            descending: steps.last().is_some_and(|step| step.descending),
        });
        steps
            .iter()
            .map(|step| {
                let ordering = match (left.value(step.field), right.value(step.field)) {
                    (Some(left), Some(right)) => left.partial_cmp(&right).expect("no value is NaN"),
                    (left, right) => left.is_none().cmp(&right.is_none()),
                };
                if step.descending {
                    ordering.reverse()
                } else {
                    ordering
                }
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The variable `orderBy`.
    pub fn order_by_json(&self) -> serde_json::Value {
        let fields = self.subject.fields();
        self.order_by
            .iter()
            .map(|step| {
                let direction = if step.descending { "DESC" } else { "ASC" };
                json!({"field": fields[step.field].order, "direction": direction})
            })
            .collect()
    }
}

/// A condition, as `where` takes it.
#[derive(Clone, Debug)]
pub enum Filter {
    /// The operands for the fields with these indexes, by the names of the operators.
    Fields(BTreeMap<usize, BTreeMap<&'static str, Operand>>),
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Not(Box<Filter>),
    One(&'static Relation, Box<Filter>),
    /// `some`, `none` or `every`.
    Many(&'static Relation, &'static str, Box<Filter>),
}

/// The operand of an operator.
#[derive(Clone, Debug)]
pub enum Operand {
    Value(Value),
    Values(Vec<Value>),
    IsNull(bool),
}

impl Filter {
    /// Whether the row meets the condition. There is no third answer.
    fn holds(&self, world: &World, row: &Row) -> bool {
        match self {
            Self::Fields(fields) => fields.iter().all(|(field, operators)| {
                let value = row.value(*field);
                let value = value.as_ref();
                operators
                    .iter()
                    .all(|(operator, operand)| compares(value, operator, operand))
            }),
            Self::And(filters) => filters.iter().all(|filter| filter.holds(world, row)),
            Self::Or(filters) => filters.iter().any(|filter| filter.holds(world, row)),
            Self::Not(filter) => !filter.holds(world, row),
            Self::One(relation, filter) => world
                .related(row, relation)
                .iter()
                .any(|other| filter.holds(world, other)),
            Self::Many(relation, quantifier, filter) => {
                let mut others = world.related(row, relation).into_iter();
                let mut meets = |other| filter.holds(world, other);
                match *quantifier {
                    "some" => others.any(meets),
                    "none" => !others.any(meets),
                    _ => others.all(&mut meets),
                }
            }
        }
    }

    /// The variable `where` for a subject.
    pub fn to_json(&self, subject: Subject) -> serde_json::Value {
        let list = |filters: &[Self]| -> serde_json::Value {
            filters
                .iter()
                .map(|filter| filter.to_json(subject))
                .collect()
        };
        match self {
            Self::Fields(fields) => fields
                .iter()
                .map(|(field, operators)| {
                    let operators: serde_json::Value = operators
                        .iter()
                        .map(|(name, operand)| ((*name).to_owned(), operand.to_json()))
                        .collect();
                    (subject.fields()[*field].name.to_owned(), operators)
                })
                .collect(),
            Self::And(filters) => json!({"and": list(filters)}),
            Self::Or(filters) => json!({"or": list(filters)}),
            Self::Not(filter) => json!({"not": filter.to_json(subject)}),
            Self::One(relation, filter) => json!({relation.name: filter.to_json(relation.to)}),
            Self::Many(relation, quantifier, filter) => {
                json!({relation.name: {*quantifier: filter.to_json(relation.to)}})
            }
        }
    }
}

impl Operand {
    fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Value(value) => value.to_json(),
            Self::Values(values) => values.iter().map(Value::to_json).collect(),
            Self::IsNull(is_null) => json!(is_null),
        }
    }
}

/// Whether a comparison is true. An absent value is equal to none, and neither less nor greater.
fn compares(value: Option<&Value>, operator: &str, operand: &Operand) -> bool {
    let with = match operand {
        Operand::IsNull(is_null) => return value.is_none() == *is_null,
        Operand::Values(values) => {
            let is_among = value.is_some_and(|value| values.contains(value));
            return is_among == (operator == "in");
        }
        Operand::Value(with) => with,
    };
    let Some(value) = value else {
        return operator == "ne";
    };
    match (operator, value, with) {
        ("eq", ..) => value == with,
        ("ne", ..) => value != with,
        ("lt", ..) => value < with,
        ("lte", ..) => value <= with,
        ("gt", ..) => value > with,
        ("gte", ..) => value >= with,
        ("contains", Value::Text(value), Value::Text(part)) => value.contains(part),
        ("containsIgnoreCase", Value::Text(value), Value::Text(part)) => value
            .to_ascii_lowercase()
            .contains(&part.to_ascii_lowercase()),
        ("startsWith", Value::Text(value), Value::Text(part)) => value.starts_with(part),
        ("endsWith", Value::Text(value), Value::Text(part)) => value.ends_with(part),
        _ => unreachable!("the operator {operator} on {value:?}"),
    }
}
