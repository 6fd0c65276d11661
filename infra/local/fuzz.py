"""Fuzzes a running stack by its contract: fuzz.py URL ADMIN_EMAIL ADMIN_PASSWORD

Signs in as shopper, seller and administrator. As each of them it sends requests that the contract allows, and
requests that it does not, to every operation, and compares the answers with the contract by all checks of
schemathesis. The variable CASES sets how many generated requests an operation gets in each role, beside about
3,000 requests at the limits of the schemas. SEED repeats a run. Prints what it has sent and found. Exits with
1 if EXPLAINED does not explain a finding.
"""

import collections
import hashlib
import json
import os
import pathlib
import random
import re
import sys
import time
import unicodedata

import jsonschema_rs
import requests
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core import NOT_SET
from schemathesis.engine import from_schema
from schemathesis.engine.events import NonFatalError, ScenarioFinished
from schemathesis.generation.meta import TestPhase

CONTRACT = pathlib.Path(__file__).parents[2] / "functions/platform/openapi.json"
PASSWORD = "correct horse battery"
ID = re.compile(
    r"(adr|cat|crt|img|mov|ord|prd|rev|ses|sto|usr)_[0-7][0-9a-hjkmnp-tv-z]{25}"
    r"|var_[0-7][0-9a-hjkmnp-tv-z]{27}"
)
# Characters that show nothing: `is_blank` in shared/domain/src/basis/text.rs.
BLANK = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
# In seconds; an access token lives 15 minutes.
SIGN_IN_EVERY = 600
# Statuses of valid requests that the present state or the role refuses.
STATES = ["2xx", "304", "403", "404", "409", "412", "429"]


class Explained:
    """A finding that is not a fault, and the reason."""

    def __init__(self, reason, check, operations="", status=None, field="", code=""):
        self.reason, self.check, self.operations = reason, check, re.compile(operations)
        self.status, self.field, self.code = status, re.compile(field), re.compile(code)

    def fits(self, check, case, response):
        if check != self.check or not self.operations.search(case.operation.definition.raw["operationId"]):
            return False
        if self.status is None:
            return True
        try:
            errors = response.json()["errors"]
        except (ValueError, KeyError):
            return False
        return response.status_code == self.status and all(
            self.field.search(error.get("field", "")) and self.code.search(error["code"]) for error in errors
        )


ACCEPTED, REFUSED = "negative_data_rejection", "positive_data_acceptance"
EXPLAINED = [
    Explained(
        "a cursor is a position that an earlier answer gave", REFUSED,
        status=400, code="MALFORMED", operations="^(list|get|search)-",
    ),
    Explained("the currency is the deployment's", REFUSED, status=422, field="currency$"),
    Explained("a link's token comes from a mail", REFUSED, "verify-email|reset-password", 422, "^token$"),
    Explained("the credentials are nobody's", REFUSED, "^(login|refresh)$", 401),
    Explained(
        "it is not the account's password", REFUSED,
        status=422, field="password$", code="INVALID|REQUIRED",
    ),
    Explained(
        "the resource that a field names is not there", REFUSED,
        status=422, field="_id$", code="INVALID|REQUIRED",
    ),
    Explained("the cart holds some of it already", REFUSED, "add-to-cart", 422, "^quantity$", "OUT_OF_RANGE"),
    Explained("the stock would be beyond its limit", REFUSED, "move-stock", 422, "^delta$", "OUT_OF_RANGE"),
    Explained(
        "the buyer has no default address", REFUSED, "place-order", 422, "^shipping_address$", "REQUIRED"
    ),
    Explained("the generator uses a key twice", REFUSED, status=422, code="IDEMPOTENCY_KEY_REUSED"),
    Explained("the product has several variants", REFUSED, status=422, code="VARIANT_REQUIRED"),
    Explained(
        "the values are those of the product's options", REFUSED, "product$|variants?$", 422,
        r"^(variants\[\d+\]\.)?(values|sku|image_id|price.currency)|^options", "INVALID|REQUIRED|TOO_LONG",
    ),
    Explained("lines of one product are added up", REFUSED, "place-order", 422, "^items$", "OUT_OF_RANGE"),
    Explained("two fields are compared", REFUSED, "list-products|search-products", 422, "max_price"),
    Explained(
        "other methods take the last part of the path for the id of a product", "unsupported_method",
        "^(search|suggest)-products$",
    ),
    Explained("with items a header is required", REFUSED, "place-order", 400, code="MALFORMED"),
]


class Api:
    """The stack's API, called by one account."""

    def __init__(self, url):
        self.url, self.token, self.signed_in = url, "", 0.0

    def call(self, method, path, body=None, **headers):
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        answer = requests.request(method, f"{self.url}/api/v1{path}", json=body, headers=headers, timeout=30)
        if not answer.ok:
            sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()["data"] if answer.content else None

    def sign_in(self, email, password):
        self.email, self.password, self.token = email, password, ""
        self.token = self.call("POST", "/auth/login", {"email": email, "password": password})["access_token"]
        self.signed_in = time.monotonic()
        return self

    def register(self, email):
        self.call("POST", "/auth/register", {"name": "Fuzz", "email": email, "password": PASSWORD})
        return self.sign_in(email, PASSWORD)


