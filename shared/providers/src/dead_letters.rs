//! The queues for operators: how many messages wait, which are dead-lettered, and the redrive of these.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use domain::Timestamp;
use futures_util::future::{join_all, try_join, try_join_all};

use crate::Unavailable;

/// The most queues.
pub const MOST_QUEUES: u32 = 20;
/// The most dead letters of a queue that are shown: one call to SQS returns at most 10.
pub const MOST_SHOWN: i32 = 10;
/// The most dead letters that one redrive moves. It has 10 seconds, and each round of 10 takes three calls.
pub const MOST_MOVED: usize = 100;
/// How long a dead letter is hidden while it is moved. If the redrive dies, the next one finds the letter
/// again.
const HIDDEN_SECONDS: i32 = 30;
/// A long poll asks all of SQS's servers. A short poll asks only some, and may miss a small number of
/// letters.
const WAIT_SECONDS: i32 = 1;

/// The URLs of one queue of the chain and of its dead letters.
#[derive(Clone, Debug)]
pub struct Place {
    /// The queue's name.
    pub name: &'static str,
    /// The queue's URL.
    pub queue: String,
    /// The URL of its dead-letter queue.
    pub dead_letters: String,
}

/// All queues of the chain, for operators.
pub struct Queues {
    client: Client,
    places: Vec<Place>,
}

/// The number of messages of a queue. SQS's counts lag by about a minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages that wait.
    pub visible: u64,
    /// Messages that a worker has received, and those that wait for a retry.
    pub in_flight: u64,
    /// Messages that were sent with a delay that has not passed.
    pub delayed: u64,
}

/// The state of one queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The queue's name.
    pub name: &'static str,
    /// The messages of the queue.
    pub depth: Depth,
    /// The dead letters.
    pub given_up: Depth,
    /// Some dead letters, in no order.
    pub letters: Vec<Letter>,
}

/// A dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The message's id, which is the same as in its queue.
    pub id: String,
    /// The message's body.
    pub body: String,
    /// The request that led to it, if known.
    pub request_id: Option<String>,
    /// How often it was received: by workers, and by operators who looked at it.
    pub receive_count: u32,
    /// When it was first sent.
    pub sent_at: Option<Timestamp>,
}

/// The result of a redrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redriven {
    /// The number of messages that were moved back to their queue.
    pub moved: usize,
    /// Whether some are left.
    pub more: bool,
}

impl Queues {
    /// The queues with these URLs.
    pub fn new(client: Client, places: Vec<Place>) -> Self {
        Self { client, places }
    }

    /// The states of all queues, in the order of the chain.
    pub async fn states(&self) -> Result<Vec<State>, Unavailable> {
        try_join_all(self.places.iter().map(|place| self.state(place))).await
    }

    /// The shown letters stay visible to other readers, so that looking at them does not hold up a redrive.
    /// Their receive counts rise, but nothing depends on those: a dead letter is not dead-lettered again.
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

    /// Moves dead letters back to the queue of this name, with their attributes, up to [`MOST_MOVED`]; `None`
    /// if there is no such queue. Each letter is sent first and then deleted. If the redrive dies in between,
    /// the message is in both queues; workers can take a message twice.
    pub async fn redrive(&self, name: &str) -> Result<Option<Redriven>, Unavailable> {
        let Some(place) = self.places.iter().find(|place| place.name == name) else { return Ok(None) };
        let mut done = Redriven::default();
        while done.moved < MOST_MOVED {
            let letters = self.receive(&place.dead_letters, HIDDEN_SECONDS).await?;
            if letters.is_empty() {
                // Another redrive, even one that died, hides some letters for a while.
                let left = self.depth(&place.dead_letters).await?;
                done.more |= left.visible + left.in_flight > 0;
                return Ok(Some(done));
            }
            for moved in join_all(letters.into_iter().map(|letter| self.put_back(place, letter))).await {
                match moved {
                    Ok(()) => done.moved += 1,
                    // The letter becomes visible again later. Letters that were moved stay moved.
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
