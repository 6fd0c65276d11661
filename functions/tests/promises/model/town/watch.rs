//! Reads the state of a shop.

use std::collections::{BTreeMap, BTreeSet};

use api::view::OrderBody;
use domain::ids::VariantId;
use serde_json::{Value, json};
use table::{CartKey, Sandbox};

use super::super::explain::{Round, Seen};
use super::super::rules::{Act, BUYERS, Part, Shown, Told, Work};
use super::Town;
use crate::shop::goods::variant_of;
use crate::shop::people::id;
use crate::shop::world::Answer;

impl Town {
    /// Reads everything that the actions have touched.
    pub(super) async fn look(&self, acts: &[(Act, Told)]) -> Seen {
        let (mut buyers, mut orders) = (BTreeSet::new(), BTreeSet::new());
        let mut untold = Vec::new();
        for (act, told) in acts {
            match act {
                Act::Add(buyer, ..) | Act::Set(buyer, ..) | Act::Remove(buyer, _) | Act::Clear(buyer) => {
                    buyers.insert(*buyer);
                }
                Act::Merge(buyer, ..) => drop(buyers.insert(*buyer)),
                Act::Buy(buyer, ..) => {
                    buyers.insert(*buyer);
                    match told {
                        Told::Order(id, _) => drop(orders.insert((*buyer, id.clone()))),
                        Told::Nothing => untold.extend(self.listed(*buyer).await),
                        _ => {}
                    }
                }
                Act::Work(Work::Mail, _) => {}
                Act::Cancel(_, order)
                | Act::Complete(_, order)
                | Act::Move(_, order, ..)
                | Act::Work(_, order) => {
                    let order = &self.model.orders[*order];
                    orders.insert((order.buyer, order.id.clone()));
                }
                Act::Sweep(_) => {
                    orders.extend(self.model.orders.iter().map(|order| (order.buyer, order.id.clone())));
                }
            }
        }
        untold.retain(|(_, id)| self.model.orders.iter().all(|known| known.id != *id));
        untold.retain(|new| !orders.contains(new));
        orders.extend(untold.iter().cloned());
        let moves_stock = |act: &Act| {
            matches!(act, Act::Buy(..) | Act::Cancel(..) | Act::Sweep(_) | Act::Work(Work::Pay, _))
        };
        let stock = acts.iter().any(|(act, _)| moves_stock(act));
        self.see(buyers, orders, stock, untold).await
    }

    /// Reads from the table, which is quicker than the API.
    pub(super) async fn see(
        &self,
        buyers: BTreeSet<usize>,
        orders: BTreeSet<(usize, String)>,
        stock: bool,
        untold: Vec<(usize, String)>,
    ) -> Seen {
        let (table, mut seen) = (self.shop.table(), Seen { untold, ..Seen::default() });
        if stock {
            let ids: Vec<_> = self.products.iter().map(|name| variant_of(name)).collect();
            let (products, _) = table.products_and_stores_now(&ids, &[]).await.unwrap();
            let left = |id| products.iter().find(|stocked| stocked.variant_id() == id).unwrap().available();
            seen.stock = Some(ids.into_iter().map(left).collect());
        }
        for buyer in buyers {
            let key = CartKey::User(self.buyers[buyer].id.parse().unwrap());
            let lines = table.cart(&key).await.unwrap().map(|cart| cart.lines).unwrap_or_default();
            let lines = lines.iter().map(|(id, line)| (self.number_of(*id), line.quantity.get().into()));
            seen.carts.insert(buyer, lines.collect());
        }
        for (_, id) in orders {
            let order = table.order_now(id.parse().unwrap()).await.unwrap().unwrap();
            let shown = self.shown(&json!(OrderBody::whole(order))).await;
            seen.orders.insert(id, shown);
        }
        seen
    }