def people(url, admin_email, admin_password):
    """A shopper, a seller and an administrator, and the ids of their resources by prefix."""
    run = str(time.time_ns())
    admin = Api(url).sign_in(admin_email, admin_password)
    seller = Api(url).register(f"seller-{run}@example.com")
    shopper = Api(url).register(f"shopper-{run}@example.com")
    ids = collections.defaultdict(list)

    def keep(made):
        ids[made["id"][:3]].append(made["id"])
        return made["id"]

    category = keep(admin.call("POST", "/categories", {"name": f"Fuzz {run}"}))
    keep(admin.call("POST", "/categories", {"name": f"Fuzz more {run}"}))
    for number in range(3):
        account = {"name": "Spare", "email": f"spare-{number}-{run}@example.com", "password": PASSWORD}
        keep(admin.call("POST", "/admin/users", account))
    keep(seller.call("POST", "/stores", {"name": f"Fuzz {run}", "fulfilment": "manual"}))
    for number in range(5):
        price = {"amount": 1500, "currency": "USD"}
        product = {
            "name": "Lamp", "sku": f"L-{number}", "price": price, "category_id": category,
            "stock": 1000000,
        }
        made = seller.call("POST", "/products", product)
        keep(made)
        ids["var"].append(made["variants"][0]["id"])
    choice = [{"name": "Red"}, {"name": "Blue"}, {"name": "Green"}]
    shirt = {
        "name": "Shirt", "category_id": category, "options": [{"name": "Colour", "values": choice}],
        "variants": [
            {"values": {"Colour": one["name"]}, "sku": f"S-{one['name']}", "price": price, "stock": 1000000}
            for one in choice[:2]
        ],
    }
    made = seller.call("POST", "/products", shirt)
    keep(made)
    ids["var"] += [variant["id"] for variant in made["variants"]]
    address = {
        "name": "Ann", "phone": "+49 30 1234", "street1": "Lampenweg 1", "city": "Berlin",
        "postal_code": "10115", "country": "DE",
    }
    for _ in range(2):
        keep(shopper.call("POST", "/users/me/addresses", address))
    for _ in range(5):
        line = {"product_id": ids["prd"][0], "quantity": 1}
        shopper.call("POST", "/cart/items", line)
        order = {"payment_method": "pm_sandbox_ok", "shipping_address": address}
        keep(shopper.call("POST", "/orders", order))
    shopper.call("POST", "/cart/items", {"product_id": ids["prd"][1], "quantity": 1})
    Api(url).sign_in(shopper.email, PASSWORD)
    ids["ses"] = [session["id"] for session in shopper.call("GET", "/auth/sessions")[1:]]
    return {"shopper": shopper, "seller": seller, "admin": admin}, ids


