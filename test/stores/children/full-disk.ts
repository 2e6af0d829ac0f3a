/**
 * Writes until the disk is full, frees what `ballast` holds and goes on; prints what happened as JSON:
 * `full-disk.ts <folder> <bytes of ballast>`.
 */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sqliteStore } from '../../../src/entries/sqlite.ts'

const [folder = '', ballastBytes = '0'] = process.argv.slice(2)
const ballast = join(folder, 'ballast')
writeFileSync(ballast, Buffer.alloc(Number(ballastBytes)))
const store = sqliteStore(join(folder, 'store.db'))

const acknowledged: string[] = []
const refused: string[] = []
const errors: { readonly kind?: string; readonly message?: string }[] = []
async function write(key: string): Promise<void> {
  try {
    await store.set(key, 'x'.repeat(10_000), { expected: null, open: true })
    acknowledged.push(key)
  } catch (error) {
    refused.push(key)
    errors.push(error as Error)
  }
}

for (let round = 0; errors.length === 0 && round < 1_000; round += 1) {
  await Promise.all([0, 1, 2, 3].map(index => write(`so1/full/order/${round}-${index}`)))
}

rmSync(ballast)
const afterwards = await store.set('so1/full/order/after', 'x', { expected: null, open: true }).then(
  () => 'written',
  () => 'refused',
)
const listed: string[] = []
for await (const { key } of store.listOpen('so1/full/')) listed.push(key)
await store.close?.()

const { kind, message } = errors[0] ?? {}
console.log(JSON.stringify({ acknowledged, refused, kind, message, afterwards, listed }))