    /// Reads everything through the API.
    pub(super) async fn see_all(&self) -> Seen {
        let (mut stock, mut seen) = (Vec::new(), Seen::default());
        for product in &self.products {
            let variant = variant_of(product);
            let page = self.shop.guest().get(&format!("/products/{}", variant.product)).await;
            let mut variants = page.ok()["variants"].as_array().unwrap().iter();
            let own = variants.find(|own| own["id"] == variant.to_string().as_str()).unwrap();
            stock.push(own["available"].as_i64().unwrap());
        }
        seen.stock = Some(stock);
        for (number, buyer) in self.buyers.iter().enumerate() {
            seen.carts.insert(number, self.lines(buyer.get("/cart").await.ok(), "items"));
        }
        for order in &self.model.orders {
            let shown = self.shown(self.buyers[order.buyer].order(&order.id).await.ok()).await;
            seen.orders.insert(order.id.clone(), shown);
        }
        seen
    }

    /// The number of the goods in the model.
    pub(super) fn number_of(&self, variant: VariantId) -> usize {
        self.products.iter().position(|name| variant_of(name) == variant).unwrap()
    }

    /// The ids of a buyer's orders.
    pub(super) async fn listed(&self, buyer: usize) -> Vec<(usize, String)> {
        let list = self.buyers[buyer].get("/orders?limit=100").await;
        list.ok().as_array().unwrap().iter().map(|row| (buyer, id(row))).collect()
    }

    /// An order as its buyer sees it, with the records of the bank and the carrier.
    pub(super) async fn shown(&self, body: &Value) -> Shown {
        let order = id(body);
        let ledger = Sandbox::new(self.shop.table());
        let entry = async |kind, name: String| ledger.entry(kind, &name).await.unwrap();
        let store = |id: &Value| self.stores.iter().position(|store| id == store.as_str());
        let mut parts = BTreeMap::new();
        for part in body["fulfilments"].as_array().unwrap() {
            let number = store(&part["store_id"]).unwrap();
            let bought = entry("LABEL", format!("{order}#{}", self.stores[number])).await.is_some();
            let status = read(&part["status"]);
            parts.insert(number, Part { status, labelled: part["tracking_number"].is_string(), bought });
        }
        let timeline = body["timeline"].as_array().unwrap().iter();
        let timeline = timeline.map(|event| {
            let at = event["at"].as_str().unwrap().parse().unwrap();
            (at, read(&event["event"]), store(&event["store_id"]))
        });
        let captured = entry("PAYMENT", order.clone()).await.as_deref() == Some("captured");
        let refunded = entry("REFUND", order).await.is_some();
        Shown {
            lines: self.lines(body, "lines"),
            totals: ["subtotal", "tax", "shipping", "total"].map(|sum| body[sum]["amount"].as_i64().unwrap()),
            status: read(&body["status"]),
            money: read(&body["payment_status"]),
            parts,
            timeline: timeline.collect(),
            bank: (captured, refunded),
        }
    }

    /// Asserts that everything visible is as the model says.
    pub async fn looks_right(&self) {
        let seed = self.seed;
        let all = self.see_all().await;
        let round = Round { acts: &[], faulty: false, seen: &all };
        assert!(round.explained(&self.model).is_some(), "seed {seed}: {}", round.unexplained(&self.model));
        let orders: BTreeSet<_> =
            self.model.orders.iter().map(|order| (order.buyer, order.id.clone())).collect();
        for buyer in 0..BUYERS {
            let own: BTreeSet<_> = orders.iter().filter(|(of, _)| *of == buyer).cloned().collect();
            assert_eq!(self.listed(buyer).await.into_iter().collect::<BTreeSet<_>>(), own, "seed {seed}");
        }
        let ids = |list: &Answer| list.ok().as_array().unwrap().iter().map(id).collect::<BTreeSet<_>>();
        let all: BTreeSet<_> = orders.into_iter().map(|(_, id)| id).collect();
        assert_eq!(ids(&self.admin.get("/admin/orders?limit=100").await), all, "seed {seed}");
        for (store, seller) in self.sellers.iter().enumerate() {
            let own = self.model.orders.iter().filter(|order| order.shown.parts.contains_key(&store));
            let own: BTreeSet<_> = own.map(|order| order.id.clone()).collect();
            assert_eq!(ids(&seller.get("/seller/orders?limit=100").await), own, "seed {seed}");
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}
