//! Connections, which represent lists in the schema. Rows are read only if one of their fields is
//! selected.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Context, Object, SimpleObject, TypeName};
use futures_util::future::BoxFuture;

use super::{
    arguments::PageArguments,
    cursor,
    items::Items,
    listed::{Listed, Page},
};
use crate::{
    database::usage,
    directive::{cost, total},
    error::Error,
    read::context::{ContextExt, WAITING_BYTES},
    read::order::TotalOrder,
    read::relation::{Key, Relation},
    read::row::ModelOf,
    read::{
        key::{CountOf, PageOf},
        loader::Loaders,
    },
};

/// The source of the rows of a connection. This trait hides the relation, so that all lists of one
/// type have the same GraphQL type, whatever their parent.
trait Pages<T: Listed>: Send + Sync {
    fn page<'a>(&'a self, loaders: &'a Loaders) -> BoxFuture<'a, Result<Arc<Page<T>>, Error>>;
    fn total_count<'a>(&'a self, loaders: &'a Loaders) -> BoxFuture<'a, Result<i64, Error>>;
    fn range(&self) -> PageRange;
}

impl<T: Listed, K: Key> Pages<T> for PageOf<T, K> {
    fn page<'a>(&'a self, loaders: &'a Loaders) -> BoxFuture<'a, Result<Arc<Page<T>>, Error>> {
        Box::pin(async move {
            let page = loaders.load_one(self.clone()).await?;
            page.ok_or_else(|| Error::Internal("a page was not loaded".into()))
        })
    }

    fn total_count<'a>(&'a self, loaders: &'a Loaders) -> BoxFuture<'a, Result<i64, Error>> {
        let count = CountOf {
            related: self.related.clone(),
            filter: self.spec.filter.clone(),
        };
        Box::pin(async move { Ok(loaders.load_one(count).await?.unwrap_or_default()) })
    }

    fn range(&self) -> PageRange {
        PageRange {
            backward: self.spec.backward,
            after: self.after.is_some(),
            before: self.before.is_some(),
        }
    }
}

/// One page of a list, with pagination info.
pub struct Connection<T: Listed> {
    order: Arc<TotalOrder<T>>,
    source: Box<dyn Pages<T>>,
}

impl<T: Listed> Connection<T> {
    /// The list that a relation leads to from `parent`.
    pub(crate) fn of<P, K: Key>(
        relation: &'static Relation<P, T, K>,
        parent: &P,
        arguments: PageArguments<T>,
    ) -> Result<Self, Error> {
        let related = relation
            .of(parent)
            .ok_or_else(|| Error::Internal("the parent of a list has no key".into()))?;
        let checked = arguments.check()?;
        if !usage::admits(WAITING_BYTES) {
            return Err(Error::AnswersFull);
        }
        Ok(Self {
            order: checked.order,
            source: Box::new(PageOf {
                related,
                after: checked.after,
                before: checked.before,
                spec: checked.spec,
            }),
        })
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<Arc<Page<T>>, Error> {
        self.source.page(ctx.loaders()).await
    }

    fn cursor(&self, row: &ModelOf<T>) -> String {
        cursor::encode(&self.order, &self.order.position(row))
    }
}

impl<T: Listed> TypeName for Connection<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::NAME).into()
    }
}

/// One page of a list, with pagination info.
#[Object(name_type)]
impl<T: Listed> Connection<T> {
    /// The objects of the page, each with its cursor.
    async fn edges(&self, ctx: &Context<'_>) -> Result<Items<Edge<T>>, Error> {
        let page = self.page(ctx).await?;
        let edges = page.rows.iter().map(|row| Edge {
            order: Arc::clone(&self.order),
            row: Arc::clone(row),
        });
        Ok(Items(edges.collect()))
    }

    /// The objects of the page.
    async fn nodes(&self, ctx: &Context<'_>) -> Result<Items<T>, Error> {
        let page = self.page(ctx).await?;
        let nodes = page.rows.iter().map(|row| Arc::clone(row).into());
        Ok(Items(nodes.collect()))
    }

    /// The position of the page in the list.
    async fn page_info(&self, ctx: &Context<'_>) -> Result<PageInfo, Error> {
        let page = self.page(ctx).await?;
        Ok(PageInfo::new(
            self.source.range(),
            page.more,
            page.rows.first().map(|row| self.cursor(row)),
            page.rows.last().map(|row| self.cursor(row)),
        ))
    }

    /// Total number of matches, ignoring pagination. Runs a separate query, but only if selected.
    #[graphql(directive = cost::apply(Some(1), None), directive = total::apply())]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, Error> {
        self.source.total_count(ctx.loaders()).await
    }
}

/// An object in a list, with its cursor.
pub struct Edge<T: Listed> {
    order: Arc<TotalOrder<T>>,
    row: Arc<ModelOf<T>>,
}

impl<T: Listed> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::NAME).into()
    }
}

/// An object in a list, with its cursor.
#[Object(name_type)]
impl<T: Listed> Edge<T> {
    /// The position of the object in the list, for `after` or `before`. The cursor stays valid when
    /// rows are added or removed, even if this object is deleted.
    async fn cursor(&self) -> String {
        cursor::encode(&self.order, &self.order.position(&self.row))
    }

    /// The object.
    async fn node(&self) -> T {
        Arc::clone(&self.row).into()
    }
}

/// The position of a page in its list.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Whether there are objects after this page, up to `before` if given. When paging backward
    /// with `last`, this is whether `before` was given.
    pub(crate) has_next_page: bool,
    /// Whether there are objects before this page, down to `after` if given. When paging forward
    /// with `first`, this is whether `after` was given.
    pub(crate) has_previous_page: bool,
    /// The cursor of the first object on the page. Null if the page is empty.
    start_cursor: Option<String>,
    /// The cursor of the last object on the page. Null if the page is empty.
    end_cursor: Option<String>,
}

/// The range of a list that a page was requested from: the direction, and which cursors were given.
#[derive(Clone, Copy)]
pub(crate) struct PageRange {
    pub(crate) backward: bool,
    pub(crate) after: bool,
    pub(crate) before: bool,
}

impl PageInfo {
    /// `more` is whether the range continues beyond the page in the direction of paging.
    pub(crate) fn new(
        range: PageRange,
        more: bool,
        start_cursor: Option<String>,
        end_cursor: Option<String>,
    ) -> Self {
        let (has_previous_page, has_next_page) = if range.backward {
            (more, range.before)
        } else {
            (range.after, more)
        };
        Self {
            has_next_page,
            has_previous_page,
            start_cursor,
            end_cursor,
        }
    }
}
