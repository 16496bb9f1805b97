/** Which calls of the admin listener are noted, and what they were about: names alone. Pure. */
import type { AuditSubjects } from '../records/audit.ts'
import type { ActedCall } from '../server/admin.ts'

/** Endpoints that show or change who may call: whoever asks them is noted, even if nothing changes. */
const OF_IDENTITIES: ReadonlySet<string> = new Set([
  'consumers',
  'consumer',
  'createConsumer',
  'changeConsumer',
  'deleteConsumer',
  'groups',
  'createGroup',
  'changeGroup',
  'deleteGroup',
  'keys',
  'createKey',
  'rotateKey',
  'changeKey',
  'revokeKey'
])

/** Whether a call is noted. */
export function isAudited({ operation, isChange }: Pick<ActedCall, 'operation' | 'isChange'>): boolean {
  return isChange || OF_IDENTITIES.has(operation)
}

/** What a call of one of core's endpoints was about: names alone, out of its path, its body and its answer. */
export function subjectsOf({ operation, params, body, answer }: ActedCall): AuditSubjects {
  if (!OF_IDENTITIES.has(operation)) return {}
  const sent = body === undefined ? {} : parsed(Buffer.from(body).toString())
  switch (operation) {
    case 'createConsumer':
      return { consumer: nameIn(sent, 'id'), group: nameIn(sent, 'group') }
    case 'createGroup':
      return { group: nameIn(sent, 'id') }
    case 'createKey':
    case 'rotateKey': {
      const key: unknown = answer === undefined ? undefined : Reflect.get(parsed(answer), 'key')
      const made = typeof key === 'object' && key !== null ? key : {}
      return { consumer: nameIn(made, 'consumer') ?? nameIn(sent, 'consumer'), credential: nameIn(made, 'id') }
    }
    case 'changeKey':
    case 'revokeKey':
      return { credential: nameIn(sent, 'id') }
    default:
      return { consumer: params.consumer, group: params.group }
  }
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function nameIn(value: object, member: string): string | undefined {
  const name: unknown = Reflect.get(value, member)
  return typeof name === 'string' ? name : undefined
}
