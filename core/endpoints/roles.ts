/** The roles of the admin listener, and which of them may do what another may. Pure. */
import type { EndpointRole } from '../plugin.ts'

/** Roles of the admin listener, from the lowest. */
export const ADMIN_ROLES = ['viewer', 'operator', 'owner'] as const

/** A role of the admin listener. */
export type AdminRole = (typeof ADMIN_ROLES)[number]

/** Whether an actor of role `has` may do what asks for `needs`. Consumers are no operators, nor the other way about. */
export function mayDo(has: AdminRole, needs: EndpointRole): boolean {
  return needs !== 'consumer' && ADMIN_ROLES.indexOf(has) >= ADMIN_ROLES.indexOf(needs)
}
