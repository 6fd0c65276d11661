//! The queues, the secrets and the mailbox, as their SDK clients see them.

use std::time::Duration;

use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use serde_json::json;
use testkit::{Aws, Fault, Outcome, When};

use crate::world;

#[tokio::test]
async fn a_message_is_due_when_its_delay_is_over() {
    let aws = Aws::default();
    let queue = aws.create_queue("delivery");
    let sqs = aws_sdk_sqs::Client::new(&aws.config_for("ship-parcel"));
    let trace = MessageAttributeValue::builder().data_type("String").string_value("1-2").build().unwrap();
    let request = sqs.send_message().queue_url(queue.url()).message_body("{}").delay_seconds(90);
    let sent = request.message_attributes("trace", trace).send().await.unwrap();

    assert_eq!(queue.take_due(aws.clock().now()), []);
    aws.clock().advance(Duration::from_secs(90));
    let taken = queue.take_due(aws.clock().now());
    assert_eq!(Some(taken[0].id.as_str()), sent.message_id());
    assert_eq!(taken[0].record("delivery")["messageAttributes"]["trace"]["stringValue"], "1-2");
    assert_eq!(taken[0].receive_count, 1);
    assert!(queue.is_empty());

    let again = aws.clock().now() + Duration::from_secs(30);
    queue.put_back(taken[0].clone(), again);
    assert_eq!(queue.next_due(), Some(again));
    assert_eq!(queue.peek(again).len(), 1);
    assert_eq!(queue.take_due(again)[0].receive_count, 2);
}

#[tokio::test]
async fn a_batch_fails_by_entry() {
    let aws = Aws::default();
    let queue = aws.create_queue("payments");
    let sqs = aws_sdk_sqs::Client::new(&aws.config_for("sweep-overdue"));
    let entry = |id: &str, delay| {
        let entry = SendMessageBatchRequestEntry::builder().id(id).message_body(id).delay_seconds(delay);
        entry.build().unwrap()
    };
    let batch =
        sqs.send_message_batch().queue_url(queue.url()).entries(entry("a", 0)).entries(entry("b", 901));
    let sent = batch.send().await.unwrap();
    assert_eq!(sent.successful().len(), 1);
    assert_eq!(sent.failed()[0].code(), "InvalidParameterValue");
    assert_eq!(queue.all().iter().map(|message| &*message.body).collect::<Vec<_>>(), ["a"]);

    let twice = sqs.send_message_batch().queue_url(queue.url()).entries(entry("a", 0)).entries(entry("a", 0));
    assert!(twice.send().await.unwrap_err().into_service_error().is_batch_entry_ids_not_distinct());
}

#[tokio::test]
async fn an_unknown_queue_is_named_as_such() {
    let aws = Aws::default();
    let sqs = aws_sdk_sqs::Client::new(&aws.config_for("cancel-order"));
    let send = sqs.send_message().queue_url("http://sqs.local/000000000000/nowhere").message_body("{}");
    assert!(send.send().await.unwrap_err().into_service_error().is_queue_does_not_exist());
    let code = "AWS.SimpleQueueService.NonExistentQueue".to_owned();
    assert_eq!(aws.calls()[0].outcome, Outcome::Error(400, code));
}

#[tokio::test]
async fn a_publish_can_fail_vanish_or_be_throttled() {
    let aws = Aws::default();
    let queue = aws.create_queue("payments");
    let sqs = aws_sdk_sqs::Client::new(&aws.config_for("place-order"));
    let send = async || sqs.send_message().queue_url(queue.url()).message_body("{}").send().await;
    aws.fault_nth(1, Fault::Drop);
    aws.fault_nth(2, Fault::Fail(When::After));
    aws.fault_nth(3, Fault::Throttle);

    send().await.unwrap();
    assert!(queue.is_empty() && !aws.calls()[0].applied);
    let failed = send().await.unwrap_err();
    assert_eq!(failed.raw_response().unwrap().status().as_u16(), 500);
    assert_eq!(queue.len(), 1);
    let throttled = send().await.unwrap_err().into_service_error();
    assert!(throttled.is_request_throttled(), "{throttled:?}");
}

#[tokio::test]
async fn a_secret_is_what_was_set() {
    let aws = Aws::default();
    aws.set_secret("arn:tokens", "hush");
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.config_for("log-in"));
    let got = secrets.get_secret_value().secret_id("arn:tokens").send().await.unwrap();
    assert_eq!(got.secret_string(), Some("hush"));
    let missing = secrets.get_secret_value().secret_id("arn:other").send().await.unwrap_err();
    assert!(missing.into_service_error().is_resource_not_found_exception());
    aws.on(|_| Fault::Throttle);
    let throttled = secrets.get_secret_value().secret_id("arn:tokens").send().await.unwrap_err();
    assert_eq!(throttled.into_service_error().meta().code(), Some("ThrottlingException"));
}

