import { createClient, stillonce } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'
import { runSaga } from './saga.ts'
import { tripSteps } from './trip.ts'

/* Runs one saga, and says how it ended: `worker.ts <url> <file> <trip> <event at which it is killed>`. */
const [baseUrl = '', file = '', id = '', dieAt = ''] = process.argv.slice(2)

const store = sqliteStore(file)
let events = 0
const client = createClient({
  http: { baseUrl },
  store,
  scope: 'agency',
  profile: stillonce,
  timeout: 1_000,
  deadline: 2_500,
  retry: { backoff: { base: 20, cap: 100 } },
  onEvent: () => {
    events += 1
    if (String(events) === dieAt) process.kill(process.pid, 'SIGKILL')
  },
})
const end = await runSaga(tripSteps(client), { id })
process.send?.({ end, events })
await client.close()
await store.close?.()
process.disconnect?.()
