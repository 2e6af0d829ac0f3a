#!/usr/bin/env bash
# CUPS sends a document to a network printer by IPP. Where the printer closes the connection without an answer, CUPS has the job done:
# "successful-ok", exit 0. Where the answer breaks off in the middle, it says that the printer did not accept the job.
# Seen with the backend `ipp` of CUPS 2.4.2 (Debian 12), run alone as the scheduler runs it, and a small printer that knows Print-Job: it
# reads the whole receipt, and closes the connection: "Print-Job: successful-ok", exit 0, by which the scheduler deletes the job, with or
# without a receipt. It prints and half of its answer arrives: "Print job was not accepted.", exit 4, by which the scheduler stops
# the queue with the job in it, and a restart prints it again. Answered whole: exit 0.
# Why it matters: a kitchen's ticket, a label, a receipt that the law asks for. A printer that restarts at the end of a document has
# printed nothing, and the shop's system shows it as printed; a doubled label is a parcel that is paid twice. The printer's own job list
# (Get-Jobs) is what knows.
# What reads otherwise: nothing says so; CUPS notes "cups-ipp-missing-job-id" among the reasons of the queue, as a fault of the printer.
# Source: RFC 8011 4.2.1 (Print-Job is answered with a job-id); backend(7) for the exit codes.
set -eu
backend=/usr/lib/cups/backend/ipp
[ -x "$backend" ] || {
  echo 'needs CUPS: apt-get install -y cups'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const backend = process.argv[2]
writeFileSync('receipt.txt', 'receipt of order-51\n')
const tags = { integer: 0x21, boolean: 0x22, enum: 0x23, keyword: 0x44, charset: 0x47, language: 0x48, type: 0x49 }
const groups = { operation: 1, job: 2, end: 3, printer: 4 }
const size = length => Buffer.from([length >> 8, length & 255])
function attribute(kind, name, value) {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value)
  return Buffer.concat([Buffer.from([tags[kind]]), size(name.length), Buffer.from(name), size(bytes.length), bytes])
}
const number = value => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const operations = { printJob: 2, validateJob: 4, getJobAttributes: 9, getJobs: 10, getPrinterAttributes: 11 }
const job = [
  Buffer.from([groups.job]),
  attribute('integer', 'job-id', number(51)),
  attribute('enum', 'job-state', number(9)),
  attribute('keyword', 'job-state-reasons', 'job-completed-successfully'),
]
const printer = [
  Buffer.from([groups.printer]),
  attribute('enum', 'printer-state', number(3)),
  attribute('keyword', 'printer-state-reasons', 'none'),
  attribute('boolean', 'printer-is-accepting-jobs', Buffer.from([1])),
  attribute('keyword', 'ipp-versions-supported', '2.0'),
  attribute('type', 'document-format-supported', 'text/plain'),
  ...Object.values(operations).map((operation, at) => attribute('enum', at === 0 ? 'operations-supported' : '', number(operation))),
]
const answers = { [operations.printJob]: job, [operations.getJobAttributes]: job, [operations.getPrinterAttributes]: printer }
function answerTo(request, operation) {
  const head = [Buffer.from([2, 0, 0, 0]), request.subarray(4, 8), Buffer.from([groups.operation])]
  const language = [attribute('charset', 'attributes-charset', 'utf-8'), attribute('language', 'attributes-natural-language', 'en')]
  return Buffer.concat([...head, ...language, ...(answers[operation] ?? []), Buffer.from([groups.end])])
}
async function print(loses) {
  let read = 0
  const server = createServer(async (request, response) => {
    const pieces = []
    for await (const piece of request) pieces.push(piece)
    const bytes = Buffer.concat(pieces)
    const answer = answerTo(bytes, bytes.readUInt16BE(2))
    const document = bytes.includes('receipt of order-51')
    if (document) read++
    if (document && loses === 'the answer') return request.socket.destroy()
    response.writeHead(200, { 'content-type': 'application/ipp', 'content-length': answer.length })
    if (document && loses === 'half of the answer') return response.write(answer.subarray(0, 20), () => request.socket.destroy())
    response.end(answer)
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const uri = `ipp://127.0.0.1:${server.address().port}/ipp/print?waitjob=false`
  const env = { ...process.env, DEVICE_URI: uri, CONTENT_TYPE: 'text/plain', FINAL_CONTENT_TYPE: 'text/plain', PRINTER: 'till', LC_ALL: 'C', TMPDIR: process.cwd() }
  const job = spawn(backend, ['51', 'shop', 'receipt', '1', '', 'receipt.txt'], { env })
  let log = ''
  job.stderr.on('data', text => (log += text))
  const code = await new Promise(done => job.on('close', done))
  server.closeAllConnections()
  server.close()
  const told = log.match(/Print-Job: ([a-z-]+)/)?.[1]
  const error = log.match(/ERROR: (.*)/)?.[1] ?? 'no error'
  const line = `exit ${code}, ${told}, ${error}, documents read ${read}, ${log.includes('cups-ipp-missing-job-id') ? 'no job-id' : 'a job-id'}`
  console.log(`loses ${loses}: ${line}`)
  return line
}
const seen = [await print('nothing'), await print('the answer'), await print('half of the answer')]
const same =
  seen.join('; ') ===
  [
    'exit 0, successful-ok, no error, documents read 1, a job-id',
    'exit 0, successful-ok, no error, documents read 1, no job-id',
    'exit 4, server-error-internal-error, Print job was not accepted., documents read 1, a job-id',
  ].join('; ')
console.log(same ? 'as described: no answer is success, half of one a refusal' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$backend"
