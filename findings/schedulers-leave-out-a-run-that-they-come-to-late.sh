#!/usr/bin/env bash
# APScheduler does not run a job that it comes to more than a second late, and forgets it: a job for one moment, a payment that is due, is
# then run never. node-cron leaves out a run that it comes to late, until the pattern's next moment, which may be a month away.
# Seen with APScheduler 3.9.1 (Debian 12, Python 3.11), defaults but for a pool of one thread where said: one thread is at work for three
# seconds, and a payment is due meanwhile; the scheduler starts two seconds after the moment, as in a deployment; it is paused for two
# seconds: each time the payment is not run, get_jobs() is [], and a line of the log says "missed". With misfire_grace_time=None: run. With
# node-cron 4.6.0 on Node 20 and 24, the process busy for four seconds about the moment: not run, an event "execution:missed"; croner
# 11.0.1, cron 4.4.0 and node-schedule 2.1.1 run it when they are free.
# Why it matters: two seconds are less than a restart, a backup, a slow bank or a suspended machine takes. The more is to be paid at one
# moment, the more of it is dropped: APScheduler's pool has ten threads, so the eleventh payment of midnight waits for one of ten banks.
# What reads otherwise: APScheduler's user guide on 'date', "run the job just once at a certain point of time".
set -eu
/usr/bin/python3 -c 'import apscheduler' 2>/dev/null || {
  echo 'needs APScheduler: apt-get install -y python3-apscheduler'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.py <<'PROGRAM'
import logging
import sys
import time
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

from apscheduler.events import EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

logging.disable(logging.WARNING)


def soon(seconds):
    return datetime.now(timezone.utc) + timedelta(seconds=seconds)


def scheduler(defaults, threads=10):
    made = BackgroundScheduler(timezone='UTC', executors={'default': ThreadPoolExecutor(threads)}, job_defaults=defaults)
    missed = []
    made.add_listener(missed.append, EVENT_JOB_MISSED)
    return made, missed


def busy(defaults, paid):
    made, missed = scheduler(defaults, threads=1)
    made.start()
    made.add_job(time.sleep, 'date', run_date=soon(0.2), args=[3])
    made.add_job(paid.append, 'date', run_date=soon(0.5), args=['order-51'])
    time.sleep(4)
    return made, missed


def restarted(defaults, paid):
    made, missed = scheduler(defaults)
    made.add_job(paid.append, 'date', run_date=soon(0.2), args=['order-51'])
    time.sleep(2.2)
    made.start()
    time.sleep(0.5)
    return made, missed


def held_up(defaults, paid):
    made, missed = scheduler(defaults)
    made.start()
    made.pause()
    made.add_job(paid.append, 'date', run_date=soon(0.2), args=['order-51'])
    time.sleep(2.2)
    made.resume()
    time.sleep(0.5)
    return made, missed


seen = []
for defaults in ({}, {'misfire_grace_time': None}):
    for way in (busy, restarted, held_up):
        paid = []
        made, missed = way(defaults, paid)
        line = f'paid {paid}, left {made.get_jobs()}, missed {len(missed)}'
        made.shutdown(wait=False)
        seen.append(line)
        print(f"APScheduler {version('apscheduler')}, {defaults or 'defaults'}, {way.__name__}: {line}")
same = seen == ['paid [], left [], missed 1'] * 3 + ["paid ['order-51'], left [], missed 0"] * 3
sys.exit(0 if same else 1)
PROGRAM
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent node-cron@4.6.0 croner@11.0.1 cron@4.4.0 node-schedule@2.1.1
cat >run.mjs <<'PROGRAM'
import { Cron } from 'croner'
import { CronJob } from 'cron'
import cron from 'node-cron'
import schedule from 'node-schedule'

const moment = new Date(Date.now() + 3000)
const pattern = `${moment.getSeconds()} ${moment.getMinutes()} ${moment.getHours()} * * *`
const runs = { 'node-cron 4.6.0': 0, 'croner 11.0.1': 0, 'cron 4.4.0': 0, 'node-schedule 2.1.1': 0 }
let missed = 0
cron.schedule(pattern, () => runs['node-cron 4.6.0']++).on('execution:missed', () => missed++)
new Cron(pattern, () => runs['croner 11.0.1']++)
new CronJob(pattern, () => runs['cron 4.4.0']++, null, true)
schedule.scheduleJob(pattern, () => runs['node-schedule 2.1.1']++)
setTimeout(() => {
  const end = moment.getTime() + 2000
  while (Date.now() < end);
}, 1000)
setTimeout(() => {
  console.log(runs, { missed })
  process.exit(Object.values(runs).join() === '0,1,1,1' && missed === 1 ? 0 : 1)
}, 7500)
PROGRAM
if timeout 60 /usr/bin/python3 run.py && timeout 60 node run.mjs; then
  echo 'as described: late by two seconds is never'
else
  echo 'changed'
  exit 1
fi
