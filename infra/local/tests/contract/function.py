"""A Lambda for the contract test: echoes HTTP events, makes AWS calls on demand, fails marked messages."""

import base64
import json
import os
import time
import urllib.request

import boto3

RUNTIME = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"


def handle(event):
    if "Records" in event and "dynamodb" in event["Records"][0]:
        for record in event["Records"]:
            key = record["dynamodb"]["Keys"]["pk"]["S"]
            time.sleep(2 if key == "slow" else 0)
            with open(f"{os.environ['TMPDIR']}/followed", "a", encoding="utf-8") as file:
                file.write(f"{key}\n")
        return {"batchItemFailures": []}
    if "Records" in event:
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
    if event["rawPath"] == "/call":
        return {"statusCode": 200, "body": json.dumps(call(**json.loads(event["body"])), default=str)}
    if event["rawPath"] == "/bytes":
        return {
            "statusCode": 201,
            "headers": {"content-type": "application/octet-stream"},
            "cookies": ["a=1; HttpOnly", "b=2"],
            "isBase64Encoded": True,
            "body": base64.b64encode(bytes(range(256))).decode(),
        }
    return {"statusCode": 200, "body": json.dumps({"event": event, "environment": sorted(os.environ)})}


def call(service, operation, input):
    try:
        return getattr(boto3.client(service), operation)(**input)
    except Exception as error:
        return {"refused": type(error).__name__, "because": str(error)}


while True:
    with urllib.request.urlopen(f"{RUNTIME}/next") as work:
        request, event = work.headers["Lambda-Runtime-Aws-Request-Id"], json.load(work)
    print(json.dumps({"message": "event", "keys": sorted(event)}), flush=True)
    answer = json.dumps(handle(event)).encode()
    urllib.request.urlopen(f"{RUNTIME}/{request}/response", data=answer).read()
