"""Runs the emulator for as long as its standard input is open.

The runner holds the other end: closing it asks for a clean stop, which saves the state, and a runner that is killed
takes the emulator and its functions along.
"""

import os
import signal
import socketserver
import sys
import threading

from ministack.app import main

# The emulator answers a function's request for work in two writes. With Nagle's algorithm the second one waits for the
# kernel's delayed acknowledgement of the first: 40 ms on every invocation.
socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def stop_with_standard_input():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_with_standard_input, daemon=True).start()
main()
