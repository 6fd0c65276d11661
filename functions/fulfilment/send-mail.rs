//! Send a mail that is owed.   notifications → send-mail

use std::time::Duration;

use api::account::new_link;
use domain::account::Notice;
use domain::ids::{OrderId, UserId};
use domain::messages::SendMail;
use domain::money::Money;
use domain::orders::{Mail, OrderContact, OrderHead, OrderSnapshot};
use lambda::{Retry, Visibility, Worker};
use providers::Mailer;
use serde::Serialize;
use table::{Order, Table};

/// Mails wait in the queue while they are switched off.
pub const TRIGGER: Worker = Worker::new().enabled_when("MailsAreOn");

pub fn main() {
    lambda::run(TRIGGER, send_mail);
}

/// Claims the mail, sends it, and records it as sent. A second copy goes out only if the process dies between
/// the last two.
pub async fn send_mail(
    (table, mailer, visibility): &(Table, Mailer, Visibility),
    message: SendMail,
) -> Result<(), Retry> {
    // 50 s of the 60 s for which the message is hidden: after a crash, the worker that gets the message next
    // can claim the mail.
    let claim = visibility.0 * 5 / 6;
    match message {
        SendMail::Order { order, mail } => about_order(table, mailer, claim, order, mail).await,
        SendMail::User { user, mail } => to_user(table, mailer, claim, user, mail).await,
    }
}

async fn about_order(
    table: &Table,
    mailer: &Mailer,
    claim: Duration,
    id: OrderId,
    mail: Mail,
) -> Result<(), Retry> {
    let until = table.now() + claim;
    let (claimed, order) = tokio::join!(table.claim_mail(id, mail, until), table.order_to_show(id));
    let Some(head) = claimed? else {
        // The mail is sent already, or another worker has claimed it.
        let head = table.order_head(id).await?.ok_or(Retry::Missing("order"))?;
        return if head.owed.contains_key(&mail) { Err(Retry::Busy) } else { Ok(()) };
    };
    // A missing contact is either erased or not replicated yet. Only a consistent read knows.
    let order = match order? {
        Some(order) if order.contact.is_some() => Some(order),
        _ => table.order_now(id).await?,
    };
    let Order { snapshot, contact, .. } = order.ok_or(Retry::Missing("order"))?;
    // An erased contact gets no more mails.
    if let Some(contact) = contact {
        let letter = mailer.write(mail.kind(), Facts::of(&snapshot, &head, &contact, mail))?;
        mailer.send(&contact.email, &letter).await?;
    }
    Ok(table.order_mail_sent(id, mail).await?)
}

/// Makes the link together with the mail, so that only the reader of the mail has its token. A second copy of
/// the mail has a new link, and the link of the first copy stops working.
async fn to_user(
    table: &Table,
    mailer: &Mailer,
    claim: Duration,
    id: UserId,
    notice: Notice,
) -> Result<(), Retry> {
    let now = table.now();
    let link = notice.link().map(|(purpose, life)| Ok((purpose, new_link(id, now + life)?)));
    let (token, link) =
        link.transpose().map_err(Retry::Table)?.map(|(to, (token, link))| (token, (to, link))).unzip();
    let link = link.as_ref().map(|(purpose, link)| (*purpose, link));
    let Some(user) = table.claim_notice(id, notice, now + claim, link).await? else {
        let user = table.user_now(id).await?;
        let owed = user.is_some_and(|user| user.owed.contains_key(&notice));
        return if owed { Err(Retry::Busy) } else { Ok(()) };
    };
    let elsewhere = user.owed.get(&notice).and_then(|owed| owed.to.as_ref());
    let facts = Greeting { name: user.name.as_str(), token, email: user.email.as_str() };
    let letter = mailer.write(notice.kind(), facts)?;
    mailer.send(elsewhere.unwrap_or(&user.email), &letter).await?;
    Ok(table.notice_sent(&user, notice).await?)
}

/// The values in the mails about an account.
#[derive(Serialize)]
struct Greeting<'a> {
    name: &'a str,
    token: Option<String>,
    /// The address that signs in.
    email: &'a str,
}

/// The values in the mails about an order.
#[derive(Serialize)]
struct Facts {
    name: String,
    number: String,
    order_id: String,
    lines: Vec<Line>,
    totals: Totals,
    tracking_number: String,
    estimate: String,
}

#[derive(Serialize)]
struct Line {
    quantity: u32,
    name: String,
    sku: String,
    total: String,
}

#[derive(Serialize)]
struct Totals {
    subtotal: String,
    discount: Option<String>,
    tax: String,
    shipping: String,
    total: String,
}

impl Facts {
    fn of(snapshot: &OrderSnapshot, head: &OrderHead, contact: &OrderContact, mail: Mail) -> Self {
        let money = |amount| Money { amount, currency: snapshot.currency }.to_string();
        let part = mail.store().and_then(|store| head.fulfilments.get(&store));
        let lines =
            snapshot.lines.iter().filter(|line| mail.store().is_none_or(|store| store == line.store_id));
        let lines = lines.map(|line| Line {
            quantity: line.quantity,
            name: line.title(),
            sku: line.sku.to_string(),
            total: money(line.price.saturating_mul(i64::from(line.quantity))),
        });
        let estimate = part.and_then(|part| part.estimate).map(|at| at.to_string());
        Self {
            name: contact.name.to_string(),
            number: snapshot.number.clone(),
            order_id: snapshot.id.to_string(),
            lines: lines.collect(),
            totals: Totals {
                subtotal: money(snapshot.totals.subtotal),
                discount: (snapshot.totals.discount != 0).then(|| money(snapshot.totals.discount)),
                tax: money(snapshot.totals.tax),
                shipping: money(snapshot.totals.shipping),
                total: money(snapshot.totals.total),
            },
            tracking_number: part.and_then(|part| part.tracking_number.clone()).unwrap_or_default(),
            // The day, without the time.
            estimate: estimate.and_then(|at| at.get(..10).map(str::to_owned)).unwrap_or_default(),
        }
    }
}
