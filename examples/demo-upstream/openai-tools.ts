/**
 * How OpenAI's two APIs say which tool is to be called. Pure.
 */
import type { Question, Tool } from './answer.ts'
import { BadRequest, type Fields, isFields } from './fields.ts'

/**
 * Reads `tool_choice`: a word, or an object that names a function where `nameOf` finds it.
 * @throws BadRequest when it is neither, or names a tool that was not sent.
 */
export function openaiToolChoice(
  choice: unknown,
  tools: readonly Tool[],
  nameOf: (choice: Fields) => unknown
): Question['toolChoice'] {
  if (choice === undefined || choice === null) return 'auto'
  if (choice === 'auto' || choice === 'none') return choice
  if (tools.length === 0) {
    throw new BadRequest("'tool_choice' needs 'tools'.", 'tool_choice', 400, 'invalid_value')
  }
  if (choice === 'required') return choice
  const name = isFields(choice) ? nameOf(choice) : undefined
  if (typeof name === 'string' && tools.some(tool => tool.name === name)) return { name }
  throw new BadRequest("'tool_choice' names no tool of 'tools'.", 'tool_choice', 400, 'invalid_value')
}
