//! The rules for one order and for one product, as pure functions.

use std::collections::BTreeSet;
use std::fmt;

use domain::Timestamp;
use domain::catalogue::assortment::Assortment;
use domain::catalogue::{Product, Stock};
use domain::ids::{OrderId, ProductId};
use domain::money::Minor;
use domain::orders::debt::{Debt, LOOK_AGAIN, debts, next_debt, overdue};
use domain::orders::{OrderHead, OrderSnapshot, PaymentStatus, Status};
use domain::stores::Mode;
use domain::text::Name;
use table::{OrderFile, ProductFile};

use super::LATE;
use super::report::{Finding, Rule};

/// Everything that is wrong with an order, or late.
pub(crate) fn of_order(id: OrderId, file: &OrderFile, now: Timestamp) -> Vec<Finding> {
    let mut found: Vec<(Rule, String)> =
        file.unreadable.iter().map(|cause| (Rule::Readable, cause.clone())).collect();
    let (head, snapshot) = (file.head.as_ref(), file.snapshot.as_ref());
    if file.unreadable.is_empty() {
        for (part, missing) in [("head", head.is_none()), ("snapshot", snapshot.is_none())] {
            found.extend(missing.then(|| (Rule::Parts, format!("it has no {part}"))));
        }
    }
    found.extend(snapshot.and_then(totals).map(|wrong| (Rule::Totals, wrong)));
    found.extend(
        snapshot
            .zip(head)
            .and_then(|(snapshot, head)| parts(snapshot, head))
            .map(|wrong| (Rule::Parts, wrong)),
    );
    if let Some(head) = head {
        let pointers = file.without_pointer.iter().map(|store| format!("it is not in the list of {store}"));
        found.extend(pointers.map(|wrong| (Rule::Parts, wrong)));
        found.extend(head.contradiction().map(|wrong| (Rule::Timeline, wrong)));
        found.extend(due(head, file.is_indexed, now).map(|wrong| (Rule::Due, wrong)));
        found.extend(payment(head, file).map(|wrong| (Rule::Payment, wrong)));
        found.extend(label(head, file).map(|wrong| (Rule::Label, wrong)));
        found.extend(late(head, now));
    }
    found.into_iter().map(|(rule, detail)| Finding::new(rule, id, detail)).collect()
}

/// `total = subtotal − discount + tax + shipping`, and the subtotal is the sum of the lines.
fn totals(snapshot: &OrderSnapshot) -> Option<String> {
    let lines = snapshot.lines.iter().map(domain::orders::OrderLine::total).fold(0, Minor::saturating_add);
    let totals = snapshot.totals;
    let total = i128::from(totals.subtotal) - i128::from(totals.discount)
        + i128::from(totals.tax)
        + i128::from(totals.shipping);
    if lines != totals.subtotal {
        return Some(format!("the lines are {lines}, the subtotal is {}", totals.subtotal));
    }
    (total != i128::from(totals.total))
        .then(|| format!("it adds up to {total}, the total is {}", totals.total))
}

/// Head and snapshot belong to the same order.
fn parts(snapshot: &OrderSnapshot, head: &OrderHead) -> Option<String> {
    let stores: BTreeSet<_> = snapshot.lines.iter().map(|line| line.store_id).collect();
    if !stores.iter().eq(head.fulfilments.keys()) {
        return Some("its parts are not of the stores of its lines".to_owned());
    }
    if (snapshot.shopper, snapshot.placed_at) != (head.shopper, head.placed_at) {
        return Some("head and snapshot name another buyer or time".to_owned());
    }
    let summary = (snapshot.lines.len() as u64, snapshot.totals.total);
    let shown = (u64::from(head.summary.lines), head.summary.total.amount);
    (summary != shown).then(|| format!("lists show {shown:?} lines and total, they are {summary:?}"))
}

