import type { Batch } from '../batch.ts'
import { runBatch } from '../batch.ts'
import type { Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { stubFetch } from '../contestants/stub.ts'

/* The process of one contestant: runs the batches that it is sent, and answers each with what it measured. */
const [name, where] = process.argv.slice(2)
const surroundings = JSON.parse(where ?? '') as Surroundings
if (surroundings.network === 'none') stubFetch()

const contestant = await openContestant(name as ContestantName, surroundings)
let placed = 0

process.on('message', (message: Batch | 'close') => void answer(message))
process.send?.('ready')

async function answer(message: Batch | 'close'): Promise<void> {
  if (message === 'close') {
    await contestant.close?.()
    process.disconnect()
    return
  }
  const first = placed
  placed += message.calls
  process.send?.(await runBatch(contestant, message, first))
}
