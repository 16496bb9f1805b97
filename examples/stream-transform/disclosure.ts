/**
 * A stream transform: ends every answer of a model with a sentence, such as one
 * that says what has written it. In a stream the sentence goes out as one more
 * piece of text, before the event that says why the answer is over.
 */
import { definePlugin, type SseEvent, Type } from 'tacit-gateway/plugin'

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** The first choice of an answer, or of an event of one. */
function choiceIn(body: unknown): Record<string, unknown> | undefined {
  const choice: unknown = isObject(body) && Array.isArray(body.choices) ? body.choices[0] : undefined
  return isObject(choice) ? choice : undefined
}

export default definePlugin({
  contract: 1,
  name: 'disclosure',
  summary: 'Ends every answer with a sentence.',
  config: Type.Object({
    text: Type.String({ minLength: 1, description: 'The sentence.' })
  }),
  data: { reads: ['response-body'] },

  setup({ text }) {
    const sentence = `\n\n${text}`

    /** The event with the sentence, made from the event before which it stands. */
    const addition = (event: SseEvent, body: Record<string, unknown>, choice: Record<string, unknown>): SseEvent =>
      event.with(
        JSON.stringify({ ...body, choices: [{ ...choice, delta: { content: sentence }, finish_reason: null }] })
      )

    return {
      responseFilter(_exchange, response) {
        if (response.status !== 200) return
        // Does nothing for a body that is no stream, and the next does nothing for a stream.
        response.body.transformEvents({
          event(event, out) {
            const body = event.json()
            const choice = choiceIn(body)
            if (isObject(body) && typeof choice?.finish_reason === 'string') out(addition(event, body, choice))
            out(event)
          },
          end: () => {}
        })
        response.body.transformWhole(whole => {
          const body = parsed(whole)
          const message = choiceIn(body)?.message
          if (!isObject(message) || typeof message.content !== 'string') return whole
          message.content += sentence
          return Buffer.from(JSON.stringify(body))
        })
      }
    }
  }
})

/** Undefined for what is no JSON: that passes as it is. */
function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
