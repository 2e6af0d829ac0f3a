#!/usr/bin/env bash
# opossum, a circuit breaker, has an option for errors that are not the server's fault, so that they do not open the circuit. The call
# that ends in such an error is rejected, and announced as a success: event "success", statistics, with the error in the place of the result.
# Seen with opossum 10.0.0 on Node 20 and 24, `errorFilter` for 402: a payment is declined: fire() rejects; "success" is emitted with the
# Error, `stats.successes` is 1 and `stats.failures` 0. A payment that goes through: "success" with its result.
# Why it matters: "success" is the place where an order is noted as paid, a mail is sent, a count goes up. Whoever listens there ships what
# was declined. Note the end where fire() settles, or look whether what came is an Error.
# What reads otherwise: the option's description: "still want to handle it as a failure case".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent opossum@10.0.0
cat >run.mjs <<'PROGRAM'
import CircuitBreaker from 'opossum'

async function look(pay) {
  const breaker = new CircuitBreaker(pay, { errorFilter: ({ status }) => status === 402 })
  const heard = []
  for (const event of ['success', 'failure', 'reject', 'fallback']) breaker.on(event, end => heard.push(`"${event}": ${end}`))
  const told = await breaker.fire().then(end => `resolves ${end}`, error => `rejects ${error.message}`)
  const { successes, failures } = breaker.stats
  breaker.shutdown()
  return `${told}; ${heard.join(', ')}; successes ${successes}, failures ${failures}`
}
const seen = {
  paid: await look(async () => 'charge 1'),
  declined: await look(async () => {
    throw Object.assign(new Error('card declined'), { status: 402 })
  }),
  'server down': await look(async () => {
    throw Object.assign(new Error('bad gateway'), { status: 502 })
  }),
}
console.log('opossum 10.0.0', seen)
const same = seen.paid === 'resolves charge 1; "success": charge 1; successes 1, failures 0'
  && seen.declined === 'rejects card declined; "success": Error: card declined; successes 1, failures 0'
  && seen['server down'] === 'rejects bad gateway; "failure": Error: bad gateway; successes 0, failures 1'
console.log(same ? 'as described: rejected, and a success' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
