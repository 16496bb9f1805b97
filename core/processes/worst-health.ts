/** What several processes say of their health, as one. Pure. */
import type { Health } from '../plugin.ts'

const GRAVITY: readonly Health['status'][] = ['ok', 'degraded', 'failed']

/** By name, the worst that any of them says. */
export function worstOf(answers: readonly Readonly<Record<string, Health>>[]): Readonly<Record<string, Health>> {
  const worst = new Map<string, Health>()
  for (const answer of answers) {
    for (const [name, health] of Object.entries(answer)) {
      const known = worst.get(name)
      if (known === undefined || GRAVITY.indexOf(health.status) > GRAVITY.indexOf(known.status)) worst.set(name, health)
    }
  }
  return Object.fromEntries(worst)
}
