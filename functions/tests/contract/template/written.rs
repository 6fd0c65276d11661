//! The written part of `template.yaml`: routes, queues and functions.
//!
//! It is made from the functions: from their triggers, from the variables that they ask for, and from the
//! calls that they make. `cargo template` writes it, and every test run compares the committed file with it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use api::Endpoint;
use domain::messages::QUEUES;
use lambda::{Source, Worker};
use serde_json::Value;

use super::observed::{self, Observed};
use super::{TEMPLATE, is_global, value_of};
use crate::tree::{self, Function, pascal};

const FILE: &str = "template.yaml";

/// The line that begins the written part.
const BEGIN: &str = "  # ================ From here on written by `cargo template`: routes, queues, \
                     functions. Change the functions instead.\n";

/// The buckets by their logical ids.
pub const BUCKETS: [&str; 2] = ["Images", "SearchPacks"];

/// A managed policy has room for 6,144 characters, which is enough for the ARNs of 50 functions.
const MOST_ARNS: usize = 50;

#[test]
fn the_written_part_of_the_template_matches_the_functions() {
    let committed = tree::read(FILE);
    let (_, committed) = committed.split_once(BEGIN).expect("template.yaml has a written part");
    let written = written(&observed::COMMITTED);
    let differs =
        committed.lines().zip(written.lines()).position(|(committed, written)| committed != written);
    let differs = differs.unwrap_or_else(|| committed.lines().count().min(written.lines().count()));
    assert!(
        committed == written,
        "template.yaml, line {differs} of the written part: it says {:?}, the functions say {:?}. `cargo \
         template` writes it.",
        committed.lines().nth(differs),
        written.lines().nth(differs),
    );
}

/// `cargo template`: observes the functions, and writes the template and missing sample events. With
/// `OBSERVED_CALLS` it uses the observations that an earlier run has written into that folder.
#[test]
#[ignore = "it writes files"]
fn write_the_template() {
    crate::contract::samples::write_missing();
    let folder = observed::folder().unwrap_or_else(watch_the_walk);
    let template = tree::read(FILE);
    let by_hand = template.split(BEGIN).next().unwrap_or_default();
    let observed = observed::read(&folder);
    let written = written(&observed);
    std::fs::write(tree::root().join(FILE), format!("{by_hand}{BEGIN}{written}")).unwrap();
    super::reach::hold_for(&observed);
    let contract = Command::new(std::env::current_exe().unwrap())
        .arg("contract::openapi::the_committed_document")
        .env("UPDATE", "1")
        .status();
    assert!(contract.unwrap().success(), "the template is written, but the contract is not");
}

/// Runs the walk through all calls in a program of its own. Returns the folder of its observations.
///
/// The other tests need not run. They fail later if a function makes a call that its role, and so the walk,
/// lacks.
fn watch_the_walk() -> PathBuf {
    let folder = tree::root().join("target/observed");
    let _ = std::fs::remove_dir_all(&folder);
    let walk = Command::new(std::env::current_exe().unwrap())
        .arg("promises::policies::")
        .env(observed::FOLDER, &folder)
        .status();
    assert!(walk.unwrap().success(), "the walk failed, so nothing is written");
    folder
}

/// The written part.
fn written(observed: &BTreeMap<String, Observed>) -> String {
    let functions = tree::functions();
    let mut out = String::new();
    out += &api(&functions);
    out += &queues(&functions);
    out += &dead_letters_alarm();
    let mut area = "";
    for function in &functions {
        if function.area() == area {
            out += "\n";
        } else {
            area = function.area();
            out +=
                &format!("\n  # ---------------------------------------------------------------- {area}\n");
        }
        out += &block(function, observed.get(function.name).unwrap_or(&Observed::default()));
    }
    out
}

// ---------------------------------------------------------------- the API

