/**
 * Consumers and groups on the admin listener: listed, made, changed and deleted.
 * Those of the file are shown, and changed there.
 */
import { Type } from '@sinclair/typebox'
import { endpointRefusal } from '../endpoints/reasons.ts'
import { identityTools } from './identity-errors.ts'
import {
  ConsumerView,
  consumerView,
  fileConsumerView,
  GroupView,
  groupView,
  LabelsInput,
  NameInput,
  PageInput,
  RevisionInput,
  SettingsInput
} from './identity-schema.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const admin = { listener: 'admin' } as const
const Deleted = Type.Object({ id: Type.String(), deleted: Type.Boolean() })

/** The endpoints of consumers, by their names. */
export function consumerEndpoints(source: AdminSource): Readonly<Record<string, CoreEndpoint>> {
  const { need, run } = identityTools(source)
  const inFile = () => source.snapshot().loaded.directory.consumers
  return {
    consumers: coreEndpoint(
      {
        ...admin,
        method: 'GET',
        isAudited: true,
        path: '/v1/consumers',
        role: 'viewer',
        summary:
          'Lists consumers by their names: those of the store page by page, and with the first page those of the file.',
        request: Type.Object(PageInput),
        response: Type.Object({ consumers: Type.Array(ConsumerView) })
      } as const,
      ({ input: { after, limit } }) =>
        run(async () => {
          const stored = (await source.identities()?.list('consumer', { after, limit })) ?? []
          const listed = after === undefined ? inFile().slice(0, 1_000).map(fileConsumerView) : []
          return { consumers: [...listed, ...stored.map(consumerView)] }
        })
    ),
    consumer: coreEndpoint(
      {
        ...admin,
        method: 'GET',
        isAudited: true,
        path: '/v1/consumers/{consumer}',
        role: 'viewer',
        summary: 'Shows one consumer.',
        response: Type.Object({ consumer: ConsumerView })
      } as const,
      ({ params }) =>
        run(async () => {
          const id = params.consumer ?? ''
          const listed = inFile().find(consumer => consumer.id === id)
          if (listed !== undefined) return { consumer: fileConsumerView(listed) }
          const row = await source.identities()?.read('consumer', id)
          if (row === undefined) throw endpointRefusal('identity_missing')
          return { consumer: consumerView(row) }
        })
    ),
    createConsumer: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/consumers',
        role: 'operator',
        summary: 'Makes a consumer in the store.',
        status: 201,
        request: Type.Object({
          id: NameInput,
          group: Type.Optional(NameInput),
          labels: Type.Optional(LabelsInput),
          settings: Type.Optional(SettingsInput)
        }),
        response: Type.Object({ consumer: ConsumerView })
      } as const,
      ({ input }) => run(async () => ({ consumer: consumerView(await need().createConsumer(input)) }))
    ),
    changeConsumer: coreEndpoint(
      {
        ...admin,
        method: 'PATCH',
        path: '/v1/consumers/{consumer}',
        role: 'operator',
        summary:
          'Changes what is given of a consumer; `group: null` takes it out of its group. Holds everywhere within a second.',
        request: Type.Object({
          group: Type.Optional(Type.Union([NameInput, Type.Null()])),
          labels: Type.Optional(LabelsInput),
          settings: Type.Optional(SettingsInput),
          blocked: Type.Optional(Type.Boolean({ description: 'Whether all its keys are refused.' })),
          revision: RevisionInput
        }),
        response: Type.Object({ consumer: ConsumerView })
      } as const,
      ({ params, input: { revision, ...change } }) =>
        run(async () => ({
          consumer: consumerView(await need().changeConsumer(params.consumer ?? '', change, revision))
        }))
    ),
    deleteConsumer: coreEndpoint(
      {
        ...admin,
        method: 'DELETE',
        path: '/v1/consumers/{consumer}',
        role: 'operator',
        summary: 'Deletes a consumer, with its keys.',
        request: Type.Object({ revision: RevisionInput }),
        response: Deleted
      } as const,
      ({ params: { consumer = '' }, input: { revision } }) =>
        run(async () => {
          await need().deleteConsumer(consumer, revision)
          return { id: consumer, deleted: true }
        })
    )
  }
}

/** The endpoints of groups, by their names. */
export function groupEndpoints(source: AdminSource): Readonly<Record<string, CoreEndpoint>> {
  const { need, run } = identityTools(source)
  const inFile = () => source.snapshot().loaded.directory.groups
  return {
    groups: coreEndpoint(
      {
        ...admin,
        method: 'GET',
        isAudited: true,
        path: '/v1/groups',
        role: 'viewer',
        summary:
          'Lists groups by their names: those of the store page by page, and with the first page those of the file.',
        request: Type.Object(PageInput),
        response: Type.Object({ groups: Type.Array(GroupView) })
      } as const,
      ({ input: { after, limit } }) =>
        run(async () => {
          const stored = (await source.identities()?.list('group', { after, limit })) ?? []
          const nothing = { source: 'file', settings: null, revision: 0, createdAt: 0, updatedAt: 0 }
          const listed = after === undefined ? inFile().map(id => ({ id, ...nothing })) : []
          return { groups: [...listed, ...stored.map(groupView)] }
        })
    ),
    createGroup: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/groups',
        role: 'operator',
        summary: 'Makes a group in the store.',
        status: 201,
        request: Type.Object({ id: NameInput, settings: Type.Optional(SettingsInput) }),
        response: Type.Object({ group: GroupView })
      } as const,
      ({ input }) => run(async () => ({ group: groupView(await need().createGroup(input)) }))
    ),
    changeGroup: coreEndpoint(
      {
        ...admin,
        method: 'PUT',
        path: '/v1/groups/{group}',
        role: 'operator',
        summary: 'Replaces the settings of a group. Holds everywhere within a second.',
        request: Type.Object({ settings: SettingsInput, revision: RevisionInput }),
        response: Type.Object({ group: GroupView })
      } as const,
      ({ params, input: { settings, revision } }) =>
        run(async () => ({ group: groupView(await need().changeGroup(params.group ?? '', settings, revision)) }))
    ),
    deleteGroup: coreEndpoint(
      {
        ...admin,
        method: 'DELETE',
        path: '/v1/groups/{group}',
        role: 'operator',
        summary: 'Deletes a group that no consumer of the store belongs to.',
        request: Type.Object({ revision: RevisionInput }),
        response: Deleted
      } as const,
      ({ params: { group = '' }, input: { revision } }) =>
        run(async () => {
          await need().deleteGroup(group, revision)
          return { id: group, deleted: true }
        })
    )
  }
}
