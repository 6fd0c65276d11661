//! Names of stores and categories that look alike.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::{Value, json};
use shop::{Report, Rule, examine, repair};
use table::LookTaken;

use crate::shop::people::{Person, id};
use crate::shop::world::{Shop, seeds, together};

const TAKEN: [(&str, &str); 1] = [("NAME_TAKEN", "name")];
/// With a Cyrillic А, in full width, with a capital I, in mathematical letters.
const LOOKALIKES: [&str; 4] = ["Аpple", "Ａpple", "AppIe", "𝐀𝐩𝐩𝐥𝐞"];
/// Lookalikes of `Fuji`: with a Ukrainian І, a small l, a bar and a palochka in the place of a capital I.
const CAPITALS: [&str; 4] = ["FUJІ", "FUJl", "FUJ|", "FUJӀ"];

fn named(name: &str) -> Value {
    json!({ "name": name })
}

async fn rename(owner: &Person, store: &str, name: &str) -> i64 {
    owner.call("PATCH", &format!("/stores/{store}"), Some(named(name))).await.status
}

/// The keys of all held looks.
fn held(shop: &Shop) -> Vec<String> {
    let items = shop.aws.items("Table");
    let keys = items.iter().filter_map(|item| item["pk"]["S"].as_str());
    keys.filter(|pk| pk.starts_with("UNIQUE#LOOK#")).map(str::to_owned).collect()
}

/// Asserts that each store and category holds its own look, and that no other look is held.
fn all_hold_their_looks(shop: &Shop, when: &str) {
    let items = shop.aws.items("Table");
    let mut looks: Vec<_> = items
        .iter()
        .filter_map(|item| {
            let kind = match (item["pk"]["S"].as_str()?, item["sk"]["S"].as_str()?) {
                (_, "STORE") => "STORE",
                ("CATEGORIES", _) => "CATEGORY",
                _ => return None,
            };
            let name: domain::text::Name = item["name"]["S"].as_str()?.parse().unwrap();
            let own = name.looks();
            let held = ["look_key", "second_look_key"].map(|key| item[key]["S"].as_str());
            assert_eq!(held, [own.first.as_deref(), own.second.as_deref()], "{when}: {name}");
            Some(own.keys().map(|look| format!("UNIQUE#LOOK#{kind}#{look}")).collect::<Vec<_>>())
        })
        .flatten()
        .collect();
    let mut held = held(shop);
    looks.sort_unstable();
    held.sort_unstable();
    assert_eq!(held, looks, "{when}");
}

/// Removes the looks of a store or a category, as in items that are older than the looks.
async fn forget_looks(shop: &Shop, pk: &str, sk: &str) {
    for key in ["look_key", "second_look_key"] {
        forget_look(shop, key, pk, sk).await;
    }
}

