#!/usr/bin/env bash
# redux-persist waits five seconds for what it has kept. If the storage takes longer, the application starts with nothing, as if nothing had
# been kept, and the first change writes that over the kept state, which is whole and would have come a second later.
# Seen with redux-persist 6.0.0, its defaults, and redux 4.2.1 on Node 20 and 24: an outbox with order-51 in a storage that takes 6 s to
# read: `persistStore` calls back after 5 s, with rehydrated true and no orders; order-52 is added, and only that is in the storage then.
# Read in 50 ms, both are.
# Why it matters: the slow read is a phone that starts cold, or a tab that waits for the transaction of another one. The order that was to
# be sent is gone for good, with its idempotency key, and the error reaches nobody who does not listen for the REHYDRATE action. Keep what
# must not be lost apart from it, or set `timeout: 0`.
# What reads otherwise: its README, where persistGate waits until the state has been retrieved.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent redux-persist@6.0.0 redux@4.2.1
cat >run.mjs <<'PROGRAM'
import { createStore } from 'redux'
import { persistReducer, persistStore } from 'redux-persist'

const pause = ms => new Promise(done => setTimeout(done, ms))
console.error = () => {} // what it says while it is developed with
const orders = (state = { orders: [] }, { type, order }) => (type === 'add' ? { orders: [...state.orders, order] } : state)
async function look(slow) {
  const texts = new Map()
  let wait = 0
  const storage = {
    getItem: async key => {
      const text = texts.get(key)
      await pause(wait)
      return text
    },
    setItem: async (key, text) => void texts.set(key, text),
    removeItem: async key => void texts.delete(key),
  }
  const start = async () => {
    const store = createStore(persistReducer({ key: 'outbox', storage }, orders))
    const persistor = await new Promise(done => {
      const made = persistStore(store, null, () => done(made))
    })
    return { store, persistor }
  }
  const before = await start()
  before.store.dispatch({ type: 'add', order: 'order-51' })
  await before.persistor.flush()
  before.persistor.pause()
  wait = slow
  const { store, persistor } = await start()
  const { _persist, orders: found } = store.getState()
  store.dispatch({ type: 'add', order: 'order-52' })
  await persistor.flush()
  await pause(slow) // the read is over
  const kept = JSON.parse(JSON.parse(texts.get('persist:outbox')).orders)
  return `rehydrated ${_persist.rehydrated} with [${found}], kept in the end [${kept}]`
}
const seen = { 'read in 50 ms': await look(50), 'read in 6 s': await look(6_000) }
console.log('redux-persist 6.0.0', seen)
const same = seen['read in 50 ms'] === 'rehydrated true with [order-51], kept in the end [order-51,order-52]'
  && seen['read in 6 s'] === 'rehydrated true with [], kept in the end [order-52]'
console.log(same ? 'as described: what was slow to read is written over' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
