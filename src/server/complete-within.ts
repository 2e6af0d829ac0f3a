import { configurationError } from '../public/errors.ts'
import type { DatabaseTransaction } from '../public/store.ts'
import { readHandlerAnswer } from './answer/answers.ts'
import { outcomeOfStatus } from './core/key-state.ts'
import { IdempotencyError } from './idempotency-error.ts'
import type { KeyHolder } from './keys/key-holder.ts'
import { answerRules, keeps } from './perform.ts'
import type { Service } from './serving.ts'

/**
 * Completes the key inside a transaction of the handler, so that both are committed or neither is. The key's row
 * stays locked until the transaction ends. Every other writer of the row (a run that takes over, the timeout of this
 * handler, a person who concludes) waits for that, and then sees how the transaction ended.
 */
export async function completeWithin<Answer>(
  s: Service,
  holder: KeyHolder,
  transaction: DatabaseTransaction,
  answer: Answer,
): Promise<Answer> {
  if (typeof transaction !== 'object' || transaction === null || typeof transaction.query !== 'function')
    throw configurationError('completeWithin.transaction', 'must be an object with `query(text, values)`')
  const keys = s.store.within(transaction)
  if (keys === undefined)
    throw configurationError('store', 'must lie in the database of the transaction: postgresStore(pool)')
  const completion = await readHandlerAnswer(s.completionOf(answer), answerRules(s))
  if (outcomeOfStatus(completion.stored.status) !== 'executed')
    throw configurationError(
      'completeWithin.answer',
      'must be a success: a refusal is answered after its transaction was rolled back',
    )
  const became = await holder.completeWithin(keys, completion, keeps(s, completion))
  if (became === 'completed') return answer
  const { key, scope } = s.incoming
  const fault = became === 'completed-before' ? COMPLETED_BEFORE : undefined
  throw new IdempotencyError({ code: 'claim-lost', key, scope, fault })
}

const COMPLETED_BEFORE =
  'The handler has completed the key already, in this transaction or in one that has committed: this transaction cannot commit.'