/// Removes one look.
async fn forget_look(shop: &Shop, attribute: &str, pk: &str, sk: &str) {
    let table = Client::new(&shop.aws.quiet_config());
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let update = table.update_item().table_name("Table").key("pk", text(pk)).key("sk", text(sk));
    let remove = format!("REMOVE {attribute}");
    let update = update.update_expression(remove).return_values("ALL_OLD".into());
    let before = update.send().await.unwrap().attributes.unwrap();
    let kind = if sk == "STORE" { "STORE" } else { "CATEGORY" };
    let Some(look) = before.get(attribute) else { return };
    let key = format!("UNIQUE#LOOK#{kind}#{}", look.as_s().unwrap());
    let delete = table.delete_item().table_name("Table").key("pk", text(&key)).key("sk", text("UNIQUE"));
    delete.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_name_that_looks_like_another_is_taken() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let admin = shop.member("admin", true).await;
    ann.open_store("Apple").await;
    let category = id(admin.post("/categories", named("Apple")).await.created());
    let pears = id(admin.post("/categories", named("Pear")).await.created());
    for name in LOOKALIKES {
        ben.post("/stores", named(name)).await.refused(409, &TAKEN);
        admin.post("/categories", named(name)).await.refused(409, &TAKEN);
        admin.call("PUT", &format!("/categories/{pears}"), Some(named(name))).await.refused(409, &TAKEN);
    }
    let refused = ben.post("/stores", named(LOOKALIKES[0])).await;
    assert_eq!(refused.body["errors"][0]["message"], "This name is taken, or looks like one that is.");
    let own = ben.open_store("Pear").await;
    for name in LOOKALIKES {
        assert_eq!(rename(&ben, &own, name).await, 409, "{name}");
    }
    // A store's or category's own name may be written in other letters.
    admin.call("PUT", &format!("/categories/{category}"), Some(named(LOOKALIKES[0]))).await.ok();
    // Products may have names that look alike.
    for (sku, name) in ["Apple", LOOKALIKES[0], LOOKALIKES[1]].into_iter().enumerate() {
        let product = json!({
            "name": name, "sku": format!("{sku}"), "price": { "amount": 1_00, "currency": "USD" },
            "category_id": category, "stock": 1,
        });
        ben.post("/products", product).await.created();
    }
    all_hold_their_looks(&shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_capital_i_looks_like_a_small_i_and_like_a_small_l() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    ann.open_store("Fuji").await;
    for name in CAPITALS {
        ben.post("/stores", named(name)).await.refused(409, &TAKEN);
    }
    for (name, others) in [
        ("Lidl", ["LІDL", "LlDL"]),
        ("ikea", ["ІKEA", "lKEA"]),
        ("Nike", ["ΝΙΚΕ", "NlKE"]),
        ("Hilti", ["HlLTl", "HІLTІ"]),
        ("Visa", ["V|SA", "V1SA"]),
        ("ADlDAS", ["adidas", "Adidas"]),
        ("Iris", ["lris", "|ris"]),
        ("TIMEX", ["timex", "tlmex"]),
    ] {
        admin.post("/categories", named(name)).await.created();
        for other in others {
            admin.post("/categories", named(other)).await.refused(409, &TAKEN);
        }
    }
    for name in ["Mail", "Mall", "Bill", "Biil"] {
        admin.post("/categories", named(name)).await.created();
    }
    all_hold_their_looks(&shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_name_keeps_the_looks_that_its_next_name_shares() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let fuji = ann.open_store("FUJI").await;
    let own = ben.open_store("Pear").await;
    for (name, others) in [
        ("Fuji", [(CAPITALS[0], 409), ("Fujl", 200)]),
        ("FUJI co", [("Fuji", 200), ("Fujl co", 409)]),
        (CAPITALS[3], [("Fuji", 409), ("Fujl", 409)]),
        ("Fuji", [("Fujl", 200), ("fujі", 409)]),
    ] {
        assert_eq!(rename(&ann, &fuji, name).await, 200, "{name}");
        for (other, status) in others {
            assert_eq!(rename(&ben, &own, other).await, status, "{other} beside {name}");
        }
        assert_eq!(rename(&ben, &own, "Pear").await, 200);
        all_hold_their_looks(&shop, name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_with_its_first_look_only_takes_the_second() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let [iris, fuji] = [ann.open_store("Iris").await, ben.open_store("FUJI").await];
    for store in [&iris, &fuji] {
        forget_look(&shop, "second_look_key", &format!("STORE#{store}"), "STORE").await;
    }
    let report = doctor(&shop).await;
    assert_eq!((report.findings.len(), report.breaches()), (2, 0), "{report}");
    // An edit takes it, and so does a repair.
    ann.call("PATCH", &format!("/stores/{iris}"), Some(json!({ "description": "Film" }))).await.ok();
    let done = repaired(&shop, &report).await;
    assert!(done.contains(&(iris, LookTaken::Before)) && done.contains(&(fuji, LookTaken::Now)), "{done:?}");
    all_hold_their_looks(&shop, "at the end");
}

#[tokio::test(start_paused = true)]
async fn a_renamed_or_deleted_name_frees_its_look() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let admin = shop.member("admin", true).await;
    let (apple, pear) = (ann.open_store("Apple").await, ben.open_store("Pear").await);
    assert_eq!(rename(&ann, &apple, "Plum").await, 200);
    assert_eq!(rename(&ben, &pear, LOOKALIKES[0]).await, 200);
    assert_eq!(rename(&ann, &apple, "Apple").await, 409);
    all_hold_their_looks(&shop, "after renaming");

    let category = id(admin.post("/categories", named("Apple")).await.created());
    admin.call("DELETE", &format!("/categories/{category}"), None).await.data(204);
    admin.post("/categories", named(LOOKALIKES[1])).await.created();
    all_hold_their_looks(&shop, "after deleting");
}

#[tokio::test(start_paused = true)]
async fn one_of_several_lookalike_names_taken_at_once_is_given() {
    for (seed, (names, renamed)) in
        seeds(6).flat_map(|seed| [(LOOKALIKES, "Apple"), (CAPITALS, "Fuji")].map(|names| (seed, names)))
    {
        let shop = Shop::open();
        let mut owners = Vec::new();
        for number in 0..4 {
            owners.push(shop.member(&format!("owner{number}"), false).await);
        }
        let pear = owners[3].open_store("Pear").await;
        shop.aws.interleave_by(seed);
        let opened = together((0..3).map(|place| owners[place].post("/stores", named(names[place]))));
        let (opened, renamed) = tokio::join!(opened, rename(&owners[3], &pear, renamed));
        let mut had: Vec<_> = opened.iter().map(|answer| answer.status).chain([renamed]).collect();
        had.sort_unstable();
        assert!(matches!(had.as_slice(), [200 | 201, 409, 409, 409]), "seed {seed}: {had:?}");
        all_hold_their_looks(&shop, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn two_equal_renames_at_once_both_succeed() {
    for seed in seeds(6) {
        let shop = Shop::open();
        let (ann, admin) = (shop.member("ann", false).await, shop.member("admin", true).await);
        let store = ann.open_store("Apple").await;
        let category = id(admin.post("/categories", named("Apple")).await.created());
        let entry = format!("/categories/{category}");
        shop.aws.interleave_by(seed);
        let stores = together((0..2).map(|_| rename(&ann, &store, "Pear")));
        let categories = together((0..2).map(|_| admin.call("PUT", &entry, Some(named("Pear")))));
        let (stores, categories) = tokio::join!(stores, categories);
        let categories: Vec<_> = categories.iter().map(|answer| answer.status).collect();
        assert_eq!((stores, categories), (vec![200; 2], vec![200; 2]), "seed {seed}");
        all_hold_their_looks(&shop, &format!("seed {seed}"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_name_takes_its_look_at_the_next_edit() {
    let shop = Shop::open();
    let (ann, ben) = (shop.member("ann", false).await, shop.member("ben", false).await);
    let admin = shop.member("admin", true).await;
    let apple = ann.open_store("Apple").await;
    forget_looks(&shop, &format!("STORE#{apple}"), "STORE").await;
    let pear = ben.open_store(LOOKALIKES[0]).await;

    // By now another has its look. It keeps its name, and cannot get another name that looks like it.
    let path = format!("/stores/{apple}");
    let described = json!({ "description": "Fruit", "name": "APPLE" });
    assert_eq!(ann.call("PATCH", &path, Some(described)).await.ok()["name"], "APPLE");
    assert_eq!(rename(&ann, &apple, LOOKALIKES[1]).await, 409);
    assert_eq!(held(&shop).len(), 1);
    assert_eq!(rename(&ben, &pear, "Pear").await, 200);
    ann.call("PATCH", &path, Some(json!({ "description": "Cider" }))).await.ok();
    assert_eq!(rename(&ben, &pear, LOOKALIKES[0]).await, 409);

    let category = id(admin.post("/categories", named("Apple")).await.created());
    forget_looks(&shop, "CATEGORIES", &category).await;
    let entry = format!("/categories/{category}");
    admin.call("PUT", &entry, Some(named("Apple"))).await.ok();
    admin.post("/categories", named(LOOKALIKES[2])).await.refused(409, &TAKEN);
    all_hold_their_looks(&shop, "at the end");
}

async fn doctor(shop: &Shop) -> Report {
    examine(&shop.table(), 10_000, |_| {}).await.unwrap()
}

async fn repaired(shop: &Shop, report: &Report) -> Vec<(String, LookTaken)> {
    let mut done = Vec::new();
    let told = |name: &shop::Finding, taken| done.push((name.subject.clone(), taken));
    repair(&shop.table(), &report.findings, told).await.unwrap();
    done
}

#[tokio::test(start_paused = true)]
async fn the_doctor_finds_and_repairs_older_names() {
    let shop = Shop::open();
    let admin = shop.member("admin", true).await;
    let mut stores = Vec::new();
    for (number, name) in ["Apple", "Plum"].into_iter().enumerate() {
        let owner = shop.member(&format!("owner{number}"), false).await;
        let store = owner.open_store(name).await;
        forget_looks(&shop, &format!("STORE#{store}"), "STORE").await;
        stores.push((owner, store));
    }
    let category = id(admin.post("/categories", named("Apple")).await.created());
    forget_looks(&shop, "CATEGORIES", &category).await;
    shop.member("ben", false).await.open_store(LOOKALIKES[0]).await;

    let report = doctor(&shop).await;
    assert_eq!((report.names, report.breaches(), report.findings.len()), (4, 0, 3), "{report}");
    assert!(report.findings.iter().all(|finding| finding.rule == Rule::Names));
    let mut done = repaired(&shop, &report).await;
    done.sort_by_key(|(_, taken)| format!("{taken:?}"));
    let apple = &stores[0].1;
    assert_eq!(
        done.iter().map(|(_, taken)| *taken).collect::<Vec<_>>(),
        [LookTaken::ByAnother, LookTaken::Now, LookTaken::Now]
    );
    assert_eq!(&done[0].0, apple);
    // A second repair changes nothing, and reports what could not be repaired again.
    let before = shop.aws.items("Table");
    let again = doctor(&shop).await;
    assert_eq!(again.findings.len(), 1, "{again}");
    assert_eq!(repaired(&shop, &again).await, [(apple.clone(), LookTaken::ByAnother)]);
    assert_eq!(repaired(&shop, &report).await.len(), 3);
    assert_eq!(shop.aws.items("Table").len(), before.len());
    assert_eq!(rename(&stores[0].0, apple, "Cherry").await, 200);
    all_hold_their_looks(&shop, "after the last is renamed");
}

#[tokio::test(start_paused = true)]
async fn a_repair_and_a_rename_at_once_leave_no_look_behind() {
    for seed in seeds(6) {
        let shop = Shop::open();
        let owner = shop.member("owner", false).await;
        let store = owner.open_store("Apple").await;
        forget_looks(&shop, &format!("STORE#{store}"), "STORE").await;
        let report = doctor(&shop).await;
        shop.aws.interleave_by(seed);
        let (renamed, done) = tokio::join!(rename(&owner, &store, "Plum"), async {
            let doctors =
                table::Table::new(Client::new(&shop.aws.config_for("doctor")), "Table", shop.clock.clock());
            repair(&doctors, &report.findings, |_, _| {}).await
        });
        done.unwrap();
        assert_eq!(renamed, 200, "seed {seed}");
        all_hold_their_looks(&shop, &format!("seed {seed}"));
    }
}
