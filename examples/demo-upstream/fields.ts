/**
 * Reads the members of a JSON body one by one and says which one is wrong. Pure;
 * knows no API.
 */

/** A JSON object. */
export type Fields = Readonly<Record<string, unknown>>

/** What a provider answers with a 4xx of its own: the sentence, and where the fault is. */
export class BadRequest extends Error {
  /** Path of the member at fault, such as `messages[0].role`. */
  readonly param: string | undefined
  readonly status: number
  /** OpenAI's machine-readable name of the fault. */
  readonly code: string | undefined
  constructor(message: string, param?: string, status = 400, code?: string) {
    super(message)
    this.name = 'BadRequest'
    this.param = param
    this.status = status
    this.code = code
  }
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Parses a body. @throws BadRequest when it is not a JSON object. */
export function parseFields(body: Uint8Array): Fields {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    throw new BadRequest('The body of this request is not valid JSON.')
  }
  if (!isFields(value)) throw new BadRequest('The body of this request must be a JSON object.')
  return value
}

/** A member that must be a string. @throws BadRequest */
export function text(fields: Fields, name: string, path = name): string {
  const value = optionalText(fields, name, path)
  if (value === undefined) throw new BadRequest(`'${path}' is missing.`, path, 400, 'missing_required_parameter')
  return value
}

/** A member that is a string, absent or null. @throws BadRequest */
export function optionalText(fields: Fields, name: string, path = name): string | undefined {
  const value = fields[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw new BadRequest(`'${path}' must be a string.`, path, 400, 'invalid_type')
}

/** A member that is a whole number of at least `minimum`, absent or null. @throws BadRequest */
export function optionalCount(fields: Fields, name: string, minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  const value = fields[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value >= minimum && value <= maximum) return value
  throw new BadRequest(`'${name}' must be a whole number from ${minimum} to ${maximum}.`, name, 400, 'invalid_value')
}

/** A member that is true, false, absent or null; absent and null are `otherwise`. @throws BadRequest */
export function flag(fields: Fields, name: string, otherwise: boolean): boolean {
  const value = fields[name] ?? otherwise
  if (typeof value === 'boolean') return value
  throw new BadRequest(`'${name}' must be true or false.`, name, 400, 'invalid_type')
}

/** A member that is an object, absent or null. @throws BadRequest */
export function optionalFields(fields: Fields, name: string, path = name): Fields | undefined {
  const value = fields[name] ?? undefined
  if (value === undefined || isFields(value)) return value
  throw new BadRequest(`'${path}' must be an object.`, path, 400, 'invalid_type')
}

/** A member that is a list of objects; absent and null are an empty one. @throws BadRequest */
export function listOfFields(fields: Fields, name: string, path = name): readonly Fields[] {
  const value = fields[name] ?? []
  if (!Array.isArray(value)) throw new BadRequest(`'${path}' must be a list.`, path, 400, 'invalid_type')
  return value.map((entry: unknown, index) => {
    if (isFields(entry)) return entry
    throw new BadRequest(`'${path}[${index}]' must be an object.`, `${path}[${index}]`, 400, 'invalid_type')
  })
}

/** A member that is a string or a list of strings; absent and null are an empty list. @throws BadRequest */
export function texts(fields: Fields, name: string): readonly string[] {
  const value = fields[name] ?? []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((entry, index) => {
    if (typeof entry === 'string') return entry
    throw new BadRequest(`'${name}' must be a string or a list of strings.`, `${name}[${index}]`, 400, 'invalid_type')
  })
}
