//! Eventually consistent reads answer old data, consistent reads never.

use aws_sdk_dynamodb::Client;
use testkit::{Aws, Fault, Lag};

use crate::world::{TABLE, aws, client, n, number, put, put_of, quiet, s};

/// Puts an item that the index finds.
async fn put_indexed(client: &Client, pk: &str) {
    let put = client.put_item().table_name(TABLE).item("pk", s(pk)).item("gsi1pk", s("ALL"));
    put.send().await.unwrap();
}

async fn found_by_index(client: &Client) -> usize {
    let query = client.query().table_name(TABLE).index_name("gsi1").key_condition_expression("gsi1pk = :all");
    let found = query.expression_attribute_values(":all", s("ALL")).send().await.unwrap();
    usize::try_from(found.count()).unwrap()
}

async fn weakly(client: &Client, pk: &str) -> Option<i64> {
    let got = client.get_item().table_name(TABLE).key("pk", s(pk)).send().await.unwrap();
    Some(got.item?["n"].as_n().unwrap().parse().unwrap())
}

#[tokio::test]
async fn an_eventually_consistent_read_is_stale_and_a_consistent_one_is_not() {
    let aws = aws();
    let client = client(&aws, "show");
    put(&client, "a", 1).await.unwrap();
    aws.set_lag(Lag::UntilCaughtUp);
    put(&client, "a", 2).await.unwrap();
    let taken =
        client.update_item().table_name(TABLE).key("pk", s("a")).update_expression("SET n = n + :one");
    let taken = taken.condition_expression("n = :two");
    taken
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":two", n(2))
        .send()
        .await
        .unwrap();

    assert_eq!(weakly(&client, "a").await, Some(1));
    assert_eq!(number(&client, "a").await, Some(3));
    let stale: Vec<_> = aws.calls().iter().map(|call| call.stale).collect();
    assert_eq!(stale, [false, false, false, true, false]);
    // Without the lag, first for one read and then for all.
    aws.fault_nth(6, Fault::Fresh);
    assert_eq!(weakly(&client, "a").await, Some(3));
    assert_eq!(weakly(&client, "a").await, Some(1));
    aws.catch_up();
    assert_eq!(weakly(&client, "a").await, Some(3));
}

#[tokio::test]
async fn a_read_of_an_index_is_always_eventually_consistent() {
    let aws = aws();
    let client = client(&aws, "list");
    put_indexed(&client, "a").await;
    aws.set_lag(Lag::UntilCaughtUp);
    put_indexed(&client, "b").await;
    assert_eq!(found_by_index(&client).await, 1);
    aws.catch_up();
    assert_eq!(found_by_index(&client).await, 2);
}

#[tokio::test]
async fn a_token_used_before_and_after_the_lag_began_writes_once() {
    let aws = aws();
    let client = client(&aws, "buy");
    let once = client.transact_write_items().client_request_token("once").transact_items(put_of("a", 1));
    once.clone().send().await.unwrap();
    aws.set_lag(Lag::UntilCaughtUp);
    put(&client, "a", 2).await.unwrap();
    once.send().await.unwrap();
    aws.catch_up();
    assert_eq!((number(&client, "a").await, weakly(&client, "a").await), (Some(2), Some(2)));
}

#[tokio::test]
async fn a_lag_in_calls_ends_after_as_many_calls() {
    let aws = aws();
    let client = client(&aws, "show");
    aws.set_lag(Lag::Calls(3));
    put(&client, "a", 1).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(weakly(&client, "a").await);
    }
    assert_eq!(seen, [None, None, Some(1), Some(1)]);
}

#[tokio::test]
async fn writes_that_failed_do_not_reach_the_lagging_copy() {
    let aws: Aws = aws();
    let client = client(&aws, "show");
    aws.set_lag(Lag::UntilCaughtUp);
    aws.fault_nth(2, Fault::Throttle);
    put(&client, "a", 1).await.unwrap();
    put(&client, "a", 2).await.unwrap_err();
    let unseen = client.put_item().table_name(TABLE).item("pk", s("a")).item("n", n(3));
    unseen.condition_expression("attribute_not_exists(pk)").send().await.unwrap_err();
    put(&quiet(&aws), "b", 4).await.unwrap();
    aws.catch_up();
    assert_eq!((weakly(&client, "a").await, weakly(&client, "b").await), (Some(1), Some(4)));
}
