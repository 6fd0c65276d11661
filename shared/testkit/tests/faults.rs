//! Each fault has its effect on the caller and on the table.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_smithy_types::retry::RetryConfig;
use testkit::{Aws, Call, Crashed, Fault, Outcome, When, guards, strip_guards};

use crate::world::{TABLE, aws, client, n, number, put, put_of, quiet, s};

/// The answer to a put under `fault`, whether the item is in the table afterwards, and the log entry.
async fn put_under(fault: Fault) -> (Result<(), String>, bool, Call) {
    let aws = aws();
    aws.fault_nth(1, fault);
    let put = put(&client(&aws, "put"), "a", 1).await;
    let there = number(&quiet(&aws), "a").await.is_some();
    let call = aws.calls().remove(0);
    assert_eq!(call.applied, there);
    (put.map_err(|error| error.code().unwrap_or("none").to_owned()), there, call)
}

#[tokio::test]
async fn a_failure_is_before_or_after_the_write() {
    for (when, there) in [(When::Before, false), (When::After, true)] {
        let (answer, written, call) = put_under(Fault::Fail(when)).await;
        assert_eq!((answer, written), (Err("InternalServerError".to_owned()), there));
        assert_eq!(call.outcome, Outcome::Error(500, "InternalServerError".to_owned()));
    }
}

