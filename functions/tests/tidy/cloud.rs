//! What the template must say about every function, queue and policy.

use std::collections::BTreeSet;

use domain::messages::MOST_RECEIVES;
use lambda::Source;
use serde_json::{Value, json};

use crate::tree::{self, pascal, resource, resources, same};

const SIGNING: &str = "SIGNING_SECRET_ARN";
const READ_ONLY: &str = "KeySetIsReadOnly";
const COUNTS: &str = "CountsRequests";
const NOTES: &str = "NotesDeadLetters";
const WRITES: [&str; 3] = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

/// The statements of a function's own policies.
fn statements(function: &Value) -> Vec<&Value> {
    let policies = function["Policies"].as_array().into_iter().flatten();
    policies.filter_map(|policy| policy["Statement"].as_array()).flatten().collect()
}

fn actions(statement: &Value) -> Vec<&str> {
    match &statement["Action"] {
        Value::Array(actions) => actions.iter().filter_map(Value::as_str).collect(),
        action => action.as_str().into_iter().collect(),
    }
}

fn variable<'a>(function: &'a Value, name: &str) -> Option<&'a Value> {
    function["Environment"]["Variables"].get(name)
}

#[test]
fn no_policy_has_a_wildcard() {
    let functions = resources("AWS::Serverless::Function");
    let functions = functions.iter().flat_map(|(id, function)| {
        statements(function).into_iter().map(move |statement| (id, statement.clone()))
    });
    let managed = resources("AWS::IAM::ManagedPolicy");
    let managed = managed.iter().flat_map(|(id, policy)| {
        let statements = policy["PolicyDocument"]["Statement"].as_array().into_iter().flatten();
        statements.map(move |statement| (id, statement.clone()))
    });
    for (id, statement) in functions.chain(managed) {
        for part in ["Action", "Resource", "NotAction", "NotResource"] {
            // Objects below a folder of the bucket have no other name.
            let folders = ["Images.Arn}/incoming/*", "Images.Arn}/public/*", "SearchPacks.Arn}/packs/*"];
            let text = folders.iter().fold(statement[part].to_string(), |text, folder| {
                text.replace(folder, "a folder of a bucket")
            });
            assert!(!text.contains('*'), "template.yaml, policy of {id}: name each {part} instead of {text}");
        }
    }
}

#[test]
fn the_stack_stays_below_the_limit_of_500_resources() {
    // CloudFormation also counts the resources that SAM makes of a function: itself, its role, its event
    // source or schedule.
    let functions = resources("AWS::Serverless::Function");
    let sources = functions.iter().filter(|(_, function)| function.get("Events").is_some()).count();
    let template = tree::template();
    let written = template["Resources"].as_object().unwrap().len();
    // The API has a stage.
    let all = written + functions.len() + sources + 1;
    assert!(all < 470, "template.yaml comes to {all} resources; a stack has 500 at most");
}

#[test]
fn no_function_calls_another_or_reads_a_whole_table() {
    for (id, function) in resources("AWS::Serverless::Function") {
        let allowed: Vec<_> =
            statements(&function).into_iter().flat_map(actions).map(str::to_owned).collect();
        for action in ["lambda:InvokeFunction", "dynamodb:Scan"] {
            assert!(!allowed.iter().any(|known| known == action), "template.yaml: {id} may {action}");
        }
    }
}

