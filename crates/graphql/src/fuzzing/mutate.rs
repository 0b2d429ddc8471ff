//! Changes documents at random, token by token, into ones that are nearly valid.

mod snippets;
mod tokenize;

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};

use self::{
    snippets::{
        ALIASES, CONDITIONS, DEFINITIONS, DESCRIPTIONS, DIRECTIVES, IGNORED, KEYWORDS, SELECTIONS,
        VALUES,
    },
    tokenize::{is_name, tokenize},
};
use super::SCHEMA;

static TYPES: LazyLock<Vec<&str>> = LazyLock::new(|| SCHEMA.type_names());
static MEMBERS: LazyLock<Vec<&str>> = LazyLock::new(|| SCHEMA.member_names());

/// The text after this many changes.
pub(super) fn mutate(u: &mut Unstructured<'_>, text: &str, edits: usize) -> Result<String> {
    let mut document = Document {
        tokens: tokenize(text),
    };
    for _ in 0..edits {
        document.edit(u)?;
    }
    Ok(document.tokens.join(" "))
}

struct Document {
    tokens: Vec<String>,
}

impl Document {
    fn edit(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        if self.tokens.is_empty() {
            return Ok(());
        }
        let any = u.choose_index(self.tokens.len())?;
        match u.int_in_range(0..=26)? {
            0 => drop(self.tokens.remove(any)),
            1 => self.tokens.insert(any, self.tokens[any].clone()),
            2 => {
                let other = u.choose_index(self.tokens.len())?;
                self.tokens.swap(any, other);
            }
            3 if any + 1 < self.tokens.len() => {
                let next = self.tokens.remove(any + 1);
                self.tokens[any] += &next;
            }
            4 => self.replace_name(u)?,
            5 => self.replace(u, KEYWORDS, is_name)?,
            6..=8 => self.replace_literal(u)?,
            9 | 10 => self.replace_type(u)?,
            11 | 12 => self.insert_before_field(u, ALIASES)?,
            13 | 14 => self.duplicate_entry(u)?,
            15 | 16 => self.insert_after(u, DIRECTIVES, |it| is_name(it) || it == ")")?,
            17..=19 => self.insert_after(u, SELECTIONS, |it| it == "{")?,
            20 => self.replace_condition(u)?,
            21 => self.insert_before_definition(u, DESCRIPTIONS)?,
            22 => self.duplicate_definition(u)?,
            23 => {
                let definition = u.choose(DEFINITIONS)?;
                self.tokens.extend(tokenize(definition));
            }
            24 => self.tokens.insert(any, (*u.choose(IGNORED)?).to_owned()),
            25 => self.replace_by_variable(u)?,
            _ => self.remove_group(u)?,
        }
        Ok(())
    }

    /// A random position with a property, if there is one.
    fn find(
        &self,
        u: &mut Unstructured<'_>,
        is_wanted: impl Fn(&Self, usize) -> bool,
    ) -> Result<Option<usize>> {
        let wanted = (0..self.tokens.len()).filter(|index| is_wanted(self, *index));
        let wanted: Vec<usize> = wanted.collect();
        if wanted.is_empty() {
            return Ok(None);
        }
        u.choose(&wanted).copied().map(Some)
    }

