import { madeProfile } from './made-profile.ts'

/**
 * Mercado Pago: `X-Idempotency-Key`, required for payments and refunds. A repeated request gets the payment in its
 * current state. How long keys are kept, and what another payload gets, is not documented.
 * https://mercadopago.com.br/developers/en/docs/wallet-connect/payment-flow/idempotency
 */
export const mercadoPago = /* #__PURE__ */ madeProfile({
  name: 'mercadopago',
  honoursKeys: true,
  header: 'X-Idempotency-Key',
  retention: 'unknown',
})
