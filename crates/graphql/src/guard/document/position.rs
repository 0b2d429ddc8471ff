//! From byte offsets in a document to lines and columns.

use apollo_compiler::parser::SourceSpan;
use async_graphql::Pos;

/// The lines of a document.
pub(super) struct Lines {
    /// The byte offset at which each line begins.
    starts: Vec<usize>,
    /// The number of characters before each byte. Empty if every character is one byte long.
    characters: Vec<usize>,
}

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            // A line ends with LF, CR, or both.
            let ends = *byte == b'\n' || *byte == b'\r' && bytes.get(index + 1) != Some(&b'\n');
            if ends {
                starts.push(index + 1);
            }
        }
        let characters = if text.is_ascii() {
            Vec::new()
        } else {
            let mut count = 0;
            let before = bytes.iter().map(|byte| {
                let before = count;
                // Bytes that continue a character begin with the bits 10.
                count += usize::from(byte & 0b1100_0000 != 0b1000_0000);
                before
            });
            let mut characters: Vec<usize> = before.collect();
            characters.push(count);
            characters
        };
        Self { starts, characters }
    }

    /// The position at which a part of the document begins.
    pub(super) fn position(&self, span: Option<SourceSpan>) -> Pos {
        span.map_or_else(Pos::default, |span| self.at(span.offset()))
    }

    /// The position of a byte.
    pub(super) fn at(&self, offset: usize) -> Pos {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let column = self.character(offset) - self.character(start) + 1;
        Pos { line, column }
    }

    fn character(&self, offset: usize) -> usize {
        self.characters.get(offset).copied().unwrap_or(offset)
    }
}

#[cfg(test)]
mod tests {
    use apollo_compiler::ast::{Definition, Document, Selection};

    use super::*;

    /// The positions of the fields in a document.
    fn positions(text: &str) -> Vec<(usize, usize)> {
        let lines = Lines::new(text);
        let document = Document::parse(text, "").unwrap();
        let Some(Definition::OperationDefinition(operation)) = document.definitions.first() else {
            panic!("no operation");
        };
        let fields = operation.selection_set.iter().map(|it| match it {
            Selection::Field(field) => lines.position(field.location()),
            _ => panic!("not a field"),
        });
        fields.map(|it| (it.line, it.column)).collect()
    }

    #[test]
    fn lines_end_as_the_specification_says() {
        assert_eq!(
            positions("{ a\nb\rc\r\n\n d }"),
            [(1, 3), (2, 1), (3, 1), (5, 2)]
        );
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(
            positions("{ a(x: \"ä😀\") b\n# é\n c }"),
            [(1, 3), (1, 14), (3, 2)]
        );
    }
}
