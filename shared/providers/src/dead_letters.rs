//! Looking after the chain: how much waits in its queues, what was given up, and giving that another chance.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use domain::Timestamp;
use futures_util::future::{join_all, try_join, try_join_all};

use crate::Unavailable;

/// The most queues that there are.
pub const MOST_QUEUES: u32 = 20;
/// The most dead letters of a queue that are shown: what SQS gives in one call.
pub const MOST_SHOWN: i32 = 10;
/// The most dead letters that one call moves: it has 10 seconds, and each round of 10 takes three calls.
pub const MOST_MOVED: usize = 100;
/// How long a dead letter is hidden while it is moved. Whoever dies over it leaves it to the next redrive.
const HIDDEN_SECONDS: i32 = 30;
/// Long enough to ask all of SQS's servers; a short poll asks some of them, and may miss the few letters
/// there are.
const WAIT_SECONDS: i32 = 1;

/// Where one queue of the chain and its dead letters are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The queue's name.
    pub name: &'static str,
    /// The queue's URL.
    pub queue: String,
    /// The URL of the queue of its dead letters.
    pub dead_letters: String,
}

/// All queues of the chain, for who operates them.
pub struct Queues {
    client: Client,
    places: Vec<Place>,
}

/// How many messages a queue holds; SQS's counts are about a minute behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Waiting.
    pub visible: u64,
    /// In somebody's hand, or waiting to be shown again.
    pub in_flight: u64,
    /// Sent with a delay that has not passed.
    pub delayed: u64,
}

/// How one queue is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its name.
    pub name: &'static str,
    /// What waits.
    pub depth: Depth,
    /// How many messages were given up.
    pub given_up: Depth,
    /// Some of those, in no order.
    pub letters: Vec<Letter>,
}

/// A message that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The id that it had in its queue, too.
    pub id: String,
    /// What it says.
    pub body: String,
    /// The request that it is part of, if that is known.
    pub request_id: Option<String>,
    /// How often it was shown, to workers and to who looks at it here.
    pub receive_count: u32,
    /// When it was sent first.
    pub sent_at: Option<Timestamp>,
}

/// What a redrive has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// How many messages are back in their queue.
    pub moved: usize,
    /// Whether some are left.
    pub more: bool,
}

impl Queues {
    /// The queues at these places.
    pub fn new(client: Client, places: Vec<Place>) -> Self {
        Self { client, places }
    }

    /// How every queue is, in the order of the chain.
    pub async fn states(&self) -> Result<Vec<State>, Unavailable> {
        try_join_all(self.places.iter().map(|place| self.state(place))).await
    }

    /// The letters that are looked at are visible to everybody else meanwhile: who looks holds up no redrive.
    /// Their receive counts rise, by which nothing goes: dead letters are not given up again.
    async fn state(&self, place: &Place) -> Result<State, Unavailable> {
        let depths = try_join(self.depth(&place.queue), self.depth(&place.dead_letters));
        let (depth, given_up) = depths.await?;
        let letters = match given_up.visible {
            0 => Vec::new(),
            _ => self.receive(&place.dead_letters, 0).await?,
        };
        Ok(State { name: place.name, depth, given_up, letters: letters.iter().map(Letter::of).collect() })
    }

    async fn depth(&self, url: &str) -> Result<Depth, Unavailable> {
        let names = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            QueueAttributeName::ApproximateNumberOfMessagesDelayed,
        ];
        let asked = self.client.get_queue_attributes().queue_url(url);
        let asked = asked.set_attribute_names(Some(names.to_vec())).send().await.map_err(unavailable)?;
        let counts = asked.attributes.unwrap_or_default();
        let [visible, in_flight, delayed] =
            names.map(|name| counts.get(&name).and_then(|count| count.parse().ok()).unwrap_or_default());
        Ok(Depth { visible, in_flight, delayed })
    }

    async fn receive(&self, url: &str, hidden: i32) -> Result<Vec<Message>, Unavailable> {
        let receive = self.client.receive_message().queue_url(url).max_number_of_messages(MOST_SHOWN);
        let receive = receive
            .visibility_timeout(hidden)
            .wait_time_seconds(WAIT_SECONDS)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp);
        Ok(receive.send().await.map_err(unavailable)?.messages.unwrap_or_default())
    }

    /// Moves the dead letters of the queue of this name back to it, with their attributes, up to
    /// [`MOST_MOVED`]; none when there is no such queue. Each is sent first and deleted then: who dies
    /// between leaves it in both, and the chain takes a message twice.
    pub async fn redrive(&self, name: &str) -> Result<Option<Redriven>, Unavailable> {
        let Some(place) = self.places.iter().find(|place| place.name == name) else { return Ok(None) };
        let mut done = Redriven::default();
        while done.moved < MOST_MOVED {
            let letters = self.receive(&place.dead_letters, HIDDEN_SECONDS).await?;
            if letters.is_empty() {
                // Whoever redrives beside us, or died over it, hides some for a while.
                let left = self.depth(&place.dead_letters).await?;
                done.more |= left.visible + left.in_flight > 0;
                return Ok(Some(done));
            }
            for moved in join_all(letters.into_iter().map(|letter| self.put_back(place, letter))).await {
                match moved {
                    Ok(()) => done.moved += 1,
                    // It is shown again when its time is over; what was moved is moved.
                    Err(error) => {
                        tracing::warn!(queue = place.name, %error, "a dead letter stays");
                        done.more = true;
                    }
                }
            }
        }
        Ok(Some(Redriven { more: true, ..done }))
    }

    async fn put_back(&self, place: &Place, letter: Message) -> Result<(), Unavailable> {
        let send = self.client.send_message().queue_url(&place.queue).set_message_body(letter.body);
        send.set_message_attributes(letter.message_attributes).send().await.map_err(unavailable)?;
        let delete = self.client.delete_message().queue_url(&place.dead_letters);
        delete.set_receipt_handle(letter.receipt_handle).send().await.map_err(unavailable).map(drop)
    }
}

impl Letter {
    fn of(message: &Message) -> Self {
        let number = |name| message.attributes.as_ref()?.get(&name)?.parse::<i64>().ok();
        let receives = number(MessageSystemAttributeName::ApproximateReceiveCount);
        let request_id = || message.message_attributes.as_ref()?.get("request_id")?.string_value.clone();
        Self {
            id: message.message_id.clone().unwrap_or_default(),
            body: message.body.clone().unwrap_or_default(),
            request_id: request_id(),
            receive_count: receives.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
            sent_at: number(MessageSystemAttributeName::SentTimestamp).map(Timestamp::from_millis),
        }
    }
}

fn unavailable(error: impl std::error::Error + 'static) -> Unavailable {
    Unavailable::new("queues", DisplayErrorContext(error).to_string())
}