    fn at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", String::as_str)
    }

    fn insert(&mut self, index: usize, snippet: &str) {
        self.tokens.splice(index..index, tokenize(snippet));
    }

    fn replace(
        &mut self,
        u: &mut Unstructured<'_>,
        by: &[&str],
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<()> {
        if let Some(index) = self.find(u, |it, index| is_wanted(it.at(index)))? {
            self.tokens.splice(index..=index, tokenize(u.choose(by)?));
        }
        Ok(())
    }

    /// Replaces a name by another of the document or of the schema.
    fn replace_name(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let (target, other) = (
            self.find(u, |it, index| is_name(it.at(index)))?,
            self.find(u, |it, index| is_name(it.at(index)))?,
        );
        if let (Some(target), Some(other)) = (target, other) {
            self.tokens[target] = match u.int_in_range(0..=2)? {
                0 => (*u.choose(&TYPES)?).to_owned(),
                1 => (*u.choose(&MEMBERS)?).to_owned(),
                _ => self.tokens[other].clone(),
            };
        }
        Ok(())
    }

    /// Replaces a value by one of another type.
    fn replace_literal(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_value = |it: &Self, index: usize| {
            index > 0 && matches!(it.at(index - 1), ":" | "=" | "[") && it.is_in_arguments(index)
        };
        if let Some(index) = self.find(u, is_value)? {
            let end = self.value_end(index);
            self.tokens.splice(index..end, tokenize(u.choose(VALUES)?));
        }
        Ok(())
    }

    /// Replaces the type of a variable, or wraps it.
    fn replace_type(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_type = |it: &Self, index: usize| {
            index > 2 && it.at(index - 1) == ":" && it.at(index - 3) == "$"
        };
        if let Some(start) = self.find(u, is_type)? {
            let mut end = self.value_end(start);
            if self.at(end) == "!" {
                end += 1;
            }
            let ty = self.tokens[start..end].join(" ");
            let nullable = ty.trim_end_matches(" !");
            let changed = match u.int_in_range(0..=5)? {
                0 => format!("{nullable} !"),
                1 => nullable.to_owned(),
                2 => format!("[ {ty} ]"),
                3 => nullable.trim_matches(['[', ']', ' ']).to_owned(),
                _ => (*u.choose(&TYPES)?).to_owned(),
            };
            self.tokens.splice(start..end, tokenize(&changed));
        }
        Ok(())
    }

    fn insert_after(
        &mut self,
        u: &mut Unstructured<'_>,
        snippets: &[&str],
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<()> {
        if let Some(index) = self.find(u, |it, index| is_wanted(it.at(index)))? {
            self.insert(index + 1, u.choose(snippets)?);
        }
        Ok(())
    }

    /// Inserts a snippet before one or two fields, so that two can have the same alias.
    fn insert_before_field(&mut self, u: &mut Unstructured<'_>, snippets: &[&str]) -> Result<()> {
        let snippet = u.choose(snippets)?;
        for _ in 0..u.int_in_range(1..=2)? {
            let is_field = |it: &Self, index: usize| {
                index > 0
                    && is_name(it.at(index))
                    && !it.is_in_arguments(index)
                    && !matches!(it.at(index - 1), "..." | "on" | "@" | ":")
            };
            if let Some(index) = self.find(u, is_field)? {
                self.insert(index, snippet);
            }
        }
        Ok(())
    }

    /// Duplicates an argument, a field of an input object, an aliased field or a variable.
    fn duplicate_entry(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_entry = |it: &Self, index: usize| is_name(it.at(index)) && it.at(index + 1) == ":";
        if let Some(index) = self.find(u, is_entry)? {
            let is_variable = index > 0 && self.at(index - 1) == "$";
            let start = index - usize::from(is_variable);
            let end = self.value_end(index + 2).min(self.tokens.len());
            let mut entry = self.tokens[start..end].to_vec();
            if u.arbitrary()?
                && let Some(last) = entry.last_mut()
            {
                (*u.choose(VALUES)?).clone_into(last);
            }
            self.tokens.splice(end..end, entry);
        }
        Ok(())
    }

    /// Replaces the type that a fragment is on, or adds an inline fragment.
    fn replace_condition(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_condition = |it: &Self, index: usize| index > 0 && it.at(index - 1) == "on";
        match self.find(u, is_condition)? {
            Some(index) => self.tokens[index] = (*u.choose(&TYPES)?).to_owned(),
            None => self.insert_after(u, CONDITIONS, |it| it == "{")?,
        }
        Ok(())
    }

    fn insert_before_definition(
        &mut self,
        u: &mut Unstructured<'_>,
        snippets: &[&str],
    ) -> Result<()> {
        let starts = self.definitions();
        if !starts.is_empty() {
            self.insert(*u.choose(&starts)?, u.choose(snippets)?);
        }
        Ok(())
    }

    /// Repeats an operation or a fragment at the end, with the same or another name.
    fn duplicate_definition(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let starts = self.definitions();
        if starts.is_empty() {
            return Ok(());
        }
        let index = u.choose_index(starts.len())?;
        let end = starts.get(index + 1).copied();
        let end = end.unwrap_or(self.tokens.len());
        let mut copy = self.tokens[starts[index]..end].to_vec();
        if u.arbitrary()?
            && let Some(name) = copy.get_mut(1)
        {
            "Copy".clone_into(name);
        }
        self.tokens.extend(copy);
        Ok(())
    }

    /// Puts a variable in the place of a value, or adds the definition of one.
    fn replace_by_variable(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let name = *u.choose(&["$v0", "$v0", "$v1", "$v1", "$v2", "$new"])?;
        let is_value = |it: &Self, index: usize| {
            index > 0 && matches!(it.at(index - 1), ":" | "[") && it.is_in_arguments(index)
        };
        if let Some(index) = self.find(u, is_value)? {
            let end = self.value_end(index);
            self.tokens.splice(index..end, tokenize(name));
        }
        if u.arbitrary()?
            && let Some(index) = self.find(u, |it, index| it.at(index) == "$")?
        {
            let ty = u.choose(&TYPES)?;
            let mark = if u.arbitrary()? { "!" } else { "" };
            self.insert(index, &format!("$new: {ty}{mark}"));
        }
        Ok(())
    }

    /// Removes brackets and all that is inside.
    fn remove_group(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let is_open = |it: &Self, index: usize| matches!(it.at(index), "{" | "(" | "[");
        if let Some(index) = self.find(u, is_open)? {
            let end = self.value_end(index);
            self.tokens.drain(index..end);
        }
        Ok(())
    }

    /// Where definitions begin.
    fn definitions(&self) -> Vec<usize> {
        let mut depth = 0_i32;
        let mut starts = Vec::new();
        for (index, token) in self.tokens.iter().enumerate() {
            match token.as_str() {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                "query" | "mutation" | "subscription" | "fragment" if depth == 0 => {
                    starts.push(index);
                }
                _ => {}
            }
        }
        starts
    }

    /// Whether a position is between parentheses.
    fn is_in_arguments(&self, index: usize) -> bool {
        let before = &self.tokens[..index];
        let count = |token: &str| before.iter().filter(|it| *it == token).count();
        count("(") > count(")")
    }

    /// The position after the value that begins here: after its closing bracket, or after its
    /// token.
    fn value_end(&self, start: usize) -> usize {
        let mut depth = 0_i32;
        for index in start..self.tokens.len() {
            match self.at(index) {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                "$" | "@" => continue,
                _ => {}
            }
            if depth <= 0 {
                return index + 1;
            }
        }
        self.tokens.len()
    }
}