#[tokio::test]
async fn a_throttle_surfaces_as_such_and_writes_nothing() {
    let (answer, written, _) = put_under(Fault::Throttle).await;
    assert_eq!((answer, written), (Err("ProvisionedThroughputExceededException".to_owned()), false));
    let (answer, written, _) = put_under(Fault::Refuse(400, "ThrottlingException")).await;
    assert_eq!((answer, written), (Err("ThrottlingException".to_owned()), false));
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_retried_by_the_sdk_and_each_attempt_is_a_call() {
    let aws = aws();
    let config = aws.config_for("put").to_builder().retry_config(RetryConfig::standard()).build();
    aws.fault_nth(1, Fault::Throttle);
    aws.fault_nth(2, Fault::Fail(When::After));
    put(&Client::new(&config), "a", 1).await.unwrap();
    let outcomes: Vec<_> = aws.calls().iter().map(|call| call.outcome == Outcome::Ok).collect();
    assert_eq!(outcomes, [false, false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_after_the_commit_has_committed() {
    for (when, there) in [(When::Before, false), (When::After, true)] {
        let aws = aws();
        aws.fault_nth(1, Fault::Timeout(when));
        let put = client(&aws, "put").put_item().table_name(TABLE).item("pk", s("a")).item("n", n(1));
        let error = put.send().await.unwrap_err();
        let SdkError::DispatchFailure(failure) = &error else { panic!("{error:?}") };
        assert!(failure.is_timeout());
        assert_eq!(number(&quiet(&aws), "a").await.is_some(), there);
        assert_eq!(aws.calls()[0].outcome, Outcome::TimedOut);
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_answer_the_sdk_s_own_time_out_fires() {
    let aws = aws();
    let attempt = Duration::from_millis(700);
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).build();
    let config = aws.config_for("put").to_builder().timeout_config(timeouts).build();
    aws.fault_nth(1, Fault::Hang(When::After));
    let start = tokio::time::Instant::now();
    let put = Client::new(&config).put_item().table_name(TABLE).item("pk", s("a")).item("n", n(1));
    assert!(matches!(put.send().await, Err(SdkError::TimeoutError(_))));
    assert_eq!(start.elapsed().as_millis() / 10, attempt.as_millis() / 10);
    assert_eq!(number(&quiet(&aws), "a").await, Some(1));
}

#[tokio::test]
async fn a_single_write_can_be_in_conflict_with_a_transaction() {
    let (answer, written, _) = put_under(Fault::Conflict(0)).await;
    assert_eq!((answer, written), (Err("TransactionConflictException".to_owned()), false));
}

#[tokio::test]
async fn a_conflict_names_its_item_and_applies_nothing() {
    for (fault, code) in
        [(Fault::Conflict(1), "TransactionConflict"), (Fault::ThrottleItem(1), "ThrottlingError")]
    {
        let aws = aws();
        aws.on(move |_| fault.clone());
        let items = [put_of("a", 1), put_of("b", 2), put_of("c", 3)];
        let transaction = client(&aws, "buy").transact_write_items().set_transact_items(Some(items.into()));
        let error = transaction.send().await.unwrap_err().into_service_error();
        let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
            panic!("{error:?}")
        };
        let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|r| r.code().unwrap()).collect();
        assert_eq!(codes, ["None", code, "None"]);
        assert!(aws.items(TABLE).is_empty());
    }
}

#[tokio::test]
async fn the_table_reports_a_failed_transaction_condition_in_the_same_shape() {
    let aws = aws();
    put(&quiet(&aws), "b", 7).await.unwrap();
    let guarded = aws_sdk_dynamodb::types::Put::builder().table_name(TABLE).item("pk", s("b"));
    let guarded = guarded.condition_expression("attribute_not_exists(pk)").build().unwrap();
    let guarded = aws_sdk_dynamodb::types::TransactWriteItem::builder().put(guarded).build();
    let transaction = client(&aws, "buy").transact_write_items();
    let transaction = transaction.transact_items(put_of("a", 1)).transact_items(guarded);

    let error = transaction.clone().send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else { panic!("{error:?}") };
    let codes: Vec<_> = cancelled.cancellation_reasons().iter().map(|r| r.code().unwrap()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(aws.items(TABLE).len(), 1);
    assert!(!aws.calls()[0].applied);

    // Without its guard the write succeeds; a test must notice that.
    let guard = guards(&aws.calls()[0].info.request).remove(0);
    assert_eq!(guard.clause, "attribute_not_exists(pk)");
    aws.rewrite(move |_, request| {
        assert_eq!(strip_guards(request, |found| *found == guard), 1);
    });
    transaction.send().await.unwrap();
    assert_eq!(aws.items(TABLE).len(), 2);
}

/// A handler that writes two items at the same time, then a third.
async fn three_writes(client: Client) {
    let (a, b) = tokio::join!(put(&client, "a", 1), put(&client, "b", 2));
    a.and(b).unwrap();
    put(&client, "c", 3).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_crash_ends_the_handler_before_or_after_any_call() {
    let clean = aws();
    clean.run(three_writes(client(&clean, "work"))).await.unwrap();
    assert_eq!(clean.calls().len(), 3);
    for (number, when, left) in [
        (1, When::Before, 0),
        (1, When::After, 1),
        (2, When::Before, 1),
        (2, When::After, 2),
        (3, When::Before, 2),
        (3, When::After, 3),
    ] {
        let aws = aws();
        aws.fault_nth(number, Fault::Crash(when));
        assert_eq!(aws.run(three_writes(client(&aws, "work"))).await, Err(Crashed));
        assert_eq!(aws.items(TABLE).len(), left, "{when:?} call {number}");
        // A new process goes on where the old one stopped.
        aws.no_faults();
        aws.run(three_writes(client(&aws, "work"))).await.unwrap();
        assert_eq!(aws.items(TABLE).len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_takes_the_handler_s_other_calls_with_it() {
    // With a delay the other call is under way when the first one crashes; without a delay it has not begun.
    for (delay, begun) in [(None, 1), (Some(Duration::from_secs(1)), 2)] {
        let aws = aws();
        aws.set_delay(delay);
        aws.fault_nth(1, Fault::Crash(When::Before));
        let client = client(&aws, "work");
        let both = async { tokio::join!(biased; put(&client, "a", 1), put(&client, "b", 2)) };
        assert!(aws.run(both).await.is_err());
        assert_eq!(aws.calls().len(), begun);
        assert!(aws.items(TABLE).is_empty());
    }
}

#[tokio::test]
async fn a_crash_spares_the_handler_beside_it() {
    let aws = aws();
    aws.interleave_by(3);
    aws.on(|call| if &*call.caller == "dies" { Fault::Crash(When::Before) } else { Fault::None });
    let handler = |caller| aws.run(three_writes(client(&aws, caller)));
    assert_eq!(tokio::join!(handler("dies"), handler("lives")), (Err(Crashed), Ok(())));
    assert_eq!(aws.items(TABLE).len(), 3);
}

#[tokio::test]
async fn a_batch_can_be_left_half_done() {
    let aws = aws();
    for (pk, number) in [("a", 1), ("b", 2)] {
        put(&quiet(&aws), pk, number).await.unwrap();
    }
    let get = async |keys: &[&str]| {
        let keys = keys.iter().map(|pk| [("pk".to_owned(), s(*pk))].into()).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build().unwrap();
        client(&aws, "list").batch_get_item().request_items(TABLE, keys).send().await.unwrap()
    };
    aws.fault_nth(1, Fault::Partial(0));
    aws.fault_nth(2, Fault::Partial(0));
    let half = get(&["a", "b"]).await;
    assert_eq!(half.responses.unwrap()[TABLE][0]["pk"], s("b"));
    let left = &half.unprocessed_keys.unwrap()[TABLE];
    assert_eq!((left.keys()[0]["pk"].clone(), left.consistent_read()), (s("a"), Some(true)));
    let none = get(&["a"]).await;
    assert!(none.responses.unwrap().is_empty());
    assert_eq!(none.unprocessed_keys.unwrap()[TABLE].keys().len(), 1);
    let all = get(&["a", "b"]).await;
    assert!(all.unprocessed_keys.unwrap().is_empty());
}

/// The outcomes of 200 puts under random faults.
async fn outcomes(seed: u64) -> Vec<(Fault, Outcome, bool)> {
    let aws = aws();
    aws.random_faults(seed, 0.3);
    let client = client(&aws, "put");
    for i in 0..200 {
        let _ = put(&client, &format!("item {i}"), i).await;
    }
    aws.calls().into_iter().map(|call| (call.fault, call.outcome, call.applied)).collect()
}

#[tokio::test]
async fn random_faults_are_of_all_kinds_and_repeat_by_their_seed() {
    let outcomes = (outcomes(1).await, outcomes(1).await, outcomes(2).await);
    assert_eq!(outcomes.0, outcomes.1);
    assert_ne!(outcomes.0, outcomes.2);
    let faults = outcomes.0.iter().filter(|(fault, ..)| *fault != Fault::None).count();
    assert!((40..80).contains(&faults), "{faults} of 200 at 30 %");
    for fault in [Fault::Fail(When::After), Fault::Throttle, Fault::Timeout(When::After)] {
        assert!(outcomes.0.iter().any(|(found, ..)| *found == fault), "no {fault:?}");
    }
}

#[tokio::test]
#[should_panic(expected = "cannot happen")]
async fn an_impossible_fault_stops_the_test() {
    let aws: Aws = aws();
    aws.on(|_| Fault::Conflict(1));
    let _ = put(&client(&aws, "put"), "a", 1).await;
}

#[tokio::test(start_paused = true)]
async fn calls_at_the_same_time_are_one_round_trip() {
    let aws = aws();
    let ((), trips) = aws.round_trips(three_writes(client(&aws, "work"))).await;
    assert_eq!((trips, aws.calls().len()), (2, 3));
}
