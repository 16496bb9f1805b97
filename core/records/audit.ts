/**
 * Keeps who has asked the admin listener to change something, and what came of it:
 * names and numbers alone. Where no records are open, the log has to do.
 */
import { Type } from '@sinclair/typebox'
import { KnownName } from '../contract/fields.ts'
import { GatewayError } from '../errors.ts'
import type { RecordKind } from '../plugin.ts'
import type { RowSink } from './row-sink.ts'
import type { Vocabulary } from './vocabulary.ts'

/** One call of an endpoint that changes something, or shows who may call. */
export const AUDIT: RecordKind = {
  purpose: 'who has asked the admin listener for what',
  class: 'audit',
  fields: Type.Object({
    actor: KnownName('actor', { description: 'Id of the token.' }),
    operation: KnownName('operation', { description: 'Name of the endpoint.' }),
    status: Type.Integer({ minimum: 100, maximum: 599 }),
    consumer: Type.Optional(KnownName('consumer')),
    group: Type.Optional(KnownName('group')),
    credential: Type.Optional(KnownName('credential'))
  }),
  clear: ['actor', 'operation', 'status']
}

/** What a call was about. */
export interface AuditSubjects {
  readonly consumer?: string | undefined
  readonly group?: string | undefined
  readonly credential?: string | undefined
}

/** Notes one call. */
export type Audit = (actor: string, operation: string, status: number, subjects: AuditSubjects) => void

/**
 * Opens the audit of the admin listener.
 * @param failed told the code of a row that could not be kept.
 */
export function openAudit(sink: RowSink, vocabulary: Vocabulary, failed: (code: string) => void): Audit {
  const kind = sink.kind('core', 'audit', AUDIT)
  return (actor, operation, status, { consumer, group, credential }) => {
    vocabulary.add('actor', [actor])
    vocabulary.add('operation', [operation])
    // Of a call that was refused nobody may be called that. Whoever did it is kept all the same.
    const known = (list: 'consumer' | 'group' | 'credential', name: string | undefined) =>
      name !== undefined && (status < 300 || vocabulary.knows(list, name)) ? name : undefined
    const subjects = {
      consumer: known('consumer', consumer),
      group: known('group', group),
      credential: known('credential', credential)
    }
    for (const list of ['consumer', 'group', 'credential'] as const) {
      const name = subjects[list]
      if (name !== undefined) vocabulary.add(list, [name])
    }
    try {
      sink.append(kind, {
        actor,
        operation,
        status,
        ...(subjects.consumer !== undefined && { consumer: subjects.consumer }),
        ...(subjects.group !== undefined && { group: subjects.group }),
        ...(subjects.credential !== undefined && { credential: subjects.credential })
      })
    } catch (error) {
      failed(error instanceof GatewayError ? error.code : 'TACIT_ROW_REFUSED')
    }
  }
}
