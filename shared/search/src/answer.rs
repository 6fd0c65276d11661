//! What a search answers.

use std::sync::Arc;

use api::view::ListingBody;
use api::{Deployment, Page, Problem, Result};
use domain::Schema;
use domain::messages::IndexProducts;
use providers::Queue;
use serde::Serialize;

use crate::facets::Facets;
use crate::index::{Found, Index};
use crate::latest::Searcher;
use crate::position::{MOST_HITS, Position};
use crate::request::Query;

/// What a search found.
#[derive(Serialize, Schema)]
pub struct SearchBody {
    products: Vec<HitBody>,
    pub(crate) facets: Facets,
    /// Other words that find something, when nothing is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    did_you_mean: Option<String>,
}

/// A product that was found.
#[derive(Serialize, Schema)]
struct HitBody {
    #[serde(flatten)]
    row: ListingBody,
    /// The parts of the name that match: the position of the first character of each, and that behind its
    /// last, counted in UTF-16 code units as JavaScript does.
    highlights: Vec<(usize, usize)>,
}

impl Searcher {
    /// The index to search now; `None` if none was built yet. A missing one is asked for.
    pub async fn index(&self, queue: &Queue<IndexProducts>) -> Result<Option<Arc<Index>>> {
        let (latest, is_missing) = self.latest().await.map_err(Problem::try_again)?;
        if is_missing {
            queue.try_send(IndexProducts::BUILD).await;
        }
        Ok(latest)
    }

    /// One page of what a search finds. A page may be short, because products that are no longer shown are
    /// left out.
    pub async fn search(
        &self,
        queue: &Queue<IndexProducts>,
        Query { wanted, page }: &Query,
        deployment: &Deployment,
    ) -> Result<(SearchBody, Page)> {
        let position: Option<Position> =
            page.after().map(str::parse).transpose().map_err(|_| page.foreign())?;
        let Some(index) = self.index(queue).await? else {
            let nothing = SearchBody { products: vec![], facets: Facets::default(), did_you_mean: None };
            return Ok((nothing, page.shown(None, Some(0))));
        };

        let (categories, limit) =
            (self.categories().await?, usize::try_from(page.limit).unwrap_or(usize::MAX));
        let after = position.as_ref().map(|position| &position.hit);
        let found = index.find(wanted, &categories, after, limit).map_err(Problem::internal)?;
        let Found { hits, total, facets, understood, did_you_mean } = found;

        let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
        let rows = self.table().listed_among(&ids).await?.into_iter();
        let products = rows.map(|row| {
            let highlights = understood.highlights(row.name.as_str());
            HitBody { row: ListingBody::of(row, deployment), highlights }
        });
        let before = position.map_or(0, |position| position.seen);
        let seen = before.saturating_add(u64::try_from(hits.len()).unwrap_or(MOST_HITS));
        let last = hits.into_iter().nth(limit.saturating_sub(1)).filter(|_| seen < total.min(MOST_HITS));
        let next = last.map(|hit| Position { seen, hit }.to_string());
        let body = SearchBody { products: products.collect(), facets, did_you_mean };
        Ok((body, page.shown(next, Some(total))))
    }
}
