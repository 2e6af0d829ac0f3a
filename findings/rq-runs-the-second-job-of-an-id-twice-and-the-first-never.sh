#!/usr/bin/env bash
# RQ, the job queue for Python on Redis, takes a job whose id is taken by one that still waits: it writes over the data of the
# first and puts the id into the queue once more. The worker runs the second job twice, and the first one never.
# Seen with RQ 1.13.0 on Redis 7.0.15 (Debian 12), Python 3.11: enqueue(charge, 20, job_id='order-51'), then enqueue(charge, 99,
# job_id='order-51'): two entries in the queue; the worker charges 99 and 99. Both calls return a Job, without a sign.
# Why it matters: an id of one's own is given to make a double click one charge. Here two equal clicks are two charges, and a click
# with a corrected amount is charged twice at that amount. Nothing but a look at the queue beforehand helps, which is a race.
# What reads otherwise: BullMQ, where a job with a taken id is not added; RQ's documentation tells that one may set an id, and not
# what a taken one does.
set -eu
/usr/bin/python3 -c 'import rq' 2>/dev/null && command -v redis-server >/dev/null || {
  echo 'needs RQ and Redis: apt-get install -y python3-rq redis-server'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >charges.py <<'PROGRAM'
def charge(amount):
    with open('charged', 'a') as log:
        log.write(f'{amount}\n')
PROGRAM
cat >run.py <<'PROGRAM'
import socket
import subprocess
import sys
import time
from importlib.metadata import version

from redis import Redis
from redis.exceptions import ConnectionError
from rq import Queue, SimpleWorker

from charges import charge

with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    port = free.getsockname()[1]
server = subprocess.Popen(['redis-server', '--port', str(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'], stdout=subprocess.DEVNULL)
try:
    redis = Redis(port=port)
    for _ in range(100):
        try:
            redis.ping()
            break
        except ConnectionError:
            time.sleep(0.1)
    queue = Queue('charges', connection=redis)
    given = [queue.enqueue(charge, amount, job_id='order-51') for amount in (20, 99)]
    waiting = queue.job_ids
    SimpleWorker([queue], connection=redis).work(burst=True, logging_level='WARNING')
    charged = open('charged').read().split()
finally:
    server.kill()
    server.wait()
print(f"RQ {version('rq')}: the calls return {[job.args for job in given]}, the queue has {waiting}, charged {charged}")
same = waiting == ['order-51', 'order-51'] and charged == ['99', '99']
print('as described: the second twice, the first never' if same else 'changed')
sys.exit(0 if same else 1)
PROGRAM
timeout 60 /usr/bin/python3 run.py