/// Whether the sweeper finds the order in time.
fn due(head: &OrderHead, is_indexed: bool, now: Timestamp) -> Option<String> {
    match (next_debt(head), head.due_at) {
        (Some((debt, when)), _) if !is_indexed => {
            Some(format!("it owes {} from {when} on, but is not in the due index", debt.kind()))
        }
        (Some((debt, when)), Some(at)) if at > when.max(now) + LOOK_AGAIN => {
            Some(format!("it owes {} from {when} on, but is due only at {at}", debt.kind()))
        }
        (None, Some(at)) if now.since(at) > LATE => {
            Some(format!("it owes nothing, but has been due since {at}"))
        }
        _ => None,
    }
}

/// Whether the sandbox bank and the order agree about the payment.
fn payment(head: &OrderHead, file: &OrderFile) -> Option<String> {
    let owes = |debt: Debt| debts(head).iter().any(|(owed, _)| *owed == debt);
    let is_cancelled = head.status() == Status::Cancelled;
    let captured = file.payment.as_deref() == Some("captured");
    let ours = head.payment.id == Some(format!("pay_{}", head.id)) || file.payment.is_some();
    let total = head.summary.total.amount.to_string();
    if head.payment.status == PaymentStatus::Paid && head.payment.id.is_none() {
        return Some("it is paid, but has no payment id".to_owned());
    }
    if !ours {
        return None;
    }
    match (&file.refund, head.payment.status) {
        (None, PaymentStatus::Paid) if !captured => Some("it is paid, but nothing was captured".to_owned()),
        (Some(back), _) if !captured => Some(format!("{back} was refunded, but nothing was captured")),
        (Some(back), _) if *back != total => Some(format!("{back} was refunded of {total}")),
        (Some(_), _) if !is_cancelled => Some("it was refunded, but is not cancelled".to_owned()),
        (None, PaymentStatus::Refunded) => Some("it says refunded, but nothing was refunded".to_owned()),
        (None, PaymentStatus::Failed) if captured && !owes(Debt::Settlement) => {
            Some("its money was captured, but it is cancelled without a refund".to_owned())
        }
        _ => None,
    }
}

/// A label is bought only after the claim, and is the one on the parcel.
fn label(head: &OrderHead, file: &OrderFile) -> Option<String> {
    file.labels.iter().find_map(|(store, bought)| {
        let part = head.fulfilments.get(store)?;
        if matches!(part.status, Status::Pending | Status::Paid | Status::Processing | Status::Cancelled) {
            return Some(format!("{bought} was bought for {store}, which is {}", part.status));
        }
        // The label was bought and is not on the head yet.
        if part.status == Status::Shipping && part.tracking_number.is_none() {
            return None;
        }
        let shown = part.tracking_number.as_deref().unwrap_or("nothing");
        (shown != bought).then(|| format!("{bought} was bought for {store}, but its parcel has {shown}"))
    })
}

/// What an operator should know, though nothing is wrong.
fn late(head: &OrderHead, now: Timestamp) -> Vec<(Rule, String)> {
    let waits = overdue(head, now).map(|(debt, since)| {
        (Rule::Overdue, format!("{} since {since}, after {} reminders", debt.kind(), head.attempts))
    });
    let mails = head.owed.iter().filter(|(_, owed)| now.since(owed.since) > LATE);
    let mails = mails.map(|(mail, owed)| (Rule::Mails, format!("{mail} is owed since {}", owed.since)));
    // The chain hands nothing over without a label; a seller may.
    let gone = [Status::Shipped, Status::Delivered, Status::Completed];
    let bare = head.fulfilments.iter().filter(|(_, part)| {
        part.mode == Mode::Automatic && gone.contains(&part.status) && part.tracking_number.is_none()
    });
    let bare =
        bare.map(|(store, part)| (Rule::Overdue, format!("{} from {store} without a label", part.status)));
    waits.into_iter().chain(mails).chain(bare).collect()
}

