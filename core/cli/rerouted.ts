/** Finds the requests that get another route from one configuration to the next. Pure. */
import type { LoadedConfiguration } from '../configuration/load.ts'
import { Matcher } from '../server/matcher.ts'

/** Requests of one form, and their routes. */
export interface Rerouted {
  /** `*` for any other. */
  readonly host: string
  readonly method: string
  /** As a route matches it: `/v1/*` is everything below. */
  readonly path: string
  /** Ids of routes; undefined where nothing is served. */
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Stands for whatever no route names. */
const ANY = '*'
const SOME_HOST = 'any.invalid'
const SOME_METHOD = 'ANY'
const SOME_NAME = '\0'

/** Requests of a form that one of the two configurations names, and that they serve on different routes. */
export function rerouted(before: LoadedConfiguration, after: LoadedConfiguration): readonly Rerouted[] {
  const [old, next] = [matcherOf(before), matcherOf(after)]
  const found = new Map<string, Rerouted>()
  for (const { match } of [...before.configuration.routes, ...after.configuration.routes]) {
    for (const host of match.host ?? [ANY]) {
      for (const method of match.method ?? [ANY]) {
        const wanted = [sampleHost(host), method === ANY ? SOME_METHOD : method, samplePath(match.path)] as const
        const [was, is] = [old.find(...wanted).route, next.find(...wanted).route]
        const key = `${host} ${method} ${match.path}`
        if (was !== is) found.set(key, { host, method, path: match.path, before: was, after: is })
      }
    }
  }
  return [...found.values()]
}

function matcherOf(loaded: LoadedConfiguration): Matcher<string> {
  const matcher = new Matcher<string>()
  for (const { id, match } of loaded.configuration.routes) {
    const { host = [], method = [], path } = match
    matcher.add({ hosts: host.map(name => name.toLowerCase()), methods: method, path }, id)
  }
  return matcher
}

function sampleHost(host: string): string {
  return host === ANY ? SOME_HOST : host.toLowerCase().replace(/^\*/, SOME_NAME)
}

function samplePath(path: string): string {
  return path.endsWith('/*') ? path.slice(0, -1) + SOME_NAME : path
}
