"""Runs localstripe, a stand-in for Stripe, on loopback for as long as its standard input is open."""

import os
import signal
import sys
import threading

from aiohttp import web
from localstripe import resources, server

# Without this, it would write its data to one file in /tmp, and the next start would read it.
resources.Store.dump_to_disk = lambda store: None


def stop_with_standard_input():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_with_standard_input, daemon=True).start()
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