/// Whether a name keeps out others that look like it.
pub(crate) fn of_name(id: impl fmt::Display, name: &Name, held: [&Option<String>; 2]) -> Option<Finding> {
    let detail = format!("the name \u{201c}{name}\u{201d} does not keep out lookalikes: --repair");
    let looks = name.looks();
    (held != [&looks.first, &looks.second]).then(|| Finding::new(Rule::Names, id, detail))
}

/// Everything that is wrong with a product and its variants.
pub(crate) fn of_product(id: ProductId, file: &ProductFile) -> Vec<Finding> {
    let unreadable = file.unreadable.iter().map(|cause| (Rule::Readable, cause.clone()));
    let mut wrong = Vec::new();
    match &file.product {
        _ if !file.unreadable.is_empty() => {}
        Some(product) if !file.stocks.is_empty() => {
            wrong.extend(of_assortment(product, file));
            wrong.extend(file.stocks.iter().filter_map(|(stock, moved)| of_stock(product, stock, *moved)));
        }
        _ => wrong.push("it is in a list, but has no product or stock".to_owned()),
    }
    let found = unreadable.chain(wrong.into_iter().map(|detail| (Rule::Stock, detail)));
    found.map(|(rule, detail)| Finding::new(rule, id, detail)).collect()
}

/// What is wrong with the variants of a product together.
fn of_assortment(product: &Product, file: &ProductFile) -> Option<String> {
    let stocks = file.stocks.iter().map(|(stock, _)| stock).filter(|stock| !stock.is_deleted);
    let assortment = Assortment { product: product.clone(), stocks: stocks.cloned().collect() };
    let count = assortment.stocks.len();
    if product.deleted_at.is_none() && assortment.active().next().is_none() {
        return Some("it has no active variant".to_owned());
    }
    if assortment.is_plain() && count > 1 {
        return Some(format!("it has no options, but {count} variants"));
    }
    let label = |stock: &Stock| product.options.label(&stock.values).unwrap_or_default();
    let mut values = BTreeSet::new();
    if let Some(again) = assortment.stocks.iter().find(|stock| !values.insert(&stock.values)) {
        return Some(format!("two of its variants are \u{201c}{}\u{201d}", label(again)));
    }
    if let Some(bare) = assortment.stocks.iter().find(|stock| assortment.sku_of(stock).is_none()) {
        return Some(format!("{}: it has no SKU, so nobody can read the product", label(bare)));
    }
    if !assortment.is_whole() {
        let sum: u64 = assortment.stocks.iter().map(|stock| stock.edited_in).sum();
        let counts = format!("it counts {}, its variants {sum}", product.edits);
        return Some(format!("an edit is written only in part: {counts}; nobody can edit it"));
    }
    let free = file.free_skus.first();
    free.map(|sku| format!("the SKU \u{201c}{sku}\u{201d} is not reserved, so another product can take it"))
}

/// What is wrong with one variant.
fn of_stock(product: &Product, stock: &Stock, moved: i64) -> Option<String> {
    let Stock { on_hand, received, price, .. } = *stock;
    let which = product.options.label(&stock.values).map(|label| format!("{label}: ")).unwrap_or_default();
    let known = product.options.named(&stock.values).len();
    let detail = if on_hand < 0 {
        format!("{on_hand} are on hand")
    } else if stock.sellable != (product.is_active && stock.is_active) {
        let (shown, sold) = (product.is_active && stock.is_active, stock.sellable);
        format!("it is shown: {shown}, but can be sold: {sold}")
    } else if product.price.is_some_and(|shown| shown != price) {
        format!("it is shown at {} but sold at {price}", product.price.unwrap_or_default())
    } else if !stock.is_deleted && (known, known) != (stock.values.len(), product.options.all().len()) {
        "it does not have one value of each option".to_owned()
    } else if received != moved {
        format!("its movements add up to {moved}, not to {received}")
    } else {
        return None;
    };
    Some(format!("{which}{detail}"))
}