/// The API with its routes, and the role with which it calls the functions. The body holds the routes,
/// because there they are no resources: as events of functions each would need a permission, and a stack has
/// at most 500 resources.
fn api(functions: &[Function]) -> String {
    let mut paths = BTreeMap::<&str, String>::new();
    let mut called = Vec::new();
    for function in functions {
        let Some(Endpoint { method, path, .. }) = function.endpoint() else { continue };
        called.push(function.logical_id());
        let operations = match method {
            "ANY" => vec!["x-amazon-apigateway-any-method".to_owned()],
            // Monitors check by HEAD whether a page exists.
            "GET" => vec!["get".to_owned(), "head".to_owned()],
            method => vec![method.to_lowercase()],
        };
        for operation in operations {
            let _ = write!(
                paths.entry(path).or_default(),
                "            {operation}:\n              responses: {{}}\n\
                 {}              x-amazon-apigateway-integration:\n                \
                 type: aws_proxy\n                httpMethod: POST\n                \
                 payloadFormatVersion: \"2.0\"\n                \
                 credentials: !GetAtt Gateway.Arn\n                \
                 uri: !Sub \
                 \"arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:\
                 lambda:path/2015-03-31/functions/${{{}.Arn}}/invocations\"\n",
                if method == "ANY" { "              isDefaultRoute: true\n" } else { "" },
                function.logical_id(),
            );
        }
    }
    let mut out = String::from(
        "\n  # ---------------------------------------------------------------- the API\n  Api:\n    \
         Type: AWS::Serverless::HttpApi\n    \
         Properties:\n      CorsConfiguration:\n        AllowCredentials: true\n        \
         AllowOrigins: [!Ref AllowedOrigin]\n        \
         AllowMethods: [GET, HEAD, POST, PUT, PATCH, DELETE]\n        \
         AllowHeaders: [authorization, content-type, idempotency-key, if-match, if-none-match, x-cart-token, \
         x-request-id]\n        \
         ExposeHeaders: [etag, location, x-request-id, x-cart-token, idempotent-replayed, retry-after, \
         ratelimit, ratelimit-policy]\n        \
         MaxAge: 600\n      DefinitionBody:\n        openapi: \"3.0.1\"\n        \
         info: { title: !Ref AWS::StackName, version: \"1.0\" }\n        \
         paths:\n",
    );
    for (path, operations) in paths {
        let _ = write!(out, "          \"{path}\":\n{operations}");
    }
    let parts: Vec<_> = called.chunks(MOST_ARNS).enumerate().collect();
    let names: Vec<_> = parts.iter().map(|(number, _)| format!("!Ref GatewayCalls{}", number + 1)).collect();
    let _ = write!(
        out,
        "\n  # By this role the API calls the functions.\n  Gateway:\n    Type: AWS::IAM::Role\n    \
         Properties:\n      \
         AssumeRolePolicyDocument:\n        Version: \"2012-10-17\"\n        Statement:\n          \
         - {{ Effect: Allow, Action: sts:AssumeRole, \
         Principal: {{ Service: apigateway.amazonaws.com }} }}\n      \
         ManagedPolicyArns: [{}]\n",
        names.join(", ")
    );
    for (number, functions) in parts {
        let _ = write!(
            out,
            "\n  GatewayCalls{}:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      \
             PolicyDocument:\n        \
             Version: \"2012-10-17\"\n        Statement:\n          - Effect: Allow\n            \
             Action: [lambda:InvokeFunction]\n            \
             Resource:\n",
            number + 1
        );
        for function in functions {
            let _ = writeln!(out, "              - !GetAtt {function}.Arn");
        }
    }
    out
}

// ---------------------------------------------------------------- queues and their alarm

