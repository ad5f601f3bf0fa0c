import type { Socket } from 'node:net'
import t from 'tap'
import { Http1Transport } from '../../../../lib/transport/http1/http1-transport.ts'
import { addressOf, openPlain } from '../../../../lib/transport/http1/open-socket.ts'
import { createRandom, oneOf, seedOf } from '../../../fault/random.ts'
import { startRawUpstream } from '../../../helpers/upstreams.ts'
import { createTarget } from '../../locations.ts'
import { GET as REQUEST } from '../transport.ts'
import { CORPUS, cut, mutate } from './corpus.ts'
import { type Reading, readPieces } from './reading.ts'

const random = createRandom(seedOf(process.env))
const MUTATIONS = 10_000
const CONVERSATIONS = 600

t.test('an answer that is cut off is never complete, wherever that is', async t => {
  for (const { name, bytes, endsWithConnection } of CORPUS) {
    const headEnd = bytes.lastIndexOf('\r\n\r\n') + 4
    const wrong: number[] = []
    for (let length = 0; length < bytes.length; length++) {
      const { ends, error } = readPieces([bytes.subarray(0, length)])
      const isLegal = endsWithConnection && length >= headEnd
      if (ends !== Number(isLegal) || (error === undefined) !== isLegal) wrong.push(length)
    }
    t.strictSame(wrong, [], name)
  }
})

t.test('an answer is the same, wherever it is cut in two', async t => {
  for (const { name, bytes } of CORPUS) {
    const whole = readPieces([bytes])
    t.match(whole, { ends: 1, error: undefined }, name)
    for (let at = 0; at <= bytes.length; at++) {
      const reading = readPieces([bytes.subarray(0, at), bytes.subarray(at)])
      if (JSON.stringify(reading) !== JSON.stringify(whole)) t.strictSame(reading, whole, `${name} at ${at}`)
    }
  }
})

/** What is wrong with a reading, whatever was read; `null` when nothing is. */
function findFault ({ heads, body, ends, error }: Reading, bytes: Buffer): string | null {
  const codes = heads.map(([statusCode]) => statusCode)
  if (codes.filter(code => code >= 200).length > 1) return 'two answers'
  if (codes.slice(0, -1).some(code => code >= 200)) return 'an answer before another'
  if (ends > 1) return 'two ends'
  if (ends === 0 && error === undefined) return 'neither an end nor an error'
  if (body !== '' && codes.length === 0) return 'a body without a head'
  if (body.length > bytes.length) return 'more than was sent'
  if (error !== undefined && !(error instanceof Error && /^(ERR_UPSTREAM_PROTOCOL|undefined)$/.test(String((error as NodeJS.ErrnoException).code)))) return 'another error'
  return null
}

t.test('whatever is sent, there is one answer at most, and it is the same however it is cut', async t => {
  let complete = 0
  for (let i = 0; i < MUTATIONS; i++) {
    const bytes = mutate(random, oneOf(random, CORPUS).bytes)
    const whole = readPieces([bytes])
    const pieces = readPieces(cut(random, bytes))
    complete += whole.ends
    const fault = findFault(whole, bytes) ?? findFault(pieces, bytes)
    if (fault !== null) t.fail(`${fault}: ${JSON.stringify(bytes.toString('latin1'))}`)
    const isSame = whole.ends === pieces.ends && (whole.error === undefined) === (pieces.error === undefined)
    // Of an answer that is refused, less may have been read before that.
    const isSameText =
      whole.ends === 0 ||
      JSON.stringify([whole.heads, whole.body, whole.trailers]) ===
        JSON.stringify([pieces.heads, pieces.body, pieces.trailers])
    if (!isSame || !isSameText) t.fail(`cut, it is another: ${JSON.stringify(bytes.toString('latin1'))}`)
  }
  t.ok(complete > MUTATIONS / 20 && complete < MUTATIONS, `${complete} of ${MUTATIONS} were complete`)
})

/** How a request went. */
interface Outcome {
  ends: number
  errors: number
  body: string
}

/** Longest that an answer is waited for that does not come: for what is not closed, and has no end. */
const PATIENCE = 100

t.test('over sockets, too: every request ends once, and what is answered in order is answered right', async t => {
  const leave = [() => {}, (socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]
  const origin = await startRawUpstream(t, socket => socket.on('data', data => {
    const [, kind, id] = /\/(\w+)\/(\d+) /.exec(data.toString('latin1'))!
    if (kind === 'honest') {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${id!.length}\r\n\r\n${id}`)
      return
    }
    // In one piece: what comes in a later one may come when the next request has been written.
    socket.write(mutate(random, oneOf(random, CORPUS).bytes))
    oneOf(random, leave)(socket)
  }))
  const transport = new Http1Transport(openPlain(addressOf(createTarget(origin))), {
    connectTimeout: 5000,
    maxConnections: 10,
  })
  t.teardown(() => transport.destroy())

  async function ask (path: string): Promise<Outcome> {
    const outcome: Outcome = { ends: 0, errors: 0, body: '' }
    await new Promise<void>(resolve => {
      let timer: NodeJS.Timeout | undefined
      const end = (kind: 'ends' | 'errors') => {
        outcome[kind]++
        clearTimeout(timer)
        setImmediate(resolve)
      }
      transport.dispatch({ ...REQUEST, path }, {
        onConnect (abort) { timer = setTimeout(abort, PATIENCE) },
        onBodySent () {},
        onHeaders: () => true,
        onUpgrade: () => t.fail('an upgrade'),
        onData (chunk) {
          outcome.body += chunk.toString('latin1')
          return random() < 0.9
        },
        onRead () {},
        onComplete: () => end('ends'),
        onError: () => end('errors'),
      })
    })
    return outcome
  }

  const wrong: unknown[] = []
  let served = 0
  await Promise.all(Array.from({ length: 10 }, async (_, worker) => {
    for (let i = 0; i < CONVERSATIONS / 10; i++) {
      const id = String(1000 + worker * 100 + i)
      const isHonest = random() < 0.5
      const outcome = await ask(`/${isHonest ? 'honest' : 'lie'}/${id}`)
      const isRight = !isHonest || outcome.ends === 0 || outcome.body === id
      served += Number(isHonest && outcome.ends === 1)
      if (outcome.ends + outcome.errors !== 1 || !isRight) wrong.push({ id, isHonest, ...outcome })
    }
  }))
  t.strictSame(wrong, [])
  t.ok(served > CONVERSATIONS / 4, `${served} were served`)
})
