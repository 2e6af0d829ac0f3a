import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROGRAMS, PROXIES } from '../proxies/programs.ts'
import { TOLD, toldOf } from '../proxies/told.ts'
import { proxyBlocksOf, tableRows } from './markdown.ts'
import { manual, PAGES } from './pages.ts'

/* `npm run test:proxies` runs the settings and holds what is told; here the page is held to both. */

const blocks = PAGES.flatMap(proxyBlocksOf)

test.each(blocks)('$at is test/proxies/configs/$path, word for word', ({ path, code }) => {
  expect(code).toBe(readFileSync(new URL(`../proxies/configs/${path}`, import.meta.url), 'utf8'))
})

test('the page shows what it advises', () => {
  expect(blocks.map(({ path }) => path)).toEqual([
    'nginx/advised.conf',
    'nginx/page-advised.conf',
    'nginx/cache-advised.conf',
    'nginx/underscores.conf',
    'haproxy/advised.conf',
    'caddy/advised.conf',
    'caddy/prefix-advised.conf',
    'varnish/advised.conf',
    'squid/advised.conf',
  ])
})

describe('the table of what happens behind which', () => {
  const rows = tableRows(manual, 'What happens behind which').slice(0, PROXIES.length)

  test('has the six, with the versions that were measured', () => {
    expect(rows.map(([name, version]) => `${name} ${version}`)).toEqual([
      `nginx ${PROGRAMS.nginx.measured}`,
      `HAProxy ${PROGRAMS.haproxy.measured}`,
      `Apache httpd ${PROGRAMS.apache.measured}`,
      `Caddy ${PROGRAMS.caddy.measured}`,
      `Varnish ${PROGRAMS.varnish.measured}`,
      `Squid ${PROGRAMS.squid.measured}`,
    ])
  })

  test.each([
    [2, 'an answer that is lost, without keys'],
    [3, 'silence past the patience of the proxy, without keys'],
    [4, 'an application that refuses connections and comes back, without keys'],
  ])('column %i has the statuses that a client tells: %s', (column, scenario) => {
    const told = PROXIES.map(proxy => toldOf(TOLD[scenario], proxy)?.slice(0, 3))
    expect(rows.map(row => row[column]?.slice(0, 3))).toEqual(told)
  })
})
