import { existsSync } from 'node:fs'
import { type KeyedShop, openKeyedShop } from './keyed-shop.ts'
import type { ProxyName } from './programs.ts'
import type { IdempotencyOptions } from '../../src/entries/server.ts'

/** What `stillonce/server` answers through a proxy. */
export type ServerScenario = {
  readonly name: string
  /** A file of `configs`. Default `plain`. */
  readonly settings?: string
  readonly options?: Partial<IdempotencyOptions>
  readonly run: (shop: KeyedShop) => Promise<readonly string[]>
}

export async function serverThroughProxy(proxy: ProxyName, scenario: ServerScenario): Promise<string> {
  const shop = await openKeyedShop(proxy, scenario.settings ?? 'plain', scenario.options)
  try {
    const steps = await scenario.run(shop)
    return `${steps.join('; ')}; executed ${shop.executed.length}`
  } finally {
    await shop.close()
  }
}

export function hasServerSettings({ settings = 'plain' }: ServerScenario, proxy: ProxyName): boolean {
  return existsSync(new URL(`configs/${proxy}/${settings}.conf`, import.meta.url))
}
