import type { Batch } from './batch.ts'
import type { Report } from './report.ts'
import { runBatch } from './batch.ts'
import { asInBrowsers } from './as-in-browsers.ts'
import { loadSubject } from './subject.ts'

/* A process of `npm run simulate`: runs the portions that it is sent, one after the other, until its parent leaves. */

export type Told = { readonly report: Report } | { readonly error: string }

// A history throws and catches hundreds of errors, whose stacks nobody reads: they take a tenth of the time.
Error.stackTraceLimit = 0

asInBrowsers()
const subject = await loadSubject(process.argv[2] === 'ky' ? 'ky' : 'direct')
const tell = (told: Told) => void process.send?.(told)

process.on('message', (batch: Batch) => {
  runBatch(subject, batch).then(
    report => tell({ report }),
    (error: unknown) => tell({ error: `${String(error)}\nWith --jobs 1 its stack is printed.` }),
  )
})
