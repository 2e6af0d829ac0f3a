import { client } from './client.ts'

export const charge = client.operation<string>({
  name: 'charge',
  id: id => id,
  request: id => ({ method: 'post', url: 'charges', json: { cart: id } }),
  redefine: true,
})
