//! `GET /`: the shop's front page.

use api::view::ListingBody;
use api::{Endpoint, Request, Result};
use domain::catalogue::Category;
use domain::ids::CategoryId;
use futures_util::future::try_join;
use serde::Serialize;
use table::{Shelf, Table, Wanted};

pub const ENDPOINT: Endpoint = Endpoint::page("/", face::problem);

pub fn main() {
    lambda::run(ENDPOINT, page_home);
}

/// The most categories of which the departments are made, and the newest products.
const MOST_CATEGORIES: u32 = 200;
const NEWEST: u32 = 12;
/// The names of categories below a department.
const NAMED: usize = 5;

#[derive(Serialize)]
struct Home {
    departments: Vec<Department>,
    newest: Vec<ListingBody>,
}

#[derive(Serialize)]
struct Department {
    id: CategoryId,
    name: String,
    children: Vec<String>,
}

/// Departments are the categories at the top of the tree.
pub async fn page_home(table: &Table, request: Request) -> Result {
    let newest = Wanted::all_of(Shelf::All);
    let read = try_join(table.categories(None, MOST_CATEGORIES), table.listed(&newest, None, NEWEST));
    let (categories, newest) = read.await?;
    let newest = newest.rows.into_iter().map(|row| ListingBody::of(row, &request.deployment));
    face::page(&request, "home", Home { departments: departments(&categories), newest: newest.collect() })
}

fn departments(categories: &[Category]) -> Vec<Department> {
    let top = categories.iter().filter(|category| category.parent_id.is_none());
    let departments = top.map(|department| {
        let below = categories.iter().filter(|category| category.parent_id == Some(department.id));
        let children = below.map(|category| category.name.to_string()).take(NAMED).collect();
        Department { id: department.id, name: department.name.to_string(), children }
    });
    departments.collect()
}
