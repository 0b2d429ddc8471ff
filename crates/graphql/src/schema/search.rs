//! `search`: one list over several types.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Union};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use entity::{marker, meeting, segment, task, user};
use futures_util::future::try_join_all;
use sea_orm::{
    ExprTrait, Iterable, Order,
    sea_query::{Asterisk, Cond, Expr, Func, Query, SelectStatement, UnionType},
};
use tokio::sync::OnceCell;

use crate::{
    directive::{cost, total},
    error::Error,
    read::context::{ContextExt, RequestContext},
    read::filter::{ROOT_TABLE, contains_ignore_case},
    read::page::arguments::PageSize,
    read::page::connection::{PageInfo, PageRange},
    read::page::items::Items,
    read::row::{ColumnOf, Row},
    read::source::rows_of_list,
    schema::marker::Marker,
    schema::meeting::Meeting,
    schema::segment::Segment,
    schema::task::Task,
    schema::user::User,
};

/// The maximum number of results on a page.
pub(crate) const MAX_RESULTS: i32 = 100;

/// The number of rows read for each result: its type and ID, and then the object.
pub(crate) const ROWS_PER_RESULT: i32 = 2;

/// The number of types that are searched: each can take a statement of its own.
pub(crate) fn searched_types() -> i32 {
    i32::try_from(SearchType::iter().count()).unwrap_or(i32::MAX)
}

/// The columns of a hit, and the alias of the subquery with all hits.
const TYPE: &str = "type";
const ID: &str = "id";
const HIT: &str = "hit";

/// A type of object that can be searched. Results are grouped by type in this order: meetings,
/// tasks, markers, segments, users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Enum, sea_orm::EnumIter)]
pub enum SearchType {
    /// Meetings, searched by title and description.
    Meeting,
    /// Tasks, searched by title and description.
    Task,
    /// Markers, searched by content.
    Marker,
    /// Segments of transcripts, searched by text.
    Segment,
    /// Users, searched by username and email address.
    User,
}

/// An object found by `search`.
#[derive(Clone, Union)]
pub enum SearchResult {
    Meeting(Meeting),
    Task(Task),
    Marker(Marker),
    Segment(Segment),
    User(User),
}

/// The position of a result: by type, then by ID with the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hit {
    of: SearchType,
    id: i32,
}

impl Hit {
    fn cursor(self) -> String {
        let rank = self.of as usize;
        URL_SAFE_NO_PAD.encode(format!("search:{rank}:{}", self.id))
    }

    fn from_cursor(argument: &str, cursor: &str) -> Result<Self, Error> {
        URL_SAFE_NO_PAD
            .decode(cursor)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .and_then(|text| {
                let (rank, id) = text.strip_prefix("search:")?.split_once(':')?;
                Some(Self {
                    of: SearchType::iter().nth(rank.parse().ok()?)?,
                    id: id.parse().ok()?,
                })
            })
            // Parsing also accepts numbers in forms that are never written, such as `+1`.
            .filter(|hit| hit.cursor() == cursor)
            .ok_or_else(|| {
                Error::BadUserInput(format!("`{argument}` is not a cursor of a search."))
            })
    }

    async fn load(self, ctx: &Context<'_>) -> Result<Option<SearchResult>, Error> {
        async fn find<T: Row + Into<SearchResult>>(
            ctx: &Context<'_>,
            id: i32,
        ) -> Result<Option<SearchResult>, Error> {
            Ok(ctx.by_id::<T>(id).await?.map(Into::into))
        }
        match self.of {
            SearchType::Meeting => find::<Meeting>(ctx, self.id).await,
            SearchType::Task => find::<Task>(ctx, self.id).await,
            SearchType::Marker => find::<Marker>(ctx, self.id).await,
            SearchType::Segment => find::<Segment>(ctx, self.id).await,
            SearchType::User => find::<User>(ctx, self.id).await,
        }
    }
}

/// A search with checked arguments.
struct Search {
    text: String,
    types: Vec<SearchType>,
    limit: u16,
    backward: bool,
    after: Option<Hit>,
    before: Option<Hit>,
}

/// The rows of one type that a search finds, without columns yet, and their id.
struct Part {
    rows: SelectStatement,
    id: Expr,
}

/// One page of search results, with pagination info.
pub struct SearchConnection {
    search: Search,
    page: OnceCell<Arc<Found>>,
}

