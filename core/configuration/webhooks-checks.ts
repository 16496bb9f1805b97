/** Checks of the `webhooks:` list that no schema can make. */
import { hostFault, networkFault } from './addresses.ts'
import { type Finding, problem, warning } from './finding.ts'
import { entriesOf, type Written, wordOf, wordsOf } from './written.ts'

/** Shorter secrets can be guessed. */
const MIN_SECRET_LENGTH = 16

/** Everything that is wrong with who is told of events. */
export function checkWebhooks({ root }: Written): readonly Finding[] {
  const seen = new Set<string>()
  return entriesOf(root, 'webhooks').flatMap(webhook => {
    const findings: Finding[] = []
    const id = wordOf(webhook, 'id')
    if (id !== undefined && seen.has(id.text)) {
      findings.push(problem(id.path, 'TACIT_ID_TWICE', 'Two webhooks have this name.', 'Give each a name of its own.'))
    }
    seen.add(id?.text ?? '')
    const url = wordOf(webhook, 'url')
    if (url !== undefined && !isSound(url.text)) {
      findings.push(
        problem(
          url.path,
          'TACIT_URL_INVALID',
          'The address of this webhook is no plain http or https URL without credentials.',
          'Write it as https://hooks.example.com/events; events are signed, so that no credentials are needed.'
        )
      )
    } else if (url?.text.startsWith('http:') === true) {
      findings.push(
        warning(
          url.path,
          'TACIT_WEBHOOK_PLAIN',
          'Events go to this webhook without TLS.',
          'Begin its address with https://.'
        )
      )
    }
    const { secret } = webhook.value
    if (typeof secret === 'string' && secret.length < MIN_SECRET_LENGTH) {
      findings.push(
        problem(
          [...webhook.path, 'secret'],
          'TACIT_WEBHOOK_SECRET_SHORT',
          `The secret of this webhook is shorter than ${MIN_SECRET_LENGTH} characters.`,
          'Make one with `openssl rand -base64 32`.'
        )
      )
    }
    for (const entry of wordsOf(webhook, 'allow')) {
      const isHost = hostFault(entry.text) === undefined && !/[*[]/.test(entry.text)
      if (networkFault(entry.text) === undefined || isHost) continue
      findings.push(
        problem(
          entry.path,
          'TACIT_NETWORK_INVALID',
          'This entry of "allow" is neither an address, nor a range, nor a host.',
          'Write it as 10.0.0.7, 10.0.0.0/8 or hooks.internal.'
        )
      )
    }
    return findings
  })
}

function isSound(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hash } = new URL(text)
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === ''
}
