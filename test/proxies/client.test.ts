import { beforeAll, describe, expect, test } from 'vitest'
import { noKeys } from '../../src/entries/index.ts'
import { versionOf } from './find-or-install.ts'
import { pressed } from './press.ts'
import { PROGRAMS, PROXIES } from './programs.ts'
import { hasSettings, lose, throughProxy } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { statusOfOrder } from './scenarios/asked.ts'
import { openShop } from './shop.ts'
import { TOLD, toldOf } from './told.ts'

/** What the client loads later is loaded now, lest it counts as a proxy's time. */
beforeAll(async () => {
  const shop = await openShop({ fates: [lose] })
  await pressed(`http://127.0.0.1:${shop.port}/`, noKeys, { status: statusOfOrder })
  await shop.close()
})

describe.each(PROXIES)('a client through %s', proxy => {
  const here = SCENARIOS.filter(scenario => hasSettings(scenario, proxy))

  test.concurrent.each(here)('$name', async scenario => {
    const { told, wrong } = await throughProxy(proxy, scenario)
    expect(told).toBe(toldOf(TOLD[scenario.name], proxy))
    expect(scenario.limit === undefined ? wrong : undefined).toBeUndefined()
  })
})

test('each scenario has its row, and each row its scenario', () => {
  expect(Object.keys(TOLD).toSorted()).toEqual(SCENARIOS.map(({ name }) => name).toSorted())
})

test.each(PROXIES)('the version of %s is told, for what is written down is true of one', proxy => {
  const version = versionOf(PROGRAMS[proxy])
  console.log(`${proxy} ${version}; written down: ${PROGRAMS[proxy].measured}`)
  expect(version).toMatch(/^\d/)
})
