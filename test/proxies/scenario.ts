import { existsSync } from 'node:fs'
import type { Profile } from '../../src/entries/index.ts'
import { pressed, type Definition, type Patience } from './press.ts'
import type { ProxyName } from './programs.ts'
import { openShop, type Behaviour, type Fate } from './shop.ts'
import { startProxy } from './start-proxy.ts'

/** A value for each proxy that is named, and one for the others. */
export type PerProxy<Value> = { readonly [Name in ProxyName | 'others']?: Value }

/** What a client meets on its way through a proxy, and what it tells of it, word for word. */
export type Scenario = {
  readonly name: string
  /** A file of `configs` for each proxy. Default `plain`: what a proxy does by itself. */
  readonly settings?: PerProxy<string> | string
  readonly profile: Profile
  readonly definition?: Definition
  /** How the application behaves. */
  readonly shop: () => Behaviour
  /** What goes through first: then connections on both sides are used again, or the application's is closed. */
  readonly warm?: 'warm' | 'warm-and-close'
  /** Nothing listens until the client has been told so. */
  readonly closedAtFirst?: true
  readonly path?: string
  readonly patience?: Patience
  /** Why more than the client can know was executed, or other than it tells. Elsewhere outcomes are never wrong. */
  readonly limit?: string
}

export type Told = { readonly told: string; readonly wrong: string | undefined }

export async function throughProxy(proxy: ProxyName, scenario: Scenario): Promise<Told> {
  const { profile, definition = {}, shop: behaviour, warm, path = '', patience } = scenario
  const shop = await openShop(behaviour())
  const way = await startProxy(proxy, settingsOf(scenario, proxy), shop.port)
  const baseUrl = `http://127.0.0.1:${way.port}/${path}`
  try {
    if (warm !== undefined) await warmUp(`${baseUrl}${warm}`)
    if (scenario.closedAtFirst === true) await shop.close()
    const first = scenario.closedAtFirst === true ? () => shop.reopen() : undefined
    const { told, outcome } = await pressed(baseUrl, profile, definition, patience, first)
    const count = `delivered ${shop.deliveries.length}, executed ${shop.charges.length}`
    return { told: `${told}; ${count}`, wrong: wrongness(outcome, shop.charges.length) }
  } finally {
    await way.stop()
    await shop.close()
  }
}

/** Ends with a connection that the next request takes: fetch puts it back a turn after the body has ended. */
async function warmUp(url: string): Promise<void> {
  await (await fetch(url)).text()
  await new Promise(resolve => setImmediate(resolve))
}

function wrongness(outcome: string, executed: number): string | undefined {
  if (executed > 1) return `executed ${executed} times`
  if (outcome === 'executed' && executed === 0) return 'executed, it says, and nothing was'
  return outcome === 'not-executed' && executed > 0 ? 'not executed, it says, and it was' : undefined
}

function settingsOf({ settings = 'plain' }: Scenario, proxy: ProxyName): string {
  return typeof settings === 'string' ? settings : (settings[proxy] ?? settings.others ?? 'plain')
}

export function hasSettings(scenario: Scenario, proxy: ProxyName): boolean {
  return existsSync(new URL(`configs/${proxy}/${settingsOf(scenario, proxy)}.conf`, import.meta.url))
}

/** The application's process ends after it has executed. */
export const lose: Fate = ({ request }) => request.socket.destroy()
