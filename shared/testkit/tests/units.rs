//! Capacity units are counted exactly as DynamoDB bills them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConditionCheck, Get, KeysAndAttributes, Put, TransactGetItem, TransactWriteItem,
};
use testkit::{Aws, Units};

use crate::world::{TABLE, aws, client, s};

const NO_UNITS: Units = Units { read_base: 0.0, read_index: 0.0, write_base: 0.0, write_index: 0.0 };

/// The units that `work` consumes on a table with the item `old` of 1.5 KB.
async fn units_of(work: impl AsyncFn(Client)) -> Units {
    let aws = aws();
    client(&aws, "before")
        .put_item()
        .set_item(Some(sized("old", 1536)))
        .table_name(TABLE)
        .send()
        .await
        .unwrap();
    aws.clear_calls();
    work(client(&aws, "work")).await;
    aws.units()
}

/// An item of `bytes` bytes, names included.
fn sized(pk: &str, bytes: usize) -> HashMap<String, AttributeValue> {
    let filler = "x".repeat(bytes - "pk".len() - pk.len() - "f".len());
    [("pk".to_owned(), s(pk)), ("f".to_owned(), s(filler))].into()
}

#[tokio::test]
async fn a_write_costs_one_unit_per_kilobyte_and_twice_that_in_a_transaction() {
    for (bytes, units) in [(100, 1.0), (1024, 1.0), (1025, 2.0), (1536, 2.0)] {
        let put = async |client: Client| {
            client.put_item().table_name(TABLE).set_item(Some(sized("new", bytes))).send().await.unwrap();
        };
        assert_eq!(units_of(put).await, Units { write_base: units, ..NO_UNITS }, "{bytes} bytes");
        let transaction = async |client: Client| {
            let put = Put::builder().table_name(TABLE).set_item(Some(sized("new", bytes))).build().unwrap();
            let put = TransactWriteItem::builder().put(put).build();
            client.transact_write_items().transact_items(put).send().await.unwrap();
        };
        assert_eq!(
            units_of(transaction).await,
            Units { write_base: 2.0 * units, ..NO_UNITS },
            "{bytes} bytes"
        );
    }
}

#[tokio::test]
async fn an_index_costs_units_of_its_own() {
    let put = async |client: Client, index: &str| {
        let put = client.put_item().table_name(TABLE).set_item(Some(sized("new", 1536)));
        put.item("gsi1pk", s(index)).send().await.unwrap();
    };
    let enter = units_of(async |client| put(client, "here").await).await;
    assert_eq!(enter, Units { write_base: 2.0, write_index: 1.0, ..NO_UNITS });
    // A changed index key is a deletion and an insertion; an unchanged one is free.
    let twice = units_of(async |client| {
        put(client.clone(), "here").await;
        put(client, "there").await;
    });
    assert_eq!(twice.await, Units { write_base: 4.0, write_index: 3.0, ..NO_UNITS });
    let stay = units_of(async |client| {
        put(client.clone(), "here").await;
        put(client, "here").await;
    });
    assert_eq!(stay.await, Units { write_base: 4.0, write_index: 1.0, ..NO_UNITS });
}

#[tokio::test]
async fn a_condition_check_costs_two_write_units_per_kilobyte() {
    let check = async |client: Client| {
        let check = ConditionCheck::builder().table_name(TABLE).key("pk", s("old"));
        let check = check.condition_expression("attribute_exists(pk)").build().unwrap();
        let check = TransactWriteItem::builder().condition_check(check).build();
        client.transact_write_items().transact_items(check).send().await.unwrap();
    };
    assert_eq!(units_of(check).await, Units { write_base: 4.0, ..NO_UNITS });
}

#[tokio::test]
async fn reads_cost_by_four_kilobytes_and_by_their_consistency() {
    let get = |strong| {
        async move |client: Client| {
            let get = client.get_item().table_name(TABLE).key("pk", s("old")).consistent_read(strong);
            get.send().await.unwrap();
        }
    };
    assert_eq!(units_of(get(false)).await, Units { read_base: 0.5, ..NO_UNITS });
    assert_eq!(units_of(get(true)).await, Units { read_base: 1.0, ..NO_UNITS });

    let transaction = async |client: Client| {
        let get = Get::builder().table_name(TABLE).key("pk", s("old")).build().unwrap();
        let get = TransactGetItem::builder().get(get).build();
        client.transact_get_items().transact_items(get).send().await.unwrap();
    };
    assert_eq!(units_of(transaction).await, Units { read_base: 2.0, ..NO_UNITS });

    let batch = async |client: Client| {
        let keys = ["old", "missing"].map(|pk| [("pk".to_owned(), s(pk))].into());
        let keys = KeysAndAttributes::builder().set_keys(Some(keys.into())).build().unwrap();
        client.batch_get_item().request_items(TABLE, keys).send().await.unwrap();
    };
    assert_eq!(units_of(batch).await, Units { read_base: 1.0, ..NO_UNITS });

    let query = async |client: Client| {
        let query =
            client.query().table_name(TABLE).index_name("gsi1").key_condition_expression("gsi1pk = :x");
        query.expression_attribute_values(":x", s("none")).send().await.unwrap();
    };
    assert_eq!(units_of(query).await, Units { read_index: 0.5, ..NO_UNITS });
}

#[tokio::test]
async fn the_second_use_of_a_token_costs_reads_only() {
    let twice = async |client: Client| {
        let put = Put::builder().table_name(TABLE).set_item(Some(sized("new", 1536))).build().unwrap();
        let put = TransactWriteItem::builder().put(put).build();
        let transaction = client.transact_write_items().client_request_token("once").transact_items(put);
        transaction.clone().send().await.unwrap();
        transaction.send().await.unwrap();
    };
    assert_eq!(units_of(twice).await, Units { read_base: 2.0, write_base: 4.0, ..NO_UNITS });
}

#[tokio::test]
async fn a_put_of_the_table_s_template_is_counted_too() {
    let aws = Aws::default();
    let path = std::path::Path::new("tests/table.yaml");
    let table = aws.create_table_from_template(path, "Table");
    let put = client(&aws, "put").put_item().table_name(&table).item("pk", s("a")).item("sk", s("b"));
    put.item("due_shard", s("0")).item("due_at", s("now")).send().await.unwrap();
    assert_eq!(aws.units(), Units { write_base: 1.0, write_index: 1.0, ..NO_UNITS });
}
