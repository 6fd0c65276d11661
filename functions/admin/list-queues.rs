//! `GET /admin/queues`: how the queues of the chain are, and what was given up in each.

use api::code::{FORBIDDEN, UNAUTHENTICATED};
use api::{Endpoint, Page, Problem, Reply, Request, Result, Schema, Who};
use domain::Timestamp;
use providers::Queues;
use providers::dead_letters::{Depth, Letter, MOST_QUEUES, State};
use serde::Serialize;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/queues")
    .who(Who::Admin)
    .answers::<Vec<QueueBody>>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, list_queues);
}

/// One queue. All counts may be a minute old.
#[derive(Serialize, Schema)]
pub struct QueueBody {
    name: &'static str,
    /// Messages that wait for a worker.
    visible: u64,
    /// Messages that a worker has, or that are to be shown again.
    in_flight: u64,
    /// Messages whose time has not come.
    delayed: u64,
    /// Messages that were given up after 5 tries.
    given_up: u64,
    /// Up to 10 of those, in no order.
    dead_letters: Vec<DeadLetterBody>,
}

#[derive(Serialize, Schema)]
struct DeadLetterBody {
    id: String,
    /// The beginning of the message, which names an order or a user.
    body: String,
    /// What the message is part of: one search in the logs for it shows the whole story.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// How often it was shown, here too.
    receive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    /// Why the last try failed. Not there when the worker was killed over it, or out of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// A message of ours is shorter than this; of what is not ours, no more is shown.
const SHOWN_BODY: usize = 256;

/// To look at dead letters hides them from nobody.
pub async fn list_queues((table, queues): &(Table, Queues), request: Request) -> Result {
    request.admin(table).await?;
    let states = queues.states().await.map_err(Problem::try_again)?;
    let letters = states.iter().flat_map(|state| &state.letters);
    let ids: Vec<_> = letters.map(|letter| letter.id.clone()).collect();
    let mut reasons = table.dead_letter_reasons(&ids).await?;

    let queues = states.into_iter().map(|State { name, depth, given_up, letters }| {
        let letters = letters.into_iter().map(|letter| {
            let Letter { id, body, request_id, receive_count, sent_at } = letter;
            let body = body.get(..body.floor_char_boundary(SHOWN_BODY)).unwrap_or_default().to_owned();
            let reason = reasons.remove(&id);
            DeadLetterBody { id, body, request_id, receive_count, sent_at, reason }
        });
        let Depth { visible, in_flight, delayed } = depth;
        let given_up = given_up.visible + given_up.in_flight + given_up.delayed;
        QueueBody { name, visible, in_flight, delayed, given_up, dead_letters: letters.collect() }
    });
    let queues: Vec<_> = queues.collect();
    Reply::page(&queues, Page { limit: MOST_QUEUES, next_cursor: None })
}
