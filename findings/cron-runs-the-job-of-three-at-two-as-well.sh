#!/usr/bin/env bash
# On the night when the clocks go back, the package cron runs a job that is set for three o'clock twice: at two o'clock by the new
# time, an hour early, and at three.
# Seen with cron 4.4.0 (CronJob, `timeZone` Europe/Berlin) on Node 20 and 24, with a clock of the test: `0 3 * * *` in the night to
# 25 October 2026 runs at 01:00 UTC, when every clock in Berlin says two, and at 02:00 UTC. Other nights: once. node-schedule 2.1.1
# and croner 11.0.1: once, at 02:00 UTC. A job for half past two runs once in all three.
# Why it matters: three in the morning is where daily charges and payouts are put because the hour between two and three is known
# to come twice. This one comes twice all the same, once a year, in every zone with summer time: key the run by its date.
# What reads otherwise: the README of cron, where it speaks of zones, has no word of it; cron of Unix runs such a job once.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent cron@4.4.0 node-schedule@2.1.1 croner@11.0.1
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { mock } from 'node:test'

const require = createRequire(import.meta.url)
const timeZone = 'Europe/Berlin'
const schedule = {
  cron: (pattern, run) => require('cron').CronJob.from({ cronTime: pattern, onTick: run, start: true, timeZone }),
  'node-schedule': (pattern, run) => require('node-schedule').scheduleJob({ rule: pattern, tz: timeZone }, run),
  croner: (pattern, run) => new (require('croner').Cron)(pattern, { timezone: timeZone }, run),
}
const local = new Intl.DateTimeFormat('de', { timeZone, hour: '2-digit', minute: '2-digit', timeZoneName: 'short' })
const [, , library, pattern, from] = process.argv
mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: new Date(from) })
const ran = []
schedule[library](pattern, () => ran.push(new Date()))
for (let minute = 0; minute < 18 * 60; minute++) {
  mock.timers.tick(60_000)
  for (let turn = 0; turn < 3; turn++) await null
}
console.log(ran.map(at => `${at.toISOString().slice(11, 16)}Z (${local.format(at)})`).join(' '))
process.exit()
PROGRAM
seen=''
look() {
  ran=$(timeout 60 node run.mjs "$1" "$2" "$3")
  echo "$1, '$2', the day from $3: $ran"
  seen="$seen$(echo "$ran" | grep -Eo '[0-9:]+Z' | tr '\n' ' ');"
}
for library in cron node-schedule croner; do
  look "$library" '0 3 * * *' 2026-10-24T12:00:00Z
  look "$library" '0 3 * * *' 2026-10-20T12:00:00Z
  look "$library" '30 2 * * *' 2026-10-24T12:00:00Z
done
if [ "$seen" = '01:00Z 02:00Z ;01:00Z ;00:30Z ;02:00Z ;01:00Z ;00:30Z ;02:00Z ;01:00Z ;00:30Z ;' ]; then
  echo 'as described: one night, two runs'
else
  echo 'changed'
  exit 1
fi