#[tokio::test]
async fn a_secret_that_is_rotated_has_versions_whose_labels_move() {
    let aws = Aws::default();
    aws.set_secret("tokens", "old");
    aws.begin_rotation("tokens", "second");
    let secrets = aws_sdk_secretsmanager::Client::new(&aws.config_for("rotate"));
    let value = |stage: &str| secrets.get_secret_value().secret_id("tokens").version_stage(stage).send();
    let unset = value("AWSPENDING").await.unwrap_err().into_service_error();
    assert!(unset.is_resource_not_found_exception(), "a pending version has no value at first");
    assert!(value("AWSPREVIOUS").await.unwrap_err().into_service_error().is_resource_not_found_exception());

    let put = |value: &str| {
        let put = secrets.put_secret_value().secret_id("tokens").client_request_token("second");
        put.version_stages("AWSPENDING").secret_string(value).send()
    };
    put("new").await.unwrap();
    put("new").await.unwrap();
    assert!(put("other").await.unwrap_err().into_service_error().is_resource_exists_exception());
    assert_eq!(value("AWSCURRENT").await.unwrap().secret_string(), Some("old"));
    let mismatch = secrets.get_secret_value().secret_id("tokens").version_id("second");
    let mismatch = mismatch.version_stage("AWSCURRENT").send().await.unwrap_err().into_service_error();
    assert!(mismatch.is_invalid_request_exception());

    let advance = |from: &str| {
        let update = secrets.update_secret_version_stage().secret_id("tokens").version_stage("AWSCURRENT");
        update.move_to_version_id("second").remove_from_version_id(from).send()
    };
    assert!(advance("second").await.unwrap_err().into_service_error().is_invalid_parameter_exception());
    advance("first").await.unwrap();
    assert_eq!(value("AWSCURRENT").await.unwrap().secret_string(), Some("new"));
    assert_eq!(value("AWSPREVIOUS").await.unwrap().secret_string(), Some("old"));
    let described = secrets.describe_secret().secret_id("tokens").send().await.unwrap();
    let stages = described.version_ids_to_stages().unwrap();
    assert_eq!(stages["first"], ["AWSPREVIOUS"]);
    assert_eq!(stages["second"], ["AWSCURRENT", "AWSPENDING"]);
}

#[tokio::test]
async fn a_mail_lands_in_the_mailbox() {
    let aws = Aws::default();
    let ses = aws_sdk_sesv2::Client::new(&aws.config_for("send-mail"));
    let content = |text: &str| Content::builder().data(text).build().unwrap();
    let message = Message::builder()
        .subject(content("Welcome"))
        .body(Body::builder().text(content("Hello")).html(content("<p>Hello")).build())
        .build();
    let send = ses
        .send_email()
        .from_email_address("shop@example.com")
        .destination(Destination::builder().to_addresses("ann@example.com").build())
        .content(EmailContent::builder().simple(message).build());
    send.clone().send().await.unwrap();
    let mails = aws.mails_to("ann@example.com");
    assert_eq!((&*mails[0].subject, &*mails[0].text, &*mails[0].html), ("Welcome", "Hello", "<p>Hello"));
    assert_eq!(aws.mails_to("bob@example.com"), []);

    aws.on(|_| Fault::Throttle);
    let throttled = send.send().await.unwrap_err().into_service_error();
    assert!(throttled.is_too_many_requests_exception(), "{throttled:?}");
    assert_eq!(aws.mails().len(), 1);
}

#[tokio::test]
async fn a_call_is_logged_with_all_it_touches() {
    let aws = world::aws();
    let dynamo = world::client(&aws, "place-order");
    let transaction = dynamo.transact_write_items();
    let transaction = transaction.transact_items(world::put_of("a", 1)).transact_items(world::put_of("b", 2));
    transaction.send().await.unwrap();
    let call = &aws.calls()[0];
    assert_eq!(
        call.to_string(),
        "1 place-order TransactWriteItems [dynamodb:PutItem, dynamodb:PutItem] r 0+0 w 4+0 Ok"
    );
    assert_eq!(call.info.touches[1].key, Some(json!({ "pk": { "S": "b" }, "n": { "N": "2" } })));
    world::put(&world::quiet(&aws), "c", 3).await.unwrap();
    assert_eq!(aws.calls().len(), 1);
}