/// Each queue with its dead letters. A message is hidden for six times its worker's timeout, as Lambda
/// recommends.
fn queues(functions: &[Function]) -> String {
    let mut out =
        String::from("\n  # ---------------------------------------------------------------- the queues\n");
    for (number, queue) in QUEUES.into_iter().enumerate() {
        let timeout = worker(functions, queue).and_then(|worker| worker.timeout);
        let hidden = match timeout {
            Some(timeout) => (6 * timeout.as_secs()).to_string(),
            None => "!Ref RetrySeconds".to_owned(),
        };
        let _ = write!(
            out,
            "{}  {id}:\n    Type: AWS::SQS::Queue\n    Properties:\n      VisibilityTimeout: {hidden}\n      \
             RedrivePolicy: {{ deadLetterTargetArn: !GetAtt {id}DeadLetters.Arn, \
             maxReceiveCount: {receives} }}\n  \
             {id}DeadLetters: {{ Type: AWS::SQS::Queue, \
             Properties: {{ MessageRetentionPeriod: {kept} }} }}\n",
            if number == 0 { "" } else { "\n" },
            id = pascal(queue),
            receives = domain::messages::MOST_RECEIVES,
            kept = domain::messages::DEAD_LETTERS_LIVE.as_secs(),
        );
    }
    out
}

fn worker(functions: &[Function], queue: &str) -> Option<Worker> {
    functions.iter().find_map(|function| match function.source {
        Source::Queue(consumed, worker) if consumed == queue => Some(worker),
        _ => None,
    })
}

/// The alarm with a term for each queue. An alarm has room for 10 terms.
fn dead_letters_alarm() -> String {
    let mut out = format!(
        "\n  DeadLettersAlarm:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      \
         AlarmActions: [!Ref Alarms]\n      \
         AlarmDescription: \"A message was dead-lettered after 5 receives. Fix the cause, then redrive the \
         message.\"\n      \
         ComparisonOperator: GreaterThanThreshold\n      EvaluationPeriods: 1\n      Threshold: 0\n      \
         TreatMissingData: notBreaching\n      Metrics:\n        - {{ Id: all, Expression: \"{}\" }}\n",
        QUEUES.join(" + ")
    );
    for queue in QUEUES {
        let _ = write!(
            out,
            "        - Id: {queue}\n          ReturnData: false\n          \
             MetricStat: {{ Period: 60, Stat: Maximum, Metric: {{ Namespace: AWS/SQS, \
             MetricName: ApproximateNumberOfMessagesVisible, \
             Dimensions: [{{ Name: QueueName, Value: !GetAtt {}DeadLetters.QueueName }}] }} }}\n",
            pascal(queue)
        );
    }
    out
}

// ---------------------------------------------------------------- a function

/// The resources of a function.
fn block(function: &Function, observed: &Observed) -> String {
    let id = function.logical_id();
    let mut out = format!(
        "  {id}:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: target/lambda/{}/\n",
        function.name
    );
    let (memory, timeout) = match function.source {
        Source::Http(endpoint) => (endpoint.memory, None),
        Source::Queue(_, worker) => (worker.memory, worker.timeout),
        Source::Stream(_) => (None, None),
        Source::Schedule(schedule) => (None, Some(schedule.timeout)),
        Source::Rotation(rotator) => (None, Some(rotator.timeout)),
    };
    out += &memory.map_or_else(String::new, |memory| format!("      MemorySize: {memory}\n"));
    out += &timeout.map_or_else(String::new, |timeout| format!("      Timeout: {}\n", timeout.as_secs()));
    out += &events(function);
    out += &environment(&observed.variables);
    out += &policies(function, &observed.grants);
    if let Source::Rotation(rotator) = function.source {
        let _ = write!(
            out,
            "\n  {id}Permission:\n    Type: AWS::Lambda::Permission\n    Properties:\n      \
             Action: lambda:InvokeFunction\n      \
             FunctionName: !Ref {id}\n      Principal: secretsmanager.amazonaws.com\n      \
             SourceArn: !Ref {secret}\n\n  \
             {secret}Rotation:\n    Type: AWS::SecretsManager::RotationSchedule\n    \
             DependsOn: {id}Permission\n    Properties:\n      \
             SecretId: !Ref {secret}\n      RotationLambdaARN: !GetAtt {id}.Arn\n      \
             RotationRules: {{ AutomaticallyAfterDays: {days} }}\n      RotateImmediatelyOnUpdate: false\n",
            secret = rotator.secret,
            days = rotator.days,
        );
    }
    out
}

