import { expect, test } from 'vitest'
import type { AtTheGate } from '../../src/core/run/gate-refusal.ts'
import { gateRefusal } from '../../src/core/run/gate-refusal.ts'
import { startOfRun } from '../../src/core/run/run-progress.ts'
import { START, failedRecord, frozen, pendingRecord, succeededRecord } from './samples.ts'

const sent = { attempts: 2, sent: 1, ambiguous: 1, firstSentAt: START }
const flight = (runner: string) => ({ inFlight: { runner, at: START } })

const free: AtTheGate = {
  record: pendingRecord({ attempts: 1, ...flight('tab-1') }),
  progress: startOfRun,
  as: 'attempt',
  runner: 'tab-1',
  stop: undefined,
  remainingMs: 1,
  isHeldOffline: false,
  isSameScope: true,
  holds: true,
  isSameTarget: true,
  hasOtherBytes: false,
  horizon: { retentionMs: 86_400_000, timeoutMs: 30_000 },
  clocks: { nowAt: START },
  honoursKeys: true,
  hasStatus: false,
}

test.each<[string, Partial<AtTheGate>]>([
  ['a first attempt', {}],
  ['a second under an honoured key', { record: pendingRecord(sent) }],
  [
    'a second without an honoured key, where the first executed nothing',
    { record: pendingRecord({ ...sent, ambiguous: 0 }), honoursKeys: false },
  ],
  ['its own attempt, written ahead, without an honoured key', { honoursKeys: false }],
  ['the same again for the result of a success', { record: succeededRecord(), as: 'reread' }],
  ['other bytes, where nothing was sent', { hasOtherBytes: true }],
  [
    'to the last moment of the horizon',
    { record: pendingRecord(sent), clocks: { nowAt: START + 77_759_999 } },
  ],
])('the gate lets pass %s', (_, changes) => {
  expect(gateRefusal(frozen({ ...free, ...changes }))).toBeUndefined()
})

test.each<[ReturnType<typeof gateRefusal>, string, Partial<AtTheGate>]>([
  ['aborted', 'all callers have left', { stop: 'aborted' }],
  ['closed', 'the client was closed', { stop: 'closed' }],
  ['deadline', 'no time is left', { remainingMs: 0 }],
  ['offline', 'the device is offline', { isHeldOffline: true }],
  ['scope-changed', 'another user is logged in', { isSameScope: false }],
  ['claim-lost', 'another runner may hold it', { holds: false }],
  ['settled', 'it has failed', { record: failedRecord() }],
  ['settled', 'it has succeeded', { record: succeededRecord() }],
  ['other-target', 'another account is used', { isSameTarget: false }],
  [
    'key-expired',
    'the server may have forgotten the key',
    { record: pendingRecord(sent), clocks: { nowAt: START + 77_760_000 } },
  ],
  [
    'key-expired',
    'the age of the key is in doubt, and the server can be asked',
    {
      record: pendingRecord({ ...sent, firstSentServerAt: START }),
      clocks: { nowAt: START, serverNowAt: START, lastToldNowAt: START + 77_760_000 },
      hasStatus: true,
    },
  ],
  ['key-not-honoured', 'an attempt may have executed', { record: pendingRecord(sent), honoursKeys: false }],
  [
    'key-not-honoured',
    "another runner's attempt is in flight",
    { record: pendingRecord({ attempts: 1, ...flight('tab-2') }), honoursKeys: false },
  ],
  ['other-target', 'other bytes were sent before', { record: pendingRecord(sent), hasOtherBytes: true }],
])('the gate refuses as %s: %s', (reason, _, changes) => {
  expect(gateRefusal(frozen({ ...free, ...changes }))).toBe(reason)
})
