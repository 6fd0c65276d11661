//! Concurrent handlers really interleave, and only a condition prevents lost updates. The clock is paused, so
//! that a busy machine does not change the schedule of a seed.

use aws_sdk_dynamodb::Client;
use testkit::Aws;

use crate::world::{TABLE, aws, client, n, number, put, quiet, s};

const BUYERS: i64 = 20;

/// Takes one from stock, without a condition.
async fn careless(client: Client) {
    let stock = number(&client, "stock").await.unwrap();
    put(&client, "stock", stock - 1).await.unwrap();
}

/// Takes one from stock, on condition that nobody else did meanwhile; otherwise retries.
async fn careful(client: Client) {
    loop {
        let stock = number(&client, "stock").await.unwrap();
        let update = client.update_item().table_name(TABLE).key("pk", s("stock"));
        let update = update.update_expression("SET n = :new").condition_expression("n = :seen");
        let update = update
            .expression_attribute_values(":new", n(stock - 1))
            .expression_attribute_values(":seen", n(stock));
        match update.send().await {
            Ok(_) => return,
            Err(error) => assert!(error.into_service_error().is_conditional_check_failed_exception()),
        }
    }
}

/// The rest of a stock of as many units as buyers, after each has taken one.
async fn left_after<F: Future<Output = ()> + 'static>(seed: u64, buy: impl Fn(Client) -> F) -> (Aws, i64) {
    let aws = aws();
    put(&quiet(&aws), "stock", BUYERS).await.unwrap();
    aws.interleave_by(seed);
    let local = tokio::task::LocalSet::new();
    for _ in 0..BUYERS {
        local.spawn_local(buy(client(&aws, "buyer")));
    }
    local.await;
    let left = number(&quiet(&aws), "stock").await.unwrap();
    (aws, left)
}

#[tokio::test(start_paused = true)]
async fn an_unconditional_read_modify_write_loses_updates() {
    for seed in 0..20 {
        let (_, left) = left_after(seed, careless).await;
        assert!(left > 0, "seed {seed}: every update was seen");
    }
}

#[tokio::test(start_paused = true)]
async fn a_conditional_read_modify_write_loses_none() {
    let mut lost_races = 0;
    for seed in 0..20 {
        let (aws, left) = left_after(seed, careful).await;
        assert_eq!(left, 0, "seed {seed}");
        lost_races += aws.calls().iter().filter(|call| !call.applied).count();
    }
    assert!(lost_races > 0, "nobody had to try again: nothing interleaved");
}

#[tokio::test(start_paused = true)]
async fn a_seed_repeats_its_schedule() {
    let schedule = async |seed| {
        let (aws, _) = left_after(seed, careful).await;
        aws.calls().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(schedule(7).await, schedule(7).await);
    assert_ne!(schedule(7).await, schedule(8).await);
}
