import { PassThrough } from 'node:stream'
import grpc from '@grpc/grpc-js'
import t, { type Test } from 'tap'
import { ask, openConnections, pem, send, until } from './support.ts'

// A server of grpc-js behind the transport, and a client's frames by hand: the gateway is what is between two ends of
// gRPC.

/** A method whose messages are texts. */
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/shop.Shop/${name}`,
  requestStream,
  responseStream,
  requestSerialize: Buffer.from,
  requestDeserialize: String,
  responseSerialize: Buffer.from,
  responseDeserialize: String,
})

const SERVICE = {
  upper: method('Upper', false, false),
  count: method('Count', false, true),
  join: method('Join', true, false),
  echo: method('Echo', true, true),
} as unknown as grpc.ServiceDefinition

const handlers: grpc.UntypedServiceImplementation = {
  upper (call: grpc.ServerUnaryCall<string, string>, callback: grpc.sendUnaryData<string>) {
    const trailers = new grpc.Metadata()
    trailers.set('x-sum', '1')
    trailers.set('x-raw-bin', Buffer.from([0, 255]))
    if (call.request === 'fail') callback({ code: grpc.status.NOT_FOUND, details: 'no such thing: é', metadata: trailers })
    else callback(null, call.request.toUpperCase(), trailers)
  },
  count (call: grpc.ServerWritableStream<string, string>) {
    for (let count = 1; count <= Number(call.request); count++) call.write(String(count))
    call.end()
  },
  join (call: grpc.ServerReadableStream<string, string>, callback: grpc.sendUnaryData<string>) {
    const words: string[] = []
    call.on('data', word => words.push(word)).on('end', () => callback(null, words.join(' ')))
  },
  echo (call: grpc.ServerDuplexStream<string, string>) {
    call.on('data', word => call.write(word)).on('end', () => call.end())
  },
}

async function startGrpc (t: Test, credentials = grpc.ServerCredentials.createInsecure()): Promise<string> {
  const server = new grpc.Server()
  server.addService(SERVICE, handlers)
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => error === null ? resolve(port) : reject(error))
  })
  t.teardown(() => server.forceShutdown())
  return `127.0.0.1:${port}`
}

const HEADERS = ['host', 'shop.test', 'content-type', 'application/grpc', 'te', 'trailers', 'grpc-timeout', '20S']

/** A message with its prefix: not compressed, and its length. */
function frame (text: string): Buffer {
  const message = Buffer.from(text)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function messagesOf (body: Buffer): string[] {
  const messages: string[] = []
  for (let at = 0; at + 5 <= body.length;) {
    const end = at + 5 + body.readUInt32BE(at + 1)
    messages.push(body.subarray(at + 5, end).toString())
    at = end
  }
  return messages
}

const fieldOf = (list: readonly string[], name: string) => list[list.indexOf(name) + 1]
const call = (name: string, body: Buffer | PassThrough) => ({ method: 'POST', path: `/shop.Shop/${name}`, headers: HEADERS, body })

t.test('unary: the message, and the status in the trailers', async t => {
  const connections = openConnections(t, `http://${await startGrpc(t)}`)
  const recorder = await ask(connections, call('Upper', frame('hello')))
  t.strictSame(messagesOf(Buffer.concat(recorder.chunks)), ['HELLO'])
  t.equal(fieldOf(recorder.headers, 'content-type'), 'application/grpc+proto')
  t.equal(fieldOf(recorder.trailers!, 'grpc-status'), '0')
  t.equal(fieldOf(recorder.trailers!, 'x-sum'), '1')
  t.equal(fieldOf(recorder.trailers!, 'x-raw-bin'), 'AP8=')
})

