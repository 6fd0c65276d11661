//! What the rows in the lists show of the stock, when it changes between the read and the write of an edit.

use serde_json::{Value, json};

use super::{Tailor, shirt, variant};
use crate::areas::catalogue::listings;

/// An edit of a product with these units of each variant, of which the last may be inactive. Before its write
/// the stock of one variant changes.
struct Race {
    units: &'static [i64],
    last_is_active: bool,
    edit: Edit,
    /// The place whose stock changes, and by how much.
    moves: (u8, i64),
    is_in_stock: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Edit {
    /// Of the last variant.
    Activate(bool),
    /// Of the last variant.
    Delete,
    Hide,
    Move,
    /// A variant without units and at another price.
    Add,
}

impl Race {
    async fn is_right(&self) {
        let Self { units, edit, moves: (place, delta), .. } = *self;
        let when = format!("{edit:?} of {units:?}, {delta} at {place}");
        let tailor = Tailor::open().await;
        let product = tailor.sell(units.iter().copied()).await;
        let (seller, shop) = (&tailor.seller, &tailor.shop);
        let page = format!("/products/{product}");
        let last = format!("{page}/variants/{}", variant(&product, u8::try_from(units.len()).unwrap() - 1));
        let activate = |is_active: bool| Some(json!({ "is_active": is_active }));
        if !self.last_is_active {
            seller.call("PATCH", &last, activate(false)).await.ok();
        }
        shop.drain_queues().await;
        let edit = async {
            match edit {
                Edit::Activate(is_active) => seller.call("PATCH", &last, activate(is_active)).await,
                Edit::Delete => seller.call("DELETE", &last, None).await,
                Edit::Hide => tailor.edit(&product, json!({ "is_active": false })).await,
                Edit::Move => tailor.edit(&product, json!({ "category_id": tailor.categories[1] })).await,
                Edit::Add => tailor.add(&product, vec![shirt(50, 0)]).await,
            }
        };
        let moved = async {
            let change = json!({ "variant_id": variant(&product, place), "delta": delta });
            seller.post(&format!("{page}/stock"), change).await.ok();
            shop.follow_stream().await;
        };
        let condition = if self.edit == Edit::Add { "version" } else { "on_hand" };
        let (edited, ()) = Box::pin(shop.meanwhile(("PRODUCT#", condition), edit, moved)).await;
        assert!((200..300).contains(&edited.status), "{when}: {:#}", edited.body);
        listings::are_true(shop, &when);
        let rows: Value = seller.get("/seller/products").await.ok().clone();
        assert_eq!(rows[0]["in_stock"], self.is_in_stock, "{when}");
        shop.drain_queues().await;
        tailor.is_consistent(&when).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_shows_the_stock_of_all_variants_at_the_time_of_its_write() {
    for (units, last_is_active, edit, moves, is_in_stock) in [
        // Another variant has the units that the row shows, and sells them.
        ([1, 1].as_slice(), true, Edit::Activate(false), (0, -1), false),
        (&[1, 1], true, Edit::Delete, (0, -1), false),
        (&[1, 0], true, Edit::Hide, (0, -1), false),
        (&[0, 1, 0], true, Edit::Move, (1, -1), false),
        // No other variant has any, and one gets some.
        (&[0, 1], true, Edit::Activate(false), (0, 1), true),
        (&[0, 1], true, Edit::Delete, (0, 1), true),
        (&[0, 0], true, Edit::Hide, (1, 1), true),
        (&[0, 0, 0], true, Edit::Move, (2, 1), true),
        // The changed variant itself.
        (&[0, 0], true, Edit::Activate(false), (1, 1), false),
        (&[0, 1], true, Edit::Activate(false), (1, -1), false),
        (&[0, 0], false, Edit::Activate(true), (1, 1), true),
        (&[0, 1], false, Edit::Activate(true), (1, -1), false),
        (&[0, 1], true, Edit::Delete, (1, -1), false),
        (&[0, 0], true, Edit::Delete, (1, 1), false),
        // The edit leaves what the row shows of the stock to the worker.
        (&[1, 0], true, Edit::Add, (0, -1), false),
        (&[0, 0], true, Edit::Add, (0, 1), true),
        (&[0, 1], true, Edit::Add, (1, -1), false),
        (&[0, 0], true, Edit::Add, (1, 1), true),
    ] {
        Box::pin(Race { units, last_is_active, edit, moves, is_in_stock }.is_right()).await;
    }
}
