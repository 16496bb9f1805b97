/**
 * Where a call goes at a provider: the path at which it serves the API that the client speaks, as the catalogue has it.
 * Most providers have a door for OpenAI's API, each somewhere else. Pure.
 */
import { type ApiPath, type Format, modelInPath, withModelInPath } from 'tacit-gateway/dialects'

/** What the paths of these APIs end with, before what belongs to one call: `/{id}`, `/count_tokens`. */
const ENDS: Readonly<Partial<Record<Format, string>>> = {
  'openai-chat': '/chat/completions',
  'openai-completions': '/completions',
  'openai-responses': '/responses',
  'openai-embeddings': '/embeddings',
  'anthropic-messages': '/messages'
}

/** Calls of OpenAI's API without a path of their own in the catalogue: they stand beside its chat. */
const BESIDE_CHAT: Readonly<Partial<Record<Format, readonly string[]>>> = {
  'openai-images': ['/images/'],
  'openai-audio': ['/audio/'],
  'openai-moderations': ['/moderations']
}

const PLACEHOLDER = '{model}'

/**
 * Whether a provider serves an API, as far as is known: one whose paths nobody lists may serve any, and so may every
 * provider an API that no path is listed for.
 */
export function hasDoor(paths: readonly ApiPath[], format: Format): boolean {
  if (paths.length === 0) return true
  const isListed = format in ENDS || format === 'gemini'
  const dialect = format in BESIDE_CHAT ? 'openai-chat' : format
  return !(isListed || format in BESIDE_CHAT) || paths.some(path => path.dialect === dialect)
}

/**
 * The path of a call at a provider, behind its base URL; the path itself where none is known.
 *
 * @param path As the client sent it, with or without the query.
 * @param model As the provider calls it, where the path names it.
 */
export function doorOf(paths: readonly ApiPath[], format: Format, path: string, model: string): string {
  const query = path.indexOf('?')
  const plain = query < 0 ? path : path.slice(0, query)
  const rest = query < 0 ? '' : path.slice(query)
  const listed = (dialect: Format) => paths.find(entry => entry.dialect === dialect)?.path
  const end = ENDS[format]
  if (end !== undefined) {
    const door = listed(format)
    const at = plain.toLowerCase().lastIndexOf(end)
    if (door === undefined || at < 0) return withModelInPath(path, model)
    const isOfDeployment = modelInPath(path) !== undefined && modelInPath(door) === undefined
    // Azure's `api-version` is of its deployments.
    return door + plain.slice(at + end.length) + (isOfDeployment ? '' : rest)
  }
  const chat = BESIDE_CHAT[format] === undefined ? undefined : listed('openai-chat')
  if (chat?.endsWith('/chat/completions')) {
    const at = Math.max(...(BESIDE_CHAT[format] ?? []).map(name => plain.toLowerCase().lastIndexOf(name)))
    if (at >= 0) return chat.slice(0, -'/chat/completions'.length) + plain.slice(at) + rest
  }
  const door = format === 'gemini' ? listed('gemini') : undefined
  const named = withModelInPath(path, model)
  const from = door?.indexOf(PLACEHOLDER) ?? -1
  // A place such as `{project}` is for the operator to fill, in the URL of the peer.
  if (door === undefined || from < 0 || door.slice(0, from).includes('{')) return named
  const collection = named.toLowerCase().lastIndexOf('/models/', named.length - rest.length)
  return collection < 0 ? named : door.slice(0, from) + named.slice(collection + '/models/'.length)
}
