/**
 * Finds the route of a request by host, method and path, in the raw bytes that
 * the client sent. What a match costs does not grow with the number of routes.
 */

/** What a route is matched by. */
export interface MatchRule {
  /** Exact names, or `*.` and a name for everything below it; empty for any host. Lower case. */
  readonly hosts: readonly string[]
  /** Empty for any method. */
  readonly methods: readonly string[]
  /** A path, or a path that ends with `/*` for everything below it. */
  readonly path: string
}

/** What was found. `allowed`: the path is known, but with other methods. */
export type Match<Route> =
  | { readonly route: Route }
  | { readonly route: undefined; readonly allowed: readonly string[] }

/** Routes by method; '' stands for any. */
type Methods<Route> = Map<string, Route>

/** Paths of one host. */
class PathTable<Route> {
  readonly exact = new Map<string, Methods<Route>>()
  readonly below = new Map<string, Methods<Route>>()
  /** Slashes in the deepest of `below`: a longer path is cut there before it is looked up. */
  deepest = 0

  add(path: string, methods: readonly string[], route: Route): void {
    const isBelow = path.endsWith('/*')
    const key = isBelow ? path.slice(0, -1) : path
    const table = isBelow ? this.below : this.exact
    const found = table.get(key) ?? new Map<string, Route>()
    table.set(key, found)
    for (const method of methods.length === 0 ? [''] : methods) if (!found.has(method)) found.set(method, route)
    if (isBelow) this.deepest = Math.max(this.deepest, key.split('/').length - 1)
  }

  find(method: string, path: string, allowed: Set<string> | null): Route | undefined {
    const route = pick(this.exact.get(path), method, allowed)
    if (route !== undefined || this.deepest === 0) return route
    let end = endOfDepth(path, this.deepest)
    while (end > 0) {
      const below = pick(this.below.get(path.slice(0, end)), method, allowed)
      if (below !== undefined) return below
      end = end < 2 ? 0 : path.lastIndexOf('/', end - 2) + 1
    }
    return undefined
  }
}

/** All routes of a configuration. Among several that match, an exact host goes before a wider one, then the longer path, then the named method. */
export class Matcher<Route> {
  readonly #anyHost = new PathTable<Route>()
  readonly #hosts = new Map<string, PathTable<Route>>()
  /** By suffix with its leading dot. */
  readonly #suffixes = new Map<string, PathTable<Route>>()
  /** Dots in the deepest of `#suffixes`. */
  #deepest = 0

  /** Adds a route. One that stands in the same place as an earlier one is never found. */
  add({ hosts, methods, path }: MatchRule, route: Route): void {
    if (hosts.length === 0) this.#anyHost.add(path, methods, route)
    for (const host of hosts) this.#tableOf(host).add(path, methods, route)
  }

  /**
   * @param host name without port, in lower case.
   * @param path without query, as received.
   */
  find(host: string, method: string, path: string): Match<Route> {
    const route = this.#find(host, method, path, null)
    if (route !== undefined) return { route }
    const allowed = new Set<string>()
    this.#find(host, method, path, allowed)
    return { route: undefined, allowed: [...allowed].sort() }
  }

  #find(host: string, method: string, path: string, allowed: Set<string> | null): Route | undefined {
    if (this.#hosts.size > 0) {
      const route = this.#hosts.get(host)?.find(method, path, allowed)
      if (route !== undefined) return route
    }
    if (this.#suffixes.size > 0) {
      // Longest suffix first.
      for (let dot = startOfDepth(host, this.#deepest); dot > 0; dot = host.indexOf('.', dot + 1)) {
        const route = this.#suffixes.get(host.slice(dot))?.find(method, path, allowed)
        if (route !== undefined) return route
      }
    }
    return this.#anyHost.find(method, path, allowed)
  }

  #tableOf(host: string): PathTable<Route> {
    const isSuffix = host.startsWith('*.')
    const tables = isSuffix ? this.#suffixes : this.#hosts
    const name = isSuffix ? host.slice(1) : host
    if (isSuffix) this.#deepest = Math.max(this.#deepest, name.split('.').length - 1)
    const table = tables.get(name) ?? new PathTable<Route>()
    tables.set(name, table)
    return table
  }
}

function pick<Route>(
  methods: Methods<Route> | undefined,
  method: string,
  allowed: Set<string> | null
): Route | undefined {
  if (methods === undefined) return undefined
  const route = methods.get(method) ?? methods.get('')
  if (route === undefined && allowed !== null) for (const other of methods.keys()) allowed.add(other)
  return route
}

/** Where the path's first `depth` slashes end: the longest prefix worth looking up. */
function endOfDepth(path: string, depth: number): number {
  let at = -1
  for (let count = 0; count < depth; count++) {
    const next = path.indexOf('/', at + 1)
    if (next < 0) break
    at = next
  }
  return at + 1
}

/** Where the host's last `depth` dots begin: the longest suffix worth looking up; the first character is never a part of it. */
function startOfDepth(host: string, depth: number): number {
  let at = host.length
  for (let count = 0; count < depth; count++) {
    const next = host.lastIndexOf('.', at - 1)
    if (next < 1) break
    at = next
  }
  return at === host.length ? -1 : at
}
