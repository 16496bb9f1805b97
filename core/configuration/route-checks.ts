/**
 * Judges routes against each other and by themselves: two that match the same
 * requests, one that no request can reach, one that leads nowhere. Knows nothing
 * of plugins but whether a route has any.
 */
import { METHODS } from 'node:http'
import { hostFault, pathFault } from './addresses.ts'
import { type Finding, problem } from './finding.ts'
import { type Entry, entriesOf, entryOf, quote, type Word, type Written, wordOf, wordsOf } from './written.ts'

const HOST_CURE = 'Write a name such as api.example.com, or *.example.com for everything below it.'
const PATH_CURE = 'Write the path as clients send it, such as /v1/chat/completions, or /v1/* for everything below it.'

/** Everything that is wrong with the routes, apart from their plugins. */
export function checkRoutes(written: Written): readonly Finding[] {
  const routes = entriesOf(written.root, 'routes')
  const everywhere = entriesOf(written.root, 'plugins')
  return [
    ...routes.flatMap(route => [
      ...checkHosts(route),
      ...checkMethods(route, written),
      ...checkPath(route),
      ...checkRewriting(route, written),
      ...checkTarget(route, everywhere.length > 0)
    ]),
    ...checkAmbiguity(routes, written)
  ]
}

function checkHosts(route: Entry): readonly Finding[] {
  const match = entryOf(route, 'match')
  return (match === undefined ? [] : wordsOf(match, 'host')).flatMap(({ text, path }) => {
    const fault = hostFault(text)
    return fault === undefined ? [] : problem(path, 'TACIT_HOST_INVALID', `This host ${fault}.`, HOST_CURE)
  })
}

function checkMethods(route: Entry, written: Written): readonly Finding[] {
  const match = entryOf(route, 'match')
  return (match === undefined ? [] : wordsOf(match, 'method')).flatMap(word => {
    const isServed = METHODS.includes(word.text) && word.text !== 'CONNECT'
    if (isServed || !/^[A-Z]+(?:-[A-Z]+)*$/.test(word.text)) return []
    return problem(
      word.path,
      'TACIT_ROUTE_UNREACHABLE',
      `No request can have the method ${quote(word, written)}.`,
      'Write one that Node.js serves, such as GET or POST.'
    )
  })
}

function checkPath(route: Entry): readonly Finding[] {
  const match = entryOf(route, 'match')
  const path = match === undefined ? undefined : wordOf(match, 'path')
  if (path === undefined || !path.text.startsWith('/')) return []
  const star = path.text.indexOf('*')
  if (star !== -1 && !(path.text.endsWith('/*') && star === path.text.length - 1)) {
    return [
      problem(
        path.path,
        'TACIT_PATH_WILDCARD',
        'A `*` can only be the whole of the last segment.',
        'Write it at the end, after a slash: /v1/*.'
      )
    ]
  }
  const fault = pathFault(path.text)
  return fault === undefined
    ? []
    : [problem(path.path, 'TACIT_ROUTE_UNREACHABLE', `No request can have this path: it ${fault}.`, PATH_CURE)]
}

function checkRewriting(route: Entry, written: Written): readonly Finding[] {
  const findings: Finding[] = []
  const match = entryOf(route, 'match')
  const path = match === undefined ? undefined : wordOf(match, 'path')
  const strip = wordOf(route, 'stripPrefix')
  const rewrite = wordOf(route, 'rewrite')
  if (strip !== undefined && rewrite !== undefined) {
    findings.push(
      problem(
        rewrite.path,
        'TACIT_REWRITE_TWICE',
        'A route can have `stripPrefix` or `rewrite`, not both.',
        'Keep `rewrite` if the whole path is replaced.',
        'key'
      )
    )
  }
  if (strip?.text.startsWith('/') === true && path !== undefined) {
    const cure = stripCure(strip.text, path.text)
    if (cure !== undefined) {
      const message = `${quote(strip, written)} is not the beginning of every path that this route matches.`
      findings.push(problem(strip.path, 'TACIT_PREFIX_MISMATCH', message, cure))
    }
  }
  if (rewrite?.text.startsWith('/') === true) {
    const fault = rewrite.text.includes('*') ? 'holds a `*`, which would be sent as it stands' : pathFault(rewrite.text)
    if (fault !== undefined) {
      findings.push(problem(rewrite.path, 'TACIT_PATH_INVALID', `The path to send ${fault}.`, 'Write a whole path.'))
    }
  }
  return findings
}

/** What to do when taking `prefix` off does not leave a path; undefined when it does. */
function stripCure(prefix: string, path: string): string | undefined {
  if (prefix.endsWith('/')) return 'Write it without the slash at its end.'
  const matched = path.endsWith('/*') ? path.slice(0, -1) : path
  if (matched === prefix || matched.startsWith(`${prefix}/`)) return undefined
  return 'Write whole segments from the front of `match.path`.'
}

/** Without an upstream, some plugin must decide or answer; with no plugin at all, nobody can. */
function checkTarget(route: Entry, hasPluginsEverywhere: boolean): readonly Finding[] {
  const { value, path } = route
  const hasPlugins = hasPluginsEverywhere || (Array.isArray(value.plugins) && value.plugins.length > 0)
  if (value.upstream !== undefined || hasPlugins) return []
  return [routeNowhere([...path, 'id'])]
}

/** The error of a route that has no upstream and no plugin that routes or answers. @param path of the route's `id`. */
export function routeNowhere(path: Finding['path']): Finding {
  return problem(
    path,
    'TACIT_ROUTE_NOWHERE',
    'This route leads nowhere.',
    'Give it an `upstream`, or a plugin that routes.'
  )
}

/**
 * Routes are told apart by host, then path, then method. Two with one of each in
 * common are a contradiction: which of them a request gets would depend on chance.
 */
function checkAmbiguity(routes: readonly Entry[], written: Written): readonly Finding[] {
  const first = new Map<string, Word>()
  return routes.flatMap(route => {
    const match = entryOf(route, 'match')
    const path = match === undefined ? undefined : wordOf(match, 'path')
    if (match === undefined || path === undefined) return []
    const hosts = choices(match, 'host').map(host => host.toLowerCase())
    const methods = choices(match, 'method')
    let earlier: Word | undefined
    for (const host of hosts) {
      for (const method of methods) {
        const key = `${host} ${method} ${path.text}`
        const taken = first.get(key)
        if (taken === undefined) first.set(key, path)
        else if (taken !== path) earlier ??= taken
      }
    }
    if (earlier === undefined) return []
    return problem(
      path.path,
      'TACIT_ROUTE_AMBIGUOUS',
      `This route matches the same requests as the one on ${written.placeOf(earlier.path, path.path)}.`,
      'Give one of them another host, method or path.'
    )
  })
}

/** What a route names, or '' for any. */
function choices(match: Entry, key: 'host' | 'method'): readonly string[] {
  const words = wordsOf(match, key).map(({ text }) => text)
  return words.length === 0 ? [''] : words
}
