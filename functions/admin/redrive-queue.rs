//! `POST /admin/queues/{name}/redrive`: give what a queue has given up another chance.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use providers::Queues;
use providers::dead_letters::Redriven;
use serde::Serialize;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/queues/{name}/redrive")
    .who(Who::Admin)
    .answers::<RedriveBody>(202)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, redrive_queue);
}

/// What has happened.
#[derive(Serialize, Schema)]
pub struct RedriveBody {
    /// How many messages are back in the queue: at most some 100 at a time.
    moved: usize,
    /// Whether some may be left: call again, after half a minute if none was moved.
    more: bool,
}

/// The dead letters go back to their queue and have 5 tries again. To call it twice does no harm, nor does a
/// call that was cut off: the worst is a message twice, which the chain takes.
pub async fn redrive_queue((table, queues): &(Table, Queues), request: Request) -> Result {
    let admin = request.admin(table).await?;
    let name: String = request.param("name", "queue")?;
    let redriven = queues.redrive(&name).await.map_err(Problem::try_again)?;
    let Redriven { moved, more } = redriven.ok_or_else(|| Problem::missing("queue"))?;
    tracing::info!(queue = name, moved, more, by = %admin.user.id, "redriven");
    Reply::with_status(ENDPOINT.answer.0, &RedriveBody { moved, more })
}