fn events(function: &Function) -> String {
    match function.source {
        // The API's body has the route, and the secret's permission is written elsewhere.
        Source::Http(_) | Source::Rotation(_) => String::new(),
        Source::Schedule(schedule) => format!(
            "      Events: {{ Clock: {{ Type: Schedule, Properties: {{ Schedule: rate({}) }} }} }}\n",
            schedule.every
        ),
        Source::Queue(queue, worker) => {
            let batch = match worker.batch_when {
                Some((condition, batch)) => format!("!If [{condition}, {batch}, {}]", worker.batch),
                None => worker.batch.to_string(),
            };
            let gather = match worker.gather {
                0 => String::new(),
                seconds => format!("            MaximumBatchingWindowInSeconds: {seconds}\n"),
            };
            let enabled = worker.enabled_when.map_or_else(String::new, |condition| {
                format!("            Enabled: !If [{condition}, true, false]\n")
            });
            format!(
                "      Events:\n        Queue:\n          Type: SQS\n          Properties:\n            \
                 Queue: !GetAtt {}.Arn\n            \
                 BatchSize: {batch}\n\
                 {gather}{enabled}            FunctionResponseTypes: [ReportBatchItemFailures]\n            \
                 ScalingConfig: {{ MaximumConcurrency: {} }}\n",
                pascal(queue),
                worker.concurrency
            )
        }
        Source::Stream(consumer) => {
            let mut out = String::from(
                "      Events:\n        Table:\n          Type: DynamoDB\n          Properties:\n            \
                 Stream: !GetAtt Table.StreamArn\n            \
                 StartingPosition: TRIM_HORIZON\n            BatchSize: 10\n            \
                 BisectBatchOnFunctionError: true\n            \
                 FunctionResponseTypes: [ReportBatchItemFailures]\n            \
                 # Retried for an hour. The alarm goes off after five minutes.\n            \
                 MaximumRetryAttempts: 1000\n            MaximumRecordAgeInSeconds: 3600\n            \
                 FilterCriteria:\n              Filters:\n",
            );
            for filter in consumer.filters {
                let _ = writeln!(out, "                - Pattern: '{filter}'");
            }
            out
        }
    }
}

fn environment(variables: &BTreeSet<String>) -> String {
    let own: Vec<_> = variables.iter().filter(|name| !is_global(name)).collect();
    if own.is_empty() {
        return String::new();
    }
    let mut out = String::from("      Environment:\n        Variables:\n");
    for name in own {
        let value = value_of(name).unwrap_or_else(|| panic!("{name} is nothing in template.yaml"));
        let _ = writeln!(out, "          {name}: {}", in_yaml(&value));
    }
    out
}

/// A value with CloudFormation's functions, in one line of YAML.
fn in_yaml(value: &Value) -> String {
    match value {
        Value::Object(function) => {
            let parts = function.iter().map(|(name, of)| format!("{name} {}", in_yaml(of)));
            parts.collect()
        }
        Value::Array(values) => format!("[{}]", values.iter().map(in_yaml).collect::<Vec<_>>().join(", ")),
        Value::String(text) if text.contains("${") => format!("\"{text}\""),
        scalar => scalar.as_str().unwrap_or_default().to_owned(),
    }
}

/// Managed policies for what all functions of a kind do, and own statements for the rest.
fn policies(function: &Function, grants: &BTreeSet<String>) -> String {
    let touches = grants.iter().any(|grant| grant.starts_with("dynamodb:"));
    let is_endpoint = function.endpoint().is_some();
    let own: BTreeSet<_> =
        with_signed(function, grants).into_iter().filter(|grant| !grant.contains(" only ")).collect();
    let writes = ["dynamodb:PutItem on ", "dynamodb:UpdateItem on ", "dynamodb:DeleteItem on "];
    let writes = own.iter().any(|grant| writes.iter().any(|action| grant.starts_with(action)));
    let signs = function.reach.contains("Signer") || function.reach.contains("Vault");
    let mut policies = Vec::new();
    if touches && is_endpoint {
        policies.push("        - !Ref CountsRequests\n".to_owned());
    }
    if writes && !signs {
        policies.push("        - !Ref KeySetIsReadOnly\n".to_owned());
    }
    if matches!(function.source, Source::Queue(..)) {
        policies.push("        - !Ref NotesDeadLetters\n".to_owned());
    }
    if !own.is_empty() {
        policies.push(format!("        - Statement:\n{}", own_statements(&own)));
    }
    if policies.is_empty() { String::new() } else { format!("      Policies:\n{}", policies.concat()) }
}

