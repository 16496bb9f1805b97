import t from 'tap'
import { runOn } from '../../support/command.ts'

t.test('explains a request with its headers, its body and what servers are taken to answer', async t => {
  const body = '{"model":"m"}'
  const { code, printed, complained } = await runOn(t, file => [
    ...['explain', 'POST', '/v1/chat/completions', '-c', file, '-H', 'origin: https://a.example', '-H', 'x-two: 2'],
    ...['-d', body, '--answer', 'a=503', '--from', '198.51.100.7', '--at', '2026-01-01', '--seed', '4']
  ])
  t.strictSame([code, complained], [0, ''])
  for (const line of [
    'route   all  (openai-chat)',
    '> x-two: 2',
    '> x-forwarded-for: 198.51.100.7',
    '503 from one/a'
  ]) {
    t.match(printed, line)
  }
  t.match(printed, /responseFilter +cors +changes .*\+access-control-allow-origin/)
})

t.test('prints the explanation as JSON', async t => {
  const { printed } = await runOn(t, file => ['explain', 'GET', '/v1/x', '-c', file, '--json'])
  t.match(JSON.parse(printed), {
    route: 'all',
    attempts: [{ peer: 'a' }],
    response: { status: 200, source: 'upstream' }
  })
})

t.test('refuses arguments that make no sense', async t => {
  for (const [arg, value] of [
    ['-H', 'nothing'],
    ['--answer', 'soon'],
    ['--at', 'noon'],
    ['-d', '@none.json']
  ]) {
    const { code, printed } = await runOn(t, file => ['explain', 'GET', '/', '-c', file, `${arg}`, `${value}`])
    t.strictSame([code, printed], [1, ''], `${arg} ${value}`)
  }
  t.equal((await runOn(t, () => ['explain', 'GET'])).code, 2)
})
