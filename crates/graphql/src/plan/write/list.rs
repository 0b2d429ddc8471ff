//! Writes lists.

use super::{
    super::{
        load::{Lists, Pages},
        tree::{ConnectionField, EdgeField, Key, ListPlan, PageInfoField},
    },
    Missing, Writer, Written,
};
use crate::read::{format::write_json, page::connection::PageInfo};

impl<'a> Writer<'a> {
    /// Writes the connection of a parent.
    pub(super) fn list(
        &mut self,
        (key, plan): (&'a Key, &'a ListPlan),
        lists: &Lists,
        parent: usize,
    ) -> Written {
        if let Err(error) = self.request.list(plan) {
            return self.fail(error, key.position);
        }
        self.fields(&plan.fields, |writer, _, key, field| {
            if let ConnectionField::Typename = field {
                writer.text(&format!("{}Connection", plan.of));
                return Ok(());
            }
            writer.below(key, |writer| {
                if let ConnectionField::TotalCount = field {
                    return writer.total(lists, parent, key);
                }
                match &lists.pages {
                    Some(Ok(pages)) => writer.page(plan, field, pages, parent),
                    Some(Err(error)) => writer.fail(error.clone(), key.position),
                    None => Err(Missing::Failed),
                }
            })
        })
    }

    fn total(&mut self, lists: &Lists, parent: usize, key: &'a Key) -> Written {
        match &lists.totals {
            Some(Ok(totals)) => {
                write_json(
                    &mut self.json,
                    &totals.get(parent).copied().unwrap_or_default(),
                );
                Ok(())
            }
            Some(Err(error)) => self.fail(error.clone(), key.position),
            None => Err(Missing::Failed),
        }
    }

    /// Writes a field of a connection for which rows were read.
    fn page(
        &mut self,
        plan: &'a ListPlan,
        field: &'a ConnectionField,
        pages: &Pages,
        parent: usize,
    ) -> Written {
        let Some(page) = pages.of_parent.get(parent) else {
            return Err(Missing::Failed);
        };
        match field {
            ConnectionField::Nodes(selection) => {
                let (objects, loaded) = (&plan.objects[*selection], &pages.objects[*selection]);
                self.items(page.range.clone(), |writer, index| {
                    writer.object(objects, loaded, index)
                })
            }
            ConnectionField::Edges(fields) => self.items(page.range.clone(), |writer, index| {
                writer.fields(fields, |writer, _, key, field| {
                    writer.edge(plan, (key, field), pages, index)
                })
            }),
            ConnectionField::PageInfo(fields) => self.page_info(plan, fields, pages, parent),
            ConnectionField::Typename | ConnectionField::TotalCount => Err(Missing::Failed),
        }
    }

    fn edge(
        &mut self,
        plan: &'a ListPlan,
        (key, field): (&'a Key, &'a EdgeField),
        pages: &Pages,
        index: usize,
    ) -> Written {
        match field {
            EdgeField::Typename => {
                self.text(&format!("{}Edge", plan.of));
                Ok(())
            }
            EdgeField::Cursor => {
                let cursor = self.cursor(plan, key, pages, Some(index))?;
                write_json(&mut self.json, &cursor);
                Ok(())
            }
            EdgeField::Node(selection) => {
                let (objects, loaded) = (&plan.objects[*selection], &pages.objects[*selection]);
                self.below(key, |writer| writer.object(objects, loaded, index))
            }
        }
    }

    fn page_info(
        &mut self,
        plan: &'a ListPlan,
        fields: &'a [(Key, PageInfoField)],
        pages: &Pages,
        parent: usize,
    ) -> Written {
        let Some(page) = pages.of_parent.get(parent) else {
            return Err(Missing::Failed);
        };
        let (first, last) = (page.range.clone().next(), page.range.clone().next_back());
        let Ok(request) = self.request.list(plan) else {
            return Err(Missing::Failed);
        };
        let info = PageInfo::new(request.range(), page.more, None, None);
        self.fields(fields, |writer, _, key, field| {
            match field {
                PageInfoField::Typename => writer.text("PageInfo"),
                PageInfoField::HasNextPage => {
                    write_json(&mut writer.json, &info.has_next_page);
                }
                PageInfoField::HasPreviousPage => {
                    write_json(&mut writer.json, &info.has_previous_page);
                }
                PageInfoField::StartCursor => {
                    let cursor = writer.cursor(plan, key, pages, first)?;
                    write_json(&mut writer.json, &cursor);
                }
                PageInfoField::EndCursor => {
                    let cursor = writer.cursor(plan, key, pages, last)?;
                    write_json(&mut writer.json, &cursor);
                }
            }
            Ok(())
        })
    }

    /// The cursor of an object on a page.
    fn cursor(
        &mut self,
        plan: &'a ListPlan,
        key: &'a Key,
        pages: &Pages,
        index: Option<usize>,
    ) -> Result<Option<String>, Missing> {
        let Some(&row) = index.and_then(|index| pages.picked.get(index)) else {
            return Ok(None);
        };
        let cursor = self.request.list(plan);
        match cursor.and_then(|request| request.cursor(&pages.rows, row)) {
            Ok(cursor) => Ok(Some(cursor)),
            Err(error) => {
                let _ = self.below(key, |it| it.fail(error, key.position));
                Err(Missing::Failed)
            }
        }
    }
}
