/** Checks of the `egress:` block that no schema can make: what plugins are let reach has to be an address, a range or a name. */
import { hostFault, isEverybody, networkFault } from './addresses.ts'
import { type Finding, problem, warning } from './finding.ts'
import { isBlock } from './path.ts'
import { type Entry, entryOf, type Written, wordsOf } from './written.ts'

/** Everything that is wrong with what calls of plugins may reach. */
export function checkEgress({ root }: Written): readonly Finding[] {
  const file: Entry = { value: isBlock(root) ? root : {}, path: [] }
  const egress = entryOf(file, 'egress')
  if (egress === undefined) return []
  return wordsOf(egress, 'allow').flatMap(({ text, path }) => {
    // What looks like a range or an address is meant as one, so its own fault is the one to tell.
    const fault = /^[\d.]+(?:\/|$)|[:/]/.test(text) ? networkFault(text) : nameFault(text)
    if (fault !== undefined) {
      return problem(
        path,
        'TACIT_EGRESS_INVALID',
        `This entry of "allow" ${fault}.`,
        'Write an address such as 10.0.0.7, a range such as 10.0.0.0/8, or a host name such as otel-collector.'
      )
    }
    if (!isEverybody(text)) return []
    return warning(
      path,
      'TACIT_EGRESS_EVERYBODY',
      'Plugins may reach every address, those of this machine and its network included.',
      'Name only what they have to reach.'
    )
  })
}

function nameFault(text: string): string | undefined {
  return text.includes('*') ? 'holds a `*`: names are compared as a whole' : hostFault(text)
}
