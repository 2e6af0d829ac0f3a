import { once } from '../once.server.ts'
import type { Route } from './+types/key'

/* The key's own URL: what became of it, and its seal, which the client's `cancel` asks for. */
export const loader = ({ request }: Route.LoaderArgs) => once.status(request)
export const action = ({ request }: Route.ActionArgs) => once.seal(request)
