import { errorOfRedis, isLostCommand, isUnknownScript } from './errors.ts'
import type { SendCommand } from './redis-client.ts'
import type { Script } from './scripts.ts'

/** ms; each is halved by chance. A client has a new connection by then, or says that it has none. */
const PAUSES_AFTER_LOSS = [20, 100, 400]

export type SentCommand = {
  readonly reply: unknown
  /** An earlier copy of the command may have been done as well. */
  readonly isInDoubt: boolean
}

/** Sends what may be done twice, and again after a lost connection. `lost` counts what the library may have sent again itself. */
export async function sendAgain(work: () => Promise<unknown>, lost: () => number): Promise<SentCommand> {
  const lostBefore = lost()
  for (let losses = 0; ; losses += 1) {
    try {
      const reply = await work()
      return { reply, isInDoubt: losses > 0 || lost() !== lostBefore }
    } catch (error) {
      const pauseMs = PAUSES_AFTER_LOSS[losses]
      if (pauseMs === undefined || !isLostCommand(error)) throw errorOfRedis(error)
      await new Promise(resolve => {
        setTimeout(resolve, pauseMs * (0.5 + Math.random() / 2))
      })
    }
  }
}

/** For what looks the same afterwards whether it was done once or twice. The library may do so all the same. */
export async function sendSingly(work: () => Promise<unknown>, lost: () => number): Promise<SentCommand> {
  const lostBefore = lost()
  try {
    const reply = await work()
    return { reply, isInDoubt: lost() !== lostBefore }
  } catch (error) {
    throw errorOfRedis(error)
  }
}

/** By its hash, which the server knows from the first time on; where it does not, by its text. */
export async function runScript(
  send: SendCommand,
  { sha, source }: Script,
  keys: readonly [string, ...string[]],
  args: readonly string[],
): Promise<unknown> {
  const given = [String(keys.length), ...keys, ...args]
  try {
    return await send(keys[0], 'EVALSHA', [sha, ...given])
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return send(keys[0], 'EVAL', [source, ...given])
  }
}
