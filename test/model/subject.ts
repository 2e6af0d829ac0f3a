import type * as MachineModule from '../../src/core/run/machine.ts'
import type * as NewRecordModule from '../../src/core/record/new-record.ts'
import type * as EnqueuedModule from '../../src/core/stored/enqueued.ts'
import type * as TombstoneModule from '../../src/core/record/tombstone.ts'
import type * as TransitionModule from '../../src/core/record/transition.ts'
import type * as MayFollowModule from '../../src/core/record/what-may-follow.ts'

/** What the walk goes through: the machine itself and what the store's journal and the operator use of the core. */
export type Subject = {
  readonly step: typeof MachineModule.step
  readonly beginning: typeof MachineModule.beginning
  readonly mayFollow: typeof MayFollowModule.mayFollow
  readonly tombstone: typeof TombstoneModule.tombstone
  readonly neverSent: typeof TombstoneModule.neverSent
  readonly shrunk: typeof TombstoneModule.shrunk
  readonly keptToSend: typeof EnqueuedModule.keptToSend
  readonly newRecord: typeof NewRecordModule.newRecord
  readonly transition: typeof TransitionModule.transition
}

/** Loads the source; `suffix` is a query that module hooks act on (simulation/plant.ts). */
export async function loadSubject(suffix = ''): Promise<Subject> {
  const load = async <Module>(path: string) =>
    (await import(/* @vite-ignore */ `../../src/core/${path}${suffix}`)) as Module
  const { step, beginning } = await load<typeof MachineModule>('run/machine.ts')
  const { mayFollow } = await load<typeof MayFollowModule>('record/what-may-follow.ts')
  const { tombstone, neverSent, shrunk } = await load<typeof TombstoneModule>('record/tombstone.ts')
  const { keptToSend } = await load<typeof EnqueuedModule>('stored/enqueued.ts')
  const { newRecord } = await load<typeof NewRecordModule>('record/new-record.ts')
  const { transition } = await load<typeof TransitionModule>('record/transition.ts')
  return { step, beginning, mayFollow, tombstone, neverSent, shrunk, keptToSend, newRecord, transition }
}
