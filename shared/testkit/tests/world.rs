//! A table with an index, and short forms of the tests' calls.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use serde_json::json;
use testkit::Aws;

pub const TABLE: &str = "shop";

/// An AWS with the table: key `pk`, and an index on `gsi1pk` that projects keys only.
pub fn aws() -> Aws {
    let aws = Aws::default();
    aws.create_table(&json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
        "AttributeDefinitions": [
            { "AttributeName": "pk", "AttributeType": "S" },
            { "AttributeName": "gsi1pk", "AttributeType": "S" },
        ],
        "GlobalSecondaryIndexes": [{
            "IndexName": "gsi1",
            "KeySchema": [{ "AttributeName": "gsi1pk", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    }));
    aws
}

pub fn client(aws: &Aws, caller: &str) -> Client {
    Client::new(&aws.config_for(caller))
}

pub fn quiet(aws: &Aws) -> Client {
    Client::new(&aws.quiet_config())
}

pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Puts `{ pk, n: number }` without a condition.
pub async fn put(client: &Client, pk: &str, number: i64) -> Result<(), aws_sdk_dynamodb::Error> {
    let put = client.put_item().table_name(TABLE).item("pk", s(pk)).item("n", n(number));
    // Each future of the SDK takes 12 KB, so several in one handler are kept on the heap.
    Box::pin(put.send()).await?;
    Ok(())
}

/// The number that `put` wrote, by a consistent read.
pub async fn number(client: &Client, pk: &str) -> Option<i64> {
    let got =
        client.get_item().table_name(TABLE).key("pk", s(pk)).consistent_read(true).send().await.unwrap();
    Some(got.item?["n"].as_n().unwrap().parse().unwrap())
}

/// A put inside a transaction.
pub fn put_of(pk: &str, number: i64) -> TransactWriteItem {
    let put = Put::builder().table_name(TABLE).item("pk", s(pk)).item("n", n(number));
    TransactWriteItem::builder().put(put.build().unwrap()).build()
}
