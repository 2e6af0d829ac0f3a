import { paysOnce } from './harness/pays-once.ts'
import { openShop } from './harness/shop.ts'

paysOnce(openShop('react-router'), '/', id => `/orders/${id}`)
