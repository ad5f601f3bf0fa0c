import { join } from 'node:path'
import { once } from 'node:events'
import grpc from '@grpc/grpc-js'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'
import type { FastifyServerOptions } from 'fastify'
import t, { type Test } from 'tap'
import { start as startGreeter } from '../../examples/apps/greeter/index.ts'
import { type GreeterClient, type Greeting, loadGreeter } from '../../examples/apps/greeter/service.ts'
import { start as startBoth } from '../../examples/grpc.ts'
import { listenGateway } from '../helpers/gateways.ts'

const ways: Record<string, typeof startGreeter> = { directly: startGreeter, 'through the gateway': startBoth }

for (const [way, start] of Object.entries(ways)) {
  t.test(`one response to one request, with trailers, ${way}`, async t => {
    const client = await connect(t, start)
    const { call, response } = greet(client, 'Ada')
    const [status] = await once(call, 'status')
    t.equal((await response).text, 'Hello, Ada!')
    t.match(status, { code: grpc.status.OK })
    t.same(status.metadata.get('greetings'), ['1'])
  })

  t.test(`a stream of responses, the first long before the last, ${way}`, async t => {
    const call = (await connect(t, start)).GreetInLanguages({ name: 'Ada' })
    const status = once(call, 'status')
    const [first] = await once(call, 'data')
    const arrived = Date.now()
    t.same(first, { text: 'Hello, Ada!' })
    t.same(await readAll(call), ['Hallo, Ada!', 'Bonjour, Ada!', 'Cześć, Ada!', 'Hei, Ada!'])
    t.ok(Date.now() - arrived > 100)
    t.same((await status)[0].metadata.get('greetings'), ['5'])
  })

  t.test(`a stream of requests ${way}`, async t => {
    const { call, response } = greetAll(await connect(t, start), ['Ada', 'Kurt', 'Mary'])
    const [status] = await once(call, 'status')
    t.equal((await response).text, 'Hello, Ada, Kurt, and Mary!')
    t.same(status.metadata.get('greetings'), ['1'])
  })

  t.test(`streams both ways, each name greeted before the next is said, ${way}`, async t => {
    const call = (await connect(t, start)).GreetEach()
    const status = once(call, 'status')
    for (const name of ['Ada', 'Kurt', 'Mary']) {
      const answered = once(call, 'data')
      call.write({ name })
      t.same(await answered, [{ text: `Hello, ${name}!` }])
    }
    call.end()
    t.match((await status)[0], { code: grpc.status.OK })
    t.same((await status)[0].metadata.get('greetings'), ['3'])
  })

  t.test(`an error has its status and its metadata in each kind of call ${way}`, async t => {
    const client = await connect(t, start)
    const failures: Record<string, () => Promise<unknown>> = {
      'one response to one request': () => greet(client, '').response,
      'a stream of responses': () => readAll(client.GreetInLanguages({ name: 'x'.repeat(101) })),
      'a stream of requests': () => greetAll(client, ['Ada', '', 'Kurt']).response,
      'streams both ways': () => readAll(greetEach(client, ['Ada', ''])),
    }
    for (const [kind, fail] of Object.entries(failures)) {
      const error = await fail().catch((error: unknown) => error) as grpc.ServiceError
      t.match(error, { code: grpc.status.INVALID_ARGUMENT, details: 'A name has 1 to 100 characters' }, kind)
      t.same(error.metadata.get('field'), ['name'], kind)
    }
    await t.rejects(greetAll(client, Array(101).fill('Ada')).response, { code: grpc.status.RESOURCE_EXHAUSTED })
  })

  t.test(`a method that is not there is unimplemented ${way}`, async t => {
    const client = await connect(t, start)
    await t.rejects(callMethod(client, '/examples.Greeter/Insult'), { code: grpc.status.UNIMPLEMENTED })
  })
}

t.test('a service that is not behind the gateway is unimplemented, and one that is down is unavailable', async t => {
  const app = await startGreeter()
  const { host } = await listenHttp2Gateway(t, app.url)
  const { connect } = await loadGreeter()
  const client = connect(host)
  t.teardown(() => client.close())
  t.equal((await greet(client, 'Ada').response).text, 'Hello, Ada!')
  await t.rejects(callMethod(client, '/examples.Nobody/Greet'), { code: grpc.status.UNIMPLEMENTED })
  await app.close()
  await t.rejects(greet(client, 'Ada').response, { code: grpc.status.UNAVAILABLE })
})

t.test('greeter.proto and the description of the service say the same', async t => {
  const { service } = await loadGreeter()
  const file = loadSync(join(import.meta.dirname, '../../examples/apps/greeter/greeter.proto'), { defaults: true })['examples.Greeter'] as grpc.ServiceDefinition
  t.same(describe(service), describe(file))
})

t.test('a service that is closed is gone', async t => {
  const app = await startGreeter()
  const { connect } = await loadGreeter()
  const client = connect(new URL(app.url).host)
  t.teardown(() => client.close())
  t.equal((await greet(client, 'Ada').response).text, 'Hello, Ada!')
  await app.close()
  await t.rejects(greet(client, 'Ada').response, { code: grpc.status.UNAVAILABLE })
})

async function connect (t: Test, start: typeof startGreeter): Promise<GreeterClient> {
  const app = await start()
  t.teardown(() => app.close())
  const { connect } = await loadGreeter()
  const client = connect(new URL(app.url).host)
  t.teardown(() => client.close())
  return client
}

async function listenHttp2Gateway (t: Test, upstream: string): Promise<URL> {
  const apps = [{ name: 'greeter', prefix: 'examples.Greeter', rewrite: ['^/', '/'] as [string, string], upstreams: upstream }]
  const { origin } = await listenGateway(t, { apps }, { http2: true } as FastifyServerOptions)
  return new URL(origin)
}

function callMethod (client: grpc.Client, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      () => Buffer.alloc(0),
      String,
      {},
      (error, response) => (error === null ? resolve(response) : reject(error))
    )
  })
}

function greet (client: GreeterClient, name: string) {
  let call!: grpc.ClientUnaryCall
  const response = new Promise<Greeting>((resolve, reject) => {
    call = client.Greet({ name }, (error, greeting) => error === null ? resolve(greeting!) : reject(error))
  })
  return { call, response }
}

function greetAll (client: GreeterClient, names: readonly string[]) {
  let call!: grpc.ClientWritableStream<{ name: string }>
  const response = new Promise<Greeting>((resolve, reject) => {
    call = client.GreetAll((error, greeting) => error === null ? resolve(greeting!) : reject(error))
  })
  for (const name of names) call.write({ name })
  call.end()
  return { call, response }
}

function greetEach (client: GreeterClient, names: readonly string[]) {
  const call = client.GreetEach()
  for (const name of names) call.write({ name })
  call.end()
  return call
}

async function readAll (greetings: AsyncIterable<Greeting>): Promise<string[]> {
  const texts: string[] = []
  for await (const { text } of greetings) texts.push(text)
  return texts
}

/** All that is on the wire of it. */
function describe (service: grpc.ServiceDefinition) {
  return Object.entries(service).map(([name, definition]) => {
    const { path, requestStream, responseStream, requestType, responseType } = definition as MethodDefinition<
      object,
      object
    >
    return { name, path, requestStream, responseStream, types: [requestType.type, responseType.type] }
  })
}
