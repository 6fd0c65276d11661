//! SES. All mails arrive in one mailbox.

use std::sync::Mutex;

use domain::Timestamp;
use serde_json::{Value, json};

use crate::answer::Answer;

/// A mail that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The addresses in `To`.
    pub to: Vec<String>,
    /// The sender.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The plain text, empty when there is none.
    pub text: String,
    /// The HTML, empty when there is none.
    pub html: String,
    /// When it was sent, by the test's clock.
    pub sent_at: Timestamp,
}

impl Mail {
    /// The token in the mail's link to this page of the storefront.
    pub fn link(&self, page: &str) -> String {
        let token = self.text.split_once(&format!("/{page}?token=")).map(|(_, rest)| rest);
        let token = token.and_then(|rest| rest.split_whitespace().next());
        token.unwrap_or_else(|| panic!("no link to {page} in: {}", self.text)).to_owned()
    }
}

#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Vec<Mail>>);

impl Mailbox {
    pub(crate) fn all(&self) -> Vec<Mail> {
        self.0.lock().unwrap().clone()
    }

    /// `SendEmail`. With `vanish` the mail is accepted and lost.
    pub(crate) fn answer(&self, operation: &str, request: &Value, now: Timestamp, vanish: bool) -> Answer {
        if operation != "SendEmail" {
            return Answer::unknown(operation);
        }
        let Some(simple) = request["Content"].get("Simple") else {
            return Answer::error(400, "BadRequestException", "testkit takes simple mails only");
        };
        let to = request["Destination"]["ToAddresses"].as_array().into_iter().flatten().map(text).collect();
        let mail = Mail {
            to,
            from: text(&request["FromEmailAddress"]),
            subject: text(&simple["Subject"]["Data"]),
            text: text(&simple["Body"]["Text"]["Data"]),
            html: text(&simple["Body"]["Html"]["Data"]),
            sent_at: now,
        };
        if mail.to.is_empty() || mail.from.is_empty() {
            return Answer::error(400, "BadRequestException", "a mail needs a sender and an addressee");
        }
        let mut mails = self.0.lock().unwrap();
        let id = format!("mail-{}", mails.len() + 1);
        if !vanish {
            mails.push(mail);
        }
        Answer::ok(json!({ "MessageId": id }))
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
