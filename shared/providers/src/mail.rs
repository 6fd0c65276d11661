//! Mails: written from templates, one folder per language, and sent through SES.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::DisplayErrorContext;
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use domain::text::Email;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde::Serialize;

use crate::Unavailable;

/// The English mails. Each has a subject, a text, and an HTML form that escapes its values.
macro_rules! templates {
    ($($kind:literal)*) => {
        [$(
            (concat!($kind, ".txt"), include_str!(concat!("../mails/en/", $kind, ".txt"))),
            (concat!($kind, ".html"), include_str!(concat!("../mails/en/", $kind, ".html"))),
        )*]
    };
}

const TEMPLATES: [(&str, &str); 22] = templates![
    "welcome" "verify" "reset" "password-changed" "email-changed" "session-revoked"
    "confirmed" "packed" "shipped" "delivered" "cancelled"
];

/// Sends the shop's mails.
pub struct Mailer {
    client: Client,
    sender: String,
    shop: String,
    templates: Environment<'static>,
}

/// A mail that cannot be written because its template is broken. A retry does not help.
#[derive(Debug, thiserror::Error)]
#[error("mail {kind}: {cause}")]
pub struct Unwritable {
    kind: String,
    cause: minijinja::Error,
}

/// A mail that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML form.
    pub html: String,
}

impl Mailer {
    /// A mailer that writes as `sender` and links to the storefront at `shop`.
    pub fn new(client: Client, sender: String, shop: String) -> Result<Self, Unwritable> {
        let mut templates = Environment::new();
        for (name, source) in TEMPLATES {
            let added = templates.add_template(name, source);
            added.map_err(|cause| Unwritable { kind: name.to_owned(), cause })?;
        }
        Ok(Self { client, sender, shop, templates })
    }

    /// Writes a mail of this kind from the facts.
    pub fn write(&self, kind: &str, facts: impl Serialize) -> Result<Letter, Unwritable> {
        let render = |form: &str| {
            let facts = Value::from(Serde(&facts));
            let facts = context! { shop => self.shop.as_str(), ..facts };
            self.templates.get_template(&format!("{kind}.{form}"))?.render(facts)
        };
        let unwritable = |cause| Unwritable { kind: kind.to_owned(), cause };
        let (text, html) = (render("txt").map_err(unwritable)?, render("html").map_err(unwritable)?);
        let (subject, text) = text.split_once("\n\n").unwrap_or(("", &text));
        Ok(Letter { subject: subject.trim().to_owned(), text: text.to_owned(), html })
    }

    /// Hands a mail to SES. If SES does not answer, the mail may have been sent, so a retry may send a second
    /// copy.
    pub async fn send(&self, to: &Email, letter: &Letter) -> Result<(), Unavailable> {
        let unavailable = |cause: String| Unavailable::new("mail", cause);
        let content = |text: &str| Content::builder().data(text).charset("UTF-8").build();
        let part = |text: &str| content(text).map_err(|error| unavailable(error.to_string()));
        let body = Body::builder().text(part(&letter.text)?).html(part(&letter.html)?).build();
        let message = Message::builder().subject(part(&letter.subject)?).body(body).build();
        let send = self.client.send_email().from_email_address(&self.sender);
        let send = send.destination(Destination::builder().to_addresses(to.as_str()).build());
        let send = send.content(EmailContent::builder().simple(message).build()).send();
        send.await.map_err(|error| unavailable(discreet(&DisplayErrorContext(error).to_string(), to)))?;
        Ok(())
    }
}

/// SES's errors name the refused address. The log must not hold it.
fn discreet(cause: &str, to: &Email) -> String {
    cause.replace(to.as_str(), "(the recipient)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_address_is_not_logged() {
        let to = "ann@example.com".parse().unwrap();
        let cause = "MessageRejected: Email address is not verified: ann@example.com";
        assert_eq!(discreet(cause, &to), "MessageRejected: Email address is not verified: (the recipient)");
    }
}
