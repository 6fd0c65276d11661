"""Runs the emulator for as long as its standard input is open, and saves its state.

The runner holds the other end of standard input. When it closes, the emulator stops in order: it refuses new
traffic, waits for the functions that are at work, saves, and ends. Its exit code is 1 when something could
not be saved.

Arguments: the stack's folder, and the seconds between two saves.
"""

import asyncio
import contextlib
import fcntl
import gc
import hashlib
import json
import logging
import os
import re
import select
import shutil
import signal
import socketserver
import sys
import threading
import time
import warnings

from ministack import app as server
from ministack.core import persistence
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch_logs, dynamodb, lambda_svc, s3

logger = logging.getLogger("cargo-dev")

FOLDER, SAVE_SECONDS = sys.argv[1], float(sys.argv[2])
# The emulator reads arguments of its own.
del sys.argv[1:]

# One line for each service. All are in one file, so that it is replaced as a whole: a table and a queue of
# different moments would not fit together.
STATE = os.path.join(persistence.STATE_DIR, "state.jsonl")
# The report on the last save for the developer; see infra/local/src/saved.rs.
NOTE = os.path.join(FOLDER, "saved.json")
# Most functions have 10 seconds. If a worker is cut off, its queue shows the message again.
FUNCTIONS_LIMIT_SECONDS = 12
SAVE_LIMIT_SECONDS = 30
FIRST_SAVE_SECONDS = 15
# The most invocations whose log lines are kept in memory: about 20 MB.
LOGGED_INVOCATIONS = 10_000

# The emulator answers a function's request for work in two writes. With Nagle's algorithm the second one
# waits for the kernel's delayed acknowledgement of the first: 40 ms on every invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True


# ---------------------------------------------------------------- loading


def read_lines():
    """The saved lines by service; empty before the first save."""
    try:
        with open(STATE, encoding="utf-8") as file:
            return {re.match(r'{"service": "(\w+)"', line)[1]: line for line in file}
    except FileNotFoundError:
        return {}


def read_payloads():
    """The saved state by service."""
    payloads = {}
    for service, line in read_lines().items():
        saved = json.loads(line, object_hook=persistence._json_object_hook)
        if saved["format"] > persistence._state_format_version(service):
            raise ValueError(f"a newer emulator has saved {service}")
        payloads[service] = saved["payload"]
    return payloads


class Saved:
    """The saved state, and the report on it for the developer."""

    def __init__(self):
        try:
            self.payloads = read_payloads()
        except (OSError, TypeError, ValueError) as error:
            sys.exit(
                f"the saved state in {STATE} cannot be read ({error}): "
                "`cargo dev --fresh` starts without it"
            )
        self.digest = None
        self.at = None
        self.failed = {}
        self.lost_since = None
        # The snapshot that is being written, or was written last.
        self.snapshot = None

    def load(self):
        """Loads a service. The emulator's own code skips unreadable state, and later saves without it."""
        try:
            # A stack that is older than the single file has a file for each service.
            read = self.payloads.pop if self.payloads else lambda service, _: persistence.load_state(service)
            stream = self.payloads.pop("stream", None)
            if stream:
                dynamodb._stream_trimmed.update(stream["trimmed"])
                dynamodb._stream_records.update(stream["records"])
            for service, module in server._state_map.items():
                data = read(service, None)
                if service == "lambda" and data and not stream:
                    # The positions count records that are not saved. With them, nothing would be sent until
                    # as many records were written again.
                    data.pop("dynamodb_stream_positions", None)
                if data:
                    server._get_module(module).load_persisted_state(data)
                if service == "s3":
                    forget_buckets_but(data["buckets_meta"]._data if data else {})
        except Exception:
            logger.exception(
                "the saved state in %s cannot be loaded: `cargo dev --fresh` starts without it", STATE
            )
            # The web server would go on after an exception.
            os._exit(1)
        self.begin()

    def begin(self):
        """Notes that the emulator runs: from now on a crash loses what was written."""
        with contextlib.suppress(OSError, ValueError), open(NOTE, encoding="utf-8") as file:
            last = json.load(file)
            if not last["stopped"]:
                self.lost_since = last["at"]
        self.at = now()
        self.tell(stopped=False)

    def tell(self, stopped):
        note = {"at": self.at, "stopped": stopped, "failed": self.failed, "lost_since": self.lost_since}
        replace(NOTE, json.dumps(note))


