/* A module of its own, so that loading it apart brings v4 and not all of uuid. */
export { v4 } from 'uuid'
