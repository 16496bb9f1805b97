/**
 * Keys of the store's consumers on the admin listener: listed, made, rotated,
 * blocked and revoked. A secret is in one answer, once, to whoever asked for it to
 * be made. Names of keys hold slashes, so they stand in bodies and not in paths.
 */
import { Type } from '@sinclair/typebox'
import { Duration, Moment } from '../contract/units.ts'
import { identityTools } from './identity-errors.ts'
import {
  KeyNameInput,
  KeyView,
  keyView,
  LabelsInput,
  NameInput,
  PageInput,
  RevisionInput,
  SettingsInput
} from './identity-schema.ts'
import { type AdminSource, type CoreEndpoint, coreEndpoint } from './source.ts'

const admin = { listener: 'admin', role: 'operator' } as const
const Words = Type.Array(Type.String({ maxLength: 256 }), { maxItems: 1_000 })
const Made = Type.Object({
  key: KeyView,
  secret: Type.String({ description: 'The key itself. It is kept nowhere, and nobody is told again.' })
})

/** The endpoints of keys, by their names. */
export function keyEndpoints(source: AdminSource): Readonly<Record<string, CoreEndpoint>> {
  const { need, run } = identityTools(source)
  return {
    keys: coreEndpoint(
      {
        ...admin,
        method: 'GET',
        isAudited: true,
        path: '/v1/keys',
        role: 'viewer',
        summary: 'Lists keys of the store by their names, those of one consumer or of all.',
        request: Type.Object({ consumer: Type.Optional(NameInput), ...PageInput }),
        response: Type.Object({ keys: Type.Array(KeyView) })
      } as const,
      ({ input }) =>
        run(async () => ({ keys: ((await source.identities()?.list('credential', input)) ?? []).map(keyView) }))
    ),
    createKey: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/keys',
        summary: 'Makes a key for a consumer of the store; the answer alone holds it.',
        status: 201,
        request: Type.Object({
          consumer: NameInput,
          plugin: Type.String({ default: 'key-auth', description: 'The plugin that knows consumers by it.' }),
          id: Type.Optional(NameInput),
          labels: Type.Optional(LabelsInput),
          scopes: Type.Optional(Words),
          goodFor: Type.Optional(
            Type.Object({
              routes: Type.Optional(Words),
              methods: Type.Optional(Words),
              models: Type.Optional(Words),
              addresses: Type.Optional(Words)
            })
          ),
          settings: Type.Optional(SettingsInput),
          notBefore: Type.Optional(Moment({ description: 'From when on it is good.' })),
          expires: Type.Optional(Moment({ description: 'From when on it is good no more.' }))
        }),
        response: Made
      } as const,
      ({ input: { consumer, plugin, notBefore, expires, ...fields } }) =>
        run(async () => {
          const wanted = { consumer, plugin, fields, notBeforeAt: notBefore, expiresAt: expires }
          const { credential, secret } = await need().createCredential(wanted)
          return { key: keyView(credential), secret: secret ?? '' }
        })
    ),
    rotateKey: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/keys/rotate',
        summary: 'Makes another key like this one, which is good for a while longer.',
        status: 201,
        request: Type.Object({
          id: KeyNameInput,
          grace: Duration({ default: '24h', description: 'How long the old one is still good; at most 90d.' })
        }),
        response: Made
      } as const,
      ({ input: { id, grace } }) =>
        run(async () => {
          const { credential, secret } = await need().rotateCredential(id, grace)
          return { key: keyView(credential), secret: secret ?? '' }
        })
    ),
    changeKey: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/keys/change',
        summary: 'Blocks a key or lets it be good again, or moves its bounds; null takes a bound away.',
        request: Type.Object({
          id: KeyNameInput,
          blocked: Type.Optional(Type.Boolean()),
          notBeforeAt: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
          expiresAt: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
          revision: RevisionInput
        }),
        response: Type.Object({ key: KeyView })
      } as const,
      ({ input: { id, revision, ...change } }) =>
        run(async () => ({ key: keyView(await need().changeCredential(id, change, revision)) }))
    ),
    revokeKey: coreEndpoint(
      {
        ...admin,
        method: 'POST',
        path: '/v1/keys/revoke',
        summary: 'Revokes a key: it is deleted, and refused everywhere within a second.',
        request: Type.Object({ id: KeyNameInput, revision: RevisionInput }),
        response: Type.Object({ id: Type.String(), revoked: Type.Boolean() })
      } as const,
      ({ input: { id, revision } }) =>
        run(async () => {
          await need().deleteCredential(id, revision)
          return { id, revoked: true }
        })
    )
  }
}
