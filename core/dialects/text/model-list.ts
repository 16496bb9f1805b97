/** Where text stands in lists of models, which all providers have and none writes like another. */
import { ERROR_MEMBERS } from './errors.ts'
import { object, type Shape, WORDS } from './shape.ts'

/** Names, prices and descriptions of models: words of the provider's. Or an error. */
export const MODEL_LIST_RESPONSE: Shape = object(ERROR_MEMBERS, WORDS)
