import type { KeyRecord } from '../../src/server/core/key-state.ts'
import type { Landed } from './sim-store.ts'

/** What a write to the server's store breaks, if anything: the rules that need no more than the write. */
export function brokenByWrite(
  { before, after, options, process }: Landed<KeyRecord>,
  context: { readonly retentionMs: number; readonly isExpired: boolean },
): { readonly rule: string; readonly detail: string } | undefined {
  const detail = `${process.name} wrote ${wordOf(after)} over ${wordOf(before)}`
  const isOwn = isOf(before, process.runtime.runnerId)
  const isSettled = before?.state === 'succeeded' || before?.state === 'failed'
  // What was not acknowledged is written again.
  const isAgain = before !== undefined && before.owner === after?.owner && before.write === after.write
  if (isSettled && !isAgain && !context.isExpired) return { rule: 'what is settled stays', detail }
  if (after === undefined) return isOwn ? undefined : { rule: 'only its holder frees a key', detail }
  const { expiresAt = Infinity } = options ?? {}
  if (expiresAt < after.changedAt + context.retentionMs)
    return { rule: 'an answer is remembered for the retention', detail }
  if (before === undefined || isSettled || isOwn) return undefined
  if (after.state === 'processing' && 'fence' in before && after.fence > before.fence) return undefined
  return process.name === 'operator' ? undefined : { rule: 'a late holder writes nothing', detail }
}

function isOf(record: KeyRecord | undefined, runnerId: string): boolean {
  return record?.owner.startsWith(`${runnerId}.`) === true
}

export function wordOf(record: KeyRecord | undefined): string {
  if (record === undefined) return 'nothing'
  const fence = 'fence' in record ? `, claim ${record.fence}` : ''
  return `${record.state} (${record.owner}, write ${record.write}${fence})`
}
