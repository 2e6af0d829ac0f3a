#!/usr/bin/env bash
# perfect-debounce, the debounce of Nuxt and its modules, hands a call that comes while another is at work the promise of that one, and
# makes the call itself afterwards, for nobody. The caller of the second order is told the end of the first; how the second ends is not told.
# Seen with perfect-debounce 2.1.0, defaults and `leading: true`, beside debounce-promise 3.1.2 and p-debounce 5.1.1, on Node 20 and 24: an
# order of 20 is at work for 200 ms, an order of 99 comes after 100 ms: both are made; both callers are told "charged 20". If the second is
# declined, its caller is still told "charged 20". The two others: "charged 20" and "charged 99".
# Why it matters: a button is debounced so that a double click is one order. The second is one more, and its outcome, success or refusal,
# reaches only the event `unhandledRejection`. A key for the order, made when the form is opened, and a lock in the handler do what is meant.
# What reads otherwise: its README: it "helps to avoid multiple calls".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent perfect-debounce@2.1.0 debounce-promise@3.1.2 p-debounce@5.1.1
cat >run.mjs <<'PROGRAM'
import debouncePromise from 'debounce-promise'
import pDebounce from 'p-debounce'
import { debounce as perfect } from 'perfect-debounce'

const pause = ms => new Promise(done => setTimeout(done, ms))
const waitMs = 25
const debouncers = {
  'perfect-debounce': pay => perfect(pay, waitMs),
  'perfect-debounce, leading': pay => perfect(pay, waitMs, { leading: true }),
  'debounce-promise': pay => debouncePromise(pay, waitMs),
  'p-debounce': pay => pDebounce(pay, waitMs),
}
let unheard = false
process.on('unhandledRejection', () => {
  unheard = true
})
const seen = []
for (const [name, debounce] of Object.entries(debouncers)) {
  for (const limit of [Infinity, 50]) {
    const made = []
    unheard = false
    const order = debounce(async amount => {
      made.push(amount)
      await pause(200)
      if (amount > limit) throw new Error(`${amount} declined`)
      return `charged ${amount}`
    })
    const toldTo = amount => order(amount).catch(error => error.message)
    const first = toldTo(20)
    await pause(100)
    const second = toldTo(99)
    const told = await Promise.all([first, second])
    await pause(400)
    seen.push(`made ${made}; told ${told.join(' and ')}; unheard ${unheard}`)
    console.log(`${name}: ${seen.at(-1)}`)
  }
}
const other = ['made 20,99; told charged 20 and charged 20; unheard false', 'made 20,99; told charged 20 and charged 20; unheard true']
const own = ['made 20,99; told charged 20 and charged 99; unheard false', 'made 20,99; told charged 20 and 99 declined; unheard false']
const same = seen.join('|') === [...other, ...other, ...own, ...own].join('|')
console.log(same ? 'as described: two orders, one outcome' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
