//! How long texts, JSON values and lists in the inputs of mutations may be.
//!
//! Everything that is stored has a limit, and all limits are declared here. The schema states each
//! one as `@length` at its field, and a test checks that no text, JSON value or list is without.

use std::borrow::Cow;

use async_graphql::{
    TypeDirective,
    registry::{
        MetaDirectiveInvocation, Registry, location_traits::Directive_At_INPUT_FIELD_DEFINITION,
    },
};

use crate::{account::password::MAX_PASSWORD_BYTES, directive::length};

/// How long a text may be, and whether it may be blank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(super) size: Size,
    pub(super) may_be_blank: bool,
}

/// The maximum size of a text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    /// In code points, which is how PostgreSQL counts the characters of a `varchar`.
    Characters(usize),
    /// In bytes of UTF-8. For columns without a length.
    Bytes(usize),
}

impl Limit {
    /// The title of a meeting, a task, a topic or an action item.
    pub(crate) const TITLE: Self = Self::name(255);
    /// The description of a meeting or a task.
    pub(crate) const DESCRIPTION: Self = Self {
        may_be_blank: true,
        ..Self::content(64 * 1024)
    };
    /// The text of a segment.
    pub(crate) const SPOKEN_TEXT: Self = Self::content(16 * 1024);
    /// The content of a transcript file.
    pub(crate) const TRANSCRIPT: Self = Self::content(1024 * 1024);
    /// The content of a marker.
    pub(crate) const NOTE: Self = Self::content(16 * 1024);
    /// The speaker of a segment or a marker.
    pub(crate) const SPEAKER: Self = Self::name(50);
    /// A language code.
    pub(crate) const LANGUAGE: Self = Self::name(10);
    /// The name of a workspace.
    pub(crate) const WORKSPACE_NAME: Self = Self::name(128);
    /// The username of a user.
    pub(crate) const USERNAME: Self = Self::name(64);
    /// The email address of a user.
    pub(crate) const EMAIL: Self = Self::name(120);
    /// A new password, which the rules of passwords check.
    pub(crate) const PASSWORD: Self = Self::content(MAX_PASSWORD_BYTES);
    /// A name that an analysis takes from the transcript.
    pub(crate) const MENTIONED_NAME: Self = Self::name(120);
    /// A decision that an analysis found.
    pub(crate) const DECISION: Self = Self::name(2000);
    /// An idempotency key.
    pub(crate) const IDEMPOTENCY_KEY: Self = Self::name(128);
    /// The key of a segment or of a call that appends segments. Keys derived from the key of a call
    /// are slightly longer.
    pub(crate) const SEGMENT_KEY: Self = Self::name(100);

    /// A text that must not be blank, for a column with a maximum length in characters.
    const fn name(max_characters: usize) -> Self {
        Self {
            size: Size::Characters(max_characters),
            may_be_blank: false,
        }
    }

    /// A text that must not be blank, for a column without a maximum length.
    const fn content(max_bytes: usize) -> Self {
        Self {
            size: Size::Bytes(max_bytes),
            may_be_blank: false,
        }
    }

    /// The maximum, in characters or in bytes.
    pub(crate) const fn max(self) -> usize {
        match self.size {
            Size::Characters(max) | Size::Bytes(max) => max,
        }
    }
}

/// The longest description of a meeting or a task, in bytes of UTF-8.
pub const MAX_DESCRIPTION_BYTES: usize = Limit::DESCRIPTION.max();

/// The longest text of a segment, in bytes of UTF-8.
pub const MAX_SPOKEN_TEXT_BYTES: usize = Limit::SPOKEN_TEXT.max();

/// How large a JSON value may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonLimit {
    /// In bytes of its compact text.
    pub(super) bytes: usize,
    /// The number of values: objects, lists, and what they contain.
    pub(super) values: usize,
    /// The levels of nesting.
    pub(super) depth: usize,
}

impl JsonLimit {
    /// The settings of a workspace.
    pub(crate) const SETTINGS: Self = Self {
        bytes: 64 * 1024,
        values: 4096,
        depth: 32,
    };
    /// The topics, the action items or the decisions of an analysis, with all their entries.
    pub(crate) const FINDINGS: Self = Self {
        bytes: 256 * 1024,
        values: 4096,
        depth: 2,
    };
}

/// How many items a list may have, and what they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListLimit {
    pub(super) items: usize,
    pub(super) noun: &'static str,
}

impl ListLimit {
    /// The segments of one call. Each binds nine values, and SQLite allows 32,766 in a statement.
    pub(crate) const SEGMENTS: Self = Self::new(1000, "segments");
    /// The tasks of one bulk mutation.
    pub(crate) const TASKS: Self = Self::new(100, "tasks");
    /// The invitations of one call.
    pub(crate) const INVITATIONS: Self = Self::new(100, "invitations");
    /// The topics, the action items, and the decisions of an analysis.
    pub(crate) const FINDINGS: Self = Self::new(1000, "entries");

    const fn new(items: usize, noun: &'static str) -> Self {
        Self { items, noun }
    }
}

/// Declares the limit of an input field in the schema: `Declared::apply(Limit::TITLE)`.
pub(crate) struct Declared;

impl Declared {
    /// The directive with this limit.
    pub(crate) fn apply(limit: impl IntoDirective) -> MetaDirectiveInvocation {
        limit.into_directive()
    }
}

/// A limit that the schema can state.
pub(crate) trait IntoDirective {
    /// The directive with the limit.
    fn into_directive(self) -> MetaDirectiveInvocation;
}

impl IntoDirective for Limit {
    fn into_directive(self) -> MetaDirectiveInvocation {
        match self.size {
            Size::Characters(max) => length::apply(int(max), None, None, None),
            Size::Bytes(max) => length::apply(None, int(max), None, None),
        }
    }
}

impl IntoDirective for JsonLimit {
    fn into_directive(self) -> MetaDirectiveInvocation {
        length::apply(None, int(self.bytes), int(self.values), None)
    }
}

impl IntoDirective for ListLimit {
    fn into_directive(self) -> MetaDirectiveInvocation {
        length::apply(None, None, None, int(self.items))
    }
}

impl IntoDirective for (ListLimit, JsonLimit) {
    fn into_directive(self) -> MetaDirectiveInvocation {
        let (list, json) = self;
        length::apply(None, int(json.bytes), None, int(list.items))
    }
}

fn int(number: usize) -> Option<i32> {
    i32::try_from(number).ok()
}

impl TypeDirective for Declared {
    fn name(&self) -> Cow<'static, str> {
        length.name()
    }

    fn register(&self, registry: &mut Registry) {
        length.register(registry);
    }
}

impl Directive_At_INPUT_FIELD_DEFINITION for Declared {}
