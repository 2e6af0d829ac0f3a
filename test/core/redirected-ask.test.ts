import { describe, expect, test } from 'vitest'
import type { AskRedirect, LedTo } from '../../src/core/answers/redirected-ask.ts'
import { isOfAnotherUrl, ledBy, ledFurther, ledUnseen } from '../../src/core/answers/redirected-ask.ts'

const FROM = 'https://shop.test/pay/1?x=1'
const LOGIN = 'https://shop.test/login'
const SLASH = 'https://shop.test/pay/1/?x=1'

describe('what a redirect makes of the answer', () => {
  test.each<[string, AskRedirect['asks'], number, string, string, LedTo]>([
    ['a question, 301', 'status', 301, 'GET', LOGIN, 'elsewhere'],
    ['a question, 302', 'status', 302, 'GET', LOGIN, 'elsewhere'],
    ['a question, 303', 'status', 303, 'GET', LOGIN, 'result'],
    ['a question, 307', 'status', 307, 'GET', LOGIN, 'word'],
    ['a question by POST, 307', 'status', 307, 'POST', LOGIN, 'word'],
    ['a question, 308', 'status', 308, 'GET', LOGIN, undefined],
    ['a question, 301 to a slash', 'status', 301, 'GET', SLASH, undefined],
    ['a question, 302 to a slash', 'status', 302, 'HEAD', SLASH, undefined],
    ['a question, 302 to a slash and another query', 'status', 302, 'GET', `${SLASH}&y=2`, 'elsewhere'],
    ['a question by POST, 302 to a slash', 'status', 302, 'POST', SLASH, 'elsewhere'],
    ['a cancel, 301', 'cancel', 301, 'DELETE', LOGIN, 'elsewhere'],
    ['a cancel, 302 to a slash', 'cancel', 302, 'DELETE', SLASH, 'elsewhere'],
    ['a cancel, 303', 'cancel', 303, 'DELETE', LOGIN, 'result'],
    ['a cancel, 307', 'cancel', 307, 'DELETE', LOGIN, undefined],
    ['a cancel, 308', 'cancel', 308, 'POST', LOGIN, undefined],
  ])('%s', (_, asks, status, method, to, led) => {
    expect(ledBy({ asks, status, method, from: FROM, to })).toBe(led)
  })

  test('of a fetch that follows by itself nobody knows which it was', () => {
    expect(ledUnseen('GET', FROM, LOGIN)).toBe('elsewhere')
    expect(ledUnseen('GET', FROM, SLASH)).toBe(undefined)
    expect(ledUnseen('DELETE', FROM, SLASH)).toBe('elsewhere')
    expect(ledUnseen('GET', FROM, '')).toBe('elsewhere')
  })

  test.each<[LedTo, LedTo, LedTo]>([
    [undefined, undefined, undefined],
    [undefined, 'result', 'result'],
    ['result', undefined, 'result'],
    ['result', 'elsewhere', 'elsewhere'],
    ['elsewhere', 'result', 'elsewhere'],
    ['elsewhere', undefined, 'elsewhere'],
    ['result', 'word', 'word'],
    ['word', 'result', 'word'],
    ['word', 'elsewhere', 'elsewhere'],
  ])('%s and then %s is %s', (before, then, led) => {
    expect(ledFurther(before, then)).toBe(led)
  })
})

test.each<[string, string, boolean]>([
  ['none', '', false],
  ['the same', FROM, false],
  ['the same with a fragment', `${FROM}#top`, false],
  ['the same, spelled otherwise', 'HTTPS://shop.test:443/pay/./1?x=1', false],
  ['another path', LOGIN, true],
  ['another query', 'https://shop.test/pay/1', true],
  ['another origin', 'https://evil.test/pay/1?x=1', true],
  ['no URL', 'somewhere', true],
])('a response whose URL is %s', (_, url, isAnother) => {
  expect(isOfAnotherUrl(url, FROM)).toBe(isAnother)
})