#[test]
fn only_functions_that_sign_may_write_the_key_set() {
    let expected = json!({ "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Deny",
        "Action": WRITES,
        "Resource": { "!GetAtt": "Table.Arn" },
        "Condition": { "ForAnyValue:StringEquals": { "dynamodb:LeadingKeys": ["KEYS"] } },
    }] } });
    assert_eq!(resource(READ_ONLY), expected, "template.yaml: {READ_ONLY}");

    for function in tree::functions() {
        let id = function.logical_id();
        let properties = resource(&id);
        let writes =
            statements(&properties).into_iter().flat_map(actions).any(|action| WRITES.contains(&action));
        let signs = variable(&properties, SIGNING).is_some();
        let denied = json!({ "!Ref": READ_ONLY });
        let is_denied = properties["Policies"].as_array().is_some_and(|policies| policies.contains(&denied));
        assert!(
            !writes || signs || is_denied,
            "template.yaml: {id} writes the table; add `- !Ref {READ_ONLY}`"
        );
        assert!(!signs || !is_denied, "template.yaml: {id} signs, so it must be able to write the key set");

        let source = function.source();
        let uses_signer =
            source.lines().any(|line| line.starts_with("use api::token::") && line.contains("Signer"));
        assert_eq!(uses_signer, signs, "{id}: left takes a `Signer`, right has {SIGNING} in template.yaml");
        let reads = statements(&properties).iter().any(|statement| {
            actions(statement).contains(&"secretsmanager:GetSecretValue")
                && statement["Resource"] == json!({ "!Ref": "SigningSecret" })
        });
        assert_eq!(reads, signs, "template.yaml, {id}: left may read the SigningSecret, right has {SIGNING}");
    }
    let other = [
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLInsert",
        "dynamodb:PartiQLUpdate",
        "dynamodb:PartiQLDelete",
    ];
    let text = tree::read("template.yaml");
    for action in other {
        assert!(!text.contains(action), "template.yaml: {READ_ONLY} does not deny {action}");
    }
}

#[test]
fn secrets_manager_may_call_the_rotator_and_does_so_on_schedule() {
    for function in tree::functions().iter().filter(|function| matches!(function.source, Source::Rotation(_)))
    {
        let id = function.logical_id();
        let arn = json!({ "!GetAtt": format!("{id}.Arn") });
        let secret = json!({ "!Ref": function.comment.trim_start_matches("rotation of ") });
        let schedules = resources("AWS::SecretsManager::RotationSchedule");
        let schedule = schedules.iter().find(|(_, schedule)| schedule["RotationLambdaARN"] == arn);
        let (_, schedule) = schedule.unwrap_or_else(|| panic!("template.yaml: nothing lets {id} rotate"));
        assert_eq!(schedule["SecretId"], secret, "template.yaml: what {id} rotates");
        assert_eq!(schedule["RotationRules"]["AutomaticallyAfterDays"], 30, "template.yaml: {id}");
        let permission = json!({
            "Action": "lambda:InvokeFunction", "FunctionName": { "!Ref": id },
            "Principal": "secretsmanager.amazonaws.com", "SourceArn": secret,
        });
        let permissions = resources("AWS::Lambda::Permission");
        let is_allowed = permissions.iter().any(|(_, allowed)| *allowed == permission);
        assert!(is_allowed, "template.yaml lacks the permission {permission}");
    }
}

#[test]
fn an_endpoint_with_the_table_may_write_request_counts_and_nothing_else() {
    let expected = json!({ "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["dynamodb:UpdateItem"],
        "Resource": { "!GetAtt": "Table.Arn" },
        "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["LIMIT#*"] } },
    }] } });
    assert_eq!(resource(COUNTS), expected, "template.yaml: {COUNTS}");

    for function in tree::functions() {
        let id = function.logical_id();
        let properties = resource(&id);
        let touches = statements(&properties)
            .into_iter()
            .flat_map(actions)
            .any(|action| action.starts_with("dynamodb:"));
        let counts = json!({ "!Ref": COUNTS });
        let may_count = properties["Policies"].as_array().is_some_and(|policies| policies.contains(&counts));
        assert_eq!(
            may_count,
            touches && function.endpoint().is_some(),
            "template.yaml, {id}: left has `- !Ref {COUNTS}`, right is an endpoint that has the table"
        );
    }
}

#[test]
fn the_notes_policy_lets_workers_write_dead_letter_notes_only() {
    let expected = json!({ "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem"],
        "Resource": { "!GetAtt": "Table.Arn" },
        "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["DEADLETTER#*"] } },
    }] } });
    assert_eq!(resource(NOTES), expected, "template.yaml: {NOTES}");
    for function in tree::functions() {
        let id = function.logical_id();
        let policies = resource(&id)["Policies"].clone();
        let may_note =
            policies.as_array().is_some_and(|policies| policies.contains(&json!({ "!Ref": NOTES })));
        let works = matches!(function.source, Source::Queue(..));
        assert_eq!(may_note, works, "template.yaml, {id}: left has `- !Ref {NOTES}`, right is a worker");
    }
}

