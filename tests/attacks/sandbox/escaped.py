"""What somebody who has broken out of the engine could do: a worker that runs any Python it is sent, truly jailed.

It is started by the real zygote and locked up by the real jail; only then does it stop doing a worker's work.
"""

from __future__ import annotations

import sys

_CODE = """
import ctypes, errno, mmap, os, resource, signal, socket, struct, sys, threading, time
from lumosai_sandbox.jail import frames, worker, zygote

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result

def tried(code, scope):
    try:
        return repr(eval(code, scope))
    except SyntaxError:
        pass
    except BaseException as e:
        return f"{type(e).__name__} {getattr(e, 'errno', '')} {e}"
    try:
        exec(code, scope)
        return repr(scope.get("found"))
    except BaseException as e:
        return f"{type(e).__name__} {getattr(e, 'errno', '')} {e}"

def serve(self):
    reader, channel = frames.Reader(2**31), self._channel
    while data := channel.recv(65536):
        for kind, number, payload in reader.feed(data):
            if kind == frames.CANCEL:
                channel.sendall(frames.texts_frame(frames.FAILED, number, b"cancelled", b""))
            if kind != frames.CALL:
                continue
            scope = {**globals(), "channel": channel, "number": number, "self": self}
            text = tried(frames.texts_of(payload)[3].decode(), scope)
            channel.sendall(frames.frame(frames.OK, number, text.encode()))

worker.Worker.serve = serve
import encodings.idna, traceback
zygote.main(sys.argv[1:])
"""
COMMAND = (sys.executable, "-I", "-c", _CODE)
