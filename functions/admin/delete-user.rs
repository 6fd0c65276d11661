//! `DELETE /admin/users/{id}`: delete somebody's account.

use api::account::{credential, delete};
use api::code::{FORBIDDEN, LAST_ADMIN, NOT_FOUND, OPEN_ORDERS, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::ids::UserId;
use domain::messages::EraseUser;
use providers::Queue;
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/admin/users/{id}").who(Who::Admin).refuses(&[
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    LAST_ADMIN,
    OPEN_ORDERS,
]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, delete_user);
}

/// As if they had done it themselves.
pub async fn delete_user((store, erasures): &(Store, Queue<EraseUser>), request: Request) -> Result {
    request.admin(store).await?;
    let id: UserId = request.param("id", "user")?;
    let user = store.user_now(id).await?.ok_or_else(|| Problem::missing("user"))?;
    let credential = credential(store, &user).await?;
    delete(store, &user, &credential).await?;
    erasures.try_send(EraseUser::all_of(id)).await;
    Ok(Reply::no_content())
}
