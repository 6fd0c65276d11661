//! What a request searches for.

use api::{Cursor, ListPage, Problem, Request, Result, catalogue};
use domain::Schema;
use domain::ids::{CategoryId, StoreId};
use domain::invalid::{Invalid, TOO_LONG};
use domain::money::PriceLimit;
use domain::quantity::{Limit, Stars};
use domain::search::OptionFilter;
use domain::text::{Brand, OptionName, SearchText};
use serde::Deserialize;

use crate::collect::Sort;
use crate::query::Wanted;

/// The query string of a search.
#[derive(Default, Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What to search for. All words have to match, in the name, brand, category, SKU, option values or
    /// description; the last word may be unfinished. The first 12 words count. Without it, all products are
    /// found.
    pub q: Option<SearchText>,
    /// Only products of this category and of those below it.
    pub category_id: Option<CategoryId>,
    /// Only products of this store.
    pub store_id: Option<StoreId>,
    /// Only products of this brand. Case and accents make no difference.
    pub brand: Option<Brand>,
    /// Only products whose lowest price is at least this, in minor units.
    pub min_price: Option<PriceLimit>,
    /// Only products whose lowest price is at most this, in minor units.
    pub max_price: Option<PriceLimit>,
    /// Only products that are in stock, or only those that are not.
    pub in_stock: Option<bool>,
    /// Only products with this value of an option, as in `Colour:red`. Repeated: one of the values of each
    /// option that is named. Each value may be of another variant. At most 20.
    #[schemars(length(max = 20))]
    pub option: Option<Vec<OptionFilter>>,
    /// Only products with at least so many stars on average.
    pub min_rating: Option<Stars>,
    /// The order of the hits; by relevance with `q`, otherwise newest first.
    pub sort: Option<Order>,
    /// The most hits.
    pub limit: Option<Limit>,
    /// Of the page before.
    pub cursor: Option<Cursor>,
}

/// The most values of options; the schema of `option` says so, too.
const MOST_OPTIONS: usize = 20;

/// The parameters that a page passes on. Others, such as those by which campaigns are counted, are not the
/// search's.
const OF_PAGES: [&str; 9] =
    ["q", "brand", "min_price", "max_price", "in_stock", "option", "min_rating", "sort", "cursor"];

/// The products of a page: rows of 2, 3 and 4 are full.
const ON_PAGE: i64 = 24;

/// The order of the hits; by relevance with `q`, otherwise newest first.
#[derive(Clone, Copy, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Order {
    /// The best match first.
    Relevance,
    /// The newest first.
    Newest,
    /// The cheapest first.
    PriceAsc,
    /// The dearest first.
    PriceDesc,
    /// By name.
    Name,
    /// The best rated first.
    Rating,
}

/// A search, and the page of its hits.
pub struct Query {
    pub(crate) wanted: Wanted,
    pub(crate) page: ListPage,
}

impl Query {
    /// The search of an API's request. `list` names the route in cursors.
    pub fn of(request: &Request, list: &str) -> Result<Self> {
        Self::new(request.query()?, list)
    }

    /// The search of a page's request: of one category, where the page is a category's. Parameters that are
    /// not the search's are ignored.
    pub fn of_page(request: &Request, list: &str, category: Option<CategoryId>) -> Result<Self> {
        let search: Search = request.query_among(&OF_PAGES)?;
        Self::new(Search { category_id: category, limit: Limit::try_from(ON_PAGE).ok(), ..search }, list)
    }

    fn new(search: Search, list: &str) -> Result<Self> {
        let Search {
            q,
            category_id,
            store_id,
            brand,
            min_price,
            max_price,
            in_stock,
            option,
            min_rating,
            sort,
            limit,
            cursor,
        } = search;
        let prices = catalogue::prices(min_price, max_price)?;
        let options = option.unwrap_or_default();
        if options.len() > MOST_OPTIONS {
            let many = Invalid::new(TOO_LONG, format!("must be given at most {MOST_OPTIONS} times"));
            return Err(Problem::invalid("option", &many));
        }
        let pair = |(option, value): (OptionName, OptionName)| (option.to_string(), value.to_string());
        let wanted = Wanted {
            sort: match (sort, &q) {
                (Some(Order::Relevance) | None, Some(_)) => Sort::Relevance,
                (Some(Order::Relevance | Order::Newest), _) | (None, None) => Sort::Newest,
                (Some(Order::PriceAsc), _) => Sort::PriceAscending,
                (Some(Order::PriceDesc), _) => Sort::PriceDescending,
                (Some(Order::Name), _) => Sort::Name,
                (Some(Order::Rating), _) => Sort::Rating,
            },
            text: q.map(|text| text.as_str().to_owned()),
            category: category_id,
            store: store_id,
            brand: brand.map(|brand| brand.as_str().to_owned()),
            prices,
            in_stock,
            values: options.iter().map(|filter| filter.pairs().map(pair).collect()).collect(),
            min_rating: min_rating.and_then(|stars| u8::try_from(stars.get()).ok()),
        };
        let page = ListPage::of(format!("{list} {wanted:?}"), limit, cursor)?;
        Ok(Self { wanted, page })
    }
}
