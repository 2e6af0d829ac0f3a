import type { Sdk } from '../harness/sdk.ts'
import {
  adyen,
  aws,
  axiosByAdapter,
  axiosByFetch,
  azureEmail,
  chargebee,
  twilioPayments,
} from './adapters.ts'
import { apollo, graphqlRequest, heyApi, openapiFetch, trpc } from './clients.ts'
import { openaiOverUndici, openaiStreamOverUndici, stripeOverUndici } from './over-undici.ts'
import { shippo } from './shippo.ts'
import { square } from './square.ts'
import { anthropic, increase, openai, openaiStream } from './stainless.ts'
import { stripe } from './stripe.ts'
import { svix } from './svix.ts'

/** Each meets every fault: a line here is all that a new one needs. */
export const SDKS: readonly Sdk[] = [
  stripe,
  square,
  openai,
  openaiStream,
  anthropic,
  increase,
  svix,
  shippo,
  openapiFetch,
  heyApi,
  graphqlRequest,
  apollo,
  trpc,
  axiosByAdapter,
  axiosByFetch,
  aws,
  azureEmail,
  twilioPayments,
  adyen,
  chargebee,
  stripeOverUndici,
  openaiOverUndici,
  openaiStreamOverUndici,
]