#[test]
fn a_function_has_only_its_own_statements_and_the_known_policies() {
    let known = [READ_ONLY, COUNTS, NOTES];
    let managed = resources("AWS::IAM::ManagedPolicy").into_iter().map(|(id, _)| id);
    let managed = managed.filter(|id| !id.starts_with("GatewayCalls"));
    same("the managed policies of template.yaml", managed, "the known ones", known.map(str::to_owned));
    assert!(
        tree::template()["Globals"]["Function"].get("Policies").is_none(),
        "template.yaml: policies for all"
    );
    for (id, function) in resources("AWS::Serverless::Function") {
        assert!(function.get("Role").is_none(), "template.yaml: {id} brings a role of its own");
        for policy in function["Policies"].as_array().into_iter().flatten() {
            let is_known = known.iter().any(|name| *policy == json!({ "!Ref": name }));
            assert!(
                is_known || policy["Statement"].is_array(),
                "template.yaml: {id} has the policy {policy}, which no test reads"
            );
        }
    }
}

#[test]
fn every_queue_has_the_settings_that_the_chain_needs() {
    let queues = resources("AWS::SQS::Queue");
    let working = queues.iter().filter(|(id, _)| !id.ends_with("DeadLetters"));
    let functions = tree::functions();
    let consumed = functions.iter().filter_map(|function| match function.source {
        Source::Queue(queue, _) => Some(pascal(queue)),
        _ => None,
    });
    same(
        "the queues of template.yaml",
        working.clone().map(|(id, _)| id.clone()),
        "the queues with a worker",
        consumed,
    );

    let template = tree::template();
    let default_timeout = template["Globals"]["Function"]["Timeout"].as_u64().unwrap();
    for (id, queue) in working {
        let dead = format!("{id}DeadLetters");
        let redrive = json!({
            "deadLetterTargetArn": { "!GetAtt": format!("{dead}.Arn") },
            "maxReceiveCount": MOST_RECEIVES,
        });
        assert_eq!(queue["RedrivePolicy"], redrive, "template.yaml: RedrivePolicy of {id}");
        let days = resource(&dead)["MessageRetentionPeriod"].as_u64();
        assert_eq!(days, Some(14 * 24 * 3600), "template.yaml: {dead} keeps 14 days");

        let worker = functions
            .iter()
            .find(|function| matches!(function.source, Source::Queue(queue, _) if pascal(queue) == *id));
        let worker = resource(&worker.unwrap().logical_id());
        let timeout = worker["Timeout"].as_u64().unwrap_or(default_timeout);
        let visibility = &queue["VisibilityTimeout"];
        let parameter = visibility["!Ref"].as_str().map(|name| &template["Parameters"][name]["Default"]);
        let visibility = parameter.unwrap_or(visibility).as_u64().unwrap_or(30);
        assert!(
            visibility >= 6 * timeout,
            "template.yaml: {id} hides a message for {visibility} s; its worker's timeout is {timeout} s, \
             so at least {}",
            6 * timeout
        );
    }
}

#[test]
fn every_worker_reports_each_message_and_is_bounded() {
    for function in tree::functions().iter().filter(|function| matches!(function.source, Source::Queue(..))) {
        let id = function.logical_id();
        let events = resource(&id)["Events"].clone();
        for event in events.as_object().unwrap().values() {
            let source = &event["Properties"];
            let report = json!(["ReportBatchItemFailures"]);
            assert_eq!(
                source["FunctionResponseTypes"], report,
                "template.yaml: FunctionResponseTypes of {id}"
            );
            let most = source["ScalingConfig"]["MaximumConcurrency"].as_u64();
            assert!(most.is_some(), "template.yaml: {id} lacks ScalingConfig: {{ MaximumConcurrency: … }}");
        }
        let reserved = resource(&id).get("ReservedConcurrentExecutions").is_some();
        assert!(!reserved, "template.yaml: {id} reserves concurrency, which makes the queue lose receives");
    }
}

