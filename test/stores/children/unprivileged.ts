/** Writes as a user who may not write everywhere, once and whenever it is told to: `unprivileged.ts <path>`. */
import { sqliteStore } from '../../../src/entries/sqlite.ts'

// Root may write where nobody else may: become nobody, now that everything is loaded.
if (process.getuid?.() === 0) process.setuid?.(65_534)

const store = sqliteStore(process.argv[2] ?? '')

async function write(): Promise<void> {
  try {
    await store.set('so1/a/b/unprivileged', 'x', { expected: null, open: true })
    process.send?.('written')
  } catch (error) {
    const { name, kind, message } = error as Error & { readonly kind?: string }
    process.send?.({ name, kind, message })
  }
}

process.on('message', () => void write())
await write()
