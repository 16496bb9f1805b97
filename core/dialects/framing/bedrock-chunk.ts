/** What InvokeModelWithResponseStream puts around each event of a model's maker: `{"bytes":"<base64>","p":"<padding>"}`. Pure. */
import { parseObject } from '../json.ts'

/** The event inside a chunk's body, as its maker wrote it; undefined where there is none. */
export function unwrapBedrockChunk(body: string): string | undefined {
  const bytes = parseObject(body)?.bytes
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64').toString('utf8') : undefined
}
