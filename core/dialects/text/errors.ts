/** Where text stands in an error, which often quotes what it complains about. The same for all who write errors as objects. */
import { FREE, LINK, list, object, type Shape, same, TEXT, words } from './shape.ts'

/** An error: a sentence, or an object around one. Whatever else it tells is taken for text. */
export const ERROR: Shape = object(
  {
    ...words('type code status status_code request_id id @type reason domain locale object event_id'),
    ...same('message msg detail param failed_generation', FREE),
    url: LINK
  },
  { ...FREE }
)

/** One of google.rpc.Status (https://google.aip.dev/193). */
export const RPC_ERROR: Shape = object({
  ...words('code status'),
  message: TEXT,
  details: list(
    object(
      {
        ...words('@type reason domain locale retryDelay requestId'),
        links: list(object({ description: TEXT, url: LINK }))
      },
      FREE
    )
  )
})

/** What an answer may be instead of an answer: an error under one name or another, or its members at the top. */
export const ERROR_MEMBERS: Readonly<Record<string, Shape>> = {
  error: ERROR,
  ...words('type code status status_code request_id'),
  ...same('message detail details errors msg param', FREE)
}