#[test]
fn the_tables_stream_has_one_reader() {
    let functions = tree::functions().into_iter();
    let readers = functions.filter(|function| matches!(function.source, Source::Stream(_)));
    same(
        "the functions that read the stream",
        readers.map(|function| function.logical_id()).collect::<Vec<_>>(),
        "the only one",
        ["FollowTable".to_owned()],
    );
    let template = tree::template();
    let resources = template["Resources"].as_object().unwrap().iter();
    let reads = |resource: &Value| resource.to_string().matches("Table.StreamArn").count();
    let sources = resources.filter(|(_, resource)| reads(resource) > 0);
    same(
        "the sources of the stream in template.yaml",
        sources.map(|(id, resource)| format!("{id} {}", reads(resource))).collect::<Vec<_>>(),
        "the only one",
        ["FollowTable 1".to_owned()],
    );
}

#[test]
fn the_reader_of_the_stream_reports_where_it_stopped_and_gives_up() {
    let source = resource("FollowTable")["Events"]["Table"]["Properties"].clone();
    assert_eq!(source["FunctionResponseTypes"], json!(["ReportBatchItemFailures"]), "template.yaml");
    assert_eq!(source["BisectBatchOnFunctionError"], true, "template.yaml: FollowTable");
    for bound in ["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"] {
        assert!(source[bound].as_u64().is_some(), "template.yaml: FollowTable lacks {bound}");
    }
    let alarm = resource("StreamAlarm");
    let of = json!([{ "Name": "FunctionName", "Value": { "!Ref": "FollowTable" } }]);
    assert_eq!((&alarm["MetricName"], &alarm["Dimensions"]), (&json!("IteratorAge"), &of), "template.yaml");
    let filters = source["FilterCriteria"]["Filters"].as_array().map_or(0, Vec::len);
    assert!((1..=5).contains(&filters), "template.yaml: FollowTable has {filters} filters, Lambda takes 5");
}

#[test]
fn a_function_may_use_exactly_the_queues_that_it_knows() {
    for (id, function) in resources("AWS::Serverless::Function") {
        let variables = function["Environment"]["Variables"].as_object().into_iter().flatten();
        let known = variables.filter_map(|(name, value)| {
            let dead = name.strip_suffix("_DEAD_LETTERS_URL").map(|queue| (queue, "DeadLetters"));
            let (queue, kind) = name.strip_suffix("_QUEUE_URL").map(|queue| (queue, "")).or(dead)?;
            let queue = format!("{}{kind}", pascal(&queue.to_lowercase()));
            assert_eq!(*value, json!({ "!Ref": queue }), "template.yaml: {name} of {id}");
            Some(queue)
        });
        let using = statements(&function)
            .into_iter()
            .filter(|statement| actions(statement).iter().any(|action| action.starts_with("sqs:")));
        let targets = using.flat_map(|statement| match &statement["Resource"] {
            Value::Array(targets) => targets.as_slice(),
            target => std::slice::from_ref(target),
        });
        let allowed = targets
            .map(|target| target["!GetAtt"].as_str().unwrap_or_default().trim_end_matches(".Arn").to_owned());
        same(
            &format!("template.yaml: the queue variables of {id}"),
            known.collect::<Vec<_>>(),
            &format!("the targets of sqs: actions of {id}"),
            allowed.collect::<Vec<_>>(),
        );
    }
}

#[test]
fn an_administrator_sees_and_redrives_every_queue() {
    let queues = resources("AWS::SQS::Queue");
    for id in ["ListQueues", "RedriveQueue"] {
        let function = resource(id);
        let variables = function["Environment"]["Variables"].as_object().unwrap();
        let known = variables.values().map(|value| value["!Ref"].as_str().unwrap().to_owned());
        let queues = queues.iter().map(|(id, _)| id.clone());
        same(&format!("template.yaml: the queues of {id}"), known, "the queues of template.yaml", queues);
    }
}

