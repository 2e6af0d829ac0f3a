import { paysOnce } from './harness/pays-once.ts'
import { saysWhy } from './harness/says-why.ts'
import { openShop } from './harness/shop.ts'

const shop = openShop('react-router')

paysOnce(shop, '/', id => `/orders/${id}`)
saysWhy(shop, id => `/orders/${id}`)
