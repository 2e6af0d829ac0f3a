import { beforeAll, describe, expect, test } from 'vitest'
import { versionOf } from './find-or-install.ts'
import { loadClient } from './load-client.ts'
import { PROGRAMS, PROXIES } from './programs.ts'
import { hasSettings, throughProxy } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { TOLD, toldOf } from './told.ts'

beforeAll(loadClient)

describe.concurrent.each(PROXIES)('a client through %s', proxy => {
  const here = SCENARIOS.filter(scenario => hasSettings(scenario, proxy))

  test.each(here)('$name', async scenario => {
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
