/** Reads a file that somebody has named, as an argument or when the gateway was started. Must not know what stands in it. */
import { readFile } from 'node:fs/promises'
import { GatewayError } from '../errors.ts'
import { errorCode } from '../log/error-code.ts'

/** The file whole. @throws GatewayError `TACIT_FILE_UNREADABLE`, with the code of the cause. */
export async function readNamedFile(file: string): Promise<Buffer> {
  return readFile(file).catch((error: unknown) => {
    throw new GatewayError(
      'TACIT_FILE_UNREADABLE',
      `"${file}" could not be read (${errorCode(error)}).`,
      'Check the path and its permissions.'
    )
  })
}

/** The file as text. @throws as {@link readNamedFile} does. */
export async function readNamedText(file: string): Promise<string> {
  return (await readNamedFile(file)).toString('utf8')
}
