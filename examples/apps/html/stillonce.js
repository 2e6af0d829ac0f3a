/* What the page uses of the package. `npm run build` makes page/vendor/stillonce.js of it, once for each version. */
export { createClient, describe, stillonce } from 'stillonce'
export { indexedDBStore } from 'stillonce/browser'
