/**
 * Judges `endpoints:` of routes: that what is named there exists and has public
 * endpoints, and that a plugin of the route says who is calling. Pure.
 */
import { CONSUMER } from '../contract/keys.ts'
import { nearest } from '../nearest.ts'
import { type Finding, problem } from './finding.ts'
import { type LoadedUse, type PlacedUses, usesOf } from './uses.ts'
import { type Entry, entriesOf, entryOf, quote, type Word, type Written, wordOf, wordsOf } from './written.ts'

/**
 * All uses in the order in which they are set up, with the names that their instances get: the name of the plugin,
 * and from the second use on a number behind it.
 */
export function instanceNames(placed: PlacedUses): ReadonlyMap<LoadedUse, string> {
  const counts = new Map<string, number>()
  const names = new Map<LoadedUse, string>()
  for (const use of usesOf(placed)) {
    const { name } = use.definition
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    names.set(use, count === 1 ? name : `${name}#${count}`)
  }
  return names
}

/** Everything that is wrong with the endpoints of routes. */
export function checkEndpoints(written: Written, uses: PlacedUses): readonly Finding[] {
  const routes = entriesOf(written.root, 'routes').filter(route => wordsOf(route, 'endpoints').length > 0)
  if (routes.length === 0) return []
  const byInstance = new Map([...instanceNames(uses)].map(([use, name]) => [name, use]))
  return routes.flatMap(route => [
    ...wordsOf(route, 'endpoints').flatMap(word => checkInstance(word, byInstance, written)),
    ...checkPlace(route),
    ...checkGuard(route, uses)
  ])
}

function checkInstance(word: Word, byInstance: ReadonlyMap<string, LoadedUse>, written: Written): readonly Finding[] {
  const use = byInstance.get(word.text)
  if (use === undefined) {
    const meant = nearest(word.text, [...byInstance.keys()])
    const cure = meant === undefined ? 'Name a plugin that is used in this file.' : `Did you mean "${meant}"?`
    return [
      problem(
        word.path,
        'TACIT_ENDPOINTS_UNKNOWN',
        `No plugin that is used here is called ${quote(word, written)}.`,
        cure
      )
    ]
  }
  const endpoints = Object.values(use.definition.endpoints ?? {})
  if (endpoints.some(({ listener }) => listener === 'public')) return []
  const message = `"${use.definition.name}" has no endpoints for consumers.`
  return [problem(word.path, 'TACIT_ENDPOINTS_NONE', message, 'Remove it.')]
}

function checkPlace(route: Entry): readonly Finding[] {
  const findings: Finding[] = []
  const match = entryOf(route, 'match')
  const path = match === undefined ? undefined : wordOf(match, 'path')
  if (path !== undefined && !path.text.endsWith('/*')) {
    const cure = 'End it with /*, such as /account/*.'
    findings.push(
      problem(path.path, 'TACIT_ENDPOINTS_PATH', 'Endpoints are served below the path of their route.', cure)
    )
  }
  for (const key of ['upstream', 'rewrite', 'stripPrefix', 'dialect']) {
    if (route.value[key] === undefined) continue
    const message = `A route with \`endpoints\` answers by itself, and has no \`${key}\`.`
    findings.push(problem([...route.path, key], 'TACIT_ENDPOINTS_PATH', message, 'Keep one of the two.', 'key'))
  }
  return findings
}

/** Endpoints for consumers are of no use, and of some danger, where nobody says who is calling. */
function checkGuard(route: Entry, { plugins, routes }: PlacedUses): readonly Finding[] {
  const id = wordOf(route, 'id')
  const chain = [...plugins, ...(routes.get(id?.text ?? '') ?? [])]
  const isKnown = chain.some(({ definition }) => definition.provides?.some(({ symbol }) => symbol === CONSUMER.symbol))
  // While a plugin of the route is not sound, what it provides is not known.
  const written = Array.isArray(route.value.plugins) ? route.value.plugins.length : 0
  if (isKnown || (routes.get(id?.text ?? '')?.length ?? 0) < written) return []
  return [
    problem(
      [...route.path, 'endpoints'],
      'TACIT_ENDPOINTS_UNGUARDED',
      'No plugin of this route says who is calling.',
      'Add one that authenticates, such as `key-auth`.',
      'key'
    )
  ]
}
