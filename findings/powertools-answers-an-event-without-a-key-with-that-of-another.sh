#!/usr/bin/env bash
# The idempotency of AWS Lambda Powertools takes its key out of the event by a JMESPath. Where one field is asked for and missing,
# the function runs unguarded. A list of two fields that are both missing is a list of two nulls, and that is a key: all events
# without them are one operation, and the second caller gets the first one's answer.
# Seen with @aws-lambda-powertools/idempotency 2.35.0 on Node 20 and 24, a store in memory by its BasePersistenceLayer: path
# `order`, two events without an order: executed twice. Path `[user, order]`, two events of two customers without either: executed
# once, both are told "charge 1", with a warning "No value found for idempotency_key". With `throwOnNoIdempotencyKey: true` both
# are refused.
# Why it matters: a field that was renamed, or an event of another shape, makes all payments of an hour the first one's answer, and
# the warning reads as if the guard were off. Set the option, which is off by default.
# What reads otherwise: the path of one field; and the name of the option, by which nulls are no key.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @aws-lambda-powertools/idempotency@2.35.0
cat >run.mjs <<'PROGRAM'
import { IdempotencyConfig, IdempotencyItemAlreadyExistsError, makeIdempotent } from '@aws-lambda-powertools/idempotency'
import { BasePersistenceLayer, IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence'

class Memory extends BasePersistenceLayer {
  rows = new Map()
  async _getRecord(key) {
    return new IdempotencyRecord(this.rows.get(key))
  }
  async _putRecord(record) {
    if (this.rows.has(record.idempotencyKey)) throw new IdempotencyItemAlreadyExistsError('taken')
    this.rows.set(record.idempotencyKey, { ...record, status: 'INPROGRESS' })
  }
  async _updateRecord(record) {
    this.rows.set(record.idempotencyKey, { ...record, status: 'COMPLETED' })
  }
  async _deleteRecord(record) {
    this.rows.delete(record.idempotencyKey)
  }
}
const warnings = new Set()
console.warn = text => warnings.add(String(text).split('. ')[0])
async function pay(eventKeyJmesPath, events, options = {}) {
  let charges = 0
  warnings.clear()
  const handler = makeIdempotent(async () => ({ charge: ++charges }), { persistenceStore: new Memory(), config: new IdempotencyConfig({ eventKeyJmesPath, ...options }) })
  const told = []
  for (const event of events) told.push(await handler(event, {}).then(({ charge }) => `charge ${charge}`, error => error.name))
  const warned = [...warnings].some(text => text.startsWith('No value found'))
  console.log(`${eventKeyJmesPath} ${JSON.stringify(options)}: executed ${charges}, told ${told.join(' and ')}${warned ? ', warned' : ''}`)
  return `${charges} ${told.join(' ')}${warned ? ' warned' : ''}`
}
const complete = [{ user: 'ann', order: 51 }, { user: 'bob', order: 52 }]
const other = [{ customer: 'ann', purchase: 51 }, { customer: 'bob', purchase: 52 }]
const strict = { throwOnNoIdempotencyKey: true }
const seen = [await pay('[user, order]', complete), await pay('order', other), await pay('[user, order]', other), await pay('[user, order]', other, strict)]
const expected = ['2 charge 1 charge 2', '2 charge 1 charge 2', '1 charge 1 charge 1 warned', '0 IdempotencyPersistenceLayerError IdempotencyPersistenceLayerError']
const same = seen.join('; ') === expected.join('; ')
console.log(same ? 'as described: two payments, one answer' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
