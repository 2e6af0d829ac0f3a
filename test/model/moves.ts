import { movesOfAttempt } from './attempt-moves.ts'
import { movesOfCircumstances } from './circumstance-moves.ts'
import type { Model } from './model.ts'
import { movesOfOperator } from './operator-moves.ts'
import { Promises } from './promises.ts'
import { movesOfRunner } from './runner-moves.ts'
import { Running } from './running.ts'
import type { Move } from './scene.ts'
import { Scene } from './scene.ts'
import { movesOfServer } from './server-moves.ts'
import type { World } from './world.ts'

/*
 * The model: one record in a store, runners that the real machine decides for, a server with or without keys behind a
 * network, and clocks. Each move is one event, or one thing that only others see. A fault is a move too, of which a
 * history has only so many:
 *
 *   store         a read that fails, is slow, or finds what it does not understand; a write that fails before or after,
 *                 whose acknowledgement is lost or slow, with or without a look at what it came to
 *   network       no server; a connection that breaks while the request goes on; an answer that is lost, late, cut, a
 *                 gateway's, a 307, 401, 429, 500, or a 202 for work that goes on; an ask without an answer, or a slow one
 *   http layer    a hook that throws, answers, sends once more or twice at once, or is back before the answer; of one
 *                 runner alone a hook that sends beside the gate
 *   clocks        more than a second, a timeout, a lease, the deadline or a key's life passes; a clock is set back; one
 *                 process sleeps
 *   caller        a stop, another call, other bytes under the same payload, a callback that throws
 *   around it     no network, another user, another account
 *   operator      forget, conclude, cancel, clear, enqueue: elsewhere, or beside a run that is told of it
 *
 * Not in it: a budget that is used up on the way, locks that tell of a dead process, a server that tells its time,
 * `onConflict`, results, events. Two runners are two processes: calls that join one run, and what they are told when they
 * leave it, are not in it either.
 */

/** All that may happen next in a world. */
export class Moves {
  readonly running: Running
  readonly #model: Model
  readonly #promises: Promises

  constructor(model: Model) {
    this.#model = model
    this.running = new Running(model)
    this.#promises = new Promises(model)
  }

  of(world: World): readonly Move[] {
    const scene = new Scene(this.#model, world, this.running, this.#promises)
    for (const [index, runner] of scene.runners.entries()) {
      movesOfRunner(scene, index, runner)
      movesOfAttempt(scene, index, runner)
    }
    movesOfServer(scene)
    movesOfCircumstances(scene)
    movesOfOperator(scene)
    return scene.moves
  }
}
