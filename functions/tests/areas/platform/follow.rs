//! The one reader of the table's stream, and the queues that it fills.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use testkit::{CallInfo, Fault, When};

use crate::areas::catalogue::images::Stall;
use crate::areas::catalogue::listings::are_true;
use crate::shop::world::{Shop, seeds, together};

/// A shop with a lamp and a vase of one seller, each with a published picture. Nothing waits.
async fn lamp_and_vase() -> [(Stall, String); 2] {
    let (shop, products) = Shop::with_products(&[("lamp", 15_00, 1), ("vase", 5_00, 1)]).await;
    let seller = shop.find("seller").await;
    let stalls = products.iter().map(|product| {
        let page = format!("/products/{product}");
        let (shop, seller, images) = (shop.clone(), seller.clone(), format!("{page}/images"));
        Stall { shop, seller, images, page }
    });
    let mut with_pictures = Vec::new();
    for stall in stalls {
        let image = stall.published().await;
        with_pictures.push((stall, image));
    }
    shop.follow_stream().await;
    with_pictures.try_into().ok().unwrap()
}

impl Stall {
    /// Deletes the picture, which is the cover: one record with a message for both queues.
    async fn lose(&self, image: &str) {
        assert_eq!(self.delete(image).await, 204);
    }

    async fn sell_out(&self) {
        let seller = self.shop.again(&self.seller);
        seller.post(&format!("{}/stock", self.page), json!({ "delta": -1 })).await.ok();
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_one_worker_cannot_handle_holds_up_nothing_else() {
    for (failing, queue) in [("refresh-rows", "rows"), ("delete-pictures", "pictures")] {
        let [(lamp, lamps), (vase, vases)] = lamp_and_vase().await;
        let shop = &lamp.shop;
        let of_lamp = format!("PRODUCT#{}", lamp.page.rsplit('/').next().unwrap());
        shop.aws.on(move |call| {
            let touches_lamp = call.touches.iter().any(|touch| touch.partition() == Some(&of_lamp));
            match &*call.caller == failing && touches_lamp {
                true => Fault::Refuse(400, "AccessDeniedException"),
                false => Fault::None,
            }
        });
        lamp.lose(&lamps).await;
        vase.lose(&vases).await;
        vase.sell_out().await;
        shop.drain_queues().await;
        shop.aws.no_faults();

        // The other worker has handled the same record, and this worker has handled later ones.
        let rows = shop.guest().get("/products?sort=price_asc").await.ok().clone();
        assert_eq!((&rows[0]["in_stock"], &rows[0]["thumbnail"]), (&json!(false), &Value::Null), "{rows:#}");
        if queue == "rows" {
            assert_eq!(lamp.objects(), [""; 0]);
            assert!(rows[1]["thumbnail"].is_string(), "{rows:#}");
        } else {
            assert_eq!(lamp.objects().len(), 3);
            are_true(shop, "while pictures cannot be deleted");
        }

        let operator = shop.member("operator", true).await;
        let queues = operator.get("/admin/queues").await.ok().clone();
        let given_up: Vec<_> =
            queues.as_array().unwrap().iter().filter(|queue| queue["given_up"] != 0).collect();
        assert_eq!((given_up.len(), &given_up[0]["name"]), (1, &json!(queue)), "{queues:#?}");
        let letter = &given_up[0]["dead_letters"][0];
        assert!(letter["reason"].as_str().unwrap().contains("AccessDenied"), "{letter:#}");
        assert!(letter["request_id"].is_string(), "{letter:#}");
        let path = format!("/admin/queues/{queue}/redrive");
        assert_eq!(operator.call("POST", &path, None).await.data(202)["moved"], 1);
        shop.drain_queues().await;
        assert_eq!(lamp.objects(), [""; 0]);
        are_true(shop, "after the redrive");
    }
}

/// Puts a fault into some calls of a function, the first of them number `from`. Returns the number of its
/// calls so far.
fn fail_calls(shop: &Shop, function: &'static str, fault: &Fault, from: usize) -> Arc<AtomicUsize> {
    // The SDK retries a call that failed, and a killed process does not.
    let count = if matches!(fault, Fault::Crash(_)) { 1 } else { 5 };
    let (calls, fault) = (Arc::new(AtomicUsize::new(0)), fault.clone());
    let counted = Arc::clone(&calls);
    shop.aws.on(move |call: &CallInfo| {
        let is_its = &*call.caller == function;
        let number = if is_its { counted.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 };
        if (from..from + count).contains(&number) { fault.clone() } else { Fault::None }
    });
    calls
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_fails_or_dies_at_any_send_loses_no_message() {
    for fault in
        [Fault::Crash(When::Before), Fault::Crash(When::After), Fault::Fail(When::After), Fault::Throttle]
    {
        // Four sends: two for the picture, two for the stock.
        for from in 1.. {
            let [(lamp, lamps), (vase, _)] = lamp_and_vase().await;
            let shop = &lamp.shop;
            lamp.lose(&lamps).await;
            vase.sell_out().await;
            let calls = fail_calls(shop, "follow-table", &fault, from);
            shop.follow_stream().await;
            shop.aws.no_faults();
            let calls = calls.load(Ordering::Relaxed);
            are_true(shop, &format!("{fault:?} at send {from}"));
            assert_eq!(lamp.objects().len(), 3, "{fault:?} at send {from}: only the vase's are left");
            assert!(shop.dead_letters().is_empty());
            if calls < from {
                assert_eq!((calls, from), (4, 5), "{fault:?}");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_reader_repeats_from_the_first_record_whose_send_fails() {
    let (shop, products) = Shop::with_products(&[("a", 1_00, 1), ("b", 1_00, 1), ("c", 1_00, 1)]).await;
    shop.follow_stream().await;
    let seller = shop.find("seller").await;
    for product in &products {
        seller.post(&format!("/products/{product}/stock"), json!({ "delta": -1 })).await.ok();
    }
    let (second, tries) = (products[1].clone(), AtomicUsize::new(0));
    shop.aws.on(move |call| {
        let is_second = call.request["MessageBody"].as_str().is_some_and(|body| body.contains(&second));
        let fails = is_second && tries.fetch_add(1, Ordering::Relaxed) == 0;
        if fails { Fault::Refuse(400, "AccessDenied") } else { Fault::None }
    });
    assert_eq!(shop.deliver_stream().await, 2);
    shop.aws.no_faults();
    let sent: Vec<_> = shop.aws.queue("rows").all().iter().map(testkit::Message::json).collect();
    let expected: Vec<_> = products.iter().map(|product| json!({ "v": 1, "product": product })).collect();
    assert_eq!(sent, expected, "each once");
    shop.drain_queues().await;
    are_true(&shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_worker_of_the_stream_that_fails_or_dies_gets_its_message_again() {
    for fault in
        [Fault::Crash(When::Before), Fault::Crash(When::After), Fault::Fail(When::After), Fault::Throttle]
    {
        for worker in ["refresh-rows", "delete-pictures"] {
            for from in 1.. {
                let [(lamp, lamps), (vase, _)] = lamp_and_vase().await;
                let shop = &lamp.shop;
                lamp.lose(&lamps).await;
                vase.sell_out().await;
                let calls = fail_calls(shop, worker, &fault, from);
                shop.drain_queues().await;
                shop.aws.no_faults();
                are_true(shop, &format!("{fault:?} at call {from} of {worker}"));
                assert_eq!(lamp.objects().len(), 3, "{fault:?} at call {from} of {worker}");
                assert!(shop.dead_letters().is_empty());
                let calls = calls.load(Ordering::Relaxed);
                if calls < from {
                    assert!(from > 2, "{fault:?}: {worker} makes at least two calls");
                    break;
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_handled_twice_at_the_same_time_change_nothing_more() {
    for seed in seeds(6) {
        let [(lamp, lamps), (vase, _)] = lamp_and_vase().await;
        let shop = &lamp.shop;
        lamp.lose(&lamps).await;
        vase.sell_out().await;
        shop.deliver_stream().await;
        let now = shop.clock.now();
        let messages =
            ["rows", "pictures", "search"].map(|queue| (queue, shop.aws.queue(queue).take_due(now)));
        let messages =
            messages.iter().flat_map(|(queue, messages)| messages.iter().map(move |one| (*queue, one)));
        let twice: Vec<_> = messages.flat_map(|message| [message, message]).collect();
        assert_eq!(twice.len(), 8);
        shop.aws.interleave_by(seed);
        let failed = together(twice.iter().map(async |(queue, message)| {
            shop.deliver(queue, std::slice::from_ref(*message)).await.unwrap()
        }));
        assert_eq!(failed.await.concat(), [""; 0], "seed {seed}");
        are_true(shop, &format!("seed {seed}"));
        assert_eq!(lamp.objects().len(), 3, "seed {seed}");
    }
}
