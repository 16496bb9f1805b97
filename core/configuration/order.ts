/**
 * Checks that every fact a plugin needs is provided on each route, by a plugin
 * that stands in the right place. Pure.
 */
import type { Key } from '../contract/keys.ts'
import { type Finding, problem } from './finding.ts'
import type { LoadedUse } from './uses.ts'

/** One route, and whatever runs on it. */
export interface Chain {
  /** Name of the route. */
  readonly route: string
  /** Plugins for every route, then the route's own. */
  readonly plugins: readonly LoadedUse[]
  /** Plugins and balancer of the upstream that the route names. */
  readonly atUpstream: readonly LoadedUse[]
}

/** An error for each plugin that needs what nobody provides in time. */
export function checkOrder({ route, plugins, atUpstream }: Chain): readonly Finding[] {
  const findings: Finding[] = []
  for (const [index, use] of plugins.entries()) {
    const before = plugins.slice(0, index)
    const after = plugins.slice(index + 1)
    for (const key of needed(use, 'requires')) {
      if (provides(before, 'provides', key)) continue
      findings.push(
        missing(
          use,
          key,
          route,
          'before',
          after.find(other => provides([other], 'provides', key))
        )
      )
    }
    for (const key of needed(use, 'requiresAtEnd')) {
      if (provides(after, 'providesAtEnd', key)) continue
      findings.push(
        missing(
          use,
          key,
          route,
          'after',
          before.find(other => provides([other], 'providesAtEnd', key))
        )
      )
    }
  }
  for (const use of atUpstream) {
    for (const key of needed(use, 'requires')) {
      if (!provides(plugins, 'provides', key)) findings.push(missing(use, key, route, 'before', undefined))
    }
    // A balancer hears of the end when all plugins of the route have had their say.
    for (const key of needed(use, 'requiresAtEnd')) {
      if (!provides(plugins, 'providesAtEnd', key)) findings.push(missing(use, key, route, 'on', undefined))
    }
  }
  return findings
}

function needed({ definition, config }: LoadedUse, kind: 'requires' | 'requiresAtEnd'): readonly Key<unknown>[] {
  const keys = definition[kind]
  if (typeof keys !== 'function') return keys ?? []
  // The configuration was decoded by this very definition's schema, which the compiler cannot see.
  return Reflect.apply(keys, definition, [config])
}

function provides(uses: readonly LoadedUse[], kind: 'provides' | 'providesAtEnd', key: Key<unknown>): boolean {
  return uses.some(({ definition }) => definition[kind]?.some(({ symbol }) => symbol === key.symbol) === true)
}

function missing(
  use: LoadedUse,
  key: Key<unknown>,
  route: string,
  side: 'before' | 'after' | 'on',
  misplaced: LoadedUse | undefined
): Finding {
  const fact = key.symbol.description ?? 'a private fact'
  const when = side === 'before' ? '' : ' at the end'
  const place = side === 'on' ? '' : ` ${side} it`
  const cure =
    misplaced === undefined
      ? `Add a plugin ${side === 'on' ? 'to the route' : `${side} this one`} that provides it${when}.`
      : `Move "${misplaced.definition.name}" ${side === 'before' ? 'in front of' : 'behind'} this one.`
  return problem(
    use.path,
    'TACIT_PLUGIN_ORDER',
    `"${use.definition.name}" needs "${fact}"${when}, which no plugin${place} on the route "${route}" provides.`,
    cure
  )
}
