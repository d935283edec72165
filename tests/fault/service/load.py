# SPDX-License-Identifier: MIT
"""Requests without a pause, over connections that stay open, each answer looked at."""
import collections
import json
import socket
import threading

from service import PATIENCE

# What came of a request: an answer, or none. `is_idle_close`: the server closed a connection that
# had been used before without having begun to answer, which allows the client to ask again (RFC
# 9112, 9.3.1).
Outcome = collections.namedtuple("Outcome", "request status headers body fault is_idle_close")


def post(path, body, headers=None):
    """The bytes of a request."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
             f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


class Connection:
    """HTTP by hand, because its faults are what is looked for."""

    def __init__(self, port):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        except ConnectionResetError as fault:  # the listening socket was closed that very moment
            raise ConnectionRefusedError(str(fault)) from fault
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.n_answers = 0

    def send(self, bytes_):
        self.socket.sendall(bytes_)

    def fill(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        self.rest += piece

    def receive(self):
        """(status, headers, body) of the next answer."""
        while b"\r\n\r\n" not in self.rest:
            self.fill()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers["content-length"])
        while len(self.rest) < length:
            self.fill()
        body, self.rest = self.rest[:length], self.rest[length:]
        self.n_answers += 1
        return int(first.split()[1]), headers, body

    def close(self):
        self.socket.close()


class Load:
    """`n` threads that ask in turn for what `next_request()` gives (bytes, or anything with a
    member `bytes`), until stop(). `look(outcome)` is called from them; it returns False to end its
    thread."""

    def __init__(self, port, n, next_request, look, is_fresh=False):
        self.port = port
        self.next_request = next_request
        self.look = look
        self.is_fresh = is_fresh  # a connection for each request
        self.is_stopping = False
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.moved = threading.Condition(self.lock)
        self.faults = []
        self.threads = [threading.Thread(target=self.work, daemon=True) for _ in range(n)]
        for thread in self.threads:
            thread.start()

    def exchange(self, connection, request):
        """(outcome, whether the connection can be used again)"""
        sent = request if isinstance(request, bytes) else request.bytes
        had_answers = connection.n_answers > 0
        try:
            connection.send(sent)
            status, headers, body = connection.receive()
        except (OSError, ConnectionError) as fault:
            is_idle_close = had_answers and not connection.rest
            return Outcome(request, 0, {}, b"", repr(fault), is_idle_close), False
        is_kept = headers.get("connection", "").lower() != "close" and not self.is_fresh
        return Outcome(request, status, headers, body, None, False), is_kept

    def work(self):
        connection = None
        try:
            while not self.is_stopping:
                if connection is None:
                    connection = Connection(self.port)
                outcome, is_kept = self.exchange(connection, self.next_request())
                goes_on = self.look(outcome)
                with self.moved:
                    self.counts["idle closes" if outcome.is_idle_close else outcome.status] += 1
                    self.moved.notify_all()
                if not is_kept:
                    connection.close()
                    connection = None
                if goes_on is False:
                    return
        except ConnectionRefusedError:
            self.counts["refused"] += 1
        except Exception as fault:  # told by stop(): a thread has nobody to tell
            self.faults.append(repr(fault))
        finally:
            if connection:
                connection.close()

    @property
    def n_answers(self):
        return sum(n for status, n in self.counts.items() if isinstance(status, int) and status)

    def wait_for_answers(self, n):
        """Until so many more have come."""
        with self.moved:
            until = self.n_answers + n
            if not self.moved.wait_for(lambda: self.n_answers >= until or self.faults
                                       or not any(t.is_alive() for t in self.threads), PATIENCE):
                raise AssertionError(f"no answers come any more: {dict(self.counts)}")
        if self.n_answers < until:
            raise AssertionError(f"the load has ended: {dict(self.counts)} {self.faults}")

    def join(self):
        """Waits for the threads, which end by themselves."""
        for thread in self.threads:
            thread.join(PATIENCE * 2)
            if thread.is_alive():
                raise AssertionError("a request is not answered")
        if self.faults:
            raise AssertionError(f"the load has failed: {self.faults}")

    def stop(self):
        self.is_stopping = True
        self.join()
