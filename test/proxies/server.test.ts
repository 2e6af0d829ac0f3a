import { beforeAll, describe, expect, test } from 'vitest'
import { loadClient } from './load-client.ts'
import { PROXIES } from './programs.ts'
import { SERVER } from './scenarios/server.ts'
import { hasServerSettings, serverThroughProxy } from './server-scenario.ts'
import { TOLD_BY_SERVER, toldOf } from './told.ts'

beforeAll(loadClient)

describe.concurrent.each(PROXIES)('stillonce/server behind %s', proxy => {
  const here = SERVER.filter(scenario => hasServerSettings(scenario, proxy))

  test.each(here)('$name', async scenario => {
    expect(await serverThroughProxy(proxy, scenario)).toBe(toldOf(TOLD_BY_SERVER[scenario.name], proxy))
  })
})

test('each scenario has its row, and each row its scenario', () => {
  expect(Object.keys(TOLD_BY_SERVER).toSorted()).toEqual(SERVER.map(({ name }) => name).toSorted())
})
