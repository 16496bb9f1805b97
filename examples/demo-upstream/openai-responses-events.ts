/**
 * The stream of OpenAI's responses API: which events tell of a response, in
 * which order. Each carries its `sequence_number`, counted from 0. Pure.
 */
import type { Thought } from './answer.ts'
import type { Fields } from './fields.ts'

/**
 * All events of a stream, each with the empty line that ends it: `started` and `finished` are the
 * response at both ends, `output` its items, and `thought` the pieces they are made of.
 */
export function responseEvents(
  started: Fields,
  finished: Fields,
  output: readonly Fields[],
  thought: Thought
): readonly string[] {
  const events: string[] = []
  const emit = (type: string, fields: Fields): void => {
    const data = JSON.stringify({ type, sequence_number: events.length, ...fields })
    events.push(`event: ${type}\ndata: ${data}\n\n`)
  }

  emit('response.created', { response: started })
  emit('response.in_progress', { response: started })
  let call = 0
  for (const [index, item] of output.entries()) {
    emit('response.output_item.added', { output_index: index, item: opened(item) })
    const at = { item_id: item.id, output_index: index }
    if (item.type === 'reasoning') emitSummary(emit, at, thought.reasoning)
    else if (item.type === 'message') emitText(emit, at, thought.pieces)
    else {
      emitArguments(emit, at, thought.calls[call]?.pieces ?? [], item.name)
      call += 1
    }
    emit('response.output_item.done', { output_index: index, item })
  }
  emit(finished.status === 'incomplete' ? 'response.incomplete' : 'response.completed', { response: finished })
  return events
}

type Emit = (type: string, fields: Fields) => void

/** An item as it stands before any of it was written. */
function opened(item: Fields): Fields {
  if (item.type === 'reasoning') return { ...item, summary: [] }
  if (item.type === 'message') return { ...item, status: 'in_progress', content: [] }
  return { ...item, status: 'in_progress', arguments: '' }
}

function emitSummary(emit: Emit, at: Fields, pieces: readonly string[]): void {
  const place = { ...at, summary_index: 0 }
  const text = pieces.join('')
  emit('response.reasoning_summary_part.added', { ...place, part: { type: 'summary_text', text: '' } })
  for (const delta of pieces) emit('response.reasoning_summary_text.delta', { ...place, delta })
  emit('response.reasoning_summary_text.done', { ...place, text })
  emit('response.reasoning_summary_part.done', { ...place, part: { type: 'summary_text', text } })
}

function emitText(emit: Emit, at: Fields, pieces: readonly string[]): void {
  const place = { ...at, content_index: 0 }
  const text = pieces.join('')
  const part = { type: 'output_text', annotations: [], logprobs: [] }
  emit('response.content_part.added', { ...place, part: { ...part, text: '' } })
  for (const delta of pieces) emit('response.output_text.delta', { ...place, delta, logprobs: [] })
  emit('response.output_text.done', { ...place, text, logprobs: [] })
  emit('response.content_part.done', { ...place, part: { ...part, text } })
}

function emitArguments(emit: Emit, at: Fields, pieces: readonly string[], name: unknown): void {
  for (const delta of pieces) emit('response.function_call_arguments.delta', { ...at, delta })
  emit('response.function_call_arguments.done', { ...at, name, arguments: pieces.join('') })
}
