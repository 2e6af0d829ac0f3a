import { judgeProbe } from './judge.ts'
import type { ProbeTarget } from './observe.ts'
import { MOST_REQUESTS, observeServer } from './observe.ts'
import { printable, reportOf } from './report.ts'
import { reportOfStop } from './stop.ts'

export type ProbeCommand = {
  readonly url: string | undefined
  readonly method?: string | undefined
  readonly body?: string | undefined
  readonly header?: readonly string[] | undefined
  readonly 'key-header'?: string | undefined
  readonly yes?: boolean | undefined
}

export const USAGE = `stillonce probe <url> --method POST --body '{"amount":1}' [--header 'Name: value' …]
                      [--key-header Idempotency-Key] [--yes]

Shows how a server treats idempotency keys, and prints the profile to paste. It sends up to ${MOST_REQUESTS} real requests
with this body: against anything but this machine it needs --yes.
`

/** The text to print and the exit code: 1 if the call is wrong, or the server's answers leave the result unclear. */
export async function probe(
  command: ProbeCommand,
  send: typeof fetch,
  createKey: () => string,
): Promise<{ readonly code: number; readonly text: string }> {
  const target = targetOf(command)
  if (typeof target === 'string') return { code: 1, text: `${target}\n\n${USAGE}` }
  if (command.yes !== true && !isLoopback(target.url))
    return {
      code: 1,
      text: `This sends up to ${MOST_REQUESTS} real ${target.method} requests to ${new URL(target.url).host}. Say --yes if you mean it.\n`,
    }
  const seen = await observeServer(target, send, createKey)
  if ('stop' in seen) return { code: 1, text: printable(reportOfStop(seen.stop)) }
  const findings = judgeProbe(seen)
  const text = reportOf(findings, target.keyHeader, seen.form)
  return { code: findings.keys === 'unclear' ? 1 : 0, text }
}

function targetOf(command: ProbeCommand): ProbeTarget | string {
  const url = URL.parse(command.url ?? '')
  if (url === null || !/^https?:$/.test(url.protocol)) return 'The URL must be http or https.'
  if (url.username !== '' || url.password !== '')
    return "The URL must hold no user and password: give --header 'Authorization: …'."
  const headers: [string, string][] = []
  for (const line of command.header ?? []) {
    const [, name, value] = /^([!#$%&'*+\-.^_`|~\w]+):\s*(.*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) return "A header is given as 'Name: value'."
    headers.push([name, value])
  }
  const method = (command.method ?? 'POST').toUpperCase()
  if (!/^(POST|PUT|PATCH|DELETE)$/.test(method)) return 'The method must be POST, PUT, PATCH or DELETE.'
  return {
    url: url.href,
    method,
    body: command.body ?? '{}',
    headers,
    keyHeader: command['key-header'] ?? 'Idempotency-Key',
  }
}

/** RFC 6761 6.3 and RFC 1122 3.2.1.3. */
function isLoopback(url: string): boolean {
  const { hostname } = new URL(url)
  return /^(localhost|(.+\.)?localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname)
}