/// The results of a page.
struct Found {
    edges: Vec<SearchEdge>,
    more: bool,
}

/// A search result, with its cursor.
#[derive(Clone)]
pub struct SearchEdge {
    cursor: String,
    node: SearchResult,
}

/// A search result, with its cursor.
#[Object]
impl SearchEdge {
    /// The position of the result in the list, for `after` or `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The object that was found.
    async fn node(&self) -> &SearchResult {
        &self.node
    }
}

impl SearchConnection {
    pub(crate) fn new(
        text: &str,
        types: Option<Vec<SearchType>>,
        size: &PageSize,
        after: Option<&str>,
        before: Option<&str>,
    ) -> Result<Self, Error> {
        let text = text.trim();
        if !(2..=200).contains(&text.chars().count()) || text.contains('\0') {
            return Err(Error::BadUserInput(
                "`text` must have 2 to 200 characters, not counting leading and trailing \
                 whitespace, and no NUL character."
                    .into(),
            ));
        }
        let (limit, backward) = size.check(MAX_RESULTS)?;
        let mut types = types.unwrap_or_else(|| SearchType::iter().collect());
        types.sort_unstable();
        types.dedup();
        let read = |argument, cursor: Option<&str>| {
            cursor
                .map(|cursor| Hit::from_cursor(argument, cursor))
                .transpose()
        };
        Ok(Self {
            search: Search {
                text: text.to_owned(),
                types,
                limit,
                backward,
                after: read("after", after)?,
                before: read("before", before)?,
            },
            page: OnceCell::new(),
        })
    }

    async fn page(&self, ctx: &Context<'_>) -> Result<&Arc<Found>, Error> {
        self.page
            .get_or_try_init(|| async {
                let (hits, more) = self.search.page(ctx.request()).await?;
                let nodes = try_join_all(hits.iter().map(|hit| hit.load(ctx))).await?;
                let edges = hits.iter().zip(nodes).filter_map(|(hit, node)| {
                    // Objects deleted in the meantime are no longer results.
                    Some(SearchEdge {
                        cursor: hit.cursor(),
                        node: node?,
                    })
                });
                Ok(Arc::new(Found {
                    edges: edges.collect(),
                    more,
                }))
            })
            .await
    }
}

/// One page of search results, with pagination info.
#[Object]
impl SearchConnection {
    /// The results of the page, each with its cursor.
    async fn edges(&self, ctx: &Context<'_>) -> Result<Items<SearchEdge>, Error> {
        Ok(Items(self.page(ctx).await?.edges.clone()))
    }

    /// The results of the page.
    async fn nodes(&self, ctx: &Context<'_>) -> Result<Items<SearchResult>, Error> {
        let page = self.page(ctx).await?;
        let nodes = page.edges.iter().map(|edge| edge.node.clone());
        Ok(Items(nodes.collect()))
    }

    /// The position of the page in the list.
    async fn page_info(&self, ctx: &Context<'_>) -> Result<PageInfo, Error> {
        let page = self.page(ctx).await?;
        let range = PageRange {
            backward: self.search.backward,
            after: self.search.after.is_some(),
            before: self.search.before.is_some(),
        };
        Ok(PageInfo::new(
            range,
            page.more,
            page.edges.first().map(|edge| edge.cursor.clone()),
            page.edges.last().map(|edge| edge.cursor.clone()),
        ))
    }

    /// Total number of results, ignoring pagination. Runs a separate query, but only if selected.
    #[graphql(directive = cost::apply(Some(1), None), directive = total::apply())]
    async fn total_count(&self, ctx: &Context<'_>) -> Result<i64, Error> {
        self.search.total_count(ctx.request()).await
    }
}