/// Adds the grant for signed forms: somebody else posts them, under the signer's role.
pub fn with_signed(function: &Function, grants: &BTreeSet<String>) -> BTreeSet<String> {
    let signed = function.reach.contains("Uploads").then(|| "s3:PutObject on images/incoming".to_owned());
    grants.iter().cloned().chain(signed).collect()
}

/// One statement for each set of actions, with all of its resources.
fn own_statements(grants: &BTreeSet<String>) -> String {
    let mut actions = BTreeMap::<&str, BTreeSet<&str>>::new();
    for grant in grants {
        let (action, on) = grant.split_once(" on ").expect("a grant is an action on something");
        actions.entry(on).or_default().insert(action);
    }
    let mut statements = BTreeMap::<(usize, BTreeSet<&str>), Vec<&str>>::new();
    for (on, actions) in actions {
        // A test may give a function the name of something that the template does not have.
        let Some((_, order)) = resource(on) else { continue };
        statements.entry((order, actions)).or_default().push(on);
    }
    let mut out = String::new();
    for ((_, actions), mut on) in statements {
        on.sort_by_key(|on| QUEUES.iter().position(|queue| on.starts_with(queue)));
        let resources: Vec<_> = on.iter().filter_map(|on| Some(resource(on)?.0)).collect();
        let resources = match resources.as_slice() {
            [one] => one.clone(),
            all => format!("[{}]", all.join(", ")),
        };
        let actions = actions.into_iter().collect::<Vec<_>>().join(", ");
        let statement = format!("{{ Effect: Allow, Action: [{actions}], Resource: {resources} }}");
        // Without Stripe there is no such secret.
        out += &match on.as_slice() {
            ["stripesecretarn"] => {
                format!("            - !If [WithStripe, {statement}, !Ref AWS::NoValue]\n")
            }
            _ => format!("            - {statement}\n"),
        };
    }
    out
}

/// The resource of a grant as the template writes it, and its place among the statements.
fn resource(on: &str) -> Option<(String, usize)> {
    let queue = QUEUES.iter().find(|queue| on.trim_end_matches("deadletters") == **queue);
    Some(match (on, queue) {
        ("table", _) => ("!GetAtt Table.Arn".to_owned(), 0),
        ("gsi1" | "gsi2" | "due", _) => (format!("!Sub \"${{Table.Arn}}/index/{on}\""), 1),
        ("mail", _) => {
            let identity =
                "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailSender}";
            (format!("!Sub \"{identity}\""), 4)
        }
        (_, Some(queue)) => {
            let dead = if on.ends_with("deadletters") { "DeadLetters" } else { "" };
            (format!("!GetAtt {}{dead}.Arn", pascal(queue)), 2)
        }
        _ => match (BUCKETS.iter().find(|bucket| on.starts_with(&bucket.to_lowercase())), on.split_once('/'))
        {
            (Some(bucket), Some((_, folder))) => (format!("!Sub \"${{{bucket}.Arn}}/{folder}/*\""), 5),
            (Some(bucket), None) => (format!("!GetAtt {bucket}.Arn"), 5),
            (None, _) => (format!("!Ref {}", logical_id(on)?), 3),
        },
    })
}

/// The parameter or resource that has this name in lower case.
pub fn logical_id(lower: &str) -> Option<String> {
    let sections = ["Parameters", "Resources"].map(|section| TEMPLATE[section].as_object());
    let mut names = sections.into_iter().flatten().flat_map(serde_json::Map::keys);
    names.find(|name| name.to_lowercase() == lower).cloned()
}
