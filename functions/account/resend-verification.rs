//! `POST /auth/email/resend`: send the link that proves an address again.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Problem, Reply, Request, Result, Who};
use domain::account::{Notice, User};
use domain::messages::SendMail;
use providers::Queue;
use table::Table;

pub const ENDPOINT: Endpoint =
    Endpoint::post("/api/v1/auth/email/resend").who(Who::Buyer).accepts().refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, resend_verification);
}

/// The link goes to the pending address, or else to the present one. The previous link stops working. A user
/// whose address is verified gets no mail.
pub async fn resend_verification((table, mails): &(Table, Queue<SendMail>), request: Request) -> Result {
    let buyer = request.buyer(table).await?;
    request.attempt_as(table, buyer.id).await?;
    let now = table.now();
    let owing = |user: User| match user.pending_email.clone() {
        None if user.email_verified => Err(()),
        to => Ok(user.owing(Notice::Verify, to, now)),
    };
    let owed = table.change_user(buyer.id, owing).await?;
    if owed.ok_or_else(|| Problem::unauthenticated("no such user"))?.is_ok() {
        mails.try_send(SendMail::User { user: buyer.id, mail: Notice::Verify }).await;
    }
    Ok(Reply::accepted())
}
