import type { RefusalReason } from './evidence.ts'

/** Why nothing was sent, in words for people. */
const WHY: Readonly<Record<RefusalReason, string>> = {
  aborted: 'the caller aborted',
  'answered-by-hook': 'a hook answered in the place of the server',
  'attempt-over': 'the attempt was over',
  'claim-lost': 'another tab or process has the operation',
  closed: 'the client was closed',
  deadline: 'the deadline has passed',
  'hook-failed': 'a hook or an option of the http layer failed',
  'key-expired': 'the server may have forgotten the key',
  'key-not-honoured': 'the operation may have been executed, and the server does not honour keys',
  offline: 'there is no network',
  'other-target': 'account, profile, origin or bytes are other ones than before',
  'scope-changed': 'another user is logged in now',
  settled: 'the operation has ended',
  'signal-fired': 'the `signal` of the http layer has fired',
  'store-failed': 'the store failed',
  timeout: 'the timeout was over',
}

export function whyNotSent(reason: RefusalReason, option?: string): string {
  return `nothing was sent: ${option === undefined ? WHY[reason] : `\`${option}\` failed`}`
}
