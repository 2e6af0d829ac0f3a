/** Opens a file that may not be there yet, writes 200 keys where nothing is stored, and sends what it won: `racer.ts <path> <name>`. */
import { once } from 'node:events'
import { sqliteStore } from '../../../src/entries/sqlite.ts'

const [path = '', name = ''] = process.argv.slice(2)
const store = sqliteStore(path)
const go = once(process, 'message')
process.send?.('ready')
await go

const won: Record<string, string> = {}
for (let start = 0; start < 200; start += 4) {
  const keys = [0, 1, 2, 3].map(offset => `so1/race/order/${start + offset}`)
  const versions = await Promise.all(keys.map(key => store.set(key, name, { expected: null, open: true })))
  for (const [index, key] of keys.entries()) if (versions[index] !== undefined) won[key] = versions[index]
}
await store.close?.()
process.send?.(won, () => process.disconnect())
