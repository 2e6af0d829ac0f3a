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
