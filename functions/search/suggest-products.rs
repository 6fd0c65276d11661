//! `GET /products/suggest`: completions for a search box.

use api::code::VALIDATION_ERROR;
use api::{Endpoint, Page, Problem, Reply, Request, Result, Schema};
use domain::ids::{CategoryId, ProductId};
use domain::messages::IndexProducts;
use domain::text::{Name, SearchText};
use providers::Queue;
use search::{Completions, Searcher};
use serde::{Deserialize, Serialize};

/// Memory: see `search-products`.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/products/suggest")
    .reads::<Typed>()
    .answers::<Vec<SuggestionBody>>(200)
    .shared_for(60)
    .suggests()
    .memory(1769)
    .refuses(&[VALIDATION_ERROR]);

pub fn main() {
    lambda::run(ENDPOINT, suggest_products);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Typed {
    /// What has been typed so far. Without it, there are no completions.
    q: Option<SearchText>,
}

/// A completion.
#[derive(Serialize, Schema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SuggestionBody {
    /// A category.
    Category {
        id: CategoryId,
        /// Its name.
        text: String,
    },
    /// A brand.
    Brand {
        /// Its name.
        text: String,
    },
    /// A product.
    Product {
        id: ProductId,
        /// Its name.
        text: Name,
    },
}

/// The most completions, and the most of categories and of brands.
const MOST_SUGGESTIONS: u32 = 10;
const MOST_OTHERS: usize = 2;

/// Up to 2 categories and 2 brands, then products. They may be a minute old.
pub async fn suggest_products(
    (searcher, queue): &(Searcher, Queue<IndexProducts>),
    request: Request,
) -> Result {
    let Typed { q } = request.query()?;
    let found = match q {
        Some(text) => complete(searcher, queue, text.as_str()).await?,
        None => Vec::new(),
    };
    Reply::page(&found, Page { limit: MOST_SUGGESTIONS, next_cursor: None, total: None })
}

async fn complete(
    searcher: &Searcher,
    queue: &Queue<IndexProducts>,
    text: &str,
) -> Result<Vec<SuggestionBody>> {
    let Some(index) = searcher.index(queue).await? else { return Ok(Vec::new()) };
    let (tree, most) =
        (searcher.categories().await?, usize::try_from(MOST_SUGGESTIONS).unwrap_or(usize::MAX));
    let Completions { products, categories, brands } =
        index.complete(text, &tree, most).map_err(Problem::internal)?;

    let categories = categories.into_iter().filter_map(|id| {
        let text = tree.name(id)?.to_owned();
        Some(SuggestionBody::Category { id, text })
    });
    let mut found: Vec<_> = categories.take(MOST_OTHERS).collect();
    found.extend(brands.into_iter().take(MOST_OTHERS).map(|text| SuggestionBody::Brand { text }));
    let rows = searcher.table().listed_among(&products).await?.into_iter();
    found.extend(rows.map(|row| SuggestionBody::Product { id: row.id, text: row.name }));
    found.truncate(most);
    Ok(found)
}
