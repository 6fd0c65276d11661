//! `DELETE /categories/{id}`: delete an empty category.

use api::code::{CATEGORY_IN_USE, FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::CategoryId;
use table::{Removed, Table};

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/categories/{id}").who(Who::Admin).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    CATEGORY_IN_USE,
]);

pub fn main() {
    lambda::run(ENDPOINT, delete_category);
}

/// The category must hold no product, shown or hidden, and no other category.
pub async fn delete_category(table: &Table, request: Request) -> Result {
    request.admin(table).await?;
    let id: CategoryId = request.param("id", "category")?;
    match table.delete_category(id).await? {
        Removed::Now => Ok(Reply::no_content()),
        Removed::Missing => Err(Problem::missing("category")),
        Removed::InUse => {
            Err(Problem::new(CATEGORY_IN_USE, "This category has products or other categories."))
        }
    }
}
