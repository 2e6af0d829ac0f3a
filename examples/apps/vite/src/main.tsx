import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Checkout } from './checkout.tsx'
import type { Order, Receipt } from './operations.ts'
import { Tip } from './tip.tsx'

const id = new URLSearchParams(location.search).get('order') ?? 'order-1'

async function get<Data>(url: string): Promise<Data> {
  return (await fetch(url)).json() as Promise<Data>
}

function Shop() {
  const order = useQuery({ queryKey: ['order', id], queryFn: () => get<Order>(`/api/orders/${id}`) })
  const charges = useQuery({ queryKey: ['charges'], queryFn: () => get<Receipt[]>('/api/charges') })
  if (order.data === undefined) return <p>Loading…</p>
  return (
    <main>
      <h1>{id}</h1>
      <Checkout order={order.data} />
      <Tip order={order.data} />
      <p>Charges in the ledger: {charges.data?.length ?? 0}</p>
    </main>
  )
}

createRoot(document.querySelector('#root')!).render(
  <StrictMode>
    <QueryClientProvider client={new QueryClient()}>
      <Shop />
    </QueryClientProvider>
  </StrictMode>,
)
