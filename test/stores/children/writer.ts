/** Writes without end, eight keys a turn, and tells each write that was acknowledged: `writer.ts <path> <name>`. */
import { sqliteStore } from '../../../src/entries/sqlite.ts'

const [path = '', name = ''] = process.argv.slice(2)
const store = sqliteStore(path)

for (let round = 0; ; round += 1) {
  const keys = Array.from({ length: 8 }, (_, index) => `so1/kill/order/${name}-${round}-${index}`)
  await Promise.all(
    keys.map(async key => {
      const version = await store.set(key, `value of ${key}`, { expected: null, open: true })
      process.send?.({ key, version })
    }),
  )
}
