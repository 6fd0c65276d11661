//! `DELETE /admin/users/{id}`: delete an account.

use api::account::{credential, delete};
use api::code::{FORBIDDEN, LAST_ADMIN, NOT_FOUND, OPEN_ORDERS, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::UserId;
use domain::messages::EraseUser;
use providers::Queue;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/admin/users/{id}").who(Who::Admin).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    LAST_ADMIN,
    OPEN_ORDERS,
]);

pub fn main() {
    lambda::run(ENDPOINT, delete_user);
}

/// The effect is the same as if the user had deleted it.
pub async fn delete_user((table, erasures): &(Table, Queue<EraseUser>), request: Request) -> Result {
    request.admin(table).await?;
    let id: UserId = request.param("id", "user")?;
    let user = table.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    let credential = credential(table, &user).await?;
    delete(table, &user, &credential).await?;
    erasures.try_send(EraseUser::all_of(id)).await;
    Ok(Reply::no_content())
}
