//! Requests that once did far more work than they paid for.

/// Such a request.
pub struct Attack {
    pub name: &'static str,
    pub document: String,
    /// Whether it is sent by a user of the empty workspace.
    pub by_outsider: bool,
    /// Whether it is executed. Otherwise, it costs more than any request may.
    pub is_executed: bool,
}

/// All of them.
pub fn all() -> Vec<Attack> {
    let attack = |name, document| Attack {
        name,
        document,
        by_outsider: false,
        is_executed: true,
    };
    let rejected = |name, document| Attack {
        is_executed: false,
        ..attack(name, document)
    };
    let by_outsider = |name, document| Attack {
        by_outsider: true,
        ..attack(name, document)
    };
    let every = "{ meeting: { tasks: { every: ";
    let through_six = format!(
        "{{ tasks(where: {}{{ title: {{ ne: \"x\" }} }}{}) {{ nodes {{ id }} }} }}",
        every.repeat(3),
        " } } }".repeat(3)
    );
    let up_and_down = "{ workspace: { meetings: { every: ";
    let through_workspace = format!(
        "{{ meetings(where: {}{{ title: {{ ne: \"x\" }} }}{}) {{ nodes {{ id }} }} }}",
        up_and_down.repeat(3),
        " } } }".repeat(3)
    );
    let alternatives: Vec<String> = (0..8)
        .map(|number| {
            format!(
                "{{ workspace: {{ users: {{ every: {{ organizedMeetings: {{ every: \
                 {{ tasks: {{ every: {{ title: {{ eq: \"{number}\" }} }} }} }} }} }} }} }} }}"
            )
        })
        .collect();
    let alternatives = format!(
        "{{ meetings(where: {{ or: [{}] }}) {{ nodes {{ id }} }} }}",
        alternatives.join(" ")
    );
    vec![
        attack(
            "a long text many times",
            aliases(
                "meetings(first: 5) { nodes { tasks(first: 100) { nodes { meeting { description } } } } }",
            ),
        ),
        attack(
            "a transcript many times",
            aliases("sessions(first: 2) { nodes { segments(first: 1000) { nodes { text } } } }"),
        ),
        by_outsider(
            "markers by type",
            aliases("markers(orderBy: { field: TYPE }) { nodes { id } }"),
        ),
        attack(
            "tasks by title",
            aliases("tasks(orderBy: { field: TITLE }) { nodes { id } }"),
        ),
        attack("totals", aliases("tasks { totalCount }")),
        attack(
            "a user's markers by type",
            aliases("viewer { markers(orderBy: { field: TYPE }) { nodes { id } } }"),
        ),
        attack(
            "a user's tasks by title",
            aliases("viewer { createdTasks(orderBy: { field: TITLE }) { nodes { id } } }"),
        ),
        attack(
            "totals of users",
            aliases("viewer { markers { totalCount } createdTasks { totalCount } }"),
        ),
        attack(
            "words of a long session",
            aliases(&format!(
                "session(externalId: \"{LONG_SESSION}\") {{
                    segments(where: {{ text: {{ contains: \"zz\" }} }}) {{ nodes {{ id }} }} }}"
            )),
        ),
        // Each one searches five types.
        rejected(
            "searches",
            aliases("search(text: \"zz\") { nodes { __typename } }"),
        ),
        attack("six relations", through_six),
        attack("through the workspace", through_workspace),
        attack("eight alternatives", alternatives),
    ]
}

/// A session with a long transcript.
const LONG_SESSION: &str = "00000000-0000-4000-8000-000000000001";

/// The field with fifteen aliases, as many as the default limit allows.
fn aliases(field: &str) -> String {
    let fields = (1..=15).map(|number| format!("a{number}: {field}"));
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(" "))
}