t.test('an error is the status in the head or in the trailers, with its message', async t => {
  const connections = openConnections(t, `http://${await startGrpc(t)}`)
  const failed = await ask(connections, call('Upper', frame('fail')))
  const fields = [...failed.headers, ...failed.trailers ?? []]
  t.equal(fieldOf(fields, 'grpc-status'), '5')
  t.equal(decodeURIComponent(fieldOf(fields, 'grpc-message')!), 'no such thing: é')
  const unknown = await ask(connections, call('Nothing', frame('x')))
  t.equal(fieldOf([...unknown.headers, ...unknown.trailers ?? []], 'grpc-status'), '12')
})

t.test('server stream', async t => {
  const connections = openConnections(t, `http://${await startGrpc(t)}`)
  const recorder = await ask(connections, call('Count', frame('1000')))
  const messages = messagesOf(Buffer.concat(recorder.chunks))
  t.equal(messages.length, 1000)
  t.equal(messages.at(-1), '1000')
  t.equal(fieldOf(recorder.trailers!, 'grpc-status'), '0')
})

t.test('client stream', async t => {
  const connections = openConnections(t, `http://${await startGrpc(t)}`)
  const body = new PassThrough()
  const recorder = send(connections, call('Join', body))
  for (const word of ['a', 'b', 'c']) body.write(frame(word))
  body.end()
  await recorder.done
  t.strictSame(messagesOf(Buffer.concat(recorder.chunks)), ['a b c'])
})

t.test('bidirectional: each message is answered before the next is sent', async t => {
  const connections = openConnections(t, `http://${await startGrpc(t)}`)
  const body = new PassThrough()
  const recorder = send(connections, call('Echo', body))
  for (let count = 1; count <= 5; count++) {
    body.write(frame(`word ${count}`))
    await until(() => messagesOf(Buffer.concat(recorder.chunks)).length === count)
  }
  body.end()
  await recorder.done
  t.equal(recorder.events.at(-1), 'complete')
  t.equal(fieldOf(recorder.trailers!, 'grpc-status'), '0')
})

t.test('in TLS', async t => {
  const credentials = grpc.ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(pem('address.cert')), private_key: Buffer.from(pem('address.key')) }])
  const connections = openConnections(t, `https://${await startGrpc(t, credentials)}`, { target: { ca: pem('address.cert') } })
  t.strictSame(messagesOf(Buffer.concat((await ask(connections, call('Upper', frame('a')))).chunks)), ['A'])
})

t.test('a server that shuts down in good order finishes what runs, and the next call is not sent', async t => {
  const server = new grpc.Server()
  server.addService(SERVICE, handlers)
  const port = await new Promise<number>(resolve => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => resolve(port)))
  t.teardown(() => server.forceShutdown())
  const connections = openConnections(t, `http://127.0.0.1:${port}`)
  const body = new PassThrough()
  const running = send(connections, call('Echo', body))
  body.write(frame('a'))
  await until(() => running.length > 0)
  server.tryShutdown(() => {})
  await new Promise(resolve => { setImmediate(resolve) })
  await until(() => running.length > 0)
  const next = await ask(connections, call('Upper', frame('a')))
  t.match(next.error, { code: /^(?:ECONNREFUSED|ERR_UPSTREAM_UNPROCESSED)$/ })
  body.write(frame('b'))
  body.end()
  await running.done
  t.strictSame(messagesOf(Buffer.concat(running.chunks)), ['a', 'b'])
})

t.test('a call that is given up is cancelled at the server', async t => {
  let isCancelled = false
  const server = new grpc.Server()
  server.addService(SERVICE, { ...handlers, count (call: grpc.ServerWritableStream<string, string>) { call.write('1'); call.on('cancelled', () => { isCancelled = true }) } })
  const port = await new Promise<number>(resolve => server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => resolve(port)))
  t.teardown(() => server.forceShutdown())
  const recorder = send(openConnections(t, `http://127.0.0.1:${port}`), call('Count', frame('1')))
  await until(() => recorder.length > 0)
  recorder.abort()
  await until(() => isCancelled)
})
