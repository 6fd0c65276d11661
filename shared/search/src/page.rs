//! What a page of results shows beside what was found.

use api::{Deployment, Page};
use domain::ids::CategoryId;
use domain::money::{Minor, Money};
use serde::Serialize;

use crate::answer::SearchBody;
use crate::categories::Categories;
use crate::collect::Sort;
use crate::request::Query;

/// The values of a page of results.
#[derive(Serialize)]
pub struct ResultsPage {
    #[serde(flatten)]
    found: SearchBody,
    total: u64,
    next_cursor: Option<String>,
    /// The words of the search.
    asked: Option<String>,
    /// Whether a filter is set.
    filtered: bool,
    /// Whether this is not the first page.
    later: bool,
    sort: &'static str,
    prices: Vec<PriceBand>,
    category: Option<NamedCategory>,
    /// The categories above, from the top of the tree.
    path: Vec<NamedCategory>,
    /// The categories directly below.
    children: Vec<NamedCategory>,
}

/// A category with its name.
#[derive(Serialize)]
struct NamedCategory {
    id: CategoryId,
    name: String,
}

/// A range of prices, as numbers for links and as money for people.
#[derive(Serialize)]
struct PriceBand {
    min: Minor,
    max: Minor,
    min_price: Money,
    max_price: Money,
    count: u64,
}

impl Query {
    /// The values of the page of what was found.
    pub fn view(&self, (found, page): (SearchBody, Page), deployment: &Deployment) -> ResultsPage {
        let Self { wanted, page: asked } = self;
        let money = |amount| deployment.fees.money(amount);
        let prices = found.facets.prices.iter().map(|band| PriceBand {
            min: band.min_price,
            max: band.max_price,
            min_price: money(band.min_price),
            max_price: money(band.max_price),
            count: band.count,
        });
        ResultsPage {
            prices: prices.collect(),
            found,
            total: page.total.unwrap_or_default(),
            next_cursor: page.next_cursor,
            asked: wanted.text.clone(),
            filtered: wanted.is_filtered(),
            later: asked.after().is_some(),
            sort: match wanted.sort {
                Sort::Relevance => "relevance",
                Sort::Newest => "newest",
                Sort::PriceAscending => "price_asc",
                Sort::PriceDescending => "price_desc",
                Sort::Name => "name",
                Sort::Rating => "rating",
            },
            category: None,
            path: Vec::new(),
            children: Vec::new(),
        }
    }
}

impl ResultsPage {
    /// The page of a category, with its place in the tree.
    pub fn in_category(self, id: CategoryId, tree: &Categories) -> Self {
        let named = |id: CategoryId| tree.name(id).map(|name| NamedCategory { id, name: name.to_owned() });
        Self {
            category: named(id),
            path: tree.above(id).into_iter().filter_map(named).collect(),
            children: tree.children(id).into_iter().filter_map(named).collect(),
            ..self
        }
    }
}
