/** Which calls of the admin listener are noted, and what they were about: names alone. Pure. */
import type { AuditSubjects } from '../records/audit.ts'
import type { ActedCall } from '../server/admin.ts'

/** Whether a call is noted: those that change something, and looks at who may call and how much. */
export function isAudited(call: Pick<ActedCall, 'isChange' | 'isAudited'>): boolean {
  return call.isChange || call.isAudited
}

/** What a call was about: names alone, out of its path, its query or body, and its answer. */
export function subjectsOf({ operation, params, query, body, answer }: ActedCall): AuditSubjects {
  const sent = body === undefined ? fieldsOf(query) : parsed(Buffer.from(body).toString())
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
      return {
        consumer: params.consumer ?? nameIn(sent, 'consumer'),
        group: params.group ?? nameIn(sent, 'group'),
        credential: nameIn(sent, 'key')
      }
  }
}

function fieldsOf(query: string): object {
  return Object.fromEntries(new URLSearchParams(query))
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
  const name: unknown = Object.hasOwn(value, member) ? Reflect.get(value, member) : undefined
  return typeof name === 'string' ? name : undefined
}
