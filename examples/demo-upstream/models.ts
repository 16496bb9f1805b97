/**
 * The models that the demo upstream offers, and its pages about them. Pure.
 */
import type { Family } from './errors.ts'
import { BadRequest } from './fields.ts'
import { CREATED_AT_S, jsonReply, type WholeReply } from './reply.ts'

/** A model of the demo upstream. */
export interface DemoModel {
  readonly id: string
  readonly displayName: string
  readonly kind: 'text' | 'embedding'
  /** Whether it reasons without being asked to. */
  readonly reasons: boolean
}

const MODELS: readonly DemoModel[] = [
  { id: 'demo-large', displayName: 'Demo Large', kind: 'text', reasons: false },
  { id: 'demo-small', displayName: 'Demo Small', kind: 'text', reasons: false },
  { id: 'demo-reasoning', displayName: 'Demo Reasoning', kind: 'text', reasons: true },
  { id: 'demo-embedding', displayName: 'Demo Embedding', kind: 'embedding', reasons: false }
]

/**
 * The model of a name. A name that is a directive, such as `demo:error=429`, stands for the large model,
 * or the embedding model where embeddings are asked for.
 * @throws BadRequest 404 for any other name, 400 for a model of the wrong kind.
 */
export function findModel(id: string, kind: DemoModel['kind']): DemoModel {
  const wanted = id.startsWith('demo:') ? MODELS.find(each => each.kind === kind) : MODELS.find(each => each.id === id)
  if (wanted === undefined) {
    throw new BadRequest(`The model '${id}' does not exist.`, 'model', 404, 'model_not_found')
  }
  if (wanted.kind !== kind) {
    throw new BadRequest(`The model '${id}' is not a ${kind} model.`, 'model', 400, 'model_not_supported')
  }
  return wanted
}

/** `GET /v1/models`, in the form of either family. */
export function listModels(family: Family): WholeReply {
  const data = MODELS.map(model => describe(family, model))
  if (family === 'openai') return jsonReply(200, { object: 'list', data })
  return jsonReply(200, { data, has_more: false, first_id: MODELS[0]?.id ?? null, last_id: MODELS.at(-1)?.id ?? null })
}

/** `GET /v1/models/{id}`. @throws BadRequest 404 */
export function showModel(family: Family, id: string): WholeReply {
  const model = MODELS.find(each => each.id === id)
  if (model === undefined) throw new BadRequest(`The model '${id}' does not exist.`, 'model', 404, 'model_not_found')
  return jsonReply(200, describe(family, model))
}

function describe(family: Family, model: DemoModel): object {
  if (family === 'openai') return { id: model.id, object: 'model', created: CREATED_AT_S, owned_by: 'tacit-demo' }
  const createdAt = new Date(CREATED_AT_S * 1000).toISOString()
  return { type: 'model', id: model.id, display_name: model.displayName, created_at: createdAt }
}
