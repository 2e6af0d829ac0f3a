import { tell } from './tell.ts'

/* Imports what it is told in a fresh process, after what is not to count, and tells how long it took. */
const [before = '', ...specifiers] = process.argv.slice(2)
await tell(async () => {
  for (const specifier of before.split(' ').filter(Boolean)) await import(specifier)
  const startedMs = performance.now()
  await Promise.all(specifiers.map(specifier => import(specifier)))
  return performance.now() - startedMs
})
