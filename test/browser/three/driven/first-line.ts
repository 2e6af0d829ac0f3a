import type { Readable } from 'node:stream'
import { createInterface } from 'node:readline'

/** What a program says in the first line that fits; reads on, so that the program is never held up. */
export async function firstLine(output: Readable, pattern: RegExp): Promise<string> {
  const said: string[] = []
  for await (const line of createInterface(output)) {
    const found = pattern.exec(line)?.[1]
    said.push(line)
    if (found === undefined) continue
    output.resume()
    return found
  }
  throw new Error(`The browser ended before it listened: ${said.join('\n')}`)
}