def with_live_ids(value, ids):
    """Replaces three of four generated ids by existing ones: random ids are always 404."""
    if isinstance(value, dict):
        return {key: with_live_ids(inner, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_live_ids(inner, ids) for inner in value]
    if isinstance(value, str) and ID.fullmatch(value) and ids[value[:3]] and value not in ids[value[:3]]:
        draw = hashlib.sha256(value.encode()).digest()
        return value if draw[0] < 64 else ids[value[:3]][draw[1] % len(ids[value[:3]])]
    return value


def as_read(value, schema, schemas, trims):
    """A body without the blank texts of optional fields; with its other texts trimmed and composed."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    for choice in schema.get("anyOf", []):
        if "$ref" in choice:
            return as_read(value, choice, schemas, trims)
    if isinstance(value, list):
        return [as_read(inner, schema.get("items", {}), schemas, trims) for inner in value]
    if isinstance(value, str) and trims:
        return unicodedata.normalize("NFC", value.strip())
    if not isinstance(value, dict):
        return value
    required, fields = schema.get("required", []), schema.get("properties", {})
    return {
        key: as_read(inner, fields.get(key, {}), schemas, trims)
        for key, inner in value.items()
        if key in required or not (isinstance(inner, str) and BLANK.fullmatch(inner))
    }


def explanation(check, case, response, schemas):
    blank = "forms send fields that are not filled in as empty texts, which are taken as left out"
    left_out = [value == "" or isinstance(value, list) and "" in value for value in case.query.values()]
    if check == ACCEPTED and case.method == "GET" and any(left_out):
        return blank
    request_body = case.operation.definition.raw.get("requestBody")
    if check == ACCEPTED and request_body and case.body is NOT_SET and not request_body["required"]:
        return "the body may be left out, which the generator counts as invalid"
    if check == ACCEPTED and request_body and isinstance(case.body, dict):
        schema = request_body["content"]["application/json"]["schema"]
        whole = {**schema, "components": {"schemas": schemas}}
        trimmed = "texts are trimmed and composed before they are measured"
        for trims, reason in [(False, blank), (True, trimmed)]:
            read = as_read(case.body, schema, schemas, trims)
            if read != case.body and jsonschema_rs.is_valid(whole, read):
                return reason
    return next((one.reason for one in EXPLAINED if one.fits(check, case, response)), None)


def use_live_ids(ids, own):
    """Makes requests name existing resources. Later requests can name what earlier ones have made.

    None deletes an account that signs in here, whose ids are `own`: every answer after it would be 401.
    """

    @schemathesis.hook
    def before_call(context, case, kwargs):
        if case.method == "DELETE" and (case.path_parameters or {}).get("id") in own:
            case.path_parameters["id"] = ids["usr"][0]
        if case.meta is None or case.meta.phase.name != TestPhase.STATEFUL:
            case.path_parameters = with_live_ids(case.path_parameters, ids)
            case.query = with_live_ids(case.query, ids)
            case.body = with_live_ids(case.body, ids)

    @schemathesis.hook
    def after_call(context, case, response):
        if response.status_code == 201:
            made = response.json()["data"].get("id", "")
            if ID.fullmatch(made):
                ids[made[:3]] = [*ids[made[:3]], made][-20:]


def fuzz(api, cases, seed, accepted):
    """Sends everything as one role; returns the counts of cases and the findings.

    Adds the operations that accepted a request to `accepted`.
    """
    config = SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "base-url": api.url,
            "request-timeout": 30,
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "generation": {"mode": "all", "max-examples": cases, "no-shrink": True, "database": "none"},
            "output": {"sanitization": {"enabled": False}},
            "checks": {REFUSED: {"expected-statuses": STATES}},
        }
    )
    schema = schemathesis.openapi.from_path(str(CONTRACT), config=config)
    schemas = schema.raw_schema["components"]["schemas"]

    @schema.auth(refresh_interval=SIGN_IN_EVERY)
    class Bearer:
        def get(self, case, context):
            if time.monotonic() - api.signed_in > SIGN_IN_EVERY:
                api.sign_in(api.email, api.password)
            return api.token

        def set(self, case, data, context):
            case.headers["Authorization"] = f"Bearer {data}"

    counts, findings = collections.Counter(), collections.defaultdict(list)
    for event in from_schema(schema).execute():
        if isinstance(event, NonFatalError):
            findings["the fuzzer itself", None].append(f"{event.label}: {event.info.message}")
        if not isinstance(event, ScenarioFinished):
            continue
        for case_id, node in event.recorder.cases.items():
            mode = node.value.meta.generation.mode.value if node.value.meta else "probe"
            counts[f"{event.phase.value}, {mode}"] += 1
            sent = event.recorder.interactions.get(case_id)
            answer = sent.response if sent else None
            if answer is not None and answer.status_code < 300:
                accepted.add(node.value.operation.definition.raw["operationId"])
            for check in event.recorder.checks.get(case_id, []):
                if check.failure_info is None:
                    continue
                case_of = check.failure_info.failure.case_id or case_id
                seen = event.recorder.interactions[case_of]
                case = event.recorder.cases[case_of].value
                reason = explanation(check.name, case, seen.response, schemas)
                answer = seen.response.text[:300] if seen.response else "no answer"
                status = seen.response.status_code if seen.response else 0
                message, sample = check.failure_info.failure.message.strip(), check.failure_info.code_sample
                shown = f"{message}\n{sample[:1500]}\n→ {status} {answer}"
                operation = case.operation.definition.raw["operationId"]
                what = f"{check.name} of {operation}" if reason is None else check.name
                findings[what, reason].append(shown)
    return counts, findings


def main():
    sys.stdout.reconfigure(line_buffering=True)
    url, email, password = sys.argv[1:]
    cases, seed = int(os.environ.get("CASES", 30)), int(os.environ.get("SEED") or random.randrange(1 << 32))
    roles, ids = people(url, email, password)
    use_live_ids(ids, {api.call("GET", "/users/me")["id"] for api in roles.values()})
    print(f"CASES={cases} SEED={seed}")
    unexplained, accepted = 0, set()
    for role, api in roles.items():
        began = time.monotonic()
        counts, findings = fuzz(api, cases, seed, accepted)
        print(f"\n{role}: {counts.total()} cases in {time.monotonic() - began:.0f} s")
        for what, count in sorted(counts.items()):
            print(f"  {count:6} {what}")
        unexplained_last = sorted(findings.items(), key=lambda found: (found[0][1] is None, found[0][0]))
        for (what, reason), found in unexplained_last:
            print(f"  {len(found):6} {what}: {reason or 'NOT EXPLAINED'}")
        for (what, reason), found in findings.items():
            if reason is None:
                unexplained += len(found)
                for shown in found[:2]:
                    print(f"\n  {what}:\n    " + shown.replace("\n", "\n    "))
    paths = json.loads(CONTRACT.read_text())["paths"].values()
    operations = {operation["operationId"] for path in paths for operation in path.values()}
    print(f"\nnever accepted: {', '.join(sorted(operations - accepted)) or 'nothing'}")
    print(f"{unexplained} findings are not explained")
    sys.exit(1 if unexplained else 0)


main()