#[test]
fn every_kind_of_stuck_work_raises_the_alarm() {
    let lines = resource("StuckLines");
    assert_eq!(lines["FilterPattern"], "{ $.stuck IS TRUE }");
    assert_eq!(lines["LogGroupName"], json!({ "!Ref": "Logs" }));
    let counted = &lines["MetricTransformations"][0];
    let alarm = resource("StuckAlarm");
    assert_eq!(alarm["MetricName"], counted["MetricName"], "template.yaml: StuckAlarm");
    assert_eq!(alarm["Namespace"], counted["MetricNamespace"], "template.yaml: StuckAlarm");
    let sweeper = "functions/fulfilment/sweep-overdue.rs";
    for (file, what) in [
        (sweeper, "an order is stuck"),
        (sweeper, "a mail to a user is stuck"),
        (sweeper, "an erasure is stuck"),
        ("functions/orders/stripe-webhook.rs", "a refund has failed"),
        ("shared/providers/src/stripe.rs", "a refund is disputed"),
    ] {
        let source = tree::read(file);
        let line = source.lines().find(|line| line.contains(what));
        let counts = line.is_some_and(|line| line.contains("error!(") && line.contains("stuck = true"));
        assert!(counts, "{file}: no line says {what} with `stuck = true`");
    }
}

#[test]
fn only_published_pictures_of_the_bucket_are_public() {
    let policies = resources("AWS::S3::BucketPolicy");
    let expected = json!([{
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
        "Resource": { "!Sub": "${Images.Arn}/public/*" },
    }]);
    let [(id, policy)] = policies.as_slice() else { panic!("template.yaml: one bucket policy") };
    assert_eq!(policy["PolicyDocument"]["Statement"], expected, "template.yaml: {id}");
    let bucket = resource("Images");
    assert_eq!(bucket["OwnershipControls"]["Rules"][0]["ObjectOwnership"], "BucketOwnerEnforced");
    let blocked = &bucket["PublicAccessBlockConfiguration"];
    assert!(
        blocked["BlockPublicAcls"] == true && blocked["IgnorePublicAcls"] == true,
        "template.yaml: Images"
    );
    let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
    assert_eq!(
        (&rule["Prefix"], &rule["ExpirationInDays"]),
        (&json!("incoming/"), &json!(1)),
        "template.yaml: Images"
    );
}

#[test]
fn every_alarm_notifies_the_topic_that_an_operator_can_subscribe_to() {
    for (id, alarm) in resources("AWS::CloudWatch::Alarm") {
        assert_eq!(alarm["AlarmActions"], json!([{ "!Ref": "Alarms" }]), "template.yaml: {id}");
    }
    let subscription = &tree::template()["Resources"]["AlarmMails"];
    // Without an address there is no subscription, because SNS refuses an empty one.
    assert_eq!(subscription["Condition"], "AlarmsAreMailed", "template.yaml: AlarmMails");
    let expected = json!({
        "TopicArn": { "!Ref": "Alarms" }, "Protocol": "email", "Endpoint": { "!Ref": "AlarmEmail" },
    });
    assert_eq!(subscription["Properties"], expected, "template.yaml: AlarmMails");
    assert_eq!(tree::template()["Parameters"]["AlarmEmail"]["Default"], "", "template.yaml: AlarmEmail");
}

#[test]
fn functions_are_traced_only_on_request_and_lambda_logs_only_warnings() {
    let template = tree::template();
    let function = &template["Globals"]["Function"];
    assert_eq!(function["Tracing"], json!({ "!Ref": "Tracing" }), "template.yaml: Globals");
    assert_eq!(template["Parameters"]["Tracing"]["Default"], "Disabled", "template.yaml: Tracing");
    assert_eq!(function["LoggingConfig"]["SystemLogLevel"], "WARN", "template.yaml: Globals");
    assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON", "template.yaml: a level needs JSON");
    for (id, function) in resources("AWS::Serverless::Function") {
        for property in ["Tracing", "LoggingConfig"] {
            assert!(function.get(property).is_none(), "template.yaml: {id} has its own {property}");
        }
    }
}

#[test]
fn dead_letters_of_every_queue_raise_the_alarm() {
    let alarm = resource("DeadLettersAlarm");
    let watched: BTreeSet<_> = alarm["Metrics"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|metric| metric["MetricStat"]["Metric"]["Dimensions"][0]["Value"]["!GetAtt"].as_str())
        .map(|name| name.trim_end_matches(".QueueName").to_owned())
        .collect();
    let queues = resources("AWS::SQS::Queue").into_iter().map(|(id, _)| id);
    let dead = queues.filter(|id| id.ends_with("DeadLetters"));
    same(
        "the queues in template.yaml's DeadLettersAlarm",
        watched,
        "the dead-letter queues of template.yaml",
        dead,
    );
}
