//! The demo catalogue in the table.

use std::collections::BTreeSet;
use std::fmt::Debug;

use domain::account::email::TypedEmail;
use domain::catalogue::assortment::{Assortment, NewVariant, VariantsRefused};
use domain::catalogue::options::{NamedValues, OptionChange, Options, ValueChange};
use domain::catalogue::{Category, Product};
use domain::ids::{CategoryId, Id, Place, StoreId, VariantId};
use domain::stores::{Mode, Store};
use domain::text::Name;
use futures_util::{StreamExt as _, TryStreamExt as _};
use picture::renditions;
use providers::Bucket;
use table::{CategoryCreated, Opened, ProductCreated, ProductPage, Table};

use crate::Error;
use crate::catalogue::{self, DEPARTMENTS, Item};
use crate::pictures::{SIDE, draw};
use crate::publish::publish;

/// 1 January 2026: the time in the ids of the demo. The ids are fixed, so that a second run finds the items
/// of the first.
const EPOCH_MILLIS: u128 = 1_767_225_600_000;

/// Products that are written at the same time: enough to hide the latency of the table, few enough for a new
/// table's capacity.
const AT_ONCE: usize = 8;

/// The demo store's name.
const STORE: &str = "Lamplight Living";

/// What a run has made; zero if everything existed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seeded {
    /// New categories.
    pub categories: usize,
    /// New products.
    pub products: usize,
    /// New pictures.
    pub pictures: usize,
}

/// Writes the missing parts of the demo store of `owner`, with its categories and products, and into the
/// bucket the pictures of products that have none; without a bucket it makes no pictures. Calls `progress`
/// with the numbers of finished and of all products.
pub async fn seed(
    table: &Table,
    pictures: Option<&Bucket>,
    owner: &TypedEmail,
    mut progress: impl FnMut(usize, usize),
) -> Result<Seeded, Error> {
    open_store(table, owner).await?;
    let categories = make_categories(table).await?;
    let items = catalogue::items();
    let ids: Vec<_> = (0..items.len()).map(|place| VariantId::first_of(id(place))).collect();
    let (known, _) = table.products_and_stores(&ids, &[]).await?;
    let known: BTreeSet<_> = known.into_iter().map(|stocked| stocked.product.id).collect();

    let (mut done, total) = (0, items.len());
    progress(done, total);
    let mut seeded = Seeded { categories, products: total - known.len(), pictures: 0 };
    let made = futures_util::stream::iter(items.iter().enumerate()).map(async |(place, item)| {
        if !known.contains(&id(place)) {
            make_product(table, place, item).await?;
        }
        match pictures {
            Some(bucket) => {
                let sitter = item.sitter;
                publish(table, bucket, id(place), move || renditions(draw(place, sitter, SIDE)?).ok()).await
            }
            None => Ok(false),
        }
    });
    let mut made = made.buffer_unordered(AT_ONCE);
    while let Some(has_new_picture) = made.try_next().await? {
        seeded.pictures += usize::from(has_new_picture);
        done += 1;
        progress(done, total);
    }
    Ok(seeded)
}

/// The id of the demo item at this index of its kind.
fn id<T: Id>(place: usize) -> T {
    T::from_bits(EPOCH_MILLIS << 80 | place as u128)
}

async fn open_store(table: &Table, owner: &TypedEmail) -> Result<(), Error> {
    let store_id: StoreId = id(0);
    let (_, known) = table.products_and_stores(&[], &[store_id]).await?;
    if !known.is_empty() {
        return Ok(());
    }
    let owner =
        table.typed_credential_now(owner).await?.ok_or_else(|| Error::NoOwner(owner.canonical().clone()))?;
    let now = table.now();
    let opened = Store {
        id: store_id,
        owner: owner.user_id,
        name: STORE.parse()?,
        look_key: None,
        second_look_key: None,
        description: Some("Light, and what it falls on.".parse()?),
        fulfilment: Mode::Automatic,
        closed: false,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    made(STORE, &table.open_store(&opened).await?, &Opened::Now)
}

/// Makes departments and their categories, each parent before its children. Returns how many were missing.
async fn make_categories(table: &Table) -> Result<usize, Error> {
    let all = categories()?;
    let most = u32::try_from(all.len()).unwrap_or(u32::MAX);
    // The demo's ids sort before those of all categories that were made later.
    let known: BTreeSet<_> = table.categories(None, most).await?.into_iter().map(|known| known.id).collect();
    let mut count = 0;
    for (category_id, parent_id, name) in all {
        if known.contains(&category_id) {
            continue;
        }
        let now = table.now();
        let category = Category {
            id: category_id,
            name,
            look_key: None,
            second_look_key: None,
            parent_id,
            closing_until: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        made(category.name.as_str(), &table.create_category(&category).await?, &CategoryCreated::Now)?;
        count += 1;
    }
    Ok(count)
}

/// All categories with their parents.
fn categories() -> Result<Vec<(CategoryId, Option<CategoryId>, Name)>, Error> {
    let mut all = Vec::new();
    for department in DEPARTMENTS {
        let parent = id(all.len());
        all.push((parent, None, department.name.parse()?));
        for range in department.ranges {
            all.push((id(all.len()), Some(parent), range.name.parse()?));
        }
    }
    Ok(all)
}

async fn make_product(table: &Table, place: usize, item: &Item) -> Result<(), Error> {
    let now = table.now();
    let product = Product {
        id: id(place),
        store_id: id(0),
        category_id: id(item.category),
        name: item.name.parse()?,
        description: Some(item.description.parse()?),
        sku: None,
        price: None,
        options: Options::default(),
        next_place: Some(Place::FIRST),
        edits: 0,
        brand: Some("Lamplight".parse()?),
        is_active: true,
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut assortment = Assortment::new(product);
    let wrong =
        |refused: VariantsRefused| Error::Refused { what: item.name.clone(), why: format!("{refused:?}") };
    assortment.change_options(&options(item)?, &NamedValues::new()).map_err(wrong)?;
    assortment.add(variants(item)?).map_err(wrong)?;
    let page = ProductPage::from(assortment.settled(1, &[]));
    made(&item.name, &table.create_product(&page).await?, &ProductCreated::Now)
}

fn options(item: &Item) -> Result<Vec<OptionChange>, Error> {
    let values = |names: &[(&str, _)]| {
        let values = names.iter().map(|(name, _)| Ok(ValueChange { id: None, name: name.parse()? }));
        values.collect::<Result<_, Error>>()
    };
    let options = item.options.iter();
    let options = options
        .map(|(name, names)| Ok(OptionChange { id: None, name: name.parse()?, values: values(names)? }));
    options.collect()
}

fn variants(item: &Item) -> Result<Vec<NewVariant>, Error> {
    let variants = item.variants.iter().map(|variant| {
        let values = variant.values.iter().map(|(name, value)| Ok((name.parse()?, value.parse()?)));
        Ok(NewVariant {
            values: values.collect::<Result<_, Error>>()?,
            ..NewVariant::plain(variant.sku.parse()?, variant.price, variant.stock)
        })
    });
    variants.collect()
}

/// An error unless `how` it ended is `now`.
fn made<T: PartialEq + Debug>(what: &str, how: &T, now: &T) -> Result<(), Error> {
    if how == now { Ok(()) } else { Err(Error::Refused { what: what.to_owned(), why: format!("{how:?}") }) }
}
