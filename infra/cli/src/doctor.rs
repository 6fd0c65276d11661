//! Checks the consistency of a shop's table by reading its indexes, within a stated budget of read units.
//!
//! The table is in use meanwhile. Anything that looks wrong is read again consistently, and is reported only
//! if it is still wrong: every write leads from one right state to another.

mod report;
mod rules;
mod stock;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use domain::Timestamp;
use domain::ids::{CategoryId, OrderId, ProductId, StoreId, UserId};
use futures_util::{StreamExt as _, TryStreamExt as _};
use table::{Audit, Due, LookTaken, OrderFile, Table, Walk};

pub use report::{Finding, Report, Rule};
use stock::Piles;

use crate::Error;

/// Orders that are read at the same time: enough to hide the latency of the table.
const AT_ONCE: usize = 8;

/// A mail that is owed for longer is reported.
const LATE: Duration = Duration::from_hours(24);

/// Reads the table and returns what is inconsistent, for at most `budget` read units and one page more. Calls
/// `progress` with the state so far.
pub async fn examine(table: &Table, budget: u64, progress: impl Fn(&Report)) -> Result<Report, Error> {
    let mut visit = Visit {
        audit: Audit::new(table),
        now: table.now(),
        budget,
        progress,
        report: Report::new(budget),
        piles: Piles::default(),
        seen: HashSet::new(),
        stores: BTreeSet::new(),
        cut_off: false,
    };
    visit.look(table).await?;
    visit.report.finished = !visit.cut_off;
    visit.report.used = visit.audit.used();
    Ok(visit.report)
}

struct Visit<P> {
    audit: Audit,
    now: Timestamp,
    budget: u64,
    progress: P,
    report: Report,
    piles: Piles,
    /// The orders that were read.
    seen: HashSet<OrderId>,
    /// The stores that have a part in one of them.
    stores: BTreeSet<StoreId>,
    /// Whether the budget was not sufficient.
    cut_off: bool,
}

impl<P: Fn(&Report)> Visit<P> {
    /// Reads each list in turn.
    async fn look(&mut self, table: &Table) -> Result<(), Error> {
        // Stock is read before orders. An order that is placed meanwhile is newer than the stock that was
        // read, and can be recognised by its time.
        let mut products = Audit::products();
        while let Some(page) = self.page(&mut products).await? {
            self.products(table, page).await?;
        }
        let mut orders = Audit::orders();
        while let Some(page) = self.page(&mut orders).await? {
            self.orders(page).await?;
        }
        let mut due = Audit::due();
        while let Some(page) = self.page(&mut due).await? {
            let orders = page.into_iter().filter_map(|due| match due {
                Due::Order(id) => Some(id),
                Due::User(_) | Due::Erasure(_) => None,
            });
            self.named(orders, "the due index", Report::due).await?;
        }
        for store in self.stores.clone() {
            let mut orders = Audit::orders_of(store);
            while let Some(page) = self.page(&mut orders).await? {
                self.named(page, "its seller's list", Report::pointers).await?;
            }
        }
        let mut users = Audit::users();
        while let Some(page) = self.page(&mut users).await? {
            self.users(page).await?;
        }
        let mut categories = Audit::categories();
        while let Some(page) = self.page(&mut categories).await? {
            self.names(page.iter().map(|it| {
                let held = [&it.look_key, &it.second_look_key];
                rules::of_name(it.id, &it.name, held)
            }));
        }
        if !self.cut_off {
            // Half a walk knows only half of the sales.
            self.report.findings.extend(self.piles.judge());
        }
        Ok(())
    }

    /// The next page, while the budget lasts.
    async fn page<T>(&mut self, walk: &mut Walk<T>) -> Result<Option<Vec<T>>, Error> {
        self.report.used = self.audit.used();
        (self.progress)(&self.report);
        if self.audit.used() < self.budget {
            return Ok(self.audit.next(walk).await?);
        }
        self.cut_off |= !walk.is_over();
        Ok(None)
    }

    async fn products(&mut self, table: &Table, ids: Vec<ProductId>) -> Result<(), Error> {
        let Self { audit, .. } = self;
        let files = futures_util::stream::iter(ids).map(async |id| {
            let first = audit.product(id).await?;
            let mut findings = rules::of_product(id, &first);
            if !findings.is_empty() {
                still(&mut findings, &rules::of_product(id, &audit.product(id).await?));
            }
            Ok::<_, Error>((first, table.now(), findings))
        });
        let files: Vec<_> = files.buffer_unordered(AT_ONCE).try_collect().await?;
        for (file, read_at, findings) in files {
            self.report.products += 1;
            self.report.findings.extend(findings);
            self.piles.put(&file, read_at);
        }
        Ok(())
    }

