//! The table of a template has the same shape in the test.

use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::types::KeySchemaElement;
use testkit::Aws;

use crate::world::{client, n, s};

/// The table of `table.yaml`, with the features of the real one: short tags, a sparse index, a TTL, a stream.
fn deployed() -> (Aws, String) {
    let aws = Aws::default();
    let template = Path::new("tests/table.yaml");
    let table = aws.create_table_from_template(template, "Table");
    (aws, table)
}

#[tokio::test]
async fn keys_and_indexes_come_from_the_template() {
    let (aws, table) = deployed();
    assert_eq!(table, "Table");
    let described = client(&aws, "test").describe_table().table_name(&table).send().await.unwrap();
    let described = described.table.unwrap();
    let keys: Vec<_> = described.key_schema().iter().map(KeySchemaElement::attribute_name).collect();
    assert_eq!(keys, ["pk", "sk"]);
    let index = &described.global_secondary_indexes()[0];
    assert_eq!(index.index_name(), Some("due"));
    assert_eq!(index.projection().unwrap().projection_type().unwrap().as_str(), "KEYS_ONLY");
}

#[tokio::test]
async fn expired_items_are_swept_and_every_change_is_in_the_stream() {
    let (aws, table) = deployed();
    let in_an_hour = aws.clock().now().seconds() + 3600;
    let put = client(&aws, "put").put_item().table_name(&table).item("pk", s("a")).item("sk", s("b"));
    put.item("expires_at", n(in_an_hour)).send().await.unwrap();
    assert_eq!(aws.sweep_ttl(), 0);
    aws.clock().advance(Duration::from_hours(2));
    assert_eq!(aws.sweep_ttl(), 1);
    assert!(aws.items(&table).is_empty());

    let events: Vec<_> = aws.take_stream(&table).iter().map(|record| record["eventName"].clone()).collect();
    assert_eq!(events, ["INSERT", "REMOVE"]);
    assert!(aws.take_stream(&table).is_empty());
}
