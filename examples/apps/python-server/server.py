"""A shop that honours keys, with nothing but Python's standard library: the rules of docs/curl-and-other-languages.md."""

import hashlib
import json
import os
import sqlite3
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOLDER = str(uuid.uuid4())  # this process: claims of another one are those of a dead one
TOTALS = {"order-1": 1_999, "order-2": 4_500, "order-3": 990_000}  # the last is more than the card gives
TABLES = """
create table if not exists keys (
  user text, key text, payload text, holder text, status int, body text, primary key (user, key)
);
create table if not exists charges (id integer primary key, purchase text not null unique);
"""


def database():
    return sqlite3.connect("shop.db", timeout=5, isolation_level=None)


def charge(db, order):
    """The work: what it writes is committed with the answer, or not at all."""
    if order.get("id") not in TOTALS:
        return 400, {"message": "There is no such order."}
    if TOTALS[order["id"]] > 100_000:
        return 402, {"message": "Your card was declined."}
    # The key guards one press; the unique order guards a second device, which has a key of its own.
    db.execute("insert into charges (purchase) values (?) on conflict do nothing", (order["id"],))
    (made,) = db.execute("select id from charges where purchase = ?", (order["id"],)).fetchone()
    return 201, {"charge": f"ch_{made}", "order": order["id"]}


def claim(db, user, key, payload):
    """None: it is ours to perform. Else the answer, and whether it is one that was given before."""
    db.execute("begin immediate")  # one at a time: a look before a write would be a race
    row = db.execute(
        "select payload, holder, status, body from keys where user = ? and key = ?", (user, key)
    ).fetchone()
    if row is None:
        row = (payload, None, None, None)
        db.execute("insert into keys values (?, ?, ?, null, null, null)", (user, key, payload))
    known, holder, status, body = row
    # A dead holder has done nothing: its work would have been committed with its answer.
    is_ours = known == payload and status is None and holder != HOLDER
    if is_ours:
        db.execute("update keys set holder = ? where user = ? and key = ?", (HOLDER, user, key))
    db.execute("commit")
    if is_ours:
        return None
    if status == 410:
        return problem(410, "sealed"), False
    if known != payload:
        return problem(422, "payload-mismatch"), False
    if status is None:
        return problem(409, "in-progress"), False
    return (status, json.loads(body)), True


def perform(db, user, key, order):
    try:
        db.execute("begin immediate")
        status, answer = charge(db, order)
        db.execute(
            "update keys set status = ?, body = ? where user = ? and key = ?",
            (status, json.dumps(answer), user, key),
        )
        db.execute("commit")
        return status, answer
    except Exception:
        if db.in_transaction:
            db.execute("rollback")  # nothing happened: whoever comes next performs it
        db.execute("update keys set holder = '' where user = ? and key = ? and status is null", (user, key))
        return problem(503, "nothing-happened")


def problem(status, code):
    return status, {"type": f"urn:stillonce:{code}", "code": code, "status": status}


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        user = "customer-7"  # in life: whom the session names
        key = (self.headers["Idempotency-Key"] or "").strip('"')
        if self.path != "/api/charges":
            return self.answer(*problem(404, "no-such-page"))
        if not 0 < len(key) <= 255:
            return self.answer(*problem(400, "key-missing"))
        try:
            order = dict(json.loads(body))
        except ValueError:  # before the claim: it leaves the key free
            return self.answer(*problem(400, "body-malformed"))
        payload = hashlib.sha256(b"POST " + self.path.encode() + b" " + body).hexdigest()
        db = database()
        try:
            given = claim(db, user, key, payload)
            if given is not None:
                return self.answer(*given[0], key=key, replayed=given[1])
            return self.answer(*perform(db, user, key, order), key=key)
        finally:
            db.close()

    def do_GET(self):
        db = database()
        try:
            if self.path == "/api/charges":
                rows = db.execute("select id, purchase from charges order by id").fetchall()
                return self.answer(200, [{"charge": f"ch_{id}", "order": order} for id, order in rows])
            key = self.path.removeprefix("/api/charges/by-key/")
            row = db.execute(
                "select status, body from keys where user = ? and key = ?", ("customer-7", key)
            ).fetchone()
        finally:
            db.close()
        if row is None:
            return self.answer(*problem(404, "key-unknown"), key=key)
        status, body = row
        if status is None:
            return self.answer(200, {"status": "processing"}, key=key)
        word = "canceled" if status == 410 else "succeeded" if status < 400 else "failed"
        self.answer(200, {"status": word, "result": json.loads(body)}, key=key)

    def do_DELETE(self):
        """Seals a key that was never used: whoever sends it later is refused."""
        key = self.path.removeprefix("/api/charges/by-key/")
        db = database()
        try:
            db.execute("insert or ignore into keys values (?, ?, '', '', 410, '{}')", ("customer-7", key))
        finally:
            db.close()
        self.do_GET()

    def answer(self, status, content, key=None, replayed=False):
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/problem+json" if "type" in content else "application/json")
        self.send_header("Content-Length", str(len(text)))
        if key is not None:
            self.send_header("Idempotency-Key", key)  # whose answer it is: a proxy may have changed the URL
        if replayed:
            self.send_header("Idempotent-Replayed", "true")
        if status == 409:
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    database().executescript(TABLES)
    ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Shop).serve_forever()
