//! `GET /admin/queues`: the depths of the queues, and their dead letters.

use api::code::{FORBIDDEN, UNAUTHENTICATED};
use api::{Endpoint, Page, Problem, Reply, Request, Result, Schema, Who};
use domain::Timestamp;
use providers::Queues;
use providers::dead_letters::{Depth, Letter, MOST_QUEUES, State};
use serde::Serialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::get("/api/v1/admin/queues")
    .who(Who::Admin)
    .answers::<Vec<QueueBody>>(200)
    .refuses(&[UNAUTHENTICATED, FORBIDDEN]);

pub fn main() {
    lambda::run(ENDPOINT, list_queues);
}

/// A queue. All counts may be a minute old.
#[derive(Serialize, Schema)]
pub struct QueueBody {
    name: &'static str,
    /// Messages that wait for a worker.
    visible: u64,
    /// Messages that a worker has received, and those that wait for a retry.
    in_flight: u64,
    /// Delayed messages whose time has not come.
    delayed: u64,
    /// Messages that were dead-lettered after 5 tries.
    given_up: u64,
    /// Up to 10 dead letters, in no order.
    dead_letters: Vec<DeadLetterBody>,
}

#[derive(Serialize, Schema)]
struct DeadLetterBody {
    id: String,
    /// The beginning of the message, which names an order or a user.
    body: String,
    /// The request that led to the message. A search for it in the logs shows all that happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// How often it was received, including reads by this endpoint.
    receive_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Timestamp>,
    /// Why the last try failed. Absent if the worker was killed or ran out of time.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The most characters of a message that are shown. Our own messages are shorter.
const SHOWN_BODY: usize = 256;

/// Looking at dead letters does not hide them from other readers.
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
    Reply::page(&queues, Page { limit: MOST_QUEUES, next_cursor: None, total: None })
}
