//! Mails that are owed: one worker claims a mail, sends it and records it as sent. The mails to a user about
//! their account are here; an order has its mails on the head, and shares the claim.

use domain::Timestamp;
use domain::account::{Link, Notice, OwedNotice, Purpose, User};
use domain::ids::UserId;
use domain::orders::debt::RETRY_SPAN;

use crate::chart::{Due, shard};
use crate::dynamo::{Entity, Item, Key, Result, Table, Updates, Write, number, read, text, value};

impl Table {
    /// Owes a user a mail from now on. One write without a read; false when there is no such user.
    pub async fn owe_notice(&self, id: UserId, notice: Notice) -> Result<bool> {
        let now = self.now();
        self.update::<User>(&id)
            .set("owed.#mail = :owed, due = if_not_exists(due, :shard)")
            .set("due_at = if_not_exists(due_at, :at), attempts = :zero")
            .add("version :one")
            .only_if("attribute_exists(pk)")
            .name("#mail", notice.kind())
            .with(":owed", value(&OwedNotice { since: now, claimed: None, to: None })?)
            .with(":shard", text(shard(Due::User(id))))
            .with(":at", number((now + RETRY_SPAN).millis()))
            .with(":zero", number(0))
            .with(":one", number(1))
            .write()
            .await
    }

    /// Claims a mail to a user until `until`, and keeps the link that the mail will hold, if it holds one.
    /// None when the mail is not owed any more or another worker has the claim.
    pub async fn claim_notice(
        &self,
        id: UserId,
        notice: Notice,
        until: Timestamp,
        link: Option<(Purpose, &Link)>,
    ) -> Result<Option<User>> {
        let claim =
            self.claim(User::key(&id), notice.kind(), until).add("version :one").with(":one", number(1));
        let claim = match link {
            // The write itself knows the address that the mail goes to, so this needs no read before it.
            Some((Purpose::Verify, link)) => claim
                .set("verify = :link, verify_email = if_not_exists(owed.#mail.#to, email)")
                .name("#to", "to")
                .with(":link", value(link)?),
            Some((Purpose::Reset, link)) => {
                claim.set("#reset = :link").name("#reset", "reset").with(":link", value(link)?)
            }
            None => claim,
        };
        claimed(claim).await?.map(read).transpose()
    }

    /// Records the mail that was claimed with `user` as sent. A mail that is owed again since then may have
    /// another address or text, so it stays owed. A user who is owed no other mail leaves the index.
    pub async fn notice_sent(&self, user: &User, notice: Notice) -> Result<()> {
        let claimed = user.owed.get(&notice).and_then(|owed| owed.claimed).unwrap_or(self.now());
        let sent = || {
            self.update::<User>(&user.id)
                .remove("owed.#mail")
                .add("version :one")
                .only_if("owed.#mail.claimed = :claimed")
                .name("#mail", notice.kind())
                .with(":claimed", number(claimed.millis()))
                .with(":one", number(1))
        };
        // Another mail may be owed since the claim; then the condition refuses to take the user out of the
        // index.
        let was_last =
            user.owed.len() == 1 && sent().remove("due, due_at").only_if("size(owed) = :one").write().await?;
        if !was_last {
            sent().write().await?;
        }
        Ok(())
    }

    /// Puts off the next reminder of what a user is owed; `attempts` is the number of reminders so far. False
    /// when another writer was faster, or what is owed has changed.
    pub async fn remind_user(&self, user: &User, next: Option<Timestamp>, attempts: u32) -> Result<bool> {
        let seen = (user.due_at, Some(user.version));
        self.remind(User::key(&user.id), Due::User(user.id), seen, next, attempts).await
    }

    /// The claim of an owed mail, for [`claimed`]. An expired claim may be taken over.
    pub(crate) fn claim(&self, key: Key, mail: impl ToString, until: Timestamp) -> Write<'_, Updates> {
        self.update_at(key)
            .set("owed.#mail.claimed = :until")
            .only_if("attribute_exists(owed.#mail)")
            .only_if("(attribute_not_exists(owed.#mail.claimed) OR owed.#mail.claimed < :now)")
            .name("#mail", mail.to_string())
            .with(":until", number(until.millis()))
            .with(":now", number(self.now().millis()))
            .returning_new()
    }
}

/// Sends a claim, and gives the claimed item; none when the claim is refused.
pub(crate) async fn claimed(claim: Write<'_, Updates>) -> Result<Option<Item>> {
    Ok(claim.write_and_return().await?.ok())
}
