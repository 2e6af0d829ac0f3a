import { once } from '../../../../../server/once'

/* The key's own URL: what became of it, and its seal, which the client's `cancel` asks for. */
export const GET = (request: Request) => once.status(request)
export const DELETE = (request: Request) => once.seal(request)
