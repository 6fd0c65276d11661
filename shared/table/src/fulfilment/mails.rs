//! Mails that are owed: claimed by one worker, sent, recorded as sent. To a user about their account here;
//! orders have theirs on the head, and share the claim.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::Timestamp;
use domain::account::{Link, Notice, OwedNotice, Purpose, User};
use domain::ids::UserId;
use domain::orders::debt::RETRY_SPAN;

use crate::chart::{Due, shard};
use crate::dynamo::{Entity, Item, Key, Result, Table, failed, lost, number, read, text, value};

/// Nobody has the mail in hand; a claim that ran out may be taken over.
const UNCLAIMED: &str = "attribute_exists(owed.#mail) AND (attribute_not_exists(owed.#mail.claimed) \
                         OR owed.#mail.claimed < :now)";

impl Table {
    /// Owes a user a mail from now on, in one write, whether there is such a user or not. False when there is
    /// none.
    pub async fn owe_notice(&self, id: UserId, notice: Notice) -> Result<bool> {
        let now = self.now();
        let update = self.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(User::key(&id).into()))
            .update_expression(
                "SET owed.#mail = :owed, due = if_not_exists(due, :shard), \
                 due_at = if_not_exists(due_at, :at), \
                 attempts = :zero ADD version :one",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#mail", notice.kind())
            .expression_attribute_values(":owed", value(&OwedNotice { since: now, claimed: None, to: None })?)
            .expression_attribute_values(":shard", text(shard(Due::User(id))))
            .expression_attribute_values(":at", number((now + RETRY_SPAN).millis()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    /// Takes a mail to a user in hand until `until`, and remembers the link that stands in it, if one does.
    /// None when the mail is not owed any more or another worker has it.
    pub async fn claim_notice(
        &self,
        id: UserId,
        notice: Notice,
        until: Timestamp,
        link: Option<(Purpose, &Link)>,
    ) -> Result<Option<User>> {
        let mut set = "SET owed.#mail.claimed = :until".to_owned();
        let mut claim = self.claim(User::key(&id), notice.kind(), until);
        if let Some((purpose, link)) = link {
            set.push_str(match purpose {
                // The write itself knows where the mail goes, so nothing has to be read before it.
                Purpose::Verify => ", verify = :link, verify_email = if_not_exists(owed.#mail.#to, email)",
                Purpose::Reset => ", #reset = :link",
            });
            claim = match purpose {
                Purpose::Verify => claim.expression_attribute_names("#to", "to"),
                Purpose::Reset => claim.expression_attribute_names("#reset", "reset"),
            };
            claim = claim.expression_attribute_values(":link", value(link)?);
        }
        let claim =
            claim.update_expression(set + " ADD version :one").expression_attribute_values(":one", number(1));
        claimed(claim).await?.map(read).transpose()
    }

    /// The mail that `user` was claimed with is sent. One that is owed anew since then may go elsewhere or
    /// say something else, so it stays owed. A user who is owed nothing more leaves the index.
    pub async fn notice_sent(&self, user: &User, notice: Notice) -> Result<()> {
        let claimed = user.owed.get(&notice).and_then(|owed| owed.claimed).unwrap_or(self.now());
        let strike = || {
            let update = self.client.update_item().table_name(&*self.name);
            update
                .set_key(Some(User::key(&user.id).into()))
                .expression_attribute_names("#mail", notice.kind())
                .expression_attribute_values(":claimed", number(claimed.millis()))
                .expression_attribute_values(":one", number(1))
        };
        let last = strike()
            .update_expression("REMOVE owed.#mail, due, due_at ADD version :one")
            .condition_expression("owed.#mail.claimed = :claimed AND size(owed) = :one");
        let one_of_many = strike()
            .update_expression("REMOVE owed.#mail ADD version :one")
            .condition_expression("owed.#mail.claimed = :claimed");
        // What else is owed may have been added since the claim: the condition tells.
        for update in if user.owed.len() == 1 { vec![last, one_of_many] } else { vec![one_of_many] } {
            match update.send().await {
                Ok(_) => return Ok(()),
                Err(error) if lost(&error) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Ok(())
    }

    /// Puts off the next reminder for a user; `attempts` is how often they have been reminded. False when
    /// somebody else was faster, or what is owed has changed.
    pub async fn remind_user(&self, user: &User, next: Option<Timestamp>, attempts: u32) -> Result<bool> {
        let seen = (user.due_at, Some(user.version));
        self.remind(User::key(&user.id), Due::User(user.id), seen, next, attempts).await
    }

    /// The claim of a mail, but for what it writes; `owed.#mail.claimed = :until` is part of that.
    pub(crate) fn claim(&self, key: Key, mail: impl ToString, until: Timestamp) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&*self.name).set_key(Some(key.into()));
        update
            .condition_expression(UNCLAIMED)
            .expression_attribute_names("#mail", mail.to_string())
            .expression_attribute_values(":until", number(until.millis()))
            .expression_attribute_values(":now", number(self.now().millis()))
            .return_values(ReturnValue::AllNew)
    }
}

/// What the claimed item is; none when the claim is refused.
pub(crate) async fn claimed(claim: UpdateItemFluentBuilder) -> Result<Option<Item>> {
    match claim.send().await {
        Ok(updated) => Ok(updated.attributes),
        Err(error) if lost(&error) => Ok(None),
        Err(error) => Err(failed(error)),
    }
}
