import { once } from 'node:events'
import { promisify } from 'node:util'
import Fastify from 'fastify'
import gateway from '../index.ts'
import { start as startGreeter } from './apps/greeter/index.ts'
import { type GreeterClient, type Greeting, loadGreeter } from './apps/greeter/service.ts'
import { type RunningApp, type StartOptions, whenMain } from './apps/http.ts'

// gRPC through the gateway: a client, a server that speaks HTTP/2 with the gateway in it, and the greeter behind it.

/** Starts the greeter and the gateway in front of it; closing it stops both. */
export async function start ({ port = 0, host = '127.0.0.1' }: StartOptions = {}): Promise<RunningApp> {
  const greeter = await startGreeter()
  // gRPC needs HTTP/2 on both sides. Without TLS both have to know that beforehand, a browser never does.
  const fastify = Fastify({ http2: true })
  fastify.addHook('onClose', () => greeter.close())
  await fastify.register(gateway, {
    apps: [{
      name: 'greeter',
      // A call is `/package.Service/Method`, and the service needs its own name in it: so that is the prefix, and it
      // stays.
      prefix: 'examples.Greeter',
      rewrite: ['^/', '/'],
      upstreams: greeter.url,
    }],
  })
  const url = await fastify.listen({ port, host })
  return { url, close: () => fastify.close() }
}

/**
 * Makes a call of each kind, and one that is refused.
 * @param address - `127.0.0.1:8000`
 * @param print - gets a line for each
 */
export async function callAll (address: string, print: (line: string) => void): Promise<void> {
  const { grpc, connect } = await loadGreeter()
  const client = connect(address)
  try {
    print(`one response to one request: ${await greet(client, 'Ada')}`)
    print(`a stream of responses:       ${await readAll(client.GreetInLanguages({ name: 'Ada' }))}`)
    print(`a stream of requests:        ${await greetAll(client, ['Ada', 'Kurt', 'Mary'])}`)
    print(`streams both ways:           ${await takeTurns(client, ['Ada', 'Kurt', 'Mary'])}`)
    print(`an error:                    ${await greet(client, '').catch(({ code, details }) => `${grpc.status[code]}, ${details}`)}`)
  } finally {
    client.close()
  }
}

async function greet (client: GreeterClient, name: string): Promise<string> {
  const { text } = (await promisify<{ name: string }, Greeting | undefined>(client.Greet.bind(client))({
    name,
  })) as Greeting
  return text
}

async function readAll (greetings: AsyncIterable<Greeting>): Promise<string> {
  const texts: string[] = []
  for await (const { text } of greetings) texts.push(text)
  return texts.join(' ')
}

function greetAll (client: GreeterClient, names: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = client.GreetAll((error, greeting) => error === null ? resolve(greeting!.text) : reject(error))
    for (const name of names) call.write({ name })
    call.end()
  })
}

/** Sends a name only when the one before it was greeted. */
async function takeTurns (client: GreeterClient, names: readonly string[]): Promise<string> {
  const call = client.GreetEach()
  const texts: string[] = []
  for (const name of names) {
    const responded = once(call, 'data') as Promise<[Greeting]>
    call.write({ name })
    const [{ text }] = await responded
    texts.push(text)
  }
  call.end()
  await once(call, 'status')
  return texts.join(' ')
}

whenMain(import.meta.url, async options => {
  const { url, close } = await start(options)
  console.log(`The greeter is behind ${url}`)
  if (process.argv.includes('--serve')) return
  try {
    await callAll(new URL(url).host, console.log)
  } finally {
    await close()
  }
})
