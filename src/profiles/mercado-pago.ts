import { madeProfile } from './made-profile.ts'

/**
 * Mercado Pago: `X-Idempotency-Key`, required for payments and refunds; a payment that was made is given again as it is now.
 * For how long, and what another payload gets, it does not say.
 * https://mercadopago.com.br/developers/en/docs/wallet-connect/payment-flow/idempotency
 */
export const mercadoPago = /* #__PURE__ */ madeProfile({
  name: 'mercadopago',
  honoursKeys: true,
  header: 'X-Idempotency-Key',
  retention: 'unknown',
})
