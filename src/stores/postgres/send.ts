import { errorOfPostgres, isLostStatement, mustBeSentAgain } from './errors.ts'
import { rowsOf, type PostgresClient } from './postgres-client.ts'

/*
 * How a statement is sent, and sent again.
 *
 *   the server undid it (serialization failure, deadlock)   nothing was done: send again after a short pause
 *   the connection was lost                                 the statement may have been done. Reads are sent again. A
 *                                                           `set` is sent again too: every write makes its own version,
 *                                                           so the record's version shows whether the first copy was
 *                                                           done (see `set` in postgres-store.ts)
 *   any other error                                         the caller gets the error
 */

/**
 * ms; each pause is shortened by a random part of up to half, so that two conflicting statements drift apart. A pool
 * has opened a new connection by then.
 */
const PAUSES_AFTER_LOSS = [20, 100, 400]
const PAUSES_AFTER_CONFLICT = [5, 10, 20, 40, 80, 160]

export type SentStatement<Row> = {
  readonly rows: readonly Row[]
  /** An earlier copy of the statement may have been done too. */
  readonly isInDoubt: boolean
}

export async function send<Row>(
  client: PostgresClient,
  table: string,
  text: string,
  values: unknown[],
): Promise<SentStatement<Row>> {
  let losses = 0
  let conflicts = 0
  const pauseAfter = (error: unknown): number | undefined => {
    if (mustBeSentAgain(error)) return PAUSES_AFTER_CONFLICT[conflicts++]
    return isLostStatement(error) ? PAUSES_AFTER_LOSS[losses++] : undefined
  }
  for (;;) {
    try {
      return { rows: await rowsOf<Row>(client, text, values), isInDoubt: losses > 0 }
    } catch (error) {
      const pauseMs = pauseAfter(error)
      if (pauseMs === undefined) throw errorOfPostgres(error, table)
      await pause(pauseMs * (0.5 + Math.random() / 2))
    }
  }
}

/** For statements that must be sent only once, because afterwards nothing shows whether an earlier copy was done. */
export async function sendOnce<Row>(
  client: PostgresClient,
  table: string,
  text: string,
  values: unknown[],
): Promise<readonly Row[]> {
  for (const pauseMs of [...PAUSES_AFTER_CONFLICT, undefined]) {
    try {
      return await rowsOf<Row>(client, text, values)
    } catch (error) {
      if (pauseMs === undefined || !mustBeSentAgain(error)) throw errorOfPostgres(error, table)
      await pause(pauseMs * (0.5 + Math.random() / 2))
    }
  }
  return []
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
