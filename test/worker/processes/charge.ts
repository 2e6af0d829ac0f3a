import type { OperationDefinition } from '../../../src/client/definition.ts'

export type Invoice = { readonly invoice: string }

export const charge: OperationDefinition<Invoice> = {
  name: 'charge',
  id: ({ invoice }) => invoice,
  request: invoice => ({ method: 'post', url: 'charges', json: invoice }),
  persist: 'request',
}
