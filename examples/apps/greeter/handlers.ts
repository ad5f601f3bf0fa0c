import { Transform, type Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type grpcJs from '@grpc/grpc-js'
import type { GreeterHandlers, GreetRequest } from './service.ts'

const maxName = 100
/** In one call; the other kinds keep nothing. */
const maxNames = 100
/** Milliseconds between two languages. */
const languageInterval = 50
const hellos = ['Hello', 'Hallo', 'Bonjour', 'Cześć', 'Hei']

/** What the service does. */
export function createHandlers ({ Metadata, status }: typeof grpcJs): GreeterHandlers {
  function refuse (code: grpcJs.status, details: string, field: string): Partial<grpcJs.StatusObject> {
    const metadata = new Metadata()
    metadata.set('field', field)
    return { code, details, metadata }
  }

  function findFault ({ name }: GreetRequest): Partial<grpcJs.StatusObject> | undefined {
    if (name !== '' && name.length <= maxName) return undefined
    return refuse(status.INVALID_ARGUMENT, `A name has 1 to ${maxName} characters`, 'name')
  }

  /** What stands in the trailers of a stream. */
  function count (greetings: number): grpcJs.Metadata {
    const metadata = new Metadata()
    metadata.set('greetings', `${greetings}`)
    return metadata
  }

  return {
    Greet ({ request }, callback) {
      const fault = findFault(request)
      if (fault === undefined) callback(null, greet(request), count(1))
      else callback(fault)
    },

    async GreetInLanguages (call) {
      const fault = findFault(call.request)
      if (fault !== undefined) {
        call.emit('error', fault)
        return
      }
      for (const hello of hellos) {
        if (call.cancelled) return
        call.write(greet(call.request, hello))
        await sleep(languageInterval)
      }
      call.end(count(hellos.length))
    },

    GreetAll (call, callback) {
      const names: string[] = []
      let isRefused = false

      function add (request: GreetRequest): void {
        if (isRefused) return
        const fault = findFault(request) ?? (names.length < maxNames ? undefined : refuse(status.RESOURCE_EXHAUSTED, `At most ${maxNames} names`, 'name'))
        if (fault === undefined) {
          names.push(request.name)
          return
        }
        isRefused = true
        callback(fault)
      }

      call.on('data', add)
      call.on('end', () => { if (!isRefused) callback(null, greet({ name: listNames(names) }), count(1)) })
    },

    GreetEach (call) {
      let greetings = 0
      // A client that does not read its responses is not read from either.
      const responses = new Transform({
        objectMode: true,
        transform (request: GreetRequest, _encoding, done) {
          const fault = findFault(request)
          if (fault !== undefined) return done(fault as Error)
          greetings++
          done(null, greet(request))
        },
      })
      responses.on('error', fault => call.emit('error', fault))
      responses.on('end', () => call.end(count(greetings)))
      // For the types of streams one takes text only.
      const output: unknown = call
      call.pipe(responses).pipe(output as Writable, { end: false })
    },
  }
}

function greet ({ name }: GreetRequest, hello = 'Hello') {
  return { text: `${hello}, ${name}!` }
}

function listNames (names: readonly string[]): string {
  return names.length === 0 ? 'everybody' : new Intl.ListFormat('en').format(names)
}
