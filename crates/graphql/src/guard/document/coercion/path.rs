//! Where a value is in the input.

use std::fmt::{self, Display, Formatter};

/// The place of a value in the input.
pub(super) enum Path<'a> {
    Variable(&'a str),
    Argument(&'a str),
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl Path<'_> {
    /// The number of objects around the value.
    pub(super) fn levels(&self) -> usize {
        match self {
            Self::Variable(_) | Self::Argument(_) => 0,
            Self::Field(path, _) => path.levels() + 1,
            Self::Item(path, _) => path.levels(),
        }
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "${name}"),
            Self::Argument(name) => f.write_str(name),
            Self::Field(path, name) => write!(f, "{path}.{name}"),
            Self::Item(path, index) => write!(f, "{path}[{index}]"),
        }
    }
}