def forget_buckets_but(known):
    """Deletes the buckets that are newer than the saved state.

    S3 writes objects to the disk at once. No other saved service knows such a bucket, and its name would be
    taken when the deployment creates it again.
    """
    for account, name in [key for key in s3._buckets._data if key not in known]:
        del s3._buckets._data[account, name]
        shutil.rmtree(os.path.join(s3.DATA_DIR, account, name), ignore_errors=True)


def now():
    return time.strftime("%Y-%m-%d %H:%M:%S")


def replace(path, text):
    """Writes a file as a whole or not at all."""
    with open(f"{path}.new", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


# ---------------------------------------------------------------- saving


class Snapshot:
    """A forked process that saves the memory of one moment, while the emulator goes on.

    It must be forked on the event loop, where no request is half done. The copy does not change while it is
    written, so no dictionary changes its size, and all services are of the same moment.
    """

    def __init__(self, saved):
        if saved.snapshot and not saved.snapshot.finished:
            # The older snapshot would replace a newer one.
            os.kill(saved.snapshot.pid, signal.SIGKILL)
        self.saved, self.at, self.finished = saved, now(), False
        self.output, answer = os.pipe()
        with warnings.catch_warnings():
            # From Python 3.12 on, fork warns of other threads' locks. No service holds one while it saves,
            # and a copy that hangs is killed.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.pid = os.fork()
        if self.pid == 0:
            try:
                signal.set_wakeup_fd(-1)
                gc.disable()
                os.write(answer, json.dumps(save(saved)).encode())
            except Exception as error:
                os.write(answer, json.dumps([None, {"all": repr(error)}]).encode())
            finally:
                os._exit(0)
        os.close(answer)
        saved.snapshot = self

    def finish(self):
        """Waits for the process to end, and notes failures: reasons by service."""
        answer, deadline = b"", time.monotonic() + SAVE_LIMIT_SECONDS
        while select.select([self.output], [], [], max(0, deadline - time.monotonic()))[0]:
            part = os.read(self.output, 1 << 16)
            if not part:
                break
            answer += part
        else:
            os.kill(self.pid, signal.SIGKILL)
        self.finished = True
        os.close(self.output)
        os.waitpid(self.pid, 0)
        if self.saved.snapshot is not self:
            return
        try:
            digest, failed = json.loads(answer)
        except ValueError:
            digest, failed = None, {"all": f"killed, or not done after {SAVE_LIMIT_SECONDS} s"}
        self.saved.digest, self.saved.failed = digest, failed
        if not failed:
            self.saved.at = self.at
        for service, why in failed.items():
            logger.error("not saved: %s: %s", service, why)


def save(saved):
    """Writes the state file if it changes. Returns its digest and the failures by service.

    If a service fails, the file keeps its last saved state.
    """
    referenced, prune = set(), lambda_svc._prune_orphan_code_blobs
    # Code is deleted only after the file that refers to it was replaced.
    lambda_svc._prune_orphan_code_blobs = referenced.update
    # Log lines grow without end, and old ones are not needed.
    for group in cloudwatch_logs._log_groups.all_values():
        group["streams"] = {}
    cloudwatch_logs._log_records.clear()
    lines, failed = {}, {}
    services = server._build_persistence_save_dict() | {"stream": undelivered}
    for service, get_state in services.items():
        try:
            if (state := get_state()) is not None:
                version = persistence._state_format_version(service)
                line = {"service": service, "format": version, "payload": state}
                lines[service] = json.dumps(line, default=persistence._json_default) + "\n"
        except Exception as error:
            failed[service] = f"{type(error).__name__}: {error}"
    if len(lines) < len(services):
        lines = read_lines() | lines
    text = "".join(lines.values())
    digest = hashlib.sha256(text.encode()).hexdigest()
    if digest != saved.digest:
        os.makedirs(persistence.STATE_DIR, exist_ok=True)
        replace(STATE, text)
        if "lambda" not in failed:
            prune(referenced)
    return digest, failed


def undelivered():
    """The records of the tables' streams that some event source has not received yet.

    The emulator saves the sources' positions but not the streams, so these records would be lost at a start.
    """
    positions = {}
    for account, region, source in lambda_svc._iter_all_esms():
        arn = source.get("EventSourceArn", "")
        if ":dynamodb:" in arn:
            key = account, region, arn.split(":table/")[1].split("/")[0]
            position = lambda_svc._dynamodb_stream_positions.get_scoped(account, region, source["UUID"], 0)
            positions[key] = min(position, positions.get(key, position))
    records, trimmed = AccountRegionScopedDict(), AccountRegionScopedDict()
    for key, position in positions.items():
        start = dynamodb._stream_trimmed.get_scoped(*key, 0)
        position = max(position, start)
        records.set_scoped(*key, (dynamodb._stream_records.get_scoped(*key) or [])[position - start :])
        trimmed.set_scoped(*key, position)
    return {"records": records, "trimmed": trimmed}


def save_now_and_then(saved, traffic):
    """Saves regularly while the emulator is used. Also limits the log lines in memory."""

    async def snapshot():
        for group in cloudwatch_logs._log_groups.all_values():
            for stream in list(group["streams"])[:-LOGGED_INVOCATIONS]:
                group["streams"].pop(stream, None)
        return Snapshot(saved)

    # The first save comes soon after the start, because the administrator's password is shown only once.
    seen, pause = 0, min(SAVE_SECONDS, FIRST_SAVE_SECONDS)
    while not traffic.stopping.wait(pause):
        pause = SAVE_SECONDS
        if traffic.requests == seen:
            continue
        seen = traffic.requests
        try:
            asyncio.run_coroutine_threadsafe(snapshot(), server._MAIN_LOOP).result().finish()
        except Exception as error:
            saved.failed = {"all": str(error)}
            logger.exception("not saved")
        # The report of the save at the end has the last word.
        with contextlib.suppress(OSError):
            if not traffic.stopping.is_set():
                saved.tell(stopped=False)


# ---------------------------------------------------------------- stopping


class Traffic:
    """Counts the requests and the functions at work, and stops both."""

    def __init__(self):
        self.requests = 0
        # Nothing new starts: no request to the API, no function. Functions at work may still make calls.
        self.stopping = threading.Event()
        # Nothing is answered any more.
        self.closed = False
        self.at_work = 0
        self.change = threading.Condition()
        self.app, self.execute = server.app, lambda_svc._execute_function
        server.app, lambda_svc._execute_function = self.answer, self.run
        for poll in ("_poll_sqs", "_poll_kinesis", "_poll_dynamodb_streams"):
            setattr(lambda_svc, poll, self.unless_stopping(getattr(lambda_svc, poll)))

    def unless_stopping(self, poll):
        return lambda: False if self.stopping.is_set() else poll()

    async def answer(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        starts_function = "/execute-api/" in scope["path"] or scope["path"].endswith("/invocations")
        if self.closed or (self.stopping.is_set() and starts_function):
            headers = [(b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            return await send({"type": "http.response.body", "body": b"the emulator is stopping\n"})
        if not scope["path"].startswith("/_ministack/"):
            self.requests += 1
        await self.app(scope, receive, send)

    def run(self, function, event):
        with self.change:
            if self.stopping.is_set():
                body = {"errorType": "Stopping", "errorMessage": "the emulator is stopping"}
                return {"body": body, "error": True}
            self.at_work += 1
        try:
            return self.execute(function, event)
        finally:
            with self.change:
                self.at_work -= 1
                self.change.notify_all()

    def stop(self):
        with self.change:
            self.stopping.set()
            if not self.change.wait_for(lambda: self.at_work == 0, FUNCTIONS_LIMIT_SECONDS):
                logger.warning("%d functions are still at work and are cut off", self.at_work)
        self.closed = True


def main():
    # One emulator at a time. One whose runner was killed may still be saving, and so may a snapshot, which
    # holds the lock, too.
    lock = open(os.path.join(FOLDER, "emulator.lock"), "w", encoding="utf-8")
    fcntl.flock(lock, fcntl.LOCK_EX)
    saved, traffic = Saved(), Traffic()

    def stop_with_standard_input():
        sys.stdin.buffer.read()
        traffic.stop()
        os.kill(os.getpid(), signal.SIGTERM)

    def save_at_the_end(_):
        # After a signal, nobody has stopped the traffic yet, and the event loop cannot wait.
        traffic.stopping.set()
        traffic.closed = True
        try:
            Snapshot(saved).finish()
            saved.tell(stopped=not saved.failed)
        except OSError as error:
            saved.failed = {"all": str(error)}
            logger.error("not saved: %s", error)

    server._load_persisted_state, server.save_all = saved.load, save_at_the_end
    threading.Thread(target=stop_with_standard_input, daemon=True).start()
    threading.Thread(target=save_now_and_then, args=(saved, traffic), daemon=True).start()
    server.main()
    # The emulator's daemon threads may be in the middle of something.
    sys.stdout.flush()
    os._exit(1 if saved.failed else 0)


main()
