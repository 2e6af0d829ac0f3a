import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OperationError, isOperationError } from '../../src/public/errors.ts'
import { operationErrorOf } from '../../src/public/operation-error-of.ts'

const own = new OperationError({ code: 'unresolved', outcome: 'unknown', reason: 'no answer' })

describe('the OperationError in what an SDK throws', () => {
  test.each<readonly [string, unknown]>([
    ['itself', own],
    ['openai, anthropic, increase: cause', new Error('Connection error.', { cause: own })],
    ['stripe: detail', Object.assign(new Error('An error occurred'), { detail: own })],
    ['stripe, later: raw.detail', Object.assign(new Error('x'), { raw: { detail: own } })],
    ['fetch of Node: cause of a cause', new TypeError('failed', { cause: new Error('x', { cause: own }) })],
    ['Apollo: networkError', Object.assign(new Error('x'), { networkError: own })],
    ['several at once', new AggregateError([new Error('other'), own])],
    ['a result with an error', { data: null, error: own }],
  ])('is found: %s', (_where, error) => {
    expect(operationErrorOf(error)).toBe(own)
  })

  test('is of another copy of the package too', () => {
    const other = { [Symbol.for('stillonce.operation-error')]: true }
    expect(operationErrorOf(new Error('x', { cause: other }))).toBe(other)
  })

  test.each<readonly [string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'unresolved'],
    ['another error', new Error('x', { cause: new Error('y') })],
    ['a message that speaks of it', Object.assign(new Error('x'), { request: { cause: own } })],
  ])('is not found in %s', (_what, error) => {
    expect(operationErrorOf(error)).toBeUndefined()
  })

  test('errors that lead back to themselves end', () => {
    const one = new Error('one')
    const two = new Error('two', { cause: one })
    one.cause = two
    expect(operationErrorOf(one)).toBeUndefined()
    Object.assign(two, { detail: own })
    expect(operationErrorOf(one)).toBe(own)
  })

  test('what throws when it is read is no error of ours', () => {
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('no')
      },
    })
    expect(() => operationErrorOf({ cause: { detail: hostile } })).not.toThrow()
  })

  test('a chain without an end is left after a hundred', () => {
    let reads = 0
    const endless = (): object => ({
      get cause() {
        reads++
        return endless()
      },
    })
    expect(operationErrorOf(endless())).toBeUndefined()
    expect(reads).toBeLessThanOrEqual(100)
  })

  test('it is found at any depth that SDKs reach, whatever the names', () => {
    const names = fc.constantFrom('cause', 'detail', 'raw', 'error', 'exception', 'originalError')
    fc.assert(
      fc.property(fc.array(names, { maxLength: 9 }), path => {
        const wrapped = path.reduceRight<unknown>(
          (error, name) => Object.assign(new Error('x'), { [name]: error }),
          own,
        )
        expect(operationErrorOf(wrapped)).toBe(own)
      }),
    )
  })

  test('the guard says of a wrapped one what it is: none', () => {
    expect(isOperationError(new Error('x', { cause: own }))).toBe(false)
  })
})
