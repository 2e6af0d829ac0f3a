import { openStripe } from './open-stripe.ts'

const [address, file] = process.argv.slice(2)
const stripe = openStripe('sk_test_1', address, file)

const intent = await stripe.paymentIntents.create(
  { amount: 1999, currency: 'eur' },
  { idempotencyKey: 'invoice-42' }, // the second line
)
console.log(intent.id)
