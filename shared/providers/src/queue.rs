//! Publishes messages to the queues.

use std::marker::PhantomData;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use aws_sdk_sqs::types::{
    MessageAttributeValue, MessageSystemAttributeNameForSends as TraceName, MessageSystemAttributeValue,
};
use domain::ids::OrderId;
use domain::messages::{
    DeliverParcel, EraseUser, Message, PackOrder, SendMail, ShipParcel, TakePayment, VERSION,
};
use domain::orders::debt::Debt;
use domain::orders::{Mail, OrderHead};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::Unavailable;
use crate::trace::Trace;

/// The longest delay of a message in SQS.
pub const MOST_DELAY: Duration = Duration::from_mins(15);

/// A queue of messages of one kind.
pub struct Queue<M> {
    client: Client,
    url: String,
    kind: PhantomData<fn(M)>,
}

/// The body of a message: the message, and the version of its form.
#[derive(Debug, Serialize, Deserialize)]
pub struct Envelope<M> {
    /// The form's version.
    pub v: u32,
    /// The message.
    #[serde(flatten)]
    pub message: M,
}

impl<M: Message> Queue<M> {
    /// The queue at this URL.
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url, kind: PhantomData }
    }

    /// Publishes a message at once.
    pub async fn send(&self, message: M) -> Result<(), Unavailable> {
        self.send_after(message, Duration::ZERO).await
    }

    /// Publishes messages at once, in any order. After an error some of them may be published.
    pub async fn send_all(&self, messages: impl IntoIterator<Item = M>) -> Result<(), Unavailable> {
        try_join_all(messages.into_iter().map(|message| self.send(message))).await.map(drop)
    }

    /// Tries to publish a message now. A failure is only logged, so the message must be one that may be lost:
    /// a debt on record brings it again, because the sweeper finds the debt overdue.
    pub async fn try_send(&self, message: M) {
        if let Err(error) = self.send(message).await {
            tracing::warn!(queue = M::QUEUE, %error, "not published; if owed, the sweeper publishes it");
        }
    }

    /// Publishes a message that is first shown after `delay`, or after SQS's 15 minutes if that is shorter. A
    /// worker that gets it too early sends it again with the rest of the delay.
    pub async fn send_after(&self, message: M, delay: Duration) -> Result<(), Unavailable> {
        let unavailable = |cause: String| Unavailable::new(M::QUEUE, cause);
        let body = serde_json::to_string(&Envelope { v: VERSION, message })
            .map_err(|e| unavailable(e.to_string()))?;
        let mut send = self.client.send_message().queue_url(&self.url).message_body(body);
        let seconds = delay.min(MOST_DELAY).as_millis().div_ceil(1000);
        if seconds > 0 {
            send = send.delay_seconds(i32::try_from(seconds).unwrap_or(i32::MAX));
        }
        if let Some(Trace { request_id, header }) = Trace::current() {
            let id = MessageAttributeValue::builder().data_type("String").string_value(request_id).build();
            send = send.message_attributes("request_id", id.map_err(|e| unavailable(e.to_string()))?);
            if let Some(header) = header {
                let value = MessageSystemAttributeValue::builder().data_type("String").string_value(header);
                let value = value.build().map_err(|e| unavailable(e.to_string()))?;
                send = send.message_system_attributes(TraceName::AwsTraceHeader, value);
            }
        }
        send.send().await.map_err(|error| unavailable(DisplayErrorContext(error).to_string()))?;
        Ok(())
    }
}

impl Queue<SendMail> {
    /// Asks for the owed mails of these kinds about an order.
    pub async fn send_owed(
        &self,
        head: &OrderHead,
        wanted: impl Fn(Mail) -> bool,
    ) -> Result<(), Unavailable> {
        let mails = head.owed.keys().copied().filter(|mail| wanted(*mail));
        self.send_all(mails.map(|mail| SendMail::Order { order: head.id, mail })).await
    }
}

/// All queues that the sweeper can send reminders to.
pub struct Chain {
    /// To `take-payment`.
    pub payments: Queue<TakePayment>,
    /// To `pack-order`.
    pub warehouse: Queue<PackOrder>,
    /// To `ship-parcel`.
    pub shipping: Queue<ShipParcel>,
    /// To `deliver-parcel`.
    pub delivery: Queue<DeliverParcel>,
    /// To `send-mail`.
    pub notifications: Queue<SendMail>,
    /// To `erase-user`.
    pub erasures: Queue<EraseUser>,
}

impl Chain {
    /// Publishes the message for this debt of an order. Debts that only time brings on have none.
    pub async fn remind(&self, order: OrderId, debt: Debt) -> Result<(), Unavailable> {
        match debt {
            Debt::Payment | Debt::Settlement => self.payments.send(TakePayment { order }).await,
            Debt::Packing(store) => self.warehouse.send(PackOrder { order, store }).await,
            Debt::Shipping(store) | Debt::Label(store) => {
                self.shipping.send(ShipParcel { order, store }).await
            }
            Debt::Handover(store) | Debt::Delivery(store) => {
                self.delivery.send(DeliverParcel { order, store }).await
            }
            Debt::Mail(mail) => self.notifications.send(SendMail::Order { order, mail }).await,
            Debt::Expiry | Debt::Completion(_) | Debt::Seller(_) => Ok(()),
        }
    }
}
