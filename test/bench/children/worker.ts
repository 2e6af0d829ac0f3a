import type { Batch } from '../batch.ts'
import { runBatch } from '../batch.ts'
import type { Contestant, Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { stubFetch } from '../contestants/stub.ts'
import { MISSING } from '../figure.ts'
import { orMissing } from './missing.ts'

/* The process of one contestant: runs the batches that it is sent, and answers each with what it measured. */
const [name, where] = process.argv.slice(2)
const surroundings = JSON.parse(where ?? '') as Surroundings
if (surroundings.network === 'none') stubFetch()

const contestant = await orMissing(() => openContestant(name as ContestantName, surroundings))
let placed = 0

if (contestant === MISSING) {
  process.send?.(MISSING, () => process.disconnect())
} else {
  process.on('message', (message: Batch | 'close') => void answer(contestant, message))
  process.send?.('ready')
}

async function answer(opened: Contestant, message: Batch | 'close'): Promise<void> {
  if (message === 'close') {
    await opened.close?.()
    process.disconnect()
    return
  }
  const first = placed
  placed += message.calls
  process.send?.(await runBatch(opened, message, first))
}
