/** Notes what commands do to the store of identities, as the admin listener notes what its endpoints do. Names alone. */

import type { Identities } from '../identity/identities.ts'
import type { Kind } from '../identity/rows.ts'
import type { Audit, AuditSubjects } from '../records/audit.ts'
import { statusOf } from './identity-errors.ts'

/** What commands may do. */
export type StoredIdentities = Pick<
  Identities,
  | 'list'
  | 'createConsumer'
  | 'changeConsumer'
  | 'deleteConsumer'
  | 'createGroup'
  | 'changeGroup'
  | 'deleteGroup'
  | 'createCredential'
  | 'rotateCredential'
  | 'changeCredential'
  | 'deleteCredential'
>

/** What reading rows is called in the audit. */
const LISTED: Readonly<Record<Kind, string>> = { consumer: 'consumers', group: 'groups', credential: 'keys' }

/** The same identities; each call leaves one note, under the name of the endpoint that does the same. */
export function auditedIdentities(identities: Identities, actor: string, audit: Audit): StoredIdentities {
  const noted = async <Value>(
    operation: string,
    work: () => Promise<Value>,
    about: (value: Value | undefined) => AuditSubjects,
    success = 200
  ): Promise<Value> => {
    let value: Value
    try {
      value = await work()
    } catch (error) {
      audit(actor, operation, statusOf(error), about(undefined))
      throw error
    }
    audit(actor, operation, success, about(value))
    return value
  }
  return {
    list(kind, query) {
      const list = () => identities.list(kind, query)
      // Further pages belong to the same look.
      return query.after === undefined ? noted(LISTED[kind], list, () => ({ consumer: query.consumer })) : list()
    },
    createConsumer: wanted =>
      noted(
        'createConsumer',
        () => identities.createConsumer(wanted),
        () => ({ consumer: wanted.id, group: wanted.group }),
        201
      ),
    changeConsumer: (id, change, revision) =>
      noted(
        'changeConsumer',
        () => identities.changeConsumer(id, change, revision),
        () => ({ consumer: id })
      ),
    deleteConsumer: (id, revision) =>
      noted(
        'deleteConsumer',
        () => identities.deleteConsumer(id, revision),
        () => ({ consumer: id })
      ),
    createGroup: wanted =>
      noted(
        'createGroup',
        () => identities.createGroup(wanted),
        () => ({ group: wanted.id }),
        201
      ),
    changeGroup: (id, settings, revision) =>
      noted(
        'changeGroup',
        () => identities.changeGroup(id, settings, revision),
        () => ({ group: id })
      ),
    deleteGroup: (id, revision) =>
      noted(
        'deleteGroup',
        () => identities.deleteGroup(id, revision),
        () => ({ group: id })
      ),
    createCredential: wanted =>
      noted(
        'createKey',
        () => identities.createCredential(wanted),
        made => ({ consumer: wanted.consumer, credential: made?.credential.id }),
        201
      ),
    rotateCredential: (id, graceMs) =>
      noted(
        'rotateKey',
        () => identities.rotateCredential(id, graceMs),
        made => ({ consumer: made?.credential.consumer, credential: made?.credential.id }),
        201
      ),
    changeCredential: (id, change, revision) =>
      noted(
        'changeKey',
        () => identities.changeCredential(id, change, revision),
        () => ({ credential: id })
      ),
    deleteCredential: (id, revision) =>
      noted(
        'revokeKey',
        () => identities.deleteCredential(id, revision),
        () => ({ credential: id })
      )
  }
}
