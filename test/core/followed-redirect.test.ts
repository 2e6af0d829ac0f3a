import { describe, expect, test } from 'vitest'
import { askAfterRedirect, followedRedirect } from '../../src/core/answers/followed-redirect.ts'

const from = new URL('https://shop.test/orders')
const { origin } = from
const redirect = (status: number, location: string | null) => ({ status, headers: { get: () => location } })

describe('a redirect is followed', () => {
  test.each([
    [301, undefined, 'https://shop.test/new'],
    [302, undefined, 'https://shop.test/new'],
    [303, undefined, 'https://shop.test/new'],
    [307, 'https://shop.test/new', 'https://shop.test/new'],
    [308, 'https://shop.test/new', 'https://shop.test/new'],
    [304, undefined, undefined],
    [201, undefined, undefined],
  ])('with %s by a send to %s, by an ask to %s', (status, bySend, byAsk) => {
    const found = { hop: 0, response: redirect(status, '/new'), from, origin }
    expect(followedRedirect({ ...found, of: 'send' })?.href).toBe(bySend)
    expect(followedRedirect({ ...found, of: 'ask' })?.href).toBe(byAsk)
  })

  test.each([
    ['within the origin', '/new?x=1', 'https://shop.test/new?x=1'],
    ['to another origin', 'https://evil.test/new', undefined],
    ['to another scheme', 'http://shop.test/new', undefined],
    ['by two slashes', '//evil.test/new', undefined],
    ['with a user in it', 'https://me@shop.test/new', undefined],
    ['to what is no URL', 'https://', undefined],
    ['to nowhere', null, undefined],
  ])('%s', (_, location, to) => {
    const found = { of: 'send', hop: 0, response: redirect(308, location), from, origin } as const
    expect(followedRedirect(found)?.href).toBe(to)
  })

  test('five times, and no sixth time', () => {
    const found = { of: 'send', response: redirect(308, '/new'), from, origin } as const
    expect(followedRedirect({ ...found, hop: 4 })?.href).toBe('https://shop.test/new')
    expect(followedRedirect({ ...found, hop: 5 })).toBe(undefined)
  })
})

test.each([
  [301, { method: 'GET', body: undefined }],
  [302, { method: 'GET', body: undefined }],
  [303, { method: 'GET', body: undefined }],
  [307, { method: 'POST', body: 'x' }],
  [308, { method: 'POST', body: 'x' }],
])('an ask follows a %s with %o', (status, then) => {
  expect(askAfterRedirect(status, { method: 'POST', body: 'x' })).toStrictEqual(then)
})
