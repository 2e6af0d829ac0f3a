import { undiciFetch } from 'stillonce/undici'
import type { Sdk } from '../harness/sdk.ts'
import { openai, openaiStream } from './stainless.ts'
import { stripe } from './stripe.ts'

/* The same SDKs where the http layer sends through a dispatcher of undici. */

const innermost = undiciFetch()

export const stripeOverUndici: Sdk = { ...stripe, name: 'stripe over undici', innermost }

export const openaiOverUndici: Sdk = { ...openai, name: 'openai over undici', innermost }

export const openaiStreamOverUndici: Sdk = {
  ...openaiStream,
  name: 'openai, streamed, over undici',
  innermost,
}
