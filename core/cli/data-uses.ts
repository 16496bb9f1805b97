/**
 * Who reads and keeps what in a configuration, as its plugins declare it: what each may read, where it sends something,
 * which rows it keeps, which events it logs; and where bodies go by themselves. Pure.
 */
import type { LoadedConfiguration, LoadedUse } from '../configuration/load.ts'
import type { DataAccess } from '../plugin.ts'

/** One use of a plugin. */
export interface DataUse {
  readonly plugin: string
  /** `every route`, `route chat`, `upstream demo` or `balancer of demo`. */
  readonly where: string
  readonly reads: DataAccess['reads']
  readonly egress: NonNullable<DataAccess['egress']>
  readonly keeps: readonly KeptRows[]
  /** Events that go to the log, with their fields. */
  readonly logs: readonly { readonly event: string; readonly fields: readonly string[] }[]
}

/** Rows that a plugin keeps. */
export interface KeptRows {
  readonly kind: string
  readonly class: string
  readonly purpose: string
  readonly fields: readonly string[]
  /** Fields that stay readable; all others are sealed. */
  readonly clear: readonly string[]
  /** Field that names whose rows they are. */
  readonly subject: string | undefined
}

/** Servers that requests and their bodies go to. */
export interface Destination {
  readonly upstream: string
  readonly routes: readonly string[]
  readonly peers: readonly { readonly peer: string; readonly host: string; readonly region: string | undefined }[]
}

/** Everything that a configuration lets be read, sent and kept. */
export interface DataReport {
  readonly destinations: readonly Destination[]
  readonly uses: readonly DataUse[]
}

/** Makes the report, in the order of the file. */
export function dataReport(loaded: LoadedConfiguration): DataReport {
  const { configuration } = loaded
  return {
    destinations: configuration.upstreams.map(({ id, peers }) => ({
      upstream: id,
      routes: configuration.routes.filter(({ upstream }) => upstream === id).map(route => route.id),
      peers: peers.map(({ id: peer, url, region }) => ({ peer, host: new URL(url).host, region }))
    })),
    uses: [
      ...loaded.plugins.map(use => dataUse(use, 'every route')),
      ...configuration.routes.flatMap(({ id }) =>
        (loaded.routes.get(id) ?? []).map(use => dataUse(use, `route ${id}`))
      ),
      ...[...loaded.upstreams].flatMap(([id, { balancer, plugins }]) => [
        dataUse(balancer, `balancer of ${id}`),
        ...plugins.map(use => dataUse(use, `upstream ${id}`))
      ])
    ]
  }
}

function dataUse({ definition }: LoadedUse, where: string): DataUse {
  const { name, data, records = {}, events = {} } = definition
  return {
    plugin: name,
    where,
    reads: data.reads,
    egress: data.egress ?? [],
    keeps: Object.entries(records).map(([kind, rows]) => ({
      kind,
      class: rows.class,
      purpose: rows.purpose,
      fields: Object.keys(rows.fields.properties),
      clear: rows.clear,
      subject: rows.subject
    })),
    logs: Object.entries(events).map(([event, { properties }]) => ({ event, fields: Object.keys(properties) }))
  }
}
