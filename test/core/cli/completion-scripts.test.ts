import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { bashScript, type CompletedCommand, zshScript } from '../../../core/cli/completion-scripts.ts'

const about = "what it's for: all"
const option = (flag: string) => ({ flag, about, takesValue: false })
const COMMANDS: readonly CompletedCommand[] = [
  {
    words: [],
    commands: [
      { name: 'check', about },
      { name: 'key', about }
    ],
    options: [option('--help')],
    choices: []
  },
  { words: ['check'], commands: [], options: [option('-j'), option('--json'), option('--data')], choices: [] },
  {
    words: ['key'],
    commands: [
      { name: 'new', about },
      { name: 'hash', about }
    ],
    options: [option('--help')],
    choices: []
  },
  { words: ['key', 'new'], commands: [], options: [option('--config')], choices: ['one', 'two'] }
]

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0
const SITUATIONS: readonly (readonly [line: readonly string[], offered: readonly string[]])[] = [
  [[''], ['check', 'key']],
  [['ch'], ['check']],
  [
    ['check', '--'],
    ['--data', '--json']
  ],
  [['check', '-j'], ['-j']],
  [
    ['key', ''],
    ['hash', 'new']
  ],
  [['key', 'h'], ['hash']],
  [['key', 'new', 't'], ['two']],
  [['key', 'new', '--c'], ['--config']],
  [['key', 'new', 'one', '--c'], ['--config']],
  // A file: the shell's own completion.
  [['check', 'gate'], []]
]

t.test('bash offers what fits', { skip: has('bash') ? false : 'there is no bash here' }, async t => {
  const script = join(t.testdir(), 'tacit.bash')
  await writeFile(script, bashScript(COMMANDS))
  for (const [line, offered] of SITUATIONS) {
    const words = ['tacit', ...line].map(word => `'${word}'`).join(' ')
    const ask = `source '${script}'; COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _tacit; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', ask], { encoding: 'utf8' })
    t.equal(stderr, '')
    t.strictSame(stdout.split('\n').filter(Boolean).sort(), offered, line.join(' '))
  }
})

t.test('zsh offers what fits', { skip: has('zsh') ? false : 'there is no zsh here' }, async t => {
  const script = join(t.testdir(), '_tacit')
  await writeFile(script, zshScript(COMMANDS))
  for (const [line, offered] of SITUATIONS) {
    const words = ['tacit', ...line].map(word => `'${word}'`).join(' ')
    // zsh's own completion system, but for the last step, which only an interactive line has.
    const ask = `autoload -Uz compinit; compinit -D -u; source '${script}'
_files() { print -l FILES }
_describe() { print -l -- "\${(@P)2}" }
words=(${words}); CURRENT=${line.length + 1}; _tacit`
    const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', ask], { encoding: 'utf8' })
    t.equal(stderr, '')
    const last = line.at(-1) ?? ''
    const found = stdout.split('\n').map(entry => entry.split(':')[0] ?? '')
    t.strictSame(
      found.filter(word => word !== '' && word !== 'FILES' && word.startsWith(last)).sort(),
      offered,
      line.join(' ')
    )
    t.equal(stdout.includes('FILES'), offered.length === 0)
  }
})
