import { index, route, type RouteConfig } from '@react-router/dev/routes'

export default [
  index('routes/home.tsx'),
  route('orders/:id', 'routes/order.tsx'),
  route('api/charges', 'routes/charges.ts'),
  route('api/charges/by-key/:key', 'routes/key.ts'),
] satisfies RouteConfig
