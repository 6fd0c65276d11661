//! `POST /categories`: create a category.

use api::code::{FORBIDDEN, NAME_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CategoryBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::Invalid;
use domain::catalogue::Category;
use domain::ids::CategoryId;
use domain::invalid::INVALID;
use domain::text::Name;
use serde::Deserialize;
use table::{CategoryCreated, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/categories")
    .who(Who::Admin)
    .takes::<NewCategory>()
    .answers::<CategoryBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NAME_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, create_category);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewCategory {
    name: Name,
    parent_id: Option<CategoryId>,
}

/// Names are unique. A parent must exist.
pub async fn create_category(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let new: NewCategory = request.json()?;
    let now = table.now();
    let category = Category {
        id: table.new_id()?,
        name: new.name,
        look_key: None,
        second_look_key: None,
        parent_id: new.parent_id,
        closing_until: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    match table.create_category(&category).await? {
        CategoryCreated::Now => {}
        CategoryCreated::MissingParent => return Err(Problem::unknown("parent_id", "category")),
        CategoryCreated::Misplaced => {
            let deep = Invalid::new(INVALID, "must not be 20 levels deep");
            return Err(Problem::invalid("parent_id", &deep));
        }
        CategoryCreated::NameTaken => return Err(Problem::name_taken()),
    }
    let version = category.version;
    Reply::created(&CategoryBody::from(category), "/api/v1/categories")?.etag(version)
}
