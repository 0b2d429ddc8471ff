//! Loads the rows of a plan, level by level: what can be read at the same time is.

use std::sync::Arc;

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
        edge::{ListedPage, Parents, ToOneEdge},
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

impl<'a> Loading<'a> {
    pub(super) async fn root(&self, plan: &'a RootPlan) -> Root {
        match &plan.source {
            RootSource::List(list) => Root::List(self.lists(list, Parents::root()).await),
            RootSource::One { edge, target, .. } => {
                let key = self.request.key.clone();
                let parents = key.map_or_else(Parents::root, Parents::One);
                Root::One(self.ones(*edge, target, parents).await)
            }
        }
    }

    /// Loads what the fields of some objects lead to.
    fn objects<'b>(
        &'b self,
        plan: &'a ObjectPlan,
        received: Rows,
        picked: Arc<[u32]>,
    ) -> BoxFuture<'b, Objects> {
        Box::pin(async move {
            let fields = plan.fields.iter().map(|(_, field)| {
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
                        let ones = self.ones(*edge, target, parents(*key));
                        ones.map(Related::One).boxed()
                    }
                    FieldPlan::List { key, list } => {
                        let lists = self.lists(list, parents(*key));
                        lists.map(Related::Lists).boxed()
                    }
                }
            });
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
    ) -> Result<Ones, Error> {
        let related = edge.load(parents, self.loaders, target.columns).await?;
        let objects = self.objects(target, related.rows, related.picked.into());
        Ok(Ones {
            objects: objects.await,
            of_parent: related.of_parent,
        })
    }

    async fn lists(&self, plan: &'a ListPlan, parents: Parents<'_>) -> Lists {
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
        let pages = plan.has_page.then(|| self.pages(plan, parents));
        let (totals, pages) = join(OptionFuture::from(totals), OptionFuture::from(pages)).await;
        Lists { pages, totals }
    }

    async fn pages(&self, plan: &'a ListPlan, parents: Parents<'_>) -> Result<Pages, Error> {
        let request = self.request.list(plan)?;
        let objects = plan.objects.iter().map(|object| object.columns);
        let columns = objects.fold(request.order_columns(), ColumnSet::union);
        let listing = request.pages(parents, self.loaders, columns).await?;
        let picked: Arc<[u32]> = listing.picked.into();
        let objects = plan.objects.iter();
        let objects =
            objects.map(|plan| self.objects(plan, listing.rows.clone(), Arc::clone(&picked)));
        Ok(Pages {
            objects: join_all(objects).await,
            rows: listing.rows,
            picked,
            of_parent: listing.pages,
        })
    }
}
