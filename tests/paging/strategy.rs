//! The values that cases are drawn from: few distinct values, so that equal values and hits are
//! common.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{Index, select},
};

use super::model::{
    Filter, Kind, List, OTHER_WORKSPACE, Operand, Parent, Row, Step, Subject, Target, USERS, Value,
    WORKSPACE, World,
};

/// Case, accents, wildcards of SQL, quotes, JSON, and characters whose order in UTF-16 is not that
/// of their code points.
const TEXTS: [&str; 24] = [
    "", "a", "A", "ab", "aB", "Ab", "b", "Z", "é", "É", "ß", "İ", "_", "%", "a%b", "\\", "'", "\"",
    "😀", "a😀b", "\u{ffff}", "日本", " a", "[null]",
];

/// Ties but for a microsecond, whole seconds, and the ends of what can be stored.
const TIMESTAMPS: [&str; 9] = [
    "2026-05-04T09:30:00",
    "2026-05-04T09:30:00.000001",
    "2026-05-04T09:30:00.1",
    "2026-05-04T09:30:00.100001",
    "2026-05-04T09:30:00.123456",
    "2026-05-04T09:30:01",
    "1969-12-31T23:59:59.999999",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.999999",
];

const DATES: [&str; 5] = [
    "2026-05-04",
    "2026-05-05",
    "1969-12-31",
    "0001-01-01",
    "9999-12-31",
];

/// One case: rows, a list, and how it is paged.
#[derive(Clone, Debug)]
pub struct Case {
    pub world: World,
    pub list: List,
    /// From the end to the beginning, with `last` and `before`.
    pub backward: bool,
    /// The sizes of the pages, over and over.
    pub sizes: Vec<usize>,
    /// The changes of the listed rows between pages.
    pub changes: Vec<Change>,
    /// Pages between two rows.
    pub windows: Vec<Window>,
}

/// A change between two pages.
#[derive(Clone, Debug)]
pub enum Change {
    Delete(Index),
    Insert(Draw),
}

/// A page between two rows of the list, in whatever order they stand.
#[derive(Clone, Debug)]
pub struct Window {
    pub after: Index,
    pub before: Index,
    pub size: usize,
    pub backward: bool,
}

/// A row whose links are not settled yet.
#[derive(Clone, Debug)]
pub struct Draw {
    values: Vec<Option<Value>>,
    links: Vec<Option<Index>>,
}

pub fn case() -> impl Strategy<Value = Case> {
    let root = |subject| (Just(subject), Just(None));
    let meeting = Parent {
        type_name: "Meeting",
        root: "meeting",
        column: "meeting_id",
    };
    let session = Parent {
        type_name: "Session",
        root: "session",
        column: "session_id",
    };
    prop_oneof![
        3 => root(Subject::Task),
        1 => root(Subject::Meeting),
        2 => root(Subject::Analytics),
        2 => (Just(Subject::Task), Just(Some(meeting))),
        2 => (Just(Subject::Segment), Just(Some(session))),
    ]
    .prop_flat_map(|(subject, parent)| {
        let list = (option::weighted(0.7, filter(subject)), order_by(subject)).prop_map(
            move |(filter, order_by)| List {
                subject,
                parent,
                filter,
                order_by,
            },
        );
        let is_child = matches!(subject, Subject::Task | Subject::Segment);
        let changes = vec(change(subject), 0..if is_child { 5 } else { 1 });
        let sizes = (vec(0_usize..6, 0..3), 1_usize..8).prop_map(|(mut sizes, last)| {
            sizes.push(last);
            sizes
        });
        let windows = vec(window(), 0..3);
        (world(), list, any::<bool>(), sizes, changes, windows)
    })
    .prop_map(|(world, list, backward, sizes, changes, windows)| Case {
        world,
        list,
        backward,
        sizes,
        changes,
        windows,
    })
}

fn window() -> impl Strategy<Value = Window> {
    (any::<Index>(), any::<Index>(), 0_usize..5, any::<bool>()).prop_map(
        |(after, before, size, backward)| Window {
            after,
            before,
            size,
            backward,
        },
    )
}

fn change(subject: Subject) -> impl Strategy<Value = Change> {
    prop_oneof![
        any::<Index>().prop_map(Change::Delete),
        draw(subject).prop_map(Change::Insert),
    ]
}

fn world() -> impl Strategy<Value = World> {
    (
        vec(draw(Subject::Meeting), 1..12),
        vec(draw(Subject::Task), 0..25),
        vec(draw(Subject::Segment), 0..15),
        vec(draw(Subject::Analytics), 0..12),
    )
        .prop_map(|(meetings, tasks, segments, analytics)| {
            let users = USERS.iter().zip(["ada", "grace", "mallory"]);
            let mut world = World(
                users
                    .map(|(&id, name)| Row {
                        subject: Subject::User,
                        id,
                        values: vec![Some(Value::Integer(id)), Some(Value::Text(name.to_owned()))],
                        links: Vec::new(),
                    })
                    .collect(),
            );
            for (subject, draws) in Subject::DRAWN
                .into_iter()
                .zip([meetings, tasks, segments, analytics])
            {
                for draw in draws {
                    if let Some(row) = draw.settle(subject, &world) {
                        world.0.push(row);
                    }
                }
            }
            world
        })
}

fn draw(subject: Subject) -> impl Strategy<Value = Draw> {
    let values: Vec<BoxedStrategy<Option<Value>>> = subject
        .fields()
        .iter()
        .map(|field| {
            if field.nullable {
                option::weighted(0.75, value(field.kind)).boxed()
            } else {
                value(field.kind).prop_map(Some).boxed()
            }
        })
        .collect();
    let links: Vec<BoxedStrategy<Option<Index>>> = subject
        .links()
        .iter()
        .map(|link| {
            if link.nullable {
                option::of(any::<Index>()).boxed()
            } else {
                any::<Index>().prop_map(Some).boxed()
            }
        })
        .collect();
    (values, links).prop_map(|(values, links)| Draw { values, links })
}

