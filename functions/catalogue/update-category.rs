//! `PUT /categories/{id}`: rename or move a category.

use api::code::{FORBIDDEN, NAME_TAKEN, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR, VERSION_MISMATCH};
use api::view::CategoryBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::catalogue::Category;
use domain::ids::CategoryId;
use domain::invalid::INVALID;
use domain::text::Name;
use serde::Deserialize;
use table::{CategoryChanged, Table};

pub const ENDPOINT: Endpoint = Endpoint::put("/api/v1/categories/{id}")
    .who(Who::Admin)
    .takes::<CategoryEntry>()
    .answers::<CategoryBody>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, NAME_TAKEN, VERSION_MISMATCH]);

pub fn main() {
    lambda::run(ENDPOINT, update_category);
}

/// The request body: the whole category.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct CategoryEntry {
    name: Name,
    /// Without a parent it is at the top.
    parent_id: Option<CategoryId>,
}

/// Names are unique. A parent must exist, and must not be below the category itself.
pub async fn update_category(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let id: CategoryId = request.param("id", "category")?;
    let CategoryEntry { name, parent_id } = request.json()?;
    let now = table.now();
    let changed = table.change_category(id, |seen| {
        request.if_match(seen.version)?;
        Ok::<_, Problem>(Category { name: name.clone(), parent_id, updated_at: now, ..seen })
    });
    match changed.await?? {
        CategoryChanged::Now(changed) => {
            let version = changed.version;
            Reply::ok(&CategoryBody::from(changed))?.etag(version)
        }
        CategoryChanged::Missing => Err(Problem::missing("category")),
        CategoryChanged::NameTaken => Err(Problem::name_taken()),
        CategoryChanged::MissingParent => Err(Problem::unknown("parent_id", "category")),
        CategoryChanged::Misplaced => {
            let misplaced = "must not be this category or below it, nor 20 levels deep";
            Err(Problem::invalid("parent_id", &Invalid::new(INVALID, misplaced)))
        }
    }
}
