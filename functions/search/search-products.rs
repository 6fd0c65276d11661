//! `GET /products/search`: search for products.

use api::code::{MALFORMED, VALIDATION_ERROR};
use api::view::ListingBody;
use api::{Cursor, Endpoint, ListPage, Problem, Request, Result, Schema, catalogue};
use domain::Invalid;
use domain::ids::{CategoryId, StoreId};
use domain::invalid::TOO_LONG;
use domain::messages::IndexProducts;
use domain::money::PriceLimit;
use domain::quantity::{Limit, Stars};
use domain::search::OptionFilter;
use domain::text::{Brand, OptionName, SearchText};
use providers::Queue;
use search::{Facets, Found, Latest, MOST_HITS, Position, Searcher, Wanted};
use serde::{Deserialize, Serialize};

/// Memory: an index of a million products, and a share of a CPU that answers from it in some milliseconds.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/search")
    .reads::<Search>()
    .answers::<SearchBody>(200)
    .memory(1769)
    .refuses(&[MALFORMED, VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, search_products);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// What to search for. All words have to match, in the name, brand, category, SKU, option values or
    /// description; the last word may be unfinished. The first 12 words count. Without it, all products are
    /// found.
    q: Option<SearchText>,
    /// Only products of this category and of those below it.
    category_id: Option<CategoryId>,
    /// Only products of this store.
    store_id: Option<StoreId>,
    /// Only products of this brand. Case and accents make no difference.
    brand: Option<Brand>,
    /// Only products whose lowest price is at least this, in minor units.
    min_price: Option<PriceLimit>,
    /// Only products whose lowest price is at most this, in minor units.
    max_price: Option<PriceLimit>,
    /// Only products that are in stock, or only those that are not.
    in_stock: Option<bool>,
    /// Only products with this value of an option, as in `Colour:red`. Repeated: one of the values of each
    /// option that is named. Each value may be of another variant. At most 20.
    #[schemars(length(max = 20))]
    option: Option<Vec<OptionFilter>>,
    /// Only products with at least so many stars on average.
    min_rating: Option<Stars>,
    sort: Option<Sort>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

/// The most values of options; the schema of `option` says so, too.
const MOST_OPTIONS: usize = 20;

/// The order of the hits; by relevance with `q`, otherwise newest first.
#[derive(Clone, Copy, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Sort {
    Relevance,
    Newest,
    PriceAsc,
    PriceDesc,
    Name,
    Rating,
}

/// What a search found.
#[derive(Serialize, Schema)]
pub struct SearchBody {
    products: Vec<HitBody>,
    facets: Facets,
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

/// Changes are found after some seconds. A page may be short, because a product that is no longer shown is
/// left out. `total` is the number of all hits; pages lead to the first 10,000. Words that no product has are
/// taken as misspelt: one error from 4 letters, two from 8.
pub async fn search_products(
    (searcher, queue): &(Searcher, Queue<IndexProducts>),
    request: Request,
) -> Result {
    let (wanted, page) = read(&request)?;
    let position: Option<Position> = page.after().map(str::parse).transpose().map_err(|_| page.foreign())?;
    let (latest, is_missing) = searcher.latest().await.map_err(Problem::try_again)?;
    if is_missing {
        queue.try_send(IndexProducts::BUILD).await;
    }
    let Latest::Index(index) = latest else {
        return page.reply_of(
            &SearchBody { products: vec![], facets: Facets::default(), did_you_mean: None },
            None,
            Some(0),
        );
    };

    let (categories, limit) =
        (searcher.categories().await?, usize::try_from(page.limit).unwrap_or(usize::MAX));
    let after = position.as_ref().map(|position| &position.hit);
    let found = index.find(&wanted, &categories, after, limit).map_err(Problem::internal)?;
    let Found { hits, total, facets, understood, did_you_mean } = found;

    let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
    let rows = searcher.table().listed_among(&ids).await?.into_iter();
    let products = rows.map(|row| {
        let highlights = understood.highlights(row.name.as_str());
        HitBody { row: ListingBody::of(row, &request.deployment), highlights }
    });
    let before = position.map_or(0, |position| position.seen);
    let seen = before.saturating_add(u64::try_from(hits.len()).unwrap_or(MOST_HITS));
    let last = hits.into_iter().nth(limit.saturating_sub(1)).filter(|_| seen < total.min(MOST_HITS));
    let next = last.map(|hit| Position { seen, hit }.to_string());
    page.reply_of(&SearchBody { products: products.collect(), facets, did_you_mean }, next, Some(total))
}

/// The filters of a request, and the page.
fn read(request: &Request) -> Result<(Wanted, ListPage)> {
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
    } = request.query()?;
    let prices = catalogue::prices(min_price, max_price)?;
    let options = option.unwrap_or_default();
    if options.len() > MOST_OPTIONS {
        let many = Invalid::new(TOO_LONG, format!("must be given at most {MOST_OPTIONS} times"));
        return Err(Problem::invalid("option", &many));
    }
    let pair = |(option, value): (OptionName, OptionName)| (option.to_string(), value.to_string());
    let wanted = Wanted {
        sort: match (sort, &q) {
            (Some(Sort::Relevance) | None, Some(_)) => search::Sort::Relevance,
            (Some(Sort::Relevance | Sort::Newest), _) | (None, None) => search::Sort::Newest,
            (Some(Sort::PriceAsc), _) => search::Sort::PriceAscending,
            (Some(Sort::PriceDesc), _) => search::Sort::PriceDescending,
            (Some(Sort::Name), _) => search::Sort::Name,
            (Some(Sort::Rating), _) => search::Sort::Rating,
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
    let page = ListPage::of(format!("{} {wanted:?}", ENDPOINT.path), limit, cursor)?;
    Ok((wanted, page))
}
