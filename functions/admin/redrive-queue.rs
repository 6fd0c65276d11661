//! `POST /admin/queues/{name}/redrive`: retry the dead letters of a queue.

use api::code::{FORBIDDEN, NOT_FOUND, UNAUTHENTICATED};
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use providers::Queues;
use providers::dead_letters::Redriven;
use serde::Serialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/admin/queues/{name}/redrive")
    .who(Who::Admin)
    .answers::<RedriveBody>(202)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, redrive_queue);
}

#[derive(Serialize, Schema)]
pub struct RedriveBody {
    /// How many messages were moved back to the queue: at most about 100 for each call.
    moved: usize,
    /// Whether some may be left. Then call again; if none was moved, after half a minute.
    more: bool,
}

/// The dead letters move back to their queue and get 5 new tries. Repeated and interrupted calls do no harm:
/// at worst a message is delivered twice, which the workers tolerate.
pub async fn redrive_queue((table, queues): &(Table, Queues), request: Request) -> Result {
    let admin = request.admin(table).await?;
    let name: String = request.param("name", "queue")?;
    let redriven = queues.redrive(&name).await.map_err(Problem::try_again)?;
    let Redriven { moved, more } = redriven.ok_or_else(|| Problem::missing("queue"))?;
    tracing::info!(queue = name, moved, more, by = %admin.user.id, "redriven");
    Reply::with_status(ENDPOINT.answer.0, &RedriveBody { moved, more })
}
