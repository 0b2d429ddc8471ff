//! What NULL means in the columns for which the data contract has a default.

use sea_orm::{ActiveEnum, Value, prelude::DateTime};

use crate::{analytics, marker, meeting, participant, segment, session, task, user, workspace};

/// A column of the data contract.
pub trait NullDefault {
    /// The value that NULL stands for: the contract's default. `None` if NULL means that there is
    /// no value, or if the column cannot be NULL.
    ///
    /// The contract's default of the times of creation and update is the time of the insert, which
    /// is unknown later. NULL stands for the start of 1970 there.
    fn null_default(&self) -> Option<Value>;
}

fn variant<E: ActiveEnum<Value = String> + Default>() -> Value {
    E::default().to_value().into()
}

fn epoch() -> Value {
    DateTime::default().into()
}

macro_rules! null_defaults {
    ($($table:ident { $($column:ident => $default:expr,)* })*) => {
        $(impl NullDefault for $table::Column {
            fn null_default(&self) -> Option<Value> {
                match self {
                    $(Self::$column => Some($default),)*
                    _ => None,
                }
            }
        })*
    };
}

null_defaults! {
    user {
        Role => variant::<user::Role>(),
        IsActive => true.into(),
        CreatedAt => epoch(),
    }
    workspace {
        CreatedAt => epoch(),
    }
    meeting {
        Status => variant::<meeting::Status>(),
        CreatedAt => epoch(),
        UpdatedAt => epoch(),
    }
    session {
        Status => variant::<session::Status>(),
        Language => "en".into(),
        VadEnabled => true.into(),
        CreatedAt => epoch(),
    }
    segment {
        Kind => variant::<segment::Kind>(),
        CreatedAt => epoch(),
    }
    task {
        Status => variant::<task::Status>(),
        Priority => variant::<task::Priority>(),
        CreatedAt => epoch(),
        UpdatedAt => epoch(),
    }
    participant {
        Role => variant::<participant::Role>(),
        Status => variant::<participant::Status>(),
        CreatedAt => epoch(),
    }
    analytics {
        AnalysisStatus => variant::<analytics::Status>(),
        CreatedAt => epoch(),
        UpdatedAt => epoch(),
    }
    marker {
        CreatedAt => epoch(),
    }
}
