#!/usr/bin/env bash
# `once(pay)` of six libraries lets a function run once. If that run threw, the second call does not run it, does not throw either, and
# returns undefined: to its caller a call that went well.
# Seen with lodash 4.18.1, underscore 1.13.8, ramda 0.32.0, once 1.4.0, onetime 6.0.0 and es-toolkit 1.53.2 on Node 20 and 24: a function that
# throws before it sends anything ("no connection") and would work the next time: the first call throws, the second and third give undefined,
# one run. remeda 2.62.2 runs it again: the second call gives its result.
# Why it matters: it is put around a submit handler, so that a second click does nothing. The first click fails before anything is
# sent, the second one resolves, and the page says "paid": nothing was, and no third click changes it. A function that is async keeps its
# rejection, and each later click is told of the first one's failure.
# What reads otherwise: the docs of all six, by which later calls return the value of the first; there was none.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent lodash@4.18.1 underscore@1.13.8 ramda@0.32.0 once@1.4.0 onetime@6.0.0 es-toolkit@1.53.2 remeda@2.62.2
cat >run.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import onetime from 'onetime'

const require = createRequire(import.meta.url)
const libraries = {
  lodash: require('lodash').once,
  underscore: require('underscore').once,
  ramda: require('ramda').once,
  once: require('once'),
  onetime,
  'es-toolkit': require('es-toolkit').once,
  remeda: require('remeda').once,
}
const seen = []
for (const [name, once] of Object.entries(libraries)) {
  let runs = 0
  const pay = once(() => {
    if (++runs === 1) throw new Error('no connection')
    return 'paid'
  })
  const told = () => {
    try {
      return String(pay())
    } catch (error) {
      return `threw (${error.message})`
    }
  }
  const line = `${told()}, ${told()}, ${told()}; runs ${runs}`
  console.log(`${name}: ${line}`)
  seen.push(line)
}
const nothing = 'threw (no connection), undefined, undefined; runs 1'
const same = seen.join(' | ') === [...Array(6).fill(nothing), 'threw (no connection), paid, paid; runs 2'].join(' | ')
console.log(same ? 'as described: the second click goes well, and does nothing' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
