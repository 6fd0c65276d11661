"""Deploys the real SAM template to the emulator.

Reads one JSON request from standard input; writes a line per step and, last, one JSON answer to standard
output. If something cannot be deployed, one line on standard error says why.
"""

import hashlib
import io
import json
import os
import re
import sys
import time
import zipfile
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

BUCKET = "local-deployments"
DEPLOY_SECONDS = 120


class Refused(Exception):
    """An error that the developer has to fix, in one line."""


class NoManagedPolicies:
    """Knows no managed policies: the template states all policies in full."""

    def load(self):
        return {}


def step(text):
    print(text, flush=True)


# ---------------------------------------------------------------- the template


def read(path):
    try:
        template = yaml_parse(Path(path).read_text(encoding="utf-8"))
    except Exception as error:
        raise Refused(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise Refused(f"{path} has no Resources")
    return template


def binaries(template):
    """The name of the binary of each function, by the function's logical id."""
    named = {}
    for logical_id, resource in template["Resources"].items():
        if resource.get("Type") != "AWS::Serverless::Function":
            continue
        code = resource["Properties"].get("CodeUri")
        if not isinstance(code, str):
            raise Refused(f"{logical_id} needs a CodeUri of the form target/lambda/<binary>/")
        if (name := Path(code).name) in named.values():
            raise Refused(f"two functions have the binary {name}")
        named[logical_id] = name
    return named


def chosen(template, given):
    """The value of every parameter: the given one, or else the default."""
    declared = template.get("Parameters", {})
    if unknown := sorted(set(given) - set(declared)):
        known = ", ".join(sorted(declared)) or "none"
        raise Refused(f"the template has no parameter {unknown[0]}; it has {known}")
    values = {name: str(about["Default"]) for name, about in declared.items() if "Default" in about} | given
    if missing := sorted(set(declared) - set(values)):
        raise Refused(f"the parameter {missing[0]} has no default: give it with --param {missing[0]}=value")
    return values


def translate(template, values):
    try:
        return transform(template, dict(values), NoManagedPolicies())
    except InvalidDocumentException as error:
        causes = "; ".join(cause.message for cause in error.causes)
        raise Refused(f"the template does not translate: {causes}") from error


def check_references(template):
    """Refuses an unknown name, which the emulator would treat as an empty text."""
    known = set(template["Resources"]) | set(template.get("Parameters", {}))
    for name in references([template["Resources"], template.get("Outputs", {})]):
        if name not in known and not name.startswith("AWS::"):
            raise Refused(f"the template refers to {name}, which it does not have")


def references(value):
    """The logical ids and parameters that a part of a template names."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    if isinstance(value.get("Ref"), str):
        yield value["Ref"]
    if target := value.get("Fn::GetAtt"):
        yield target.split(".")[0] if isinstance(target, str) else target[0]
    if sub := value.get("Fn::Sub"):
        text, own = (sub, {}) if isinstance(sub, str) else sub
        yield from (name for name in re.findall(r"\$\{([\w:]+)", text) if name not in own)
    for item in value.values():
        yield from references(item)


def suit_the_emulator(template):
    """Translates the template for the emulator. Each difference from AWS is one function."""
    resources = template["Resources"]
    for logical_id in [name for name, about in resources.items() if is_metric_math(about) or rotates(about)]:
        del resources[logical_id]
    secrets = {name for name, about in resources.items() if about["Type"] == "AWS::SecretsManager::Secret"}
    template["Resources"] = rewritten(resources, secrets)


def is_metric_math(resource):
    """Removes alarms: the emulator refuses metric math, and nothing local needs an alarm."""
    return resource["Type"] == "AWS::CloudWatch::Alarm" and "Metrics" in resource["Properties"]


def rotates(resource):
    """Removes rotation schedules, which the emulator lacks. No stack lives for 30 days."""
    return resource["Type"] == "AWS::SecretsManager::RotationSchedule"


def rewritten(value, secrets):
    if isinstance(value, list):
        return [rewritten(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("Ref") in secrets:
        # In the emulator a secret's reference is its name, on AWS its ARN.
        return {"Fn::GetAtt": [value["Ref"], "Id"]}
    value = {key: rewritten(item, secrets) for key, item in value.items()}
    if "Fn::Sub" in value:
        value["Fn::Sub"] = substituted(value["Fn::Sub"], secrets)
    if "Effect" in value and only_mails(value.get("Action")):
        # The emulator checks sending on `*`, and without the sender's address.
        value = {**value, "Resource": "*"}
        value.pop("Condition", None)
    return value


def substituted(sub, secrets):
    text, *variables = sub if isinstance(sub, list) else [sub]
    for secret in secrets:
        text = text.replace(f"${{{secret}}}", f"${{{secret}.Id}}")
    return [text, *variables] if variables else text


def only_mails(actions):
    actions = [actions] if isinstance(actions, str) else actions or []
    return bool(actions) and all(action.startswith("ses:") for action in actions)


def take_routes(template):
    """Removes the OpenAPI bodies of the APIs, which the emulator ignores; returns their routes by API."""
    routes = {}
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        properties = resource["Properties"]
        body = properties.pop("Body", {})
        properties.setdefault("Name", logical_id)
        properties.setdefault("ProtocolType", "HTTP")
        for key in ("FailOnWarnings", "BasePath", "DisableSchemaValidation"):
            properties.pop(key, None)
        if cors := body.get("x-amazon-apigateway-cors"):
            # In lower case, because the emulator's CloudFormation passes it unchanged to its gateway, which
            # reads it so.
            properties["CorsConfiguration"] = cors
        routes[logical_id] = dict(routes_of(body))
    return routes


def routes_of(body):
    """Pairs of a route key and the logical id of the function behind it."""
    for path, methods in body.get("paths", {}).items():
        for method, operation in methods.items():
            integration = operation["x-amazon-apigateway-integration"]
            uri = json.dumps(integration["uri"])
            function = re.search(r"\$\{(\w+)\.Arn\}", uri)
            if not function:
                raise Refused(f"{method} {path} is not answered by a function: {uri}")
            if "credentials" not in integration:
                # Without credentials AWS would not call the function; the emulator would.
                raise Refused(f"{method} {path} has no credentials: the API could not call {function[1]}")
            verb = "ANY" if method == "x-amazon-apigateway-any-method" else method.upper()
            yield (path if path == "$default" else f"{verb} {path}"), function[1]


# ---------------------------------------------------------------- the deployment


class Deployment:
    def __init__(self, request):
        self.request = request
        self.stack = request["stack"]
        session = boto3.Session("test", "test", region_name=request["region"])
        # The emulator answers 500 when something is written while it reads, and a stack can be deployed under
        # load.
        config = Config(retries={"total_max_attempts": 8}, connect_timeout=5, read_timeout=60)
        self.client = lambda service: session.client(service, endpoint_url=request["endpoint"], config=config)
        self.cloudformation = self.client("cloudformation")
        self.s3 = self.client("s3")

    def run(self):
        step("translate the template")
        template = read(self.request["template"])
        named = binaries(template)
        values = chosen(template, self.request["parameters"])
        self.s3.create_bucket(Bucket=BUCKET)
        for logical_id, name in named.items():
            template["Resources"][logical_id]["Properties"]["CodeUri"] = self.upload_launcher(name)
        cloud = translate(template, values)
        check_references(cloud)
        suit_the_emulator(cloud)
        routes = take_routes(cloud)

        step(f"deploy {len(cloud['Resources'])} resources")
        physical = self.deploy(cloud, values)
        functions = self.functions(named, physical)
        apis = {api: physical[api] for api in routes}
        step(f"route {sum(map(len, routes.values()))} paths")
        for api, keys in routes.items():
            self.route(apis[api], {key: functions[named[target]]["arn"] for key, target in keys.items()})
        self.expire(cloud, physical)
        return {
            "apis": apis,
            "functions": functions,
            "resources": physical,
            "outputs": self.outputs(),
            "parameters": values,
        }

    def upload_launcher(self, name):
        """A package of one script that starts the one program of all functions where the compiler put it."""
        program = Path(self.request["program"])
        # The time makes a rebuilt program a new package, so that a running stack drops its old environments.
        script = f"#!/bin/sh\n# {program.stat().st_mtime_ns}\nexec '{program}' {name}\n"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o100755 << 16
            package.writestr(entry, script)
        key = f"{name}-{hashlib.sha256(script.encode()).hexdigest()[:16]}.zip"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=archive.getvalue())
        return {"Bucket": BUCKET, "Key": key}

    def deploy(self, template, values):
        body = json.dumps(template)
        self.s3.put_object(Bucket=BUCKET, Key="template.json", Body=body.encode())
        arguments = {
            "StackName": self.stack,
            "TemplateURL": f"{self.request['endpoint']}/{BUCKET}/template.json",
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        }
        try:
            if self.status() is None:
                self.cloudformation.create_stack(**arguments)
            else:
                self.cloudformation.update_stack(**arguments)
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                raise
        self.settle()
        pages = self.cloudformation.get_paginator("list_stack_resources").paginate(StackName=self.stack)
        return {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
        }

    def status(self):
        """The stack's status; None if there is no stack, or if its creation failed."""
        try:
            status = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
        except ClientError:
            return None
        if status in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"):
            self.cloudformation.delete_stack(StackName=self.stack)
            return None
        return status

    def settle(self):
        deadline = time.monotonic() + DEPLOY_SECONDS
        while True:
            status = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]["StackStatus"]
            if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                return
            if not status.endswith("_IN_PROGRESS") or time.monotonic() > deadline:
                raise Refused(f"the stack is {status}: {self.first_failure()}")
            time.sleep(0.05)

    def first_failure(self):
        events = self.cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        failures = [
            f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
            for event in events
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        return failures[-1] if failures else "no reason given"

    def functions(self, named, physical):
        """Name, address and environment of each function as deployed, by its binary."""
        client = self.client("lambda")
        functions = {}
        for logical_id, name in named.items():
            about = client.get_function_configuration(FunctionName=physical[logical_id])
            functions[name] = {
                "logical_id": logical_id,
                "name": about["FunctionName"],
                "arn": about["FunctionArn"],
                "environment": about.get("Environment", {}).get("Variables", {}),
            }
        return functions

    def route(self, api, wanted):
        """Changes the API's routes to the wanted ones, and leaves right ones alone."""
        client = self.client("apigatewayv2")
        targets = {
            integration["IntegrationUri"]: f"integrations/{integration['IntegrationId']}"
            for integration in pages(client, "get_integrations", api)
        }
        for arn in sorted(set(wanted.values()) - set(targets)):
            made = client.create_integration(
                ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
            )
            targets[arn] = f"integrations/{made['IntegrationId']}"
        there = {}
        for route in pages(client, "get_routes", api):
            key = route["RouteKey"]
            if key in wanted and route.get("Target") == targets[wanted[key]]:
                there[key] = route
            else:
                client.delete_route(ApiId=api, RouteId=route["RouteId"])
        for key in sorted(set(wanted) - set(there)):
            client.create_route(ApiId=api, RouteKey=key, Target=targets[wanted[key]])

    def expire(self, template, physical):
        """Switches the tables' time to live on, which the emulator's CloudFormation leaves out."""
        client = self.client("dynamodb")
        for logical_id, resource in template["Resources"].items():
            wanted = resource.get("Properties", {}).get("TimeToLiveSpecification")
            if resource["Type"] != "AWS::DynamoDB::Table" or not wanted:
                continue
            table = physical[logical_id]
            now = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
            if now.get("TimeToLiveStatus") != "ENABLED":
                client.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)

    def outputs(self):
        stack = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def pages(client, operation, api):
    """All items of a paged list of the API gateway."""
    token = {}
    while True:
        page = getattr(client, operation)(ApiId=api, **token)
        yield from page["Items"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def main():
    request = json.load(sys.stdin)
    os.environ["AWS_DEFAULT_REGION"] = request["region"]  # the translator asks for it
    try:
        answer = Deployment(request).run()
    except Refused as refused:
        sys.exit(str(refused))
    except ClientError as error:
        sys.exit(f"the emulator refuses the deployment: {error}")
    print(json.dumps(answer))


main()
