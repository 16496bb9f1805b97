/** Careful reading of JSON that somebody else wrote: nothing throws, nothing is believed to have a shape. Pure. */

/** A JSON object whose members are unknown. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for objects, false for arrays and null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The object that `text` is, or undefined when it is not JSON or something other than an object. */
export function parseObject(text: string): JsonObject | undefined {
  // Cheaper than a thrown SyntaxError for terminators such as `[DONE]`.
  if (text.charCodeAt(0) !== 0x7b && !text.trimStart().startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Whether a member says nothing: absent, null, false, an empty string or list, or an object whose members are all null or empty strings. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  if (!isObject(value)) return false
  for (const name in value) {
    const member = value[name]
    if (member !== null && member !== '') return false
  }
  return true
}

/**
 * Whether `json`, written without spaces, has a member called `name` that is a
 * string of at least one character. A quick yes: false means only that parsing
 * is needed to know. Text inside a string cannot look like a member, because its
 * quotation marks are escaped.
 *
 * @param opening The name with what follows it up to the string: `"content":"`.
 */
export function hasFilledMember(json: string, opening: string): boolean {
  const at = json.indexOf(opening)
  return at !== -1 && json.charCodeAt(at + opening.length) !== 0x22
}

/**
 * Where a member's name stands in JSON, from `from` on: its closing quotation mark may be all that is given of what stands
 * around it. -1 where it is nowhere. A search for the opening mark, too, would stop at every string of the text.
 *
 * @param name The name with its closing quotation mark: `usage"`.
 * @returns where the name begins, behind its opening mark.
 */
export function indexOfName(json: string, name: string, from = 0): number {
  let at = json.indexOf(name, from)
  while (at > 0 && json.charCodeAt(at - 1) !== 0x22) at = json.indexOf(name, at + 1)
  return at > 0 ? at : -1
}

/** A whole number from 400 to 599, given as a number or in digits; undefined for anything else. */
export function asErrorStatus(value: unknown): number | undefined {
  const status = Number(typeof value === 'string' ? value : typeof value === 'number' && value)
  if (!(status >= 400 && status <= 599) || !Number.isInteger(status)) return undefined
  // A string counts only as it would be written: not `4e2`, not ` 400`.
  return String(value) === String(status) ? status : undefined
}
