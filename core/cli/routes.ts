/** `tacit routes`: lists what is served, where it goes and what it passes. */
import type { Command } from 'commander'
import type { LoadedConfiguration } from '../configuration/load.ts'
import { readConfiguration } from '../gateway.ts'
import { table } from './table.ts'
import { EXIT, guarded, paintOf, printJson, type Terminal } from './terminal.ts'

/** Adds the command. */
export function addRoutes(program: Command, terminal: Terminal, done: (code: number) => void): void {
  program
    .command('routes')
    .description('list the routes: what they match, where they lead and the plugins on the way')
    .argument('[file]', 'the configuration', 'gateway.yaml')
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExample:\n  tacit routes config/gateway.yaml')
    .action(async (file: string, { json }: { json?: boolean }) =>
      done(
        await guarded(terminal, json, async () => {
          const loaded = await readConfiguration({ file, environment: terminal.environment })
          print(routesOf(loaded), json, terminal)
          return EXIT.ok
        })
      )
    )
}

/** One route, as it is listed. */
export interface ListedRoute {
  readonly id: string
  /** Empty for any. */
  readonly methods: readonly string[]
  readonly hosts: readonly string[]
  readonly path: string
  /** Undefined where a plugin decides or answers. */
  readonly upstream: string | undefined
  /** Names of plugins in the order of work, those for every route first. */
  readonly plugins: readonly string[]
  /** Plugins of the upstream, which see each try. */
  readonly upstreamPlugins: readonly string[]
  readonly balancer: string | undefined
}

/** The routes of a configuration, in the order of the file. */
export function routesOf(loaded: LoadedConfiguration): readonly ListedRoute[] {
  const names = (uses: readonly { readonly definition: { readonly name: string } }[] = []) =>
    uses.map(({ definition }) => definition.name)
  return loaded.configuration.routes.map(({ id, match, upstream }) => {
    const behind = loaded.upstreams.get(upstream ?? '')
    return {
      id,
      methods: match.method ?? [],
      hosts: match.host ?? [],
      path: match.path,
      upstream,
      plugins: [...names(loaded.plugins), ...names(loaded.routes.get(id))],
      upstreamPlugins: names(behind?.plugins),
      balancer: behind?.balancer.definition.name
    }
  })
}

function print(routes: readonly ListedRoute[], asJson: boolean | undefined, terminal: Terminal): void {
  if (asJson === true) {
    printJson(terminal, { routes })
    return
  }
  const { dim, bold } = paintOf(terminal)
  const rows = routes.map(({ id, methods, hosts, path, upstream, plugins }) => [
    id,
    methods.length === 0 ? '*' : methods.join(','),
    hosts.length === 0 ? '*' : hosts.join(','),
    path,
    upstream ?? '(a plugin decides)',
    plugins.join(' → ')
  ])
  const heads = ['ROUTE', 'METHOD', 'HOST', 'PATH', 'UPSTREAM', 'PLUGINS']
  terminal.out(
    table([heads, ...rows], (cell, column, row) => (row === 0 ? dim(cell) : column === 0 ? bold(cell) : cell))
  )
}
