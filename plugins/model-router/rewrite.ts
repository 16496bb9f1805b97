/**
 * Puts the name that an upstream knows a model by in place of the one that the client used, and leaves every other byte
 * of a body as it was. Pure but for the body that it edits.
 */
import { type Format, modelInPath, readForm, requestFactsOf, topLevelMember } from 'tacit-gateway/dialects'
import type { RequestBody } from 'tacit-gateway/plugin'
import { isForm } from './asked.ts'

type Edit = Parameters<RequestBody['splice']>[0][number]

/**
 * Names the model in a body, in every member that may name one; where none does and the path does not either, in a new
 * one at its beginning. Bodies of APIs that name it elsewhere stay as they are.
 *
 * @param path As it will leave.
 * @param body What `askedOf` has found to be unambiguous.
 */
export function nameModel(
  format: Format,
  path: string,
  contentType: string | undefined,
  body: RequestBody,
  model: string
): void {
  const { model: members } = requestFactsOf(format)
  if (members.length === 0) return
  const bytes = body.bytes()
  const edits = isForm(contentType)
    ? editsInForm(contentType, bytes, members, model)
    : editsInJson(bytes, members, model, modelInPath(path) === undefined)
  if (edits.some(({ start, end, text }) => !says(bytes, start, end, text))) body.splice(edits)
}

function editsInJson(bytes: Uint8Array, members: readonly string[], model: string, isNeeded: boolean): readonly Edit[] {
  const text = JSON.stringify(model)
  const edits: Edit[] = []
  let front: { readonly at: number; readonly isEmpty: boolean } | undefined
  for (const name of members) {
    const found = topLevelMember(bytes, name)
    if (found?.kind === 'found') edits.push({ start: found.start, end: found.end, text })
    else if (found?.kind === 'absent') front = found
  }
  if (edits.length === 0 && isNeeded && front !== undefined) {
    const { at, isEmpty } = front
    return [{ start: at, end: at, text: `"${members[0] ?? ''}":${text}${isEmpty ? '' : ','}` }]
  }
  return edits.sort((first, second) => first.start - second.start)
}

function editsInForm(
  contentType: string,
  bytes: Uint8Array,
  members: readonly string[],
  model: string
): readonly Edit[] {
  const parts = readForm(contentType, bytes) ?? []
  return parts.filter(({ name }) => members.includes(name)).map(({ start, end }) => ({ start, end, text: model }))
}

/** Whether a range says already what is to be put there. */
function says(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  return end - start === Buffer.byteLength(text) && Buffer.from(bytes.subarray(start, end)).equals(Buffer.from(text))
}
