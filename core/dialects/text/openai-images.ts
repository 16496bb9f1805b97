/** Where text stands in OpenAI Images: https://platform.openai.com/docs/api-reference/images, and in those of xAI and Venice. */
import { ERROR_MEMBERS } from './errors.ts'
import { either, FREE, IMAGE, list, object, type Shape, same, TEXT, WORDS, words } from './shape.ts'

const INPUT: Shape = either(
  IMAGE,
  object({ ...words('type file_id content_type'), filename: TEXT, ...same('url image_url data b64_json', IMAGE) })
)

/** A request for a new image, or for a change of one. Edits are forms: their parts have the same names. */
export const IMAGES_REQUEST: Shape = object({
  ...words('model size quality style response_format output_format background moderation input_fidelity format'),
  ...words('aspect_ratio resolution variants style_preset complexity'),
  svg: WORDS,
  safety_identifier: TEXT,
  ...same('prompt negative_prompt', { ...TEXT, role: 'user' }),
  user: TEXT,
  ...same('image images mask image[] reference_images markup', either(INPUT, list(INPUT))),
  ...same('n seed steps width height cfg_scale', TEXT)
})

/** Images, as base64 or as links, or an error. Venice repeats the request. */
export const IMAGES_RESPONSE: Shape = object({
  ...ERROR_MEMBERS,
  ...words('background output_format quality size model created id'),
  data: list(
    object({
      url: IMAGE,
      b64_json: IMAGE,
      revised_prompt: TEXT,
      ...words('mime_type respect_moderation type finish_reason id')
    })
  ),
  images: list(IMAGE),
  request: object({ data: IMAGES_REQUEST }, FREE),
  safety_identifier: TEXT,
  ...same('usage svg_usage timing', WORDS)
})

/** An event of a streamed image. */
export const IMAGES_EVENT: Shape = object({
  ...ERROR_MEMBERS,
  ...words('background output_format quality size'),
  ...same('b64_json partial_image_b64', IMAGE),
  safety_identifier: TEXT,
  ...same('usage svg_usage', WORDS)
})
