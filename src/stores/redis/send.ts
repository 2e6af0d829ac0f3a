import { errorOfRedis, isLostCommand, isUnknownScript } from './errors.ts'
import type { SendCommand } from './redis-client.ts'
import type { Script } from './scripts.ts'

/**
 * ms; each pause is shortened by a random part of up to half. By then a client has a new connection, or reports that
 * it has none.
 */
const PAUSES_AFTER_LOSS = [20, 100, 400]

export type SentCommand = {
  readonly reply: unknown
  /** An earlier copy of the command may have been done too. */
  readonly isInDoubt: boolean
}

/**
 * Sends a command that may be done twice, and sends it again after a lost connection. `lost` counts the lost
 * connections, after which the library may have sent the command again itself.
 */
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

/**
 * Sends a command once, because afterwards nothing shows whether an earlier copy was done. The library may still send
 * it twice.
 */
export async function sendSingly(work: () => Promise<unknown>, lost: () => number): Promise<SentCommand> {
  const lostBefore = lost()
  try {
    const reply = await work()
    return { reply, isInDoubt: lost() !== lostBefore }
  } catch (error) {
    throw errorOfRedis(error)
  }
}

/** Runs a script by its hash, or by its text if the server does not know the hash yet. */
export async function runScript(
  send: SendCommand,
  { sha, source }: Script,
  keys: readonly [string, ...string[]],
  args: readonly string[],
): Promise<unknown> {
  const count = String(keys.length)
  try {
    return await send(keys[0], 'EVALSHA', [sha, count, ...keys, ...args])
  } catch (error) {
    if (!isUnknownScript(error)) throw error
    return send(keys[0], 'EVAL', [source, count, ...keys, ...args])
  }
}
