import { Cue } from '../../runtime/cue.ts'
import type { RunContext } from './run-context.ts'
import { presenceOf } from './presence.ts'
import { pause } from '../../runtime/runtime.ts'

/** Waits for another runner's next word: ends early where the store can tell that it has written or is gone. */
export async function pauseForOther(x: RunContext, delayMs: number): Promise<void> {
  const { runtime, store } = x.engine
  const { record } = x
  const lease = record !== undefined && 'lease' in record ? record.lease : undefined
  const done = new Cue()
  const fire = () => done.fire()
  const ends = [x.waitCue.on(fire), presenceOf(x.engine).whenGone(lease, fire)]
  const place = await x.journal.place()
  if (store.watch !== undefined) ends.push(store.watch(place, fire))
  if (x.waitCue.fired) fire()
  await pause(runtime, delayMs, done)
  for (const end of ends) end()
}
