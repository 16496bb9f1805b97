import t from 'tap'
import { formBody, readForm } from '../../../../core/dialects/framing/form.ts'
import { hasCorpus, readCorpus } from '../../../support/corpus.ts'
import { recordedFormat } from '../../../support/recorded-bodies.ts'
import { placesIn } from '../../../support/text-places.ts'

const TYPE = 'multipart/form-data; boundary=XX'

function form(...parts: readonly (readonly [head: string, content: string])[]): Buffer {
  return Buffer.from(`${parts.map(([head, content]) => `--XX\r\n${head}\r\n\r\n${content}\r\n`).join('')}--XX--\r\n`)
}

const named = (name: string) => `Content-Disposition: form-data; name="${name}"`

t.test('finds values and files, and where they stand', async t => {
  const bytes = form(
    [named('prompt'), 'two\r\nlines, ä'],
    [`${named('image')}; filename="a \\"b\\".png"\r\nContent-Type: image/PNG; x=1`, '-XX no\r\n-'],
    ['content-disposition: form-data; name=n', '']
  )
  const parts = readForm(TYPE, bytes) ?? []
  t.strictSame(
    parts.map(({ start, end, ...part }) => ({ ...part, content: bytes.toString('utf8', start, end) })),
    [
      { name: 'prompt', filename: undefined, contentType: undefined, content: 'two\r\nlines, ä' },
      { name: 'image', filename: 'a "b".png', contentType: 'image/png', content: '-XX no\r\n-' },
      { name: 'n', filename: undefined, contentType: undefined, content: '' }
    ]
  )
  t.strictSame(readForm('Multipart/Form-Data; charset=utf-8; Boundary="XX"', bytes), parts)
})

t.test('makes a body of the values, several of one name as a list', async t => {
  const bytes = form(
    [named('a'), '1'],
    [named('b'), '2'],
    [named('a'), '3'],
    [named('a'), '4'],
    [named('__proto__'), 'x']
  )
  const body = formBody(TYPE, bytes) ?? {}
  t.strictSame(body.a, ['1', '3', '4'])
  t.equal(body.b, '2')
  t.strictSame(Object.keys(body), ['a', 'b', '__proto__'])
})

t.test('tells what each part of a form is', async t => {
  const image = [`${named('image[]')}; filename="ann.png"\r\nContent-Type: image/png`, 'PNG'] as const
  t.strictSame(
    placesIn('openai-images', 'request', formBody(TYPE, form([named('prompt'), 'a cat'], image, [named('new'), 'x']))),
    ['prompt: text user', 'image[].filename: text', 'new: unknown']
  )
  t.strictSame(
    placesIn(
      'openai-audio',
      'request',
      formBody(TYPE, form([`${named('file')}; filename="a.mp3"`, 'MP3'], [named('prompt'), 'names']))
    ),
    ['file.filename: text', 'prompt: text user']
  )
})

t.test('reads nothing that parsers may read differently', async t => {
  const good = form([named('a'), '1'])
  const bad: Readonly<Record<string, Buffer>> = {
    'two names': form(['Content-Disposition: form-data; name="a"; name="b"', '1']),
    'two dispositions': form([`${named('a')}\r\n${named('b')}`, '1']),
    'no name': form(['Content-Disposition: form-data', '1']),
    'an extended filename': form([`${named('a')}; filename="a"; filename*=UTF-8''b`, '1']),
    'another disposition': form(['Content-Disposition: attachment; name="a"', '1']),
    'an encoding': form([`${named('a')}\r\nContent-Transfer-Encoding: base64`, 'YQ==']),
    'a line without a name': form([`${named('a')}\r\nnothing`, '1']),
    'a parameter that is not understood': form([`${named('a')}; x="`, '1']),
    'words before the first part': Buffer.concat([Buffer.from('hidden\r\n'), good]),
    'words after the last part': Buffer.concat([good, Buffer.from('hidden')]),
    'an end that is missing': good.subarray(0, -6),
    'a head without an end': Buffer.from('--XX\r\nContent-Disposition: form-data; name="a"\r\n--XX--'),
    'too many parts': form(...Array.from({ length: 300 }, () => [named('a'), ''] as const)),
    'a long head': form([`${named('a')}\r\nx: ${'y'.repeat(10_000)}`, '1']),
    nothing: Buffer.alloc(0)
  }
  t.equal(readForm(TYPE, good)?.length, 1)
  for (const [what, bytes] of Object.entries(bad)) t.equal(readForm(TYPE, bytes), undefined, what)
  for (const type of [
    'application/json',
    'multipart/form-data',
    `${TYPE}; boundary=YY`,
    'multipart/form-data; boundary="a b\\"',
    `multipart/form-data; boundary=${'x'.repeat(71)}`
  ]) {
    t.equal(readForm(type, good), undefined, type)
  }
  t.equal(
    formBody(
      TYPE,
      Buffer.concat([Buffer.from(`--XX\r\n${named('a')}\r\n\r\n`), Buffer.of(0xff), Buffer.from('\r\n--XX--')])
    ),
    undefined
  )
})

t.test(
  'knows every part of every recorded form',
  { skip: hasCorpus ? false : 'the recorded exchanges are not on this machine' },
  async t => {
    let forms = 0
    for (const recording of await readCorpus()) {
      const { requestBody } = recording
      if (requestBody === undefined || !requestBody.subarray(0, 2).equals(Buffer.from('--'))) continue
      const boundary = requestBody.toString('utf8', 2, requestBody.indexOf('\r\n'))
      const body = formBody(`multipart/form-data; boundary=${boundary}`, requestBody)
      forms++
      t.ok(body, recording.id)
      t.strictSame(
        placesIn(recordedFormat(recording), 'request', body).filter(place => place.includes('unknown')),
        [],
        recording.id
      )
    }
    t.ok(forms > 2, `${forms} forms`)
  }
)
