import type * as MachineModule from '../../src/core/run/machine.ts'
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
  readonly transition: typeof TransitionModule.transition
}

/** Loads the source; `suffix` is a query that module hooks act on (simulation/plant.ts). */
export async function loadSubject(suffix = ''): Promise<Subject> {
  const load = async <Module>(path: string) =>
    (await import(/* @vite-ignore */ `../../src/core/${path}${suffix}`)) as Module
  const { step, beginning } = await load<typeof MachineModule>('run/machine.ts')
  const { mayFollow } = await load<typeof MayFollowModule>('record/what-may-follow.ts')
  const { tombstone, neverSent, shrunk } = await load<typeof TombstoneModule>('record/tombstone.ts')
  const { transition } = await load<typeof TransitionModule>('record/transition.ts')
  return { step, beginning, mayFollow, tombstone, neverSent, shrunk, transition }
}
