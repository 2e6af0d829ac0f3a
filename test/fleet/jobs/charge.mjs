/** The operation of all recipes: its id is the invoice's, which is the job's. */
export const chargeOf = client =>
  client.operation({
    name: 'charge',
    id: invoice => invoice.id,
    request: invoice => ({ method: 'post', url: 'charges', json: { order: invoice.id } }),
  })
