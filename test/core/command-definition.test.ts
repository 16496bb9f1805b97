import t from 'tap'
import { commandsFault } from '../../core/command-definition.ts'
import { Type } from '../../core/plugin.ts'

const SOUND = {
  name: 'count-keys',
  summary: 'Counts keys.',
  options: Type.Object({ maxKeys: Type.Integer() }),
  run: async () => 0
}

t.test('takes sound commands', async t => {
  t.equal(commandsFault([]), undefined)
  t.equal(commandsFault([SOUND, { ...SOUND, name: 'other' }]), undefined)
})

t.test('says what is wrong with one', async t => {
  for (const [value, fault] of [
    [{}, 'must be a list'],
    [[3], 'must list objects'],
    [[{ ...SOUND, name: 'Count' }], /lower-case words/],
    [[SOUND, SOUND], 'names `count-keys` twice'],
    [[{ ...SOUND, summary: 'a\nb' }], /in one sentence/],
    [[{ ...SOUND, options: {} }], /`Type.Object`/],
    [[{ ...SOUND, name: 'one two three' }], /one or two lower-case words/],
    [[{ ...SOUND, arguments: ['constructor'] }], /list options of `[^`]+` as its `arguments`/],
    [[{ ...SOUND, arguments: 'file' }], /as its `arguments`/],
    [[{ ...SOUND, options: Type.Object({ 'max-keys': Type.String() }) }], /camelCase/],
    [[{ ...SOUND, options: Type.Object({ config: Type.String() }) }], /which every command has/],
    [[{ ...SOUND, options: Type.Object({ deep: Type.Object({}) }) }], /a single value/],
    [[{ ...SOUND, run: 3 }], /function `run`/]
  ] as const) {
    t.match(commandsFault(value), fault)
  }
})