impl Draw {
    /// The row, behind those of its subject that there are, if there is what it must refer to.
    pub fn settle(self, subject: Subject, world: &World) -> Option<Row> {
        let ids = |subject| world.rows(subject).map(|row| row.id);
        let id = ids(subject).max().unwrap_or(0) + 1;
        let mut links = Vec::new();
        for (link, index) in subject.links().iter().zip(self.links) {
            let targets: Vec<i32> = match link.to {
                Target::Workspace => vec![WORKSPACE, WORKSPACE, WORKSPACE, OTHER_WORKSPACE],
                Target::User | Target::Session => USERS.to_vec(),
                Target::Meeting => ids(Subject::Meeting).collect(),
                Target::MeetingOfItsOwn => ids(Subject::Meeting).filter(|own| *own == id).collect(),
                Target::EarlierTask => ids(Subject::Task).collect(),
            };
            let target = index
                .filter(|_| !targets.is_empty())
                .map(|index| *index.get(&targets));
            if target.is_none() && !link.nullable {
                return None;
            }
            links.push(target);
        }
        let mut values = self.values;
        values[0] = Some(Value::Integer(id));
        Some(Row {
            subject,
            id,
            values,
            links,
        })
    }
}

fn value(kind: Kind) -> BoxedStrategy<Value> {
    match kind {
        Kind::Integer => select(vec![0, 1, 2, 3, 5, 8, -1, i32::MAX, i32::MIN])
            .prop_map(Value::Integer)
            .boxed(),
        Kind::Float => prop_oneof![
            select(vec![0.0, 0.1, 0.5, 1.0, 0.1 + 0.2, 1e-7, 1e300]),
            0.0..1.0_f64,
        ]
        .prop_map(Value::Float)
        .boxed(),
        Kind::Text => select(&TEXTS[..])
            .prop_map(|text| Value::Text(text.to_owned()))
            .boxed(),
        Kind::Date => select(&DATES[..])
            .prop_map(|date| Value::Date(date.parse().expect("a date")))
            .boxed(),
        Kind::Timestamp => select(&TIMESTAMPS[..])
            .prop_map(|moment| Value::Timestamp(moment.parse().expect("a moment")))
            .boxed(),
        Kind::Member(members) => (0..members.len())
            .prop_map(|index| Value::Member(index, members[index]))
            .boxed(),
    }
}

fn order_by(subject: Subject) -> impl Strategy<Value = Vec<Step>> {
    let sortable: Vec<usize> = (0..subject.fields().len())
        .filter(|index| subject.fields()[*index].order.is_some())
        .collect();
    let step = (select(sortable), any::<bool>())
        .prop_map(|(field, descending)| Step { field, descending });
    vec(step, 0..5)
}

fn filter(subject: Subject) -> BoxedStrategy<Filter> {
    nested_filter(subject, 3)
}

/// A filter that nests at most `depth` deep.
fn nested_filter(subject: Subject, depth: u32) -> BoxedStrategy<Filter> {
    let fields = fields_filter(subject).boxed();
    if depth == 0 {
        return fields;
    }
    let inner = nested_filter(subject, depth - 1);
    let combined = prop_oneof![
        vec(inner.clone(), 0..3).prop_map(Filter::And),
        vec(inner.clone(), 0..3).prop_map(Filter::Or),
        inner.prop_map(|filter| Filter::Not(Box::new(filter))),
    ];
    if subject.relations().is_empty() {
        return prop_oneof![2 => fields, 2 => combined].boxed();
    }
    let related =
        select(subject.relations().iter().collect::<Vec<_>>()).prop_flat_map(move |relation| {
            let inner = nested_filter(relation.to, depth - 1);
            (inner, select(vec!["some", "none", "every"])).prop_map(move |(filter, quantifier)| {
                let filter = Box::new(filter);
                if relation.many {
                    Filter::Many(relation, quantifier, filter)
                } else {
                    Filter::One(relation, filter)
                }
            })
        });
    prop_oneof![2 => fields, 2 => combined, 1 => related].boxed()
}

/// Up to two fields, each with up to two operators, which must all hold.
fn fields_filter(subject: Subject) -> impl Strategy<Value = Filter> {
    let field = (0..subject.fields().len()).prop_flat_map(move |index| {
        let operators = vec(operator(subject.fields()[index].kind), 1..3);
        operators.prop_map(move |operators| (index, operators.into_iter().collect()))
    });
    vec(field, 0..3).prop_map(|fields| {
        let fields: BTreeMap<usize, BTreeMap<&'static str, Operand>> = fields.into_iter().collect();
        Filter::Fields(fields)
    })
}

fn operator(kind: Kind) -> impl Strategy<Value = (&'static str, Operand)> {
    let mut single = vec!["eq", "ne"];
    match kind {
        Kind::Integer | Kind::Float | Kind::Date | Kind::Timestamp => {
            single.extend(["lt", "lte", "gt", "gte"]);
        }
        Kind::Text => {
            single.extend(["contains", "containsIgnoreCase", "startsWith", "endsWith"]);
        }
        Kind::Member(_) => {}
    }
    prop_oneof![
        4 => (select(single), value(kind).prop_map(Operand::Value)),
        2 => (
            select(vec!["in", "notIn"]),
            vec(value(kind), 0..4).prop_map(Operand::Values),
        ),
        1 => (Just("isNull"), any::<bool>().prop_map(Operand::IsNull)),
    ]
}
