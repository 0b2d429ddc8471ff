//! Loads the rows of a plan, level by level: what can be read at the same time is.

use std::{collections::HashMap, sync::Arc};

use futures_util::{
    FutureExt,
    future::{BoxFuture, OptionFuture, join, join_all, ready},
};

use super::{
    part::{PartExecutor, Parts},
    request::Request,
    tree::{FieldPlan, ListPlan, ObjectPlan, RootPlan, RootSource},
};
use crate::{
    error::Error,
    read::{
        columns::ColumnSet,
        edge::{self, ListedPage, Parents, ToOneEdge},
        join::{Join, MAX_JOINS},
        level::Rows,
        loader::Loaders,
    },
};

/// The objects of a level: all that one selection is made on.
pub(super) struct Objects {
    pub(super) received: Rows,
    /// The number of the row of each object.
    pub(super) picked: Arc<[u32]>,
    /// For each field of the plan, what it leads to.
    pub(super) fields: Vec<Related>,
    /// The fields with code behind them, if there are any.
    pub(super) parts: Option<Parts>,
}

/// What a field leads to.
pub(super) enum Related {
    /// Nothing: it is a column.
    Nothing,
    One(Result<Ones, Error>),
    Lists(Lists),
}

/// The objects that those of a level are related to.
pub(super) struct Ones {
    pub(super) objects: Objects,
    /// For each object of the level, the index of its related one.
    pub(super) of_parent: Vec<Option<usize>>,
}

/// The lists of the objects of a level.
pub(super) struct Lists {
    /// None if no rows are selected.
    pub(super) pages: Option<Result<Pages, Error>>,
    /// None if the rows are not counted.
    pub(super) totals: Option<Result<Arc<[i64]>, Error>>,
}

/// The pages of the lists.
pub(super) struct Pages {
    pub(super) rows: Rows,
    pub(super) picked: Arc<[u32]>,
    pub(super) of_parent: Vec<ListedPage>,
    /// For each selection of objects.
    pub(super) objects: Vec<Objects>,
}

/// What a root field leads to.
pub(super) enum Root {
    One(Result<Ones, Error>),
    List(Lists),
}

impl Root {
    /// How many rows were loaded.
    pub(super) fn rows(&self) -> usize {
        match self {
            Self::One(ones) => ones.as_ref().map_or(0, |ones| ones.objects.rows()),
            Self::List(lists) => lists.rows(),
        }
    }
}

impl Objects {
    fn rows(&self) -> usize {
        let below = self.fields.iter().map(|field| match field {
            Related::Nothing => 0,
            Related::One(ones) => ones.as_ref().map_or(0, |ones| ones.objects.rows()),
            Related::Lists(lists) => lists.rows(),
        });
        self.picked.len() + below.sum::<usize>()
    }
}

impl Lists {
    fn rows(&self) -> usize {
        match &self.pages {
            Some(Ok(pages)) => pages.objects.iter().map(Objects::rows).sum(),
            _ => 0,
        }
    }
}

/// Loads for one root field.
pub(super) struct Loading<'a> {
    pub(super) loaders: &'a Loaders,
    pub(super) request: &'a Request,
    pub(super) executor: &'a dyn PartExecutor,
}

/// The objects that are read by the statement of others: for each the number of the field of the plan
/// that leads to it, and its join.
#[derive(Default)]
struct Joined {
    fields: Vec<usize>,
    joins: Vec<Join>,
}

impl Joined {
    /// What can be joined to the objects of a selection. Fields with code read whole rows by the names
    /// of their columns, which would no longer be unique.
    fn of(plan: &ObjectPlan) -> Self {
        let fields = plan.fields.iter().enumerate();
        let joins = fields.filter_map(|(number, (_, field))| match field {
            FieldPlan::One {
                key, edge, target, ..
            } if target.part.is_none() => Some((number, edge.join(*key, target.columns)?)),
            _ => None,
        });
        let joins = joins.take(if plan.part.is_none() { MAX_JOINS } else { 0 });
        let (fields, joins) = joins.unzip();
        Self { fields, joins }
    }

    /// The joined rows, by the numbers of the fields.
    fn rows(&self, of: &Rows) -> HashMap<usize, Rows> {
        let fields = self.fields.iter().copied();
        fields.zip(of.joined(&self.joins)).collect()
    }
}

