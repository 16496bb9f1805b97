/** Plugins within a plugin: how one is written that decides which of others acts. */
import { type TArray, type TObject, Type } from '@sinclair/typebox'
import type { MaybePromise, Refusal } from '../plugin.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { DownstreamRequest } from './messages.ts'

/**
 * A list of uses of plugins, as a member of a plugin's `config`, at its top. Core checks them like any other and sets
 * them up; each must provide what the plugin around it provides. All their phases run as if they stood on the route by
 * themselves, but `requestFilter`: that is called by the plugin around them, from `host.nested`.
 */
export function PluginUses(options: { readonly description: string; readonly minItems?: number }): TArray<TObject> {
  return Type.Array(
    Type.Object(
      {
        use: Type.String({
          description: 'A built-in plugin (`key-auth`), a file (`./plugins/mine.ts`) or a package (`npm:acme-plugin`).'
        }),
        config: Type.Object({}, { additionalProperties: true, default: {}, description: "The plugin's own settings." })
      },
      { additionalProperties: false, plugin: 'use' }
    ),
    options
  )
}

/** One plugin within another. */
export interface NestedPlugin {
  /** Name of its instance. */
  readonly instance: string
  /** Runs its `requestFilter`. Call it in that phase only. */
  requestFilter(exchange: Exchange, request: DownstreamRequest): MaybePromise<Refusal | Answer | undefined>
  /** Whether it has said that the request presents nothing that it judges: a refusal for a reason with `isAbsence`. */
  saysAbsent(outcome: Refusal | Answer | undefined): boolean
}
