#!/usr/bin/env bash
# Four libraries that keep the state of a page put what was kept over the state of the moment, once it has been read. A storage that answers
# later (IndexedDB, AsyncStorage) leaves a gap, and an order that is added in it is lost: not in the state, not in the storage, no error.
# Seen with the persist of zustand 5.1.0, redux-persist 6.0.0 (redux 4.2.1), redux-remember 6.0.2 and mobx-persist-store 1.1.8 (mobx 7.1.3),
# defaults, beside atomWithStorage of jotai 2.20.3, on Node 20 and 24, a storage that reads in 50 ms: order-51 is kept, order-52 is added
# while that is read, order-53 afterwards: the state and the storage end with 51 and 53. zustand had 52 in the storage, in the place of 51,
# and the state without it, until the next change. Jotai: all three.
# Why it matters: the outbox of a page that was just opened again is read at the very moment when the user, whose order "did not go through",
# orders again. What is shown as taken is not sent. Nobody may add before the library says that it has read.
# What reads otherwise: jotai, whose atom is a promise until then.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent --legacy-peer-deps \
  zustand@5.1.0 redux-persist@6.0.0 redux@4.2.1 redux-remember@6.0.2 mobx-persist-store@1.1.8 mobx@7.1.3 jotai@2.20.3
cat >run.mjs <<'PROGRAM'
import { createStore as createAtoms } from 'jotai/vanilla'
import { atomWithStorage, createJSONStorage as createAtomStorage } from 'jotai/vanilla/utils'
import { observable, runInAction } from 'mobx'
import { makePersistable } from 'mobx-persist-store'
import { createStore as createRedux } from 'redux'
import reduxPersist from 'redux-persist'
import { rememberEnhancer, rememberReducer } from 'redux-remember'
import { createJSONStorage, persist } from 'zustand/middleware'
import { createStore } from 'zustand/vanilla'

const pause = ms => new Promise(done => setTimeout(done, ms))
const { persistReducer, persistStore } = reduxPersist
const append = (orders = [], { type, order }) => (type === 'add' ? [...orders, order] : orders)
// Each opens its store over a storage, and gives what adds an order and what tells the state.
const libraries = {
  zustand: storage => {
    const store = createStore(persist(() => ({ orders: [] }), { name: 'outbox', storage: createJSONStorage(() => storage) }))
    return { add: order => store.setState(({ orders }) => ({ orders: [...orders, order] })), state: () => store.getState().orders }
  },
  'redux-persist': storage => {
    const store = createRedux(persistReducer({ key: 'outbox', storage }, (state = {}, action) => ({ ...state, orders: append(state.orders, action) })))
    persistStore(store)
    return { add: order => store.dispatch({ type: 'add', order }), state: () => store.getState().orders }
  },
  'redux-remember': storage => {
    const store = createRedux(rememberReducer({ orders: append }), rememberEnhancer(storage, ['orders']))
    return { add: order => store.dispatch({ type: 'add', order }), state: () => store.getState().orders }
  },
  'mobx-persist-store': storage => {
    const store = observable({ orders: [] })
    makePersistable(store, { name: 'outbox', properties: ['orders'], storage })
    return { add: order => runInAction(() => (store.orders = [...store.orders, order])), state: () => store.orders }
  },
  jotai: storage => {
    const atom = atomWithStorage('outbox', [], createAtomStorage(() => storage))
    const store = createAtoms()
    store.sub(atom, () => {})
    return { add: order => store.set(atom, async orders => [...(await orders), order]), state: () => store.get(atom) }
  },
}
const ordersIn = text => (text.match(/order-\d+/g) ?? []).join()
const seen = {}
for (const [name, open] of Object.entries(libraries)) {
  const texts = new Map()
  const storage = {
    getItem: async key => {
      const text = texts.get(key) ?? null
      await pause(50)
      return text
    },
    setItem: async (key, text) => void texts.set(key, text),
    removeItem: async key => void texts.delete(key),
  }
  const stored = () => ordersIn([...texts.values()].join())
  const before = open(storage)
  await pause(200)
  before.add('order-51')
  await pause(200)
  const { add, state } = open(storage)
  add('order-52')
  await pause(20)
  const meanwhile = stored()
  await pause(200)
  add('order-53')
  await pause(200)
  seen[name] = `${meanwhile} | ${(await state()).join()} | ${stored()}`
}
console.log('stored while it read | state in the end | stored in the end')
console.log(seen)
const lost = 'order-51 | order-51,order-53 | order-51,order-53'
const all = 'order-51,order-52,order-53'
const expected = [lost.replace('order-51', 'order-52'), lost, lost, lost, `order-51 | ${all} | ${all}`]
const same = Object.values(seen).join('; ') === expected.join('; ')
console.log(same ? 'as described: what came while they read is gone' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