impl<'a> Loading<'a> {
    pub(super) async fn root(&self, plan: &'a RootPlan) -> Root {
        match &plan.source {
            RootSource::List(list) => {
                // A selection of nodes and one of edges would be joined twice.
                let joined = match &list.objects[..] {
                    [object] => Joined::of(object),
                    _ => Joined::default(),
                };
                Root::List(self.lists(list, Parents::root(), joined).await)
            }
            RootSource::One { edge, target, .. } => {
                let key = self.request.key.clone();
                let parents = key.map_or_else(Parents::root, Parents::One);
                Root::One(self.ones(*edge, target, parents, Joined::of(target)).await)
            }
        }
    }

    /// Loads what the fields of some objects lead to, except what was joined.
    fn objects<'b>(
        &'b self,
        plan: &'a ObjectPlan,
        received: Rows,
        picked: Arc<[u32]>,
        mut joined: HashMap<usize, Rows>,
    ) -> BoxFuture<'b, Objects> {
        Box::pin(async move {
            let fields = plan.fields.iter().enumerate().map(|(number, (_, field))| {
                let parents = |key: usize| Parents::Rows {
                    rows: &received,
                    picked: &picked,
                    index: received.index(key),
                };
                match field {
                    FieldPlan::Code
                    | FieldPlan::Typename
                    | FieldPlan::Id
                    | FieldPlan::DatabaseId
                    | FieldPlan::Column { .. } => ready(Related::Nothing).boxed(),
                    FieldPlan::One {
                        key, edge, target, ..
                    } => {
                        if let Some(rows) = joined.remove(&number) {
                            let related = edge.joined(rows, &picked);
                            let below = self.below(target, related, Joined::default());
                            return below.map(Related::One).boxed();
                        }
                        let ones = self.ones(*edge, target, parents(*key), Joined::default());
                        ones.map(Related::One).boxed()
                    }
                    FieldPlan::List { key, list } => {
                        let lists = self.lists(list, parents(*key), Joined::default());
                        lists.map(Related::Lists).boxed()
                    }
                }
            });
            let fields: Vec<_> = fields.collect();
            let parts = plan
                .part
                .as_ref()
                .map(|part| Parts::execute(plan.ty, part, &received, &picked, self.executor));
            let (fields, parts) = join(join_all(fields), OptionFuture::from(parts)).await;
            Objects {
                received,
                picked,
                fields,
                parts,
            }
        })
    }

    async fn ones(
        &self,
        edge: &'static dyn ToOneEdge,
        target: &'a ObjectPlan,
        parents: Parents<'_>,
        joined: Joined,
    ) -> Result<Ones, Error> {
        let joins = joined.joins.as_slice().into();
        let related = edge.load(parents, self.loaders, target.columns, joins);
        self.below(target, related.await, joined).await
    }

    /// Loads what the fields of single objects lead to.
    async fn below(
        &self,
        target: &'a ObjectPlan,
        related: Result<edge::Related, Error>,
        joined: Joined,
    ) -> Result<Ones, Error> {
        let related = related?;
        let joined = joined.rows(&related.rows);
        let objects = self.objects(target, related.rows, related.picked.into(), joined);
        Ok(Ones {
            objects: objects.await,
            of_parent: related.of_parent,
        })
    }

    async fn lists(&self, plan: &'a ListPlan, parents: Parents<'_>, joined: Joined) -> Lists {
        // The error is written in place of the lists.
        let Ok(request) = self.request.list(plan) else {
            return Lists {
                pages: None,
                totals: None,
            };
        };
        let totals = plan
            .has_total
            .then(|| request.totals(parents.clone(), self.loaders));
        let pages = plan.has_page.then(|| self.pages(plan, parents, joined));
        let (totals, pages) = join(OptionFuture::from(totals), OptionFuture::from(pages)).await;
        Lists { pages, totals }
    }

    async fn pages(
        &self,
        plan: &'a ListPlan,
        parents: Parents<'_>,
        joined: Joined,
    ) -> Result<Pages, Error> {
        let request = self.request.list(plan)?;
        let objects = plan.objects.iter().map(|object| object.columns);
        let columns = objects.fold(request.order_columns(), ColumnSet::union);
        let joins = joined.joins.as_slice().into();
        let listing = request.pages(parents, self.loaders, columns, joins).await?;
        let picked: Arc<[u32]> = listing.picked.into();
        let objects = plan.objects.iter();
        let objects = objects.map(|plan| {
            let joined = joined.rows(&listing.rows);
            self.objects(plan, listing.rows.clone(), Arc::clone(&picked), joined)
        });
        Ok(Pages {
            objects: join_all(objects).await,
            rows: listing.rows,
            picked,
            of_parent: listing.pages,
        })
    }
}
