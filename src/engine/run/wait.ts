import type { Lease } from '../../core/record/lease.ts'
import { hintsOf } from '../../guards/hints-of.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Engine } from '../engine.ts'
import type { Journal } from '../stored/journal.ts'
import { presenceOf } from './presence.ts'

/** Something that may end a wait early. It gets a function to call, and returns one that ends it. */
type Sooner = (fire: () => void) => () => void

/**
 * Waits for a time, or for something that comes sooner, then calls back once. Returns a function that ends the wait,
 * after which nothing is called.
 */
export function wait(
  runtime: Pick<Runtime, 'after'>,
  delayMs: number,
  onDue: () => void,
  ...sooner: readonly Sooner[]
): () => void {
  let isOver = false
  const ends: (() => void)[] = []
  const end = () => {
    isOver = true
    for (const each of ends.splice(0)) each()
  }
  const fire = () => {
    if (isOver) return
    end()
    onDue()
  }
  ends.push(runtime.after(delayMs, fire))
  for (const begin of sooner) {
    const endOther = begin(fire)
    if (isOver) endOther()
    else ends.push(endOther)
  }
  return end
}

/** Ends a wait when the browser reports that it is online. */
export function online(runtime: Pick<Runtime, 'online' | 'whenOnline'>): Sooner {
  return fire => {
    const end = runtime.whenOnline(fire)
    if (runtime.online()) fire()
    return end
  }
}

/** Ends a wait when the store shows that another runner has written, or that the holder of this lease is gone. */
export function wordOfOther(engine: Engine, journal: Journal, lease: Lease | undefined): readonly Sooner[] {
  return [
    fire => presenceOf(engine).whenGone(lease, fire),
    fire => hintsOf(engine.store, () => journal.place(), fire),
  ]
}
