import Anthropic from '@anthropic-ai/sdk'
import Increase from 'increase'
import { ietf } from 'stillonce'
import OpenAI from 'openai'
import type { Sdk, Setup } from '../harness/sdk.ts'
import { headerKey, keyHeaders, keyInHeader } from '../harness/sdk.ts'

/* SDKs that Stainless makes: one way to be given a fetch, a timeout and a number of retries. */

const optionsOf = ({ fetch, timeoutMs, retries }: Setup) => ({
  apiKey: 'key',
  fetch,
  ...(timeoutMs !== undefined && { timeout: timeoutMs }),
  ...(retries !== undefined && { maxRetries: retries }),
})

const IN_PROGRESS = {
  status: 409,
  headers: { 'retry-after': '1' },
  body: '{"error":{"type":"conflict","message":"in progress"}}',
}
const DECLINED = { status: 402, body: '{"error":{"type":"billing_error","message":"No credit."}}' }

export const increase: Sdk = {
  name: 'increase',
  profile: ietf,
  id: headerKey,
  keepResponseHeaders: ['x-request-id'],
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 201,
      headers: { 'x-request-id': `req_${execution}` },
      body: `{"id":"account_transfer_${execution}","type":"account_transfer","amount":1999}`,
    }),
  },
  creates: setup => {
    const sdk = new Increase({ ...optionsOf(setup), baseURL: setup.url })
    return async key => {
      const { data, response } = await sdk.accountTransfers
        .create(
          { account_id: 'account_1', amount: 1999, description: 'rent', destination_account_id: 'account_2' },
          key === undefined ? {} : { idempotencyKey: key },
        )
        .withResponse()
      return { id: data.id, status: response.status, requestId: response.headers.get('x-request-id') }
    }
  },
  resolves: { id: 'account_transfer_1', status: 201, requestId: 'req_1' },
  declined: { ...DECLINED, error: 'APIError' },
  inProgress: IN_PROGRESS,
}

/** Their servers say nothing of keys; this one is a gateway that honours them. */
export const openai: Sdk = {
  name: 'openai',
  profile: ietf,
  id: headerKey,
  keepResponseHeaders: ['x-request-id'],
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 200,
      headers: { 'x-request-id': `req_${execution}` },
      body: `{"id":"resp_${execution}","object":"response","output":[]}`,
    }),
  },
  creates: setup => {
    const sdk = new OpenAI({ ...optionsOf(setup), baseURL: `${setup.url}/v1` })
    return async key => {
      const { data, response, request_id } = await sdk.responses
        .create({ model: 'model', input: 'hi' }, keyHeaders(key))
        .withResponse()
      return { id: data.id, status: response.status, requestId: request_id }
    }
  },
  resolves: { id: 'resp_1', status: 200, requestId: 'req_1' },
  declined: { ...DECLINED, error: 'APIError' },
  inProgress: IN_PROGRESS,
}

/** `stream: true`: its events, in the order in which they came. */
export const openaiStream: Sdk = {
  ...openai,
  name: 'openai, an event stream',
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 200,
      headers: { 'content-type': 'text/event-stream' },
      body: `data: {"id":"resp_${execution}","choices":[]}\n\ndata: {"id":"resp_${execution}","choices":[{}]}\n\ndata: [DONE]\n\n`,
    }),
  },
  creates: setup => {
    const sdk = new OpenAI({ ...optionsOf(setup), baseURL: `${setup.url}/v1` })
    return async key => {
      const events = await sdk.chat.completions.create(
        { model: 'm', messages: [{ role: 'user', content: 'Hello' }], stream: true },
        keyHeaders(key),
      )
      const all: string[] = []
      for await (const { id, choices } of events) all.push(`${id}, ${choices.length}`)
      return all
    }
  },
  resolves: ['resp_1, 0', 'resp_1, 1'],
}

export const anthropic: Sdk = {
  name: '@anthropic-ai/sdk',
  profile: ietf,
  id: headerKey,
  keepResponseHeaders: ['request-id'],
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 200,
      headers: { 'request-id': `req_${execution}` },
      body: `{"id":"msg_${execution}","type":"message","role":"assistant","content":[]}`,
    }),
  },
  creates: setup => {
    const sdk = new Anthropic({ ...optionsOf(setup), baseURL: setup.url })
    return async key => {
      const { data, response, request_id } = await sdk.messages
        .create(
          { model: 'model', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
          keyHeaders(key),
        )
        .withResponse()
      return { id: data.id, status: response.status, requestId: request_id }
    }
  },
  resolves: { id: 'msg_1', status: 200, requestId: 'req_1' },
  declined: { ...DECLINED, error: 'PaymentRequiredError' },
  inProgress: IN_PROGRESS,
}