impl Search {
    /// The hits of the page, and whether there are more in the direction of paging.
    async fn page(&self, request: &RequestContext) -> Result<(Vec<Hit>, bool), Error> {
        let limit = usize::from(self.limit);
        let direction = |descending: bool| {
            if descending == self.backward {
                Order::Asc
            } else {
                Order::Desc
            }
        };
        let parts = self.parts(request, |Part { rows, id }| {
            // No type contributes more than one page, which its own index can limit.
            rows.order_by_expr(id.clone(), direction(true))
                .limit(u64::from(self.limit) + 1);
        })?;
        let Some(all) = parts else {
            return Ok((Vec::new(), false));
        };
        let statement = Query::select()
            .column(Asterisk)
            .from_subquery(all, HIT)
            .order_by((HIT, TYPE), direction(false))
            .order_by((HIT, ID), direction(true))
            .limit(u64::from(self.limit) + 1)
            .take();
        let mut hits = Vec::new();
        for row in request.database.query_all(&statement).await? {
            let rank: i32 = row.try_get("", TYPE)?;
            let of = SearchType::iter().find(|of| *of as i32 == rank);
            let id = row.try_get("", ID)?;
            hits.extend(of.map(|of| Hit { of, id }));
        }
        let more = hits.len() > limit;
        hits.truncate(limit);
        if self.backward {
            hits.reverse();
        }
        Ok((hits, more))
    }

    async fn total_count(&self, request: &RequestContext) -> Result<i64, Error> {
        let whole = Self {
            text: self.text.clone(),
            types: self.types.clone(),
            after: None,
            before: None,
            ..*self
        };
        let Some(all) = whole.parts(request, |_| ())? else {
            return Ok(0);
        };
        let statement = Query::select()
            .expr_as(Func::count(Expr::cust("*")), "total")
            .from_subquery(all, HIT)
            .take();
        let rows = request.database.query_all(&statement).await?;
        Ok(rows.first().map_or(Ok(0), |row| row.try_get("", "total"))?)
    }

    /// Selects the type and ID of every result between the cursors, type by type. None if there is
    /// no type between the cursors. `cut` may shorten each part.
    fn parts(
        &self,
        request: &RequestContext,
        cut: impl Fn(&mut Part),
    ) -> Result<Option<SelectStatement>, Error> {
        let mut all: Option<SelectStatement> = None;
        for &of in &self.types {
            let outside = self.after.is_some_and(|hit| of < hit.of)
                || self.before.is_some_and(|hit| of > hit.of);
            if outside {
                continue;
            }
            let mut part = self.part(of, request)?;
            cut(&mut part);
            let part = Query::select()
                .column(Asterisk)
                .from_subquery(part.rows, HIT)
                .take();
            all = Some(match all {
                None => part,
                Some(mut all) => all.union(UnionType::All, part).take(),
            });
        }
        Ok(all)
    }

    /// The results of one type between the cursors.
    fn part(&self, of: SearchType, request: &RequestContext) -> Result<Part, Error> {
        use SearchType as Type;
        let mut part = match of {
            Type::Meeting => {
                let columns = [meeting::Column::Title, meeting::Column::Description];
                self.matches::<Meeting>(&columns, request)?
            }
            Type::Task => {
                let columns = [task::Column::Title, task::Column::Description];
                self.matches::<Task>(&columns, request)?
            }
            Type::Marker => self.matches::<Marker>(&[marker::Column::Content], request)?,
            Type::Segment => self.matches::<Segment>(&[segment::Column::Text], request)?,
            Type::User => {
                let columns = [user::Column::Username, user::Column::Email];
                self.matches::<User>(&columns, request)?
            }
        };
        let Part { rows, id } = &mut part;
        rows.expr_as(Expr::cust((of as i32).to_string()), TYPE)
            .column((ROOT_TABLE, ID));
        if let Some(hit) = self.after.filter(|hit| hit.of == of) {
            rows.and_where(id.clone().lt(hit.id));
        }
        if let Some(hit) = self.before.filter(|hit| hit.of == of) {
            rows.and_where(id.clone().gt(hit.id));
        }
        Ok(part)
    }

    /// The rows visible to the viewer that contain the text in one of the columns.
    fn matches<T: Row>(
        &self,
        columns: &[ColumnOf<T>],
        request: &RequestContext,
    ) -> Result<Part, Error> {
        let backend = request.database.backend();
        let any = columns.iter().fold(Cond::any(), |any, column| {
            any.add(contains_ignore_case(
                Expr::col((ROOT_TABLE, *column)),
                &self.text,
                backend,
            ))
        });
        let viewer = request.viewer.get()?;
        let (mut rows, source) = rows_of_list::<T::Entity>(&viewer, None, ROOT_TABLE, backend);
        Ok(Part {
            rows: rows.cond_where(any).take(),
            id: source
                .copy_of(T::ID)
                .unwrap_or_else(|| source.column(T::ID)),
        })
    }
}
