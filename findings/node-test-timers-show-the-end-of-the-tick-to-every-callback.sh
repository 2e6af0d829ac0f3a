#!/usr/bin/env bash
# The clock of Node's own test runner jumps to the end of a tick first and runs the timers then. Each of them sees the time of the end, and
# what it sets for later is counted from there: a wait that is begun within the tick is not over in it.
# Seen with Node 20.20.2 and 24.21.0 (`mock.timers`, setTimeout and Date), beside @sinonjs/fake-timers 15.0.0: timers for 100 and 200 ms,
# tick(1000): both are told that it is 1000; a chain of waits of 100, 200 and 400 ms, as a retry has it: one wait is over after tick(1000),
# with fake-timers three, at 100, 300 and 700.
# Why it matters: a test "the third try is made after 0.7 s, and none after the deadline" sees one try, and a deadline that is over before
# its time; an entry that was to expire at 900 is gone for a timer of 100. The code is changed until the test is green.
# What reads otherwise: Node's page, by which tick() lets time go by for the timers; real timers see their own moment.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @sinonjs/fake-timers@15.0.0
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import { mock } from 'node:test'

const fakeTimers = createRequire(import.meta.url)('@sinonjs/fake-timers')
const clocks = {
  'node:test': () => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 })
    return { tick: ms => mock.timers.tick(ms), end: () => mock.timers.reset() }
  },
  '@sinonjs/fake-timers': () => {
    const clock = fakeTimers.install({ now: 0, toFake: ['setTimeout', 'Date'] })
    return { tick: ms => clock.tick(ms), end: () => clock.uninstall() }
  },
}
const seen = {}
for (const [name, make] of Object.entries(clocks)) {
  const { tick, end } = make()
  const two = []
  setTimeout(() => two.push(Date.now()), 100)
  setTimeout(() => two.push(Date.now()), 200)
  tick(1000)
  end()
  const again = make()
  const tries = []
  const retry = wait => setTimeout(() => (tries.push(Date.now()), tries.length < 3 && retry(wait * 2)), wait)
  retry(100)
  again.tick(1000)
  again.end()
  seen[name] = `two timers at ${two.join()}; tries at ${tries.join()}`
}
console.log(`Node ${process.versions.node}`, seen)
const same = seen['node:test'] === 'two timers at 1000,1000; tries at 1000' && seen['@sinonjs/fake-timers'] === 'two timers at 100,200; tries at 100,300,700'
console.log(same ? 'as described: every timer is told the end of the tick' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --no-warnings run.mjs