    async fn orders(&mut self, ids: Vec<OrderId>) -> Result<(), Error> {
        let Self { audit, now, .. } = self;
        let files = futures_util::stream::iter(ids).map(async |id| {
            let first = audit.order(id).await?;
            let (file, findings) = judge(audit, id, first, *now).await?;
            Ok::<_, Error>((id, file, findings))
        });
        let files: Vec<_> = files.buffer_unordered(AT_ONCE).try_collect().await?;
        for (id, file, findings) in files {
            self.report.orders += 1;
            self.report.findings.extend(findings);
            self.piles.sell(&file);
            self.stores.extend(file.head.iter().flat_map(|head| head.fulfilments.keys()));
            self.seen.insert(id);
        }
        Ok(())
    }

    /// Orders that another index than the list of all orders names: each has to exist.
    async fn named(
        &mut self,
        ids: impl IntoIterator<Item = OrderId>,
        by: &str,
        count: fn(&mut Report) -> &mut u64,
    ) -> Result<(), Error> {
        for id in ids {
            *count(&mut self.report) += 1;
            if !self.seen.insert(id) {
                continue;
            }
            // It was placed since, or the list lacks it.
            let first = self.audit.order_now(id).await?;
            let (file, mut findings) = judge(&self.audit, id, first, self.now).await?;
            if file.snapshot.is_none() && file.head.is_none() {
                let charged = self.audit.payment(id).await?.is_some_and(|entry| entry == "captured");
                let charged = if charged { ", and its buyer has paid" } else { "" };
                let detail = format!("{by} names it, and it is not there{charged}");
                findings = vec![Finding::new(Rule::Parts, id, detail)];
            }
            self.report.findings.extend(findings);
        }
        Ok(())
    }

    fn names(&mut self, findings: impl Iterator<Item = Option<Finding>>) {
        for finding in findings {
            self.report.names += 1;
            self.report.findings.extend(finding);
        }
    }

    async fn users(&mut self, ids: Vec<UserId>) -> Result<(), Error> {
        let (users, unreadable) = self.audit.users_of(&ids).await?;
        self.report.users += (users.len() + unreadable.len()) as u64;
        let unreadable = unreadable.into_iter();
        let unreadable = unreadable.map(|(id, cause)| Finding::new(Rule::Readable, id, cause));
        self.report.findings.extend(unreadable);
        let stores: Vec<_> = users.iter().filter_map(|user| user.store_id).collect();
        let stores = self.audit.stores_of(&stores).await?;
        self.names(stores.iter().map(|it| {
            let held = [&it.look_key, &it.second_look_key];
            rules::of_name(it.id, &it.name, held)
        }));
        for user in users {
            let late = user.owed.iter().filter(|(_, owed)| self.now.since(owed.since) > LATE);
            let late =
                late.map(|(mail, owed)| format!("the mail {} is owed since {}", mail.kind(), owed.since));
            self.report.findings.extend(late.map(|detail| Finding::new(Rule::Mails, user.id, detail)));
        }
        Ok(())
    }
}

/// Takes the missing look keys that the findings of the rule [`Rule::Names`] report, and passes on each
/// result. Each is one transaction, on condition that the store or category has not changed since it was
/// read. Nothing else is written.
pub async fn repair(
    table: &Table,
    findings: &[Finding],
    mut tell: impl FnMut(&Finding, LookTaken),
) -> Result<(), Error> {
    for finding in findings.iter().filter(|finding| finding.rule == Rule::Names) {
        let taken = match (finding.subject.parse::<StoreId>(), finding.subject.parse::<CategoryId>()) {
            (Ok(id), _) => table.take_look_of_store(id).await?,
            (_, Ok(id)) => table.take_look_of_category(id).await?,
            _ => continue,
        };
        tell(finding, taken);
    }
    Ok(())
}

/// What is wrong with an order, and still wrong in a second read; and the order as read last.
async fn judge(
    audit: &Audit,
    id: OrderId,
    first: OrderFile,
    now: Timestamp,
) -> Result<(OrderFile, Vec<Finding>), Error> {
    let mut findings = findings(audit, id, &first, now).await?;
    if !findings.iter().any(|finding| finding.rule.is_breach()) {
        return Ok((first, findings));
    }
    let second = audit.order_now(id).await?;
    still(&mut findings, &self::findings(audit, id, &second, now).await?);
    Ok((second, findings))
}

async fn findings(
    audit: &Audit,
    id: OrderId,
    file: &OrderFile,
    now: Timestamp,
) -> Result<Vec<Finding>, Error> {
    let mut findings = rules::of_order(id, file, now);
    if let (Some(head), None) = (&file.head, &file.contact) {
        // Only a buyer whose account is deleted may have no contact.
        if audit.is_user(head.shopper).await? {
            findings.push(Finding::new(
                Rule::Parts,
                id,
                "its contact is missing, but its buyer is not deleted",
            ));
        }
    }
    Ok(findings)
}

/// Keeps the findings of both reads.
fn still(findings: &mut Vec<Finding>, again: &[Finding]) {
    findings.retain(|finding| again.iter().any(|other| other.rule == finding.rule));
}
